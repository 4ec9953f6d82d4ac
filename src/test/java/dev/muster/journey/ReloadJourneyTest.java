package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.RunningHub;
import dev.muster.camel.RouteReload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files are edited while a hub runs. */
class ReloadJourneyTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SENDERS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path directory;

    private Path home;
    private RunningHub hub;

    @BeforeEach
    void start() throws IOException {
        home = RunningHub.copyOfHome(Files.createDirectory(directory.resolve("home")));
        hub = RunningHub.start(
                home,
                directory,
                Map.of(
                        "PATREON_WEBHOOK_SECRET", PatreonDelivery.SECRET,
                        "ACME_WEBHOOK_SECRET", PatreonDelivery.SECRET));
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    private CamelContext camel() {
        return hub.hub().main().getCamelContext();
    }

    private RouteReload reload() {
        return camel().hasService(RouteReload.class);
    }

    private int send(String member) {
        byte[] body = new PatreonDelivery(
                        member, member + "@example.org", "Ana", "Lee", 500, "2026-07-01T08:00:00.000+00:00")
                .body();
        return hub.post(
                        "/api/webhooks/patreon",
                        body,
                        "X-Patreon-Event",
                        "members:update",
                        "X-Patreon-Signature",
                        PatreonDelivery.signature(body))
                .statusCode();
    }

    private JsonNode items(String path) {
        try {
            return JSON.readTree(hub.get(path).body()).path("items");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void awaitMember(String member) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(items("/api/members?email=" + member + "@example.org"))
                .hasSize(1));
    }

    private void edit(String file, String from, String to) throws IOException {
        Path path = home.resolve(file);
        String text = Files.readString(path);
        assertThat(text).contains(from);
        Files.writeString(path, text.replace(from, to));
    }

    @Test
    void anEditedMappingIsUsedWithoutARestart() throws IOException {
        edit("config/platforms/patreon.yaml", "{ target: discordUserId,", "{ target: chatUserId,");
        edit(
                "config/platforms/patreon.yaml",
                "target: firstName, source: $user.first_name",
                "target: nickname, source: $user.first_name");

        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(send("m1")).isEqualTo(200);
            JsonNode member = items("/api/members?email=m1@example.org").path(0);
            assertThat(member.path("nickname").asText()).isEqualTo("Ana");
        });
    }

    @Test
    void aBrokenFlowKeepsTheOldOneAndIsSaid() throws IOException {
        edit("routes/platforms/patreon.camel.yaml", "to: direct:normalize", "to: no-such-component:normalize");

        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(reload().problems()).singleElement().satisfies(problem -> {
                            assertThat(problem.file()).isEqualTo("routes/platforms/patreon.camel.yaml");
                            assertThat(problem.message()).contains("no-such-component");
                        }));
        assertThat(send("m2")).isEqualTo(200);
        awaitMember("m2");

        edit("routes/platforms/patreon.camel.yaml", "to: no-such-component:normalize", "to: direct:normalize");

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(reload().problems()).isEmpty());
        assertThat(send("m3")).isEqualTo(200);
        awaitMember("m3");
    }

    @Test
    void aMistakeInTheYamlIsToldWithItsLine() throws IOException {
        edit("routes/platforms/patreon.camel.yaml", "    from:\n", "    from\n");

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(reload().problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.line()).isPositive()));
        assertThat(send("m4")).isEqualTo(200);
        awaitMember("m4");
    }

    @Test
    void anIdOfAnotherFileIsRefused() throws IOException {
        Route before = camel().getRoute("klaviyo");
        edit("routes/platforms/patreon.camel.yaml", "id: patreon", "id: klaviyo");

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(reload().problems())
                .singleElement()
                .satisfies(problem ->
                        assertThat(problem.message()).contains("klaviyo", "routes/platforms/klaviyo.camel.yaml")));
        assertThat(camel().getRoute("klaviyo")).isSameAs(before);
        assertThat(camel().getRoute("patreon")).isNotNull();
    }

    @Test
    void aDeletedFileStopsItsRoutes() throws IOException {
        Files.delete(home.resolve("routes/90-housekeeping.camel.yaml"));

        await().atMost(PATIENCE).until(() -> camel().getRoute("redrive") == null);
        assertThat(reload().problems()).isEmpty();
    }

    @Test
    void aFileThatOthersSendToStaysInUseWhenItIsDeleted() throws IOException {
        Files.delete(home.resolve("routes/30-decide.camel.yaml"));

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(reload().problems()).isNotEmpty());
        assertThat(send("m5")).isEqualTo(200);
        awaitMember("m5");
    }

    @Test
    void anEmptiedFileKeepsItsRoutes() throws IOException {
        Files.writeString(home.resolve("routes/platforms/patreon.camel.yaml"), "");

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(reload().problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.message()).contains("is empty")));
        assertThat(send("m6")).isEqualTo(200);
        awaitMember("m6");
    }

    @Test
    void filesThatOnlyFitTogetherAreTakenUpTogether() throws IOException {
        edit("routes/20-normalize.camel.yaml", "direct:decide", "direct:settle");
        edit("routes/30-decide.camel.yaml", "direct:decide", "direct:settle");

        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(camel().getRoute("decide")).isNotNull();
            assertThat(camel().getRoute("decide").getEndpoint().getEndpointUri())
                    .isEqualTo("direct://settle");
        });
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(reload().problems()).isEmpty());
        assertThat(send("m7")).isEqualTo(200);
        awaitMember("m7");
    }

    @Test
    void anEditedKameletIsUsedByEveryFlow() throws IOException {
        Set<String> before = kamelets("complete-action");
        edit("routes/kamelets/complete-action.kamelet.yaml", "title: Complete", "title: Completed");

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(kamelets("complete-action"))
                .hasSameSizeAs(before)
                .doesNotContainAnyElementsOf(before));
        assertThat(send("m8")).isEqualTo(200);
        awaitMember("m8");
    }

    @Test
    void anEditedKameletIsUsedByTheKameletsThatStandOnIt() throws IOException {
        Set<String> before = kamelets("");
        edit("routes/kamelets/call-platform-action.kamelet.yaml", "title: Call a platform", "title: One call");

        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(kamelets("")).hasSameSizeAs(before).doesNotContainAnyElementsOf(before));
        assertThat(send("m11")).isEqualTo(200);
        awaitMember("m11");
    }

    @Test
    void aBrokenKameletKeepsTheOldOne() throws IOException {
        Set<String> before = kamelets("");
        edit("routes/kamelets/complete-action.kamelet.yaml", "- loop:", "- lop:");

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(reload().problems())
                .isNotEmpty()
                .allSatisfy(problem ->
                        assertThat(problem.file()).isEqualTo("routes/kamelets/complete-action.kamelet.yaml")));
        assertThat(kamelets("")).isEqualTo(before);
        assertThat(send("m9")).isEqualTo(200);
        awaitMember("m9");

        edit("routes/kamelets/complete-action.kamelet.yaml", "- lop:", "- loop:");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(reload().problems()).isEmpty());
    }

    /** The routes that Camel made of the Kamelets whose names begin so. */
    private Set<String> kamelets(String prefix) {
        return camel().getRoutes().stream()
                .filter(Route::isCreatedByKamelet)
                .map(Route::getRouteId)
                .filter(id -> id.startsWith(prefix))
                .collect(Collectors.toSet());
    }

    @Test
    void howFailuresAreHandledIsTakenUpByEveryFlow() throws IOException {
        Route before = camel().getRoute("klaviyo");
        edit("routes/00-failures.camel.yaml", "3600000", "7200000");

        await().atMost(PATIENCE)
                .until(() -> camel().getRoute("klaviyo") != null && camel().getRoute("klaviyo") != before);
        await().atMost(PATIENCE).until(() -> camel().getRoute("patreon") != null);
        assertThat(send("m10")).isEqualTo(200);
        awaitMember("m10");
        assertThat(reload().problems()).isEmpty();
    }

    @Test
    void nothingIsLostOrFailedWhileFlowsAreReplacedUnderTraffic() throws Exception {
        AtomicBoolean sending = new AtomicBoolean(true);
        AtomicInteger next = new AtomicInteger();
        ExecutorService senders = Executors.newFixedThreadPool(SENDERS);
        List<Future<?>> sent = new ArrayList<>();
        for (int i = 0; i < SENDERS; i++) {
            sent.add(senders.submit(() -> {
                while (sending.get()) {
                    assertThat(send("t" + next.getAndIncrement())).isEqualTo(200);
                }
            }));
        }
        Map<String, String> files = Map.of(
                "routes/platforms/patreon.camel.yaml", "patreon",
                "routes/20-normalize.camel.yaml", "normalize",
                "routes/30-decide.camel.yaml", "decide",
                "routes/00-failures.camel.yaml", "dead-letter",
                "routes/kamelets/complete-action.kamelet.yaml", "patreon");
        for (int round = 0; round < 2; round++) {
            for (Map.Entry<String, String> file : files.entrySet()) {
                Path path = home.resolve(file.getKey());
                Route before = camel().getRoute(file.getValue());
                Files.writeString(path, Files.readString(path) + "# saved again\n");
                await().atMost(PATIENCE)
                        .until(() -> camel().getRoute(file.getValue()) != null
                                && camel().getRoute(file.getValue()) != before
                                && camel().getRoute("patreon") != null);
            }
        }
        sending.set(false);
        for (Future<?> sender : sent) {
            sender.get();
        }
        senders.shutdown();

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(ended(next.get())).isTrue());
        assertThat(items("/api/dead-letters")).isEmpty();
        assertThat(reload().problems()).isEmpty();
    }

    private boolean ended(int count) {
        return items("/api/operations?status=pending").isEmpty()
                && items("/api/operations?status=processing").isEmpty()
                && items("/api/members?email=t" + (count - 1) + "@example.org").size() == 1;
    }

    @Test
    void aNewPlatformIsTakenUp() throws IOException {
        String config = Files.readString(home.resolve("config/platforms/patreon.yaml"))
                .replace("platform: patreon", "platform: acme")
                .replace("X-Patreon-", "X-Acme-")
                .replace("header:x-patreon-event", "header:x-acme-event");
        Files.writeString(home.resolve("config/platforms/acme.yaml"), config);
        Files.writeString(
                home.resolve("routes/platforms/acme.camel.yaml"),
                Files.readString(home.resolve("routes/platforms/patreon.camel.yaml"))
                        .replace("id: patreon", "id: acme")
                        .replace("muster-operations:patreon", "muster-operations:acme")
                        .replace("platform=patreon", "platform=acme"));
        byte[] body =
                new PatreonDelivery("a1", "acme@example.org", "Ana", "Lee", 5, "2026-07-01T08:00:00.000+00:00").body();

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(hub.post(
                                "/api/webhooks/acme",
                                body,
                                "X-Acme-Event",
                                "members:update",
                                "X-Acme-Signature",
                                PatreonDelivery.signature(body))
                        .statusCode())
                .isEqualTo(200));

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(items("/api/members?email=acme@example.org"))
                .hasSize(1));
    }
}
