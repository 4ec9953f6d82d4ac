package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.RunningHub;
import dev.muster.fuzz.Belongings;
import dev.muster.fuzz.Filling;
import dev.muster.fuzz.Trespass;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two organizations that differ in nothing but their words: no key of one opens a byte of the other's, or changes one, by any
 * operation that the contract describes.
 */
abstract class ApartContract {
    /** What a caller of one organization may, but what a test cannot lead to success. */
    private static final List<String> NEEDS_A_PLATFORM = List.of("beginConsent", "readOneRecord", "startRuns");

    @TempDir
    private Path folder;

    /** The store's URL, for a hub whose files are in this folder. */
    abstract String store(Path folder);

    @Test
    void noKeyOfOneOrganizationOpensOrChangesAByteOfAnother() throws Exception {
        long seed = Long.getLong("muster.fuzz.seed", System.nanoTime() % 1_000_000);
        String url = store(folder);
        try (RunningHub hub = RunningHub.start(
                folder,
                Map.of(
                        "TRUSTED_PROXIES",
                        "127.0.0.1",
                        "MUSTER_DATABASE_URL",
                        url,
                        "MUSTER_PULL_LOOK_MS",
                        "86400000",
                        "MUSTER_ALERTS_LOOK_MS",
                        "86400000"))) {
            Filling.fill(hub.httpPort(), RunningHub.TOKEN, url, "acme", "Quillfeather");
            Filling.fill(hub.httpPort(), RunningHub.TOKEN, url, "beta", "Zwergdommel");
            // what was counted of it is written every few seconds
            Map<String, List<String>> before = await().atMost(Duration.ofSeconds(60))
                    .during(Duration.ofSeconds(6))
                    .until(() -> Belongings.of(url, "beta").lines(), new Same()::asLast);
            String mapping = Files.readString(RunningHub.project().resolve("config/platforms/patreon.yaml"));
            Belongings acme = Belongings.of(url, "acme").with("mapping", mapping);
            Belongings beta = Belongings.of(url, "beta").with("mapping", mapping);
            assertThat(beta.unclear())
                    .as("tables of which the test does not know whose rows they hold")
                    .isEmpty();
            Trespass trespass = new Trespass(hub.httpPort(), () -> key(hub), seed);

            Set<String> unfed = trespass.askForWhatIsOwn(acme, beta);
            List<String> leaks = trespass.askForWhatIsOfAnother(acme, beta);

            assertThat(leaks).as("-Dmuster.fuzz.seed=%s", seed).isEmpty();
            unfed.removeIf(one -> NEEDS_A_PLATFORM.stream().anyMatch(one::startsWith));
            assertThat(unfed)
                    .as(
                            "operations that the test cannot feed: teach Filling or Belongings, -Dmuster.fuzz.seed=%s",
                            seed)
                    .isEmpty();
            // what its own webhooks used of its secrets is written by the minute
            before.remove("credential_uses");
            Map<String, List<String>> after = Belongings.of(url, "beta").lines();
            before.forEach((table, rows) -> assertThat(after.get(table))
                    .as("%s, -Dmuster.fuzz.seed=%s", table, seed)
                    .isEqualTo(rows));
        }
    }

    /** Whether something is as it was when it was looked at before. */
    private static final class Same {
        private Map<String, List<String>> last = Map.of();

        boolean asLast(Map<String, List<String>> now) {
            boolean isSame = last.equals(now);
            last = now;
            return isSame;
        }
    }

    private static String key(RunningHub hub) {
        try {
            return new ObjectMapper()
                    .readTree(RunningHub.send(HttpRequest.newBuilder(hub.uri("/api/keys"))
                                    .header("Authorization", "Bearer " + RunningHub.TOKEN)
                                    .header("Content-Type", "application/json")
                                    .POST(HttpRequest.BodyPublishers.ofString(
                                            "{\"name\":\"trespasser\",\"organization\":\"acme\",\"role\":\"admin\"}"))
                                    .build())
                            .body())
                    .path("key")
                    .asText();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
