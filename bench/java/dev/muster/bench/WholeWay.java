package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import dev.muster.bench.Bench.Options;
import dev.muster.bench.Load.Outcome;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/** From the webhook to the golden row: every member's last state must stand before the clock stops. */
final class WholeWay {
    private WholeWay() {}

    static boolean run(Options options) throws Exception {
        int members = options.number("members", 5_000);
        int states = options.number("states", 4);
        int rounds = options.number("rounds", 4);
        int connections = options.number("connections", 64);
        int deliveries = members * states;
        Path data = HubProcess.freshFolder("whole-way");
        boolean right = true;
        List<Double> warm = new ArrayList<>();
        try (Store store = Store.open(options.flag("postgres"), data);
                HubProcess hub = HubProcess.hub(Bench.home(), data, store.environment())) {
            say("whole way, %s: %,d deliveries for %,d members a round, %d connections, 256 MB of heap; JVM process %d",
                    store.name(), deliveries, members, connections, hub.pid());
            for (int round = 0; round < rounds; round++) {
                int first = round * members;
                ByteBuffer[] requests = PatreonRequests.season(first, members, states);
                double cpu = hub.cpuSeconds();
                double ownCpu = ownCpuSeconds();
                Outcome outcome = new Load(hub.port(), connections, i -> i < requests.length ? requests[i] : null)
                        .run(600)
                        .allAccepted();
                store.awaitEmptyQueue();
                cpu = hub.cpuSeconds() - cpu;
                ownCpu = ownCpuSeconds() - ownCpu;
                Store.Ends ends = store.ends(outcome.startedAt());
                double seconds = (ends.last() - outcome.startedAt()) / 1e3;
                Histogram latency = ends.latencyMillis();
                if (round > 0) {
                    warm.add(deliveries / seconds);
                }
                say("  %s %,7.0f/s whole way  end to end p50 %d ms, p99 %d ms, max %d ms;  accepted %,.0f/s, p99 %.1f ms;"
                                + "  CPU %.3f s per 1,000 (load generator %.3f);  peak heap %d MB, resident %d MB",
                        round == 0 ? "cold   " : "round " + round, deliveries / seconds,
                        latency.getValueAtPercentile(50), latency.getValueAtPercentile(99), latency.getMaxValue(),
                        outcome.rate(), outcome.millisAt(99), cpu * 1_000 / deliveries, ownCpu * 1_000 / deliveries,
                        hub.peakHeapMegabytes(), hub.residentMegabytes());
                long wrong = store.wrongMembers(first, members, states - 1);
                if (wrong > 0 || latency.getTotalCount() != deliveries) {
                    say("  WRONG: %d of %d members do not have their last amount, or an operation did not end well (%d of "
                            + "%d did)", wrong, members, latency.getTotalCount(), deliveries);
                    right = false;
                }
            }
        }
        if (!warm.isEmpty()) {
            say("warmed up: %s/s; every golden row right: %s", Bench.spread(warm), right ? "yes" : "NO");
        }
        return right;
    }

    static double ownCpuSeconds() {
        return ((com.sun.management.OperatingSystemMXBean)
                                java.lang.management.ManagementFactory.getOperatingSystemMXBean())
                        .getProcessCpuTime()
                / 1e9;
    }
}
