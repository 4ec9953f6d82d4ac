package dev.muster.bench;

import dev.muster.db.Ids;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** From the webhook to the golden row, until the last row is right. */
final class WholeWay {
    private static final int ID_LENGTH = 13;

    private WholeWay() {}

    static void run(Options options, Path work) throws Exception {
        boolean postgres = options.flag("postgres");
        int rounds = options.number("rounds", 3);
        int count = options.number("deliveries", 20_000);
        int members = options.number("members", 5_000);
        int connections = options.number("connections", 64);
        int warm = options.number("warm", 20_000);
        int target = postgres ? 5_000 : 6_000;
        int rate = options.number("rate", target);
        System.out.printf(
                Locale.ROOT,
                "whole-way: %d deliveries for %d members, %d connections, %s, after %d deliveries to warm up;"
                        + " then the same paced at %d/s%n",
                count,
                members,
                connections,
                postgres ? "PostgreSQL" : "SQLite",
                warm,
                rate);
        Figures figures = new Figures();
        for (int round = 0; round < rounds; round++) {
            Path data = work.resolve("whole" + round);
            try (Store store = Store.of(postgres, data);
                    HubProcess hub = HubProcess.hub(work, HubProcess.HOME, data, postgres ? store.url() : null)) {
                hub.awaitReady();
                try (Connection connection = store.connect()) {
                    Pass pass = new Pass(hub, connection, connections, figures, members);
                    if (warm > 0) {
                        pass.run("warm-up", warm, 0, 0);
                    }
                    pass.run("as fast as it goes", count, 0, 1);
                    if (rate > 0) {
                        pass.run("paced", count, rate, 2);
                    }
                }
                double[] heap = hub.heapMegabytes();
                figures.add("peak heap MB", heap[0]);
                figures.add("peak resident MB", hub.megabytes("VmHWM"));
                System.out.printf(
                        Locale.ROOT,
                        "  round %d: peak heap %.0f MB (live after collection %.0f MB), peak resident %.0f MB%n",
                        round,
                        heap[0],
                        heap[1],
                        hub.megabytes("VmHWM"));
            }
            HubProcess.remove(data);
        }
        figures.print();
        double perSecond = figures.median("as fast as it goes /s");
        double p99 = figures.median("paced end to end p99 ms");
        double cpu = figures.median("as fast as it goes CPU s per 1,000");
        Figures.verdict("deliveries a second", perSecond, perSecond >= target, Integer.toString(target));
        Figures.verdict("end to end p99 ms at " + rate + "/s", p99, p99 < 500, "below 500");
        Figures.verdict("CPU seconds per 1,000", cpu, cpu <= 0.25, "0.25");
    }

    /** One set of members through one hub; each pass has members of its own, so that all are new in it. */
    private static final class Pass {
        private final HubProcess hub;
        private final Connection connection;
        private final int connections;
        private final Figures figures;
        private final int members;

        Pass(HubProcess hub, Connection connection, int connections, Figures figures, int members) {
            this.hub = hub;
            this.connection = connection;
            this.connections = connections;
            this.figures = figures;
            this.members = members;
        }

        void run(String name, int count, int rate, int set) throws Exception {
            int first = set * members;
            Deliveries deliveries = new Deliveries();
            ByteBuffer[] requests = new ByteBuffer[count];
            int[] versions = new int[first + members];
            Arrays.fill(versions, -1);
            for (int i = 0; i < count; i++) {
                int member = first + i % members;
                versions[member] = i / members;
                requests[i] = deliveries.request(Deliveries.body(member, i / members));
            }
            Map<Long, Long> dueMillis = new HashMap<>(count * 2);
            Duration cpuBefore = hub.cpu();
            long wallMillis = System.currentTimeMillis();
            long begin = System.nanoTime();
            Load.Result sent = new Load(
                            hub.port(),
                            connections,
                            rate,
                            number -> number < requests.length ? requests[number].duplicate() : null,
                            (number, status, due, answer) -> {
                                if (status == 200) {
                                    dueMillis.put(deliveryId(answer), wallMillis + (due - begin) / 1_000_000);
                                }
                            })
                    .run();
            Store.awaitIdle(connection, hub, 120);
            double cpu = hub.cpu().minus(cpuBefore).toNanos() / 1e9;
            Histogram whole = new Histogram(600_000L, 3);
            long last = 0;
            int failed = 0;
            try (PreparedStatement select = connection.prepareStatement(
                    "SELECT delivery_id, processed_at, status FROM sync_operations WHERE created_at >= ?")) {
                select.setLong(1, wallMillis - 1);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        Long due = dueMillis.get(rows.getLong(1));
                        if (due == null || rows.getInt(3) != 2) {
                            failed++;
                        } else {
                            last = Math.max(last, rows.getLong(2));
                            whole.recordValue(Math.max(0, Math.min(599_000, rows.getLong(2) - due)));
                        }
                    }
                }
            }
            // processed_at is taken when a transaction begins; the poll above is at most 20 ms late: the later counts
            double seconds = Math.max(1, last - wallMillis) / 1e3;
            int wrong = Store.wrong(connection, versions);
            System.out.printf(
                    Locale.ROOT,
                    "  %-18s %,6.0f/s whole way (%.2f s), accepted at %,.0f/s (p99 %.1f ms) %s, end to end p50 %d ms p99 %d ms,"
                            + " CPU %.3f s per 1,000; %d wrong members, %d operations not successful%n",
                    name,
                    count / seconds,
                    seconds,
                    sent.perSecond(),
                    sent.millis(99),
                    sent.statuses(),
                    whole.getValueAtPercentile(50),
                    whole.getValueAtPercentile(99),
                    cpu / count * 1_000,
                    wrong,
                    failed);
            if (wrong > 0 || failed > 0 || whole.getTotalCount() != count) {
                histogramOfStatus();
                throw new IllegalStateException("Not every delivery became the right row; " + whole.getTotalCount()
                        + " of " + count + " succeeded. The hub's log ends:\n" + hub.tail());
            }
            if (!name.equals("warm-up")) {
                if (rate == 0) {
                    figures.add(name + " /s", count / seconds);
                }
                figures.add(name + " end to end p50 ms", whole.getValueAtPercentile(50));
                figures.add(name + " end to end p99 ms", whole.getValueAtPercentile(99));
                figures.add(name + " CPU s per 1,000", cpu / count * 1_000);
            }
        }

        private void histogramOfStatus() throws Exception {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(
                            "SELECT status, min(error_code), min(error), count(*) FROM sync_operations GROUP BY status")) {
                while (rows.next()) {
                    System.out.println("  status " + rows.getInt(1) + ": " + rows.getLong(4) + " " + rows.getString(2)
                            + " " + rows.getString(3));
                }
            }
        }
    }

    /** The id in {@code {"deliveryId":"0ABC..."}} at the end of an answer. */
    static long deliveryId(ByteBuffer answer) {
        byte[] bytes = answer.array();
        int end = answer.limit() - 2;
        String id = new String(bytes, end - ID_LENGTH, ID_LENGTH, StandardCharsets.US_ASCII);
        return Ids.parse(id).orElseThrow(() -> new IllegalStateException("Not an id: " + id));
    }
}
