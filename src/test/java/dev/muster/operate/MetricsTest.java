package dev.muster.operate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.RunningHub;
import dev.muster.journey.PatreonDelivery;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The metrics that alerts, dashboards and docs/operations.md speak of. */
class MetricsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern NAME = Pattern.compile("muster_[a-z_]+[a-z]");

    @TempDir
    Path directory;

    @Test
    void everyPlatformHasItsZerosBeforeTheFirstEvent() {
        try (RunningHub hub = RunningHub.start(directory, Map.of())) {
            Map<String, Double> metrics = new ManagementPort(hub).metrics();
            for (String platform : List.of("eventbrite", "klaviyo", "patreon")) {
                String label = "platform=\"" + platform + "\"";
                for (String name : List.of(
                        "muster_queue_depth{" + label + "}",
                        "muster_queue_age_seconds{" + label + "}",
                        "muster_dead_letters{" + label + "}",
                        "muster_pushes_due{" + label + "}",
                        "muster_pushes_age_seconds{" + label + "}",
                        "muster_pushes_resting{" + label + "}",
                        "muster_breaker_state{" + label + "}",
                        "muster_deliveries_accepted_total{" + label + "}",
                        "muster_deliveries_duplicate_total{" + label + "}",
                        "muster_deliveries_refused_total{" + label + ",reason=\"signature-wrong\"}",
                        "muster_deliveries_refused_total{" + label + ",reason=\"store-unavailable\"}",
                        "muster_redeliveries_total{" + label + "}",
                        "muster_operations_total{outcome=\"success\"," + label + "}",
                        "muster_operations_total{outcome=\"dead\"," + label + "}",
                        "muster_operation_latency_seconds_count{" + label + "}")) {
                    assertThat(metrics).containsEntry(name, 0.0);
                }
            }
        }
    }

    @Test
    void whatIsDocumentedIsWhatIsThere() throws IOException {
        try (RunningHub hub = RunningHub.start(directory, Map.of("PATREON_WEBHOOK_SECRET", PatreonDelivery.SECRET))) {
            assertThat(deliver(hub).statusCode()).isEqualTo(200);
            ManagementPort port = new ManagementPort(hub);
            await().atMost(PATIENCE)
                    .until(() -> port.metrics()
                                    .getOrDefault(
                                            "muster_operations_total{outcome=\"success\",platform=\"patreon\"}", 0.0)
                            == 1);
            await().atMost(PATIENCE).until(() -> port.metrics().containsKey("muster_conflicts_open"));
            Set<String> there = names(String.join("\n", port.metrics().keySet()));

            Path project = RunningHub.project();
            Set<String> documented = names(Files.readString(project.resolve("docs/operations.md")));
            Set<String> parts = new TreeSet<>(there);
            parts.removeIf(name -> name.matches(".*_(bucket|count|sum|max)"));
            parts.addAll(
                    Set.of("muster_operation_latency_seconds", "muster_call_wait_seconds", "muster_commit_batch_size"));
            assertThat(documented).isEqualTo(parts);
            for (String file : List.of("deploy/alerts.rules.yml", "deploy/grafana/dashboards/muster.json")) {
                assertThat(there).as(file).containsAll(names(Files.readString(project.resolve(file))));
            }
            Set<String> shown = names(Files.readString(project.resolve("deploy/grafana/dashboards/muster.json")));
            assertThat(documented)
                    .as("every metric of ours is on the dashboard")
                    .allMatch(name -> shown.stream().anyMatch(one -> one.startsWith(name)));
            assertThat(names(Files.readString(project.resolve("deploy/alerts.rules.yml"))))
                    .contains(
                            "muster_credentials_refused",
                            "muster_pushes_resting",
                            "muster_pushes_age_seconds",
                            "muster_call_wait_seconds_sum",
                            "muster_breaker_state");
        }
    }

    @Test
    void redeliveriesAreCountedAndTheFailureAfterTheLastIsNone() {
        Map<String, String> unreachable = Map.of(
                "PATREON_WEBHOOK_SECRET", PatreonDelivery.SECRET,
                "PATREON_API_KEY", "key",
                "PATREON_BASE_URL", "http://127.0.0.1:1",
                "MAX_RETRY_ATTEMPTS", "1",
                "MUSTER_RETRY_PAUSE_MS", "1");
        try (RunningHub hub = RunningHub.start(directory, unreachable)) {
            assertThat(deliver(hub).statusCode()).isEqualTo(200);
            ManagementPort port = new ManagementPort(hub);
            await().atMost(PATIENCE)
                    .until(() ->
                            port.metrics().get("muster_operations_total{outcome=\"dead\",platform=\"patreon\"}") == 1);
            assertThat(port.metrics()).containsEntry("muster_redeliveries_total{platform=\"patreon\"}", 1.0);
            assertThat(hub.get("/api/dead-letters").body()).contains("platform-unavailable");
        }
    }

    @Test
    void deliveryThatFindsNoRoomIsCountedAsRefused() throws Exception {
        try (RunningHub hub = RunningHub.start(
                directory,
                Map.of("PATREON_WEBHOOK_SECRET", PatreonDelivery.SECRET, "MUSTER_ACCEPT_WAITING_MAX", "1"))) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            try (Connection other = DriverManager.getConnection(
                            "jdbc:sqlite:" + directory.resolve("data").resolve("muster.db"));
                    Statement statement = other.createStatement()) {
                statement.execute("PRAGMA busy_timeout = 5000");
                statement.execute("BEGIN IMMEDIATE");
                // Two may be in the commit that waits and one behind it.
                for (int i = 0; i < 5; i++) {
                    answers.add(CompletableFuture.supplyAsync(() -> deliver(hub)));
                }
                await().atMost(PATIENCE).until(() -> answers.stream().anyMatch(CompletableFuture::isDone));
                statement.execute("ROLLBACK");
            }
            long refused = answers.stream()
                    .map(CompletableFuture::join)
                    .filter(answer -> answer.statusCode() == 503)
                    .count();
            Map<String, Double> metrics = new ManagementPort(hub).metrics();
            assertThat(refused).isPositive();
            assertThat(
                            metrics.get("muster_deliveries_refused_total{platform=\"patreon\",reason=\"overloaded\"}")
                                    + metrics.get(
                                            "muster_deliveries_refused_total{platform=\"patreon\",reason=\"store-unavailable\"}"))
                    .isEqualTo(refused);
            assertThat(metrics.get("muster_deliveries_accepted_total{platform=\"patreon\"}"))
                    .isEqualTo(5 - refused);
        }
    }

    private static HttpResponse<String> deliver(RunningHub hub) {
        byte[] body =
                new PatreonDelivery("m1", "m1@example.org", "Ana", "Lee", 500, "2026-07-01T08:00:00.000+00:00").body();
        return hub.post(
                "/api/webhooks/patreon",
                body,
                "X-Patreon-Event",
                "members:update",
                "X-Patreon-Signature",
                PatreonDelivery.signature(body));
    }

    private static Set<String> names(String text) {
        Set<String> names = new TreeSet<>();
        Matcher matcher = NAME.matcher(text);
        while (matcher.find()) {
            names.add(matcher.group());
        }
        return names;
    }
}
