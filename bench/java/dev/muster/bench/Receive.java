package dev.muster.bench;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Locale;

/** How fast deliveries are made durable and acknowledged. */
final class Receive {
    private static final double RATE = 20_000;
    private static final double P99_MILLIS = 15;

    private Receive() {}

    static void run(Options options, Path work) throws Exception {
        int rounds = options.number("rounds", 3);
        int seconds = options.number("seconds", 6);
        int connections = options.number("connections", 64);
        boolean flows = options.flag("flows");
        String only = options.text("only", "");
        ByteBuffer[] requests = Deliveries.rounds(20_000, 5_000);
        System.out.printf(
                Locale.ROOT,
                "receive: %d connections, %d-byte bodies, %d rounds of %d s after 3 s to warm up, flows %s%n",
                connections,
                Deliveries.body(1, 1).length,
                rounds,
                seconds,
                flows ? "on" : "stopped");
        Path home = flows ? HubProcess.HOME : HubProcess.homeWithoutFlows(work);
        Figures figures = new Figures();
        for (int round = 0; round < rounds; round++) {
            for (String side : new String[] {"hub", "hello", "bare", "ceiling"}) {
                if (!only.isEmpty() && !only.equals(side)) {
                    continue;
                }
                Path data = work.resolve(side + round);
                if (side.equals("ceiling")) {
                    double same = Comparison.ceiling(data, connections, seconds / 2.0);
                    figures.add("store's ceiling, " + connections + " waiting /s", same);
                    HubProcess.remove(data);
                    double most = Comparison.ceiling(data, 2_000, seconds / 2.0);
                    figures.add("store's ceiling, 2000 waiting /s", most);
                    System.out.printf(Locale.ROOT, "  round %d ceiling: %,.0f/s, %,.0f/s%n", round, same, most);
                } else {
                    try (HubProcess process = side.equals("hub")
                            ? HubProcess.hub(work, home, data, null)
                            : HubProcess.other(work, Comparison.class.getName(), side, data.toString())) {
                        process.awaitReady();
                        Load.Result result = new Load(
                                        process.port(),
                                        connections,
                                        0,
                                        number -> requests[number % requests.length].duplicate(),
                                        (number, status, due, answer) -> {})
                                .lasting(3, seconds)
                                .run();
                        figures.add(side + " /s", result.perSecond());
                        figures.add(side + " p50 ms", result.millis(50));
                        figures.add(side + " p99 ms", result.millis(99));
                        System.out.printf(
                                Locale.ROOT,
                                "  round %d %-6s %,8.0f/s  p50 %.2f ms  p99 %.2f ms  max %.1f ms  %s  cpu %.1f s  peak resident %.0f MB%n",
                                round,
                                side,
                                result.perSecond(),
                                result.millis(50),
                                result.millis(99),
                                result.millis(100),
                                result.statuses(),
                                process.cpu().toMillis() / 1e3,
                                process.megabytes("VmHWM"));
                    }
                }
                HubProcess.remove(data);
            }
        }
        figures.print();
        double rate = figures.median("hub /s");
        Figures.verdict("durable accepts a second", rate, rate >= RATE, "20,000");
        Figures.verdict("p99 ms", figures.median("hub p99 ms"), figures.median("hub p99 ms") < P99_MILLIS, "below 15");
        double share = rate / figures.median("bare /s");
        Figures.verdict("share of the bare handler", share, share >= 0.5, "0.5");
    }
}
