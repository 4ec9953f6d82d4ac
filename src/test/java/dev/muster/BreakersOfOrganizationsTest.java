package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.call.CallPriority;
import dev.muster.call.PlatformRequest;
import dev.muster.failure.Transient;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two organizations with accounts of one platform, of which one fails; and what {@code /api/quotas} says of both. */
class BreakersOfOrganizationsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int CALLS_UNTIL_OPEN = 10;

    @TempDir
    Path folder;

    private static @Nullable Throwable failureOf(FlowHub hub, String organization, String account) throws Exception {
        PlatformRequest request =
                PlatformRequest.get("club", organization, account, "test", CallPriority.BULK, "/people");
        try (ProducerTemplate calls = hub.camel().createProducerTemplate()) {
            Exchange exchange = calls.request(
                    "kamelet:call-platform-action", one -> one.getMessage().setBody(request));
            return exchange.getException();
        }
    }

    private static Map<String, String> breakers(FlowHub hub) throws Exception {
        Map<String, String> states = new TreeMap<>();
        for (JsonNode one : hub.admin("GET", "/api/quotas").path("breakers")) {
            states.put(
                    one.path("platform").asText()
                            + ' '
                            + one.path("organization").asText(),
                    one.path("state").asText());
        }
        return states;
    }

    @Test
    void oneOrganizationsFailingAccountStopsNoOtherAndIsTriedAgainByItself() throws Exception {
        AtomicBoolean broken = new AtomicBoolean(true);
        try (StubPlatform north = new StubPlatform(call -> StubPlatform.status(call, broken.get() ? 500 : 204));
                StubPlatform south = new StubPlatform(call -> StubPlatform.status(call, 204));
                FlowHub hub = setting(north, south).start()) {
            for (int i = 0; i < CALLS_UNTIL_OPEN; i++) {
                assertThat(failureOf(hub, "north", "north-club")).isInstanceOf(Transient.class);
            }
            assertThat(failureOf(hub, "north", "north-club")).isInstanceOf(CallNotPermittedException.class);
            assertThat(north.calls()).hasSize(CALLS_UNTIL_OPEN);

            assertThat(failureOf(hub, "south", "south-club")).isNull();
            assertThat(south.calls()).hasSize(1);
            assertThat(breakers(hub)).isEqualTo(Map.of("club north", "OPEN", "club south", "CLOSED"));

            broken.set(false);
            await().atMost(PATIENCE).until(() -> failureOf(hub, "north", "north-club") == null);
            assertThat(breakers(hub)).containsEntry("club north", "HALF_OPEN");
            assertThat(failureOf(hub, "north", "north-club")).isNull();
            assertThat(failureOf(hub, "north", "north-club")).isNull();
            assertThat(breakers(hub)).isEqualTo(Map.of("club north", "CLOSED", "club south", "CLOSED"));
        }
    }

    @Test
    void quotasInUseAreShownToWhoHasTheToken() throws Exception {
        try (StubPlatform north = new StubPlatform(call -> StubPlatform.status(call, 204));
                StubPlatform south = new StubPlatform(call -> {
                    call.getResponseHeaders().add("Retry-After", "3600");
                    StubPlatform.status(call, 429);
                })) {
            FlowHub.Setting setting = setting(north, south);
            try (FlowHub hub = setting.start()) {
                assertThat(hub.admin("GET", "/api/quotas").toString()).isEqualTo("{\"quotas\":[],\"breakers\":[]}");
                assertThat(failureOf(hub, "north", "north-club")).isNull();
                assertThat(failureOf(hub, "south", "south-club")).isInstanceOf(Transient.class);

                JsonNode quotas = hub.admin("GET", "/api/quotas").path("quotas");
                assertThat(quotas).hasSize(2);
                ObjectNode first = (ObjectNode) quotas.get(0);
                assertThat(first.path("quota").asText()).isEqualTo("club/north-club");
                assertThat(first.fieldNames())
                        .toIterable()
                        .containsExactly("quota", "used", "waiting", "underWay", "pausedForMillis", "windows");
                assertThat(first.path("used").asDouble()).isBetween(0.0, 1.0);
                assertThat(first.path("windows")).hasSize(1);
                assertThat(first.at("/windows/0/calls").asInt()).isEqualTo(100_000);
                assertThat(first.at("/windows/0/per").asText()).isEqualTo("PT1S");
                assertThat(first.at("/windows/0/used").asInt()).isBetween(0, 100_000);
                assertThat(first.path("waiting").asInt()).isZero();
                assertThat(first.path("underWay").asInt()).isZero();
                assertThat(first.path("pausedForMillis").asLong()).isZero();
                assertThat(quotas.get(1).path("quota").asText()).isEqualTo("club/south-club");
                assertThat(quotas.get(1).path("pausedForMillis").asLong())
                        .as("what is left of the hour that the platform asked for")
                        .isBetween(1_000_000L, 3_600_000L);

                assertThat(HealthCheckHelper.invoke(hub.camel()))
                        .filteredOn(result -> result.getCheck().getId().equals("quotas"))
                        .singleElement()
                        .satisfies(result -> {
                            assertThat(result.getState()).isEqualTo(HealthCheck.State.UNKNOWN);
                            assertThat(result.getMessage().orElseThrow())
                                    .contains("club: ", "paused by the platform for 3");
                        });

                assertThat(status(setting, null)).isEqualTo(401);
                assertThat(status(setting, "Bearer of-another-hub")).isEqualTo(401);
                assertThatThrownBy(() -> hub.admin("GET", "/api/quotas?platform=club"))
                        .hasMessageContaining("answered 400")
                        .hasMessageContaining("There is no parameter 'platform' here");
                assertThatThrownBy(() -> hub.admin("POST", "/api/quotas")).hasMessageContaining("answered 405");
                assertThatThrownBy(() -> hub.admin("GET", "/api/quotas/club")).hasMessageContaining("answered 404");
            }
        }
    }

    private static int status(FlowHub.Setting setting, @Nullable String authorization) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(setting.address().resolve("/api/quotas"));
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        return HttpClient.newHttpClient()
                .send(request.build(), HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private FlowHub.Setting setting(StubPlatform north, StubPlatform south) {
        return Club.in(folder, north)
                .edit(
                        "config/platforms/club.yaml",
                        Club.QUOTA,
                        Club.QUOTA.replace(" ] }", " ], share: credential, breaker: { window: 10, openFor: PT5S } }"))
                .add("config/integrations.yaml", """
                        integrations:
                          - { id: north-club, platform: club, organization: north, baseUrl: "%s", apiKey: "${SOME_KEY}" }
                          - { id: south-club, platform: club, organization: south, baseUrl: "%s", apiKey: "${SOME_KEY}" }
                        """.formatted(north.origin(), south.origin()))
                .with("SOME_KEY", "key");
    }
}
