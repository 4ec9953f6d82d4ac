package dev.muster.operate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.RunningHub;
import dev.muster.quota.Breakers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What health says, and whom it keeps out of traffic. */
class HealthTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String ROUTES = "org.apache.camel:context=muster,type=routes,name=";

    @TempDir
    static Path directory;

    private static ManagementPort port;

    @BeforeAll
    static void start() {
        port = new ManagementPort(RunningHub.start(directory, Map.of("MUSTER_LEASE_MS", "1500")));
    }

    @AfterAll
    static void stop() {
        port.hub().close();
    }

    @Test
    void everyComponentHasANameAndSaysHowItIs() throws IOException {
        assertThat(port.components("/observe/health"))
                .containsOnlyKeys(
                        "context",
                        "door",
                        "store",
                        "queue",
                        "pushes",
                        "quotas",
                        "disk",
                        "configuration",
                        "routes",
                        "breaker-classy",
                        "breaker-discord",
                        "breaker-eventbrite",
                        "breaker-hubspot",
                        "breaker-klaviyo",
                        "breaker-mailchimp",
                        "breaker-patreon",
                        "breaker-salesforce")
                .allSatisfy((name, answer) -> assertThat(answer).as(name).startsWith("UP"));
    }

    @Test
    void readinessAsksOnlyWhatTakesDeliveries() throws IOException {
        assertThat(port.components("/observe/health/ready")).containsOnlyKeys("context", "door", "store");
        assertThat(port.components("/observe/health/live")).containsOnlyKeys("context");
    }

    @Test
    void stoppedFlowIsToldAndKeepsTheHubInTraffic() throws IOException {
        port.exec(ROUTES + "\"klaviyo\"", "stop()");
        assertThat(port.components("/observe/health").get("routes")).startsWith("DOWN Stopped: klaviyo.");
        assertThat(port.status("/observe/health")).isEqualTo(503);
        assertThat(port.status("/observe/health/ready")).isEqualTo(200);

        port.exec(ROUTES + "\"klaviyo\"", "start()");
        assertThat(port.status("/observe/health")).isEqualTo(200);
    }

    @Test
    void openBreakerIsToldAndBringsNothingDown() throws IOException {
        Breakers breakers =
                port.hub().hub().main().getCamelContext().getRegistry().lookupByNameAndType("breakers", Breakers.class);
        breakers.force("patreon", "acme", true);
        try {
            assertThat(port.components("/observe/health").get("breaker-patreon"))
                    .startsWith("UNKNOWN Open: calls to patreon failed");
            assertThat(port.components("/observe/health").get("breaker-klaviyo"))
                    .startsWith("UP");
            for (String path : new String[] {"", "/ready", "/live"}) {
                assertThat(port.status("/observe/health" + path)).as(path).isEqualTo(200);
            }
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(port.metrics())
                    .containsEntry("muster_breaker_state{platform=\"patreon\"}", 2.0)
                    .containsEntry("muster_breaker_state{platform=\"klaviyo\"}", 0.0));
        } finally {
            breakers.force("patreon", "acme", false);
        }
        assertThat(port.components("/observe/health").get("breaker-patreon")).startsWith("UP");
    }

    @Test
    void routesHaveReadableNamesInJmx() throws IOException {
        JsonNode names =
                port.jolokia(Map.of("type", "search", "mbean", ROUTES + "*")).path("value");
        assertThat(names)
                .extracting(JsonNode::asText)
                .contains(ROUTES + "\"receive\"", ROUTES + "\"patreon\"", ROUTES + "\"dead-letter\"");
    }
}
