package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.RunningHub;
import dev.muster.fuzz.Filling;
import dev.muster.fuzz.Fuzzer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever is asked is answered as the OpenAPI document says, and never with 5xx. What is seen here is that of a few thousand
 * requests; {@code bench/run fuzz} sends as many as one likes.
 */
abstract class FuzzContract {
    private static final int REQUESTS = 3_000;

    @TempDir
    private Path folder;

    /** The store's URL, for a hub whose files are in this folder. */
    abstract String store(Path folder);

    @Test
    void whateverIsAskedIsAnsweredAsDescribed() throws Exception {
        long seed = Long.getLong("muster.fuzz.seed", System.nanoTime() % 1_000_000);
        String url = store(folder);
        try (RunningHub hub =
                RunningHub.start(folder, Map.of("TRUSTED_PROXIES", "127.0.0.1", "MUSTER_DATABASE_URL", url))) {
            List<String> keys = new ArrayList<>();
            keys.add(Filling.fill(hub.httpPort(), RunningHub.TOKEN, url, "acme", "Quillfeather"));
            keys.add(Filling.fill(hub.httpPort(), RunningHub.TOKEN, url, "beta", "Zwergdommel"));
            Fuzzer fuzzer = new Fuzzer(hub.httpPort(), RunningHub.TOKEN, keys, seed);

            Fuzzer.Outcome outcome = fuzzer.run(Integer.getInteger("muster.fuzz.requests", REQUESTS), 2);

            assertThat(outcome.failures()).as("-Dmuster.fuzz.seed=%s", seed).isEmpty();
            assertThat(outcome.statuses().keySet()).as("what was asked at all").anyMatch(key -> key.endsWith(" 200"));
        }
    }
}
