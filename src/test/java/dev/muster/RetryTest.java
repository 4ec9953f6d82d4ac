package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.demo.PlatformSettings;
import dev.muster.demo.SimulatedPatreon;
import dev.muster.demo.SimulatedWorld;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of an operation whose platform is away. */
class RetryTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SUCCESS = 2;
    private static final int DEAD = 6;

    @TempDir
    Path folder;

    private static long calls(SimulatedPatreon patreon) {
        return patreon.calls().values().stream().mapToLong(Long::longValue).sum();
    }

    @Test
    void operationIsTriedAgainUntilItsPlatformIsBack() throws Exception {
        FlowHub.Setting setting = FlowHub.in(folder).with("MAX_RETRY_ATTEMPTS", "12");
        SimulatedWorld world = new SimulatedWorld(5, Clock.systemUTC());
        try (SimulatedPatreon patreon = new SimulatedPatreon(world, PlatformSettings.calm(setting.address()));
                FlowHub hub = setting.with(patreon.environment()).start()) {
            patreon.down();
            patreon.follow(world.person(1));
            await().atMost(PATIENCE).until(() -> calls(patreon) >= 3);
            assertThat(hub.operations("patreon", SUCCESS)).isZero();
            patreon.healthy();

            await().atMost(PATIENCE).until(() -> hub.operations("patreon", SUCCESS) == 1);
            assertThat(hub.column("SELECT COUNT(*) FROM dead_letters")).containsExactly("0");
            assertThat(hub.column("SELECT email FROM members WHERE email IS NOT NULL"))
                    .hasSize(1);
        }
    }

    @Test
    void exhaustedOperationIsADeadLetterAndItsReplaySucceeds() throws Exception {
        FlowHub.Setting setting = FlowHub.in(folder).with("MAX_RETRY_ATTEMPTS", "3");
        SimulatedWorld world = new SimulatedWorld(5, Clock.systemUTC());
        try (SimulatedPatreon patreon = new SimulatedPatreon(world, PlatformSettings.calm(setting.address()));
                FlowHub hub = setting.with(patreon.environment()).start()) {
            patreon.down();
            patreon.follow(world.person(1));
            await().atMost(PATIENCE).until(() -> hub.operations("patreon", DEAD) == 1);

            assertThat(calls(patreon)).isEqualTo(4);
            assertThat(hub.column("SELECT code || ' ' || attempts FROM dead_letters"))
                    .containsExactly("platform-unavailable 4");
            assertThat(hub.column("SELECT cause FROM dead_letters").get(0))
                    .startsWith("patreon answered 503")
                    .contains("member");
            assertThat(hub.column("SELECT digest FROM dead_letters").get(0)).matches("[0-9a-f]{12}");
            assertThat(hub.column("SELECT COUNT(*) FROM deliveries")).containsExactly("1");

            patreon.healthy();
            JsonNode letters = hub.admin("GET", "/api/dead-letters");
            String id = letters.findValues("operationId").isEmpty()
                    ? letters.findValue("id").asText()
                    : letters.findValue("operationId").asText();
            hub.admin("POST", "/api/dead-letters/" + id + "/replay");
            await().atMost(PATIENCE).until(() -> hub.operations("patreon", SUCCESS) == 1);
            assertThat(hub.column("SELECT email FROM members WHERE email IS NOT NULL"))
                    .hasSize(1);
        }
    }

    @Test
    void longRetryAfterIsWaitedInTheQueue() throws Exception {
        long twoHours = Duration.ofHours(2).toMillis();
        long before = System.currentTimeMillis();
        try (StubPlatform throttling = new StubPlatform(call -> {
                    call.getResponseHeaders().add("Retry-After", "7200");
                    StubPlatform.status(call, 429);
                });
                FlowHub hub = FlowHub.in(folder)
                        .with(Map.of(
                                "EVENTBRITE_BASE_URL", throttling.origin(),
                                "EVENTBRITE_API_KEY", "key",
                                "EVENTBRITE_WEBHOOK_SECRET", "secret-0123456789"))
                        .start()) {
            assertThat(hub.eventbrite(
                            "secret-0123456789", "order.placed", "https://www.eventbriteapi.com/v3/orders/7/"))
                    .isEqualTo(200);
            await().atMost(PATIENCE)
                    .until(() -> hub.column("SELECT id FROM sync_operations WHERE attempts = 1")
                                    .size()
                            == 1);

            assertThat(hub.column("SELECT status FROM sync_operations")).containsExactly("0");
            assertThat(Long.parseLong(
                            hub.column("SELECT not_before FROM sync_operations").get(0)))
                    .isGreaterThan(before + twoHours - 1_000);
            assertThat(throttling.calls()).hasSize(1);
        }
    }

    @Test
    void retryAfterIsObeyed() throws Exception {
        try (StubPlatform throttling = new StubPlatform(call -> {
                    call.getResponseHeaders().add("Retry-After", "1");
                    StubPlatform.status(call, 429);
                });
                FlowHub hub = FlowHub.in(folder)
                        .with("MAX_RETRY_ATTEMPTS", "2")
                        .with(Map.of(
                                "EVENTBRITE_BASE_URL", throttling.origin(),
                                "EVENTBRITE_API_KEY", "key",
                                "EVENTBRITE_WEBHOOK_SECRET", "secret-0123456789"))
                        .start()) {
            assertThat(hub.eventbrite(
                            "secret-0123456789", "order.placed", "https://www.eventbriteapi.com/v3/orders/7/"))
                    .isEqualTo(200);
            await().atMost(PATIENCE).until(() -> hub.operations("eventbrite", DEAD) == 1);

            assertThat(throttling.calls()).hasSize(3);
            for (int i = 1; i < 3; i++) {
                long pause = throttling.calls().get(i).nanos()
                        - throttling.calls().get(i - 1).nanos();
                assertThat(Duration.ofNanos(pause)).isGreaterThanOrEqualTo(Duration.ofMillis(990));
            }
            assertThat(hub.column("SELECT code FROM dead_letters")).containsExactly("platform-throttled");
        }
    }
}
