package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import dev.muster.bench.Bench.Options;
import dev.muster.fuzz.Filling;
import dev.muster.fuzz.Fuzzer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Very many requests to the admin API, as the test {@code FuzzContract} sends a few, to a hub in a process of its own. */
final class Fuzz {
    private static final String TOKEN = "fuzz-admin-token";

    private Fuzz() {}

    static boolean run(Options options) throws Exception {
        int requests = options.number("requests", 100_000);
        int seed = options.number("seed", 7);
        Path data = HubProcess.freshFolder("fuzz");
        try (Store store = Store.open(options.flag("postgres"), data)) {
            Map<String, String> environment = new HashMap<>(store.environment());
            environment.put("MUSTER_ADMIN_TOKEN", TOKEN);
            environment.put("TRUSTED_PROXIES", "127.0.0.1");
            environment.put("ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
            try (HubProcess hub = HubProcess.hub(Bench.home(), data, environment)) {
                List<String> keys = new ArrayList<>();
                keys.add(Filling.fill(hub.port(), TOKEN, store.url(), "acme", "Quillfeather"));
                keys.add(Filling.fill(hub.port(), TOKEN, store.url(), "beta", "Zwergdommel"));
                Fuzzer fuzzer = new Fuzzer(hub.port(), TOKEN, keys, seed);
                long start = System.nanoTime();
                Fuzzer.Outcome outcome = fuzzer.run(requests, options.number("connections", 4));
                say("fuzz, %s, seed %d: %,d requests for %d operations in %.0f s", store.name(), seed, outcome.requests(),
                        fuzzer.document().operations().size(), (System.nanoTime() - start) / 1e9);
                Map<String, Integer> statuses = new TreeMap<>();
                outcome.statuses().forEach((key, count) -> statuses.merge(key.split(" ")[1], count, Integer::sum));
                say("  answers: %s; never 2xx: %s", statuses, outcome.neverWell(fuzzer.document()));
                say("  slowest: %s", outcome.slowest());
                say("  resident %d MB, peak heap %d MB", hub.residentMegabytes(), hub.peakHeapMegabytes());
                outcome.failures().forEach(failure -> say("%s", failure));
                say("  %s", outcome.failures().isEmpty() ? "held" : "NOT HELD");
                return outcome.failures().isEmpty();
            }
        }
    }
}
