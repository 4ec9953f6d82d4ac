package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import dev.muster.bench.Bench.Options;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** From the launcher's start to the first accepted webhook, through {@code ./muster}, with and without its archive. */
final class Start {
    private Start() {}

    static boolean run(Options options) throws Exception {
        int rounds = options.number("rounds", 3);
        String own = System.getenv().getOrDefault("JAVA_HOME", System.getProperty("java.home"));
        String homes = System.getenv().getOrDefault("BENCH_JAVA_HOMES", own);
        ByteBuffer[] requests = PatreonRequests.season(0, 5_000, 4);
        for (String javaHome : homes.split(":")) {
            boolean archived = warmUp(javaHome);
            for (boolean archive : archived ? new boolean[] {false, true} : new boolean[] {false}) {
                measure(javaHome, archive, rounds, requests);
            }
        }
        return true;
    }

    private static void measure(String javaHome, boolean archive, int rounds, ByteBuffer[] requests) throws Exception {
        List<Double> starts = new ArrayList<>();
        long idle = 0;
        long loaded = 0;
        for (int round = 0; round < rounds; round++) {
            Path data = HubProcess.freshFolder("start");
            long start = System.nanoTime();
            try (HubProcess hub = HubProcess.launched(javaHome, archive, data)) {
                starts.add((System.nanoTime() - start) / 1e6);
                if (round == rounds - 1) {
                    HubProcess.pause(3_000);
                    idle = hub.residentMegabytes();
                    new Load(hub.port(), 64, i -> i < requests.length ? requests[i] : null)
                            .run(120)
                            .allAccepted();
                    loaded = hub.residentMegabytes();
                }
            }
        }
        say("start, %s, %s: first webhook accepted after %s ms; resident %d MB idle, %d MB after 20,000 deliveries",
                javaHome, archive ? "with archive" : "without archive", Bench.spread(starts), idle, loaded);
    }

    /** Makes the launcher's archive for a JDK; false where the hub cannot. */
    private static boolean warmUp(String javaHome) throws Exception {
        Path log = Files.createDirectories(Bench.home().resolve("target/bench-data")).resolve("warm-up.log");
        ProcessBuilder builder = new ProcessBuilder(Bench.home().resolve("muster").toString(), "warm-up")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(Map.of("JAVA_HOME", javaHome));
        int exit = builder.start().waitFor();
        if (exit != 0) {
            say("start, %s: ./muster warm-up made no archive; %s says why", javaHome, log);
        }
        return exit == 0;
    }
}
