package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import dev.muster.bench.Bench.Options;
import dev.muster.bench.Load.Outcome;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.delivery.DeliveryStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/** Durable accept rate, beside the same HTTP server without Camel, with and without the store, and the store alone. */
final class Receive {
    private static final int DISTINCT = 4_096;

    private Receive() {}

    static boolean run(Options options) throws Exception {
        int rounds = options.number("rounds", 3);
        int seconds = options.number("seconds", 5);
        int connections = options.number("connections", 64);
        ByteBuffer[] requests = PatreonRequests.season(0, DISTINCT, 1);
        say("receive: %d connections, bodies of %d bytes, %d rounds of %d s", connections,
                PatreonRequests.body(1, 0).length, rounds, seconds);
        Path home = HubProcess.homeWithoutFlows();
        Map<String, List<Double>> rates = new LinkedHashMap<>();
        Map<String, List<Double>> cpus = new LinkedHashMap<>();
        try (HubProcess hub = HubProcess.hub(home, HubProcess.freshFolder("receive-hub"), Map.of());
                HubProcess store = HubProcess.bare("store", HubProcess.freshFolder("receive-store"));
                HubProcess hello = HubProcess.bare("hello", HubProcess.freshFolder("receive-hello"));
                Database database = BareServer.sqlite(HubProcess.freshFolder("receive-ceiling"));
                DeliveryStore ceiling = BareServer.store(database, new Ids())) {
            Map<String, HubProcess> servers = new LinkedHashMap<>();
            servers.put("hub", hub);
            servers.put("bare Vert.x + store", store);
            servers.put("bare Vert.x, hello", hello);
            for (int round = 0; round <= rounds; round++) {
                for (Map.Entry<String, HubProcess> side : servers.entrySet()) {
                    HubProcess server = side.getValue();
                    double before = server.cpuSeconds();
                    Outcome outcome = new Load(server.port(), connections, i -> requests[i % DISTINCT])
                            .run(round == 0 ? 2 * seconds : seconds)
                            .allAccepted();
                    double cpu = server.cpuSeconds() - before;
                    note(rates, side.getKey(), round, outcome.rate());
                    say("  %s %-22s %,9.0f/s  p50 %6.2f ms  p99 %6.2f ms  max %6.1f ms  %5.1f µs of CPU each  %d MB resident",
                            label(round), side.getKey(), outcome.rate(), outcome.millisAt(50), outcome.millisAt(99),
                            outcome.millisAt(100), cpu * 1e6 / outcome.statuses().get(200), server.residentMegabytes());
                    note(cpus, side.getKey(), round, cpu * 1e6 / outcome.statuses().get(200));
                }
                for (int window : new int[] {connections, 1_024}) {
                    String name = "store alone, " + window;
                    double rate = fed(ceiling, window, round == 0 ? 2 * seconds : seconds);
                    note(rates, name, round, rate);
                    say("  %s %-22s %,9.0f/s", label(round), name, rate);
                }
            }
        }
        double hub = Bench.median(rates.get("hub"));
        for (Map.Entry<String, List<Double>> side : rates.entrySet()) {
            say("%-22s %s/s; the hub is %.2f of it%s", side.getKey(), Bench.spread(side.getValue()),
                    hub / Bench.median(side.getValue()),
                    cpus.containsKey(side.getKey())
                            ? String.format(Locale.ROOT, "; %.1f µs of CPU each", Bench.median(cpus.get(side.getKey())))
                            : "");
        }
        return true;
    }

    private static String label(int round) {
        return round == 0 ? "warm-up" : "round " + round;
    }

    private static void note(Map<String, List<Double>> rates, String side, int round, double rate) {
        if (round > 0) {
            rates.computeIfAbsent(side, name -> new ArrayList<>()).add(rate);
        }
    }

    /** The store fed by two threads, never more than {@code window} arrivals under way. */
    private static double fed(DeliveryStore store, int window, int seconds) throws InterruptedException {
        Ids ids = new Ids();
        byte[] body = PatreonRequests.body(1, 0);
        Map<String, String> headers = Map.of(
                "content-type", "application/json", "x-patreon-event", "members:update", "user-agent", "Patreon",
                "x-patreon-signature", PatreonRequests.signature(body), "host", "localhost", "content-length", "1024");
        Semaphore room = new Semaphore(window);
        AtomicLong done = new AtomicLong();
        long start = System.nanoTime();
        long end = start + seconds * 1_000_000_000L;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Thread thread = new Thread(() -> {
                while (System.nanoTime() < end) {
                    room.acquireUninterruptibly();
                    store.append(BareServer.arrival(ids, headers, body, "member"))
                            .thenAccept(receipt -> done.incrementAndGet())
                            .whenComplete((ignored, failure) -> room.release());
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        room.acquire(window);
        return done.get() / ((System.nanoTime() - start) / 1e9);
    }
}
