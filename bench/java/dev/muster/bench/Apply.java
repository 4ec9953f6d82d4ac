package dev.muster.bench;

import dev.muster.db.Database;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Stored deliveries applied without anything arriving, beside the store's own bulk-upsert ceiling. */
final class Apply {
    private static final int JOBS_A_COMMIT = 1_000;
    /** Greater than any id made before a bench, smaller than those of now: rows put in beforehand sort first. */
    private static final long FIRST_ID = 1_000_000_000L;

    private Apply() {}

    static void run(Options options, Path work) throws Exception {
        boolean postgres = options.flag("postgres");
        int deliveries = options.number("deliveries", 1_000_000);
        int rounds = options.number("rounds", 1);
        String[] populations = options.text("members", "100000").replace("_", "").split(",");
        int target = postgres ? 15_000 : 12_000;
        Figures figures = new Figures();
        for (int round = 0; round < rounds; round++) {
            for (String population : populations) {
                int members = Integer.parseInt(population);
                System.out.printf(
                        Locale.ROOT,
                        "apply: %,d stored deliveries, %,d members on the roll, %s%n",
                        deliveries,
                        members,
                        postgres ? "PostgreSQL" : "SQLite");
                once(options, work, postgres, deliveries, members, figures);
            }
        }
        figures.print();
        double first = figures.median(populations[0] + " members: applied /s");
        Figures.verdict("applied a second", first, first >= target, String.format(Locale.ROOT, "%,d", target));
        if (populations.length > 1) {
            double last = figures.median(populations[populations.length - 1] + " members: applied /s");
            double fall = 1 - last / first;
            Figures.verdict("fall of the rate", fall, fall < 0.2, "below 0.2");
        }
    }

    private static void once(
            Options options, Path work, boolean postgres, int deliveries, int members, Figures figures)
            throws Exception {
        Path data = work.resolve("apply");
        String name = members + " members: ";
        try (Store store = Store.of(postgres, data)) {
            String url = postgres ? store.url() : null;
            // One real delivery makes the rows that the population is copied from.
            try (HubProcess hub = HubProcess.hub(work, HubProcess.HOME, data, url)) {
                hub.awaitReady();
                Deliveries signed = new Deliveries();
                new Load(hub.port(), 1, 0, n -> n == 0 ? signed.request(Deliveries.body(0, 0)) : null, (n, s, d, a) -> {})
                        .run();
                try (Connection connection = store.connect()) {
                    Store.awaitIdle(connection, hub, 60);
                }
            }
            long begin = System.nanoTime();
            try (Connection connection = store.connect()) {
                fast(connection, postgres);
                populate(connection, members);
                int[] versions = enqueue(connection, deliveries, members, options.number("seed", 1));
                try (Statement statement = connection.createStatement()) {
                    statement.execute("ANALYZE");
                }
                if (!postgres) {
                    try (Statement statement = connection.createStatement()) {
                        statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
                    }
                }
                System.out.printf(Locale.ROOT, "  prepared in %.0f s%n", (System.nanoTime() - begin) / 1e9);
                if (!options.flag("no-ceiling")) {
                    double ceiling = ceiling(store, members, Math.min(deliveries, 200_000));
                    figures.add(name + "store's ceiling /s", ceiling);
                    System.out.printf(Locale.ROOT, "  ceiling: %,.0f jobs/s%n", ceiling);
                }
                measure(store, connection, work, data, url, deliveries, versions, name, figures);
            }
        } finally {
            HubProcess.remove(data);
        }
    }

    /** What is prepared need not survive a crash. */
    private static void fast(Connection connection, boolean postgres) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            if (postgres) {
                statement.execute("SET synchronous_commit = off");
            } else {
                statement.execute("PRAGMA synchronous = OFF");
                statement.execute("PRAGMA cache_size = -262144");
            }
        }
    }

    private record Column(String name, int type) {}

    /** Copies the template's rows for every other member, with ids, e-mail and external ids of its own. */
    private static void populate(Connection connection, int members) throws SQLException {
        connection.setAutoCommit(false);
        String email = Deliveries.email(0);
        String user = Integer.toString(Deliveries.userId(0));
        long person = Store.number(connection, "SELECT id FROM members WHERE email = '" + email + "'");
        long membership = Store.number(
                connection, "SELECT id FROM memberships WHERE member = 'patreon/member/" + user + "'");
        List<Copy> copies = new ArrayList<>();
        copies.add(new Copy(connection, "members", "id = " + person));
        copies.add(new Copy(connection, "memberships", "id = " + membership));
        copies.add(new Copy(connection, "field_provenance", "golden_id = " + person));
        copies.add(new Copy(connection, "field_provenance", "golden_id = " + membership));
        copies.add(new Copy(connection, "external_integrations", "golden_id = " + person));
        copies.add(new Copy(connection, "external_integrations", "golden_id = " + membership));
        copies.add(new Copy(connection, "member_emails", "email = '" + email + "'"));
        for (int i = 1; i < members; i++) {
            for (Copy copy : copies) {
                copy.add(i, person, membership);
            }
            if (i % JOBS_A_COMMIT == 0) {
                for (Copy copy : copies) {
                    copy.flush();
                }
                connection.commit();
            }
        }
        for (Copy copy : copies) {
            copy.flush();
            copy.insert.close();
        }
        connection.commit();
    }

    /** A template row and the statement that makes another of it. */
    private static final class Copy {
        private final List<Column> columns = new ArrayList<>();
        private final List<Object> values = new ArrayList<>();
        private final PreparedStatement insert;

        Copy(Connection connection, String table, String where) throws SQLException {
            StringBuilder marks = new StringBuilder();
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT * FROM " + table + " WHERE " + where)) {
                if (!rows.next()) {
                    throw new IllegalStateException("No row of " + table + " where " + where);
                }
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    columns.add(new Column(
                            rows.getMetaData().getColumnName(i), rows.getMetaData().getColumnType(i)));
                    values.add(rows.getObject(i));
                    marks.append(i == 1 ? "?" : ", ?");
                }
            }
            insert = connection.prepareStatement("INSERT INTO " + table + " VALUES (" + marks + ")");
        }

        void add(int member, long person, long membership) throws SQLException {
            for (int i = 0; i < values.size(); i++) {
                Object value = values.get(i);
                if (value instanceof Number number && number.longValue() == person) {
                    insert.setLong(i + 1, FIRST_ID + member * 2L);
                } else if (value instanceof Number number && number.longValue() == membership) {
                    insert.setLong(i + 1, FIRST_ID + member * 2L + 1);
                } else if (value instanceof Number number) {
                    insert.setLong(i + 1, number.longValue());
                } else if (value == null) {
                    insert.setNull(i + 1, columns.get(i).type() == Types.BIGINT ? Types.BIGINT : Types.VARCHAR);
                } else {
                    insert.setString(
                            i + 1,
                            value.toString()
                                    .replace(Deliveries.email(0), Deliveries.email(member))
                                    .replace(Deliveries.memberId(0), Deliveries.memberId(member))
                                    .replace(
                                            Integer.toString(Deliveries.userId(0)),
                                            Integer.toString(Deliveries.userId(member))));
                }
            }
            insert.addBatch();
        }

        void flush() throws SQLException {
            insert.executeBatch();
        }
    }

    /** Deliveries and their operations, of members drawn at random; each tells a state that is newer than what was. */
    private static int[] enqueue(Connection connection, int deliveries, int members, int seed) throws SQLException {
        Random random = new Random(seed);
        int[] versions = new int[members];
        long now = System.currentTimeMillis();
        String headers = "{\"content-type\":\"application/json\",\"x-patreon-event\":\"members:update\"}";
        try (PreparedStatement delivery = connection.prepareStatement(
                        "INSERT INTO deliveries (id, organization, platform, integration, received_at, kind, record_key, headers, body)"
                                + " VALUES (?, 'default', 'patreon', 'default', ?, 'members:update', ?, ?, ?)");
                PreparedStatement operation = connection.prepareStatement(
                        "INSERT INTO sync_operations (id, organization, platform, integration, type, status, rank, attempts,"
                                + " not_before, delivery_id, kind, record_key, created_at)"
                                + " VALUES (?, 'default', 'patreon', 'default', 0, 0, 0, 0, ?, ?, 'members:update', ?, ?)")) {
            long base = Store.number(connection, "SELECT max(id) FROM sync_operations") + 1_000_000;
            for (int i = 0; i < deliveries; i++) {
                int member = random.nextInt(members);
                byte[] body = Deliveries.body(member, ++versions[member]);
                String key = Deliveries.memberId(member);
                long id = base + i;
                delivery.setLong(1, id);
                delivery.setLong(2, now);
                delivery.setString(3, key);
                delivery.setString(4, headers);
                delivery.setBytes(5, body);
                delivery.addBatch();
                operation.setLong(1, id);
                operation.setLong(2, now);
                operation.setLong(3, id);
                operation.setString(4, key);
                operation.setLong(5, now);
                operation.addBatch();
                if ((i + 1) % JOBS_A_COMMIT == 0) {
                    delivery.executeBatch();
                    operation.executeBatch();
                    connection.commit();
                }
            }
            delivery.executeBatch();
            operation.executeBatch();
            connection.commit();
        }
        connection.setAutoCommit(true);
        return versions;
    }

    private static void measure(
            Store store,
            Connection connection,
            Path work,
            Path data,
            String url,
            int deliveries,
            int[] versions,
            String name,
            Figures figures)
            throws Exception {
        try (HubProcess hub = HubProcess.hub(work, HubProcess.HOME, data, url)) {
            hub.awaitReady();
            Duration cpuAtReady = hub.cpu();
            long openAtReady = Store.open(connection);
            long began = System.nanoTime();
            long lastOpen = openAtReady;
            long lastAt = began;
            while (lastOpen > 0) {
                Thread.sleep(Math.max(200, Math.min(5_000, deliveries / 100)));
                long open = Store.open(connection);
                long at = System.nanoTime();
                System.out.printf(
                        Locale.ROOT,
                        "    %,9d left  %,7.0f/s  resident %.0f MB%n",
                        open,
                        (lastOpen - open) * 1e9 / (at - lastAt),
                        hub.megabytes("VmRSS"));
                if (open == lastOpen && at - lastAt > 60_000_000_000L || !hub.alive()) {
                    throw new IllegalStateException("Nothing moves; the hub's log ends:\n" + hub.tail());
                }
                if (open != lastOpen) {
                    lastOpen = open;
                    lastAt = at;
                }
            }
            // From the moment the hub serves: its start is measured elsewhere.
            long firstMillis = Store.number(
                    connection, "SELECT min(processed_at) FROM sync_operations WHERE processed_at IS NOT NULL AND status = 2"
                            + " AND id > (SELECT max(id) FROM sync_operations) - " + deliveries);
            long lastMillis = Store.number(connection, "SELECT max(processed_at) FROM sync_operations");
            double seconds = (lastMillis - firstMillis) / 1e3;
            double cpu = hub.cpu().minus(cpuAtReady).toNanos() / 1e9;
            long failed = Store.number(connection, "SELECT count(*) FROM sync_operations WHERE status <> 2");
            double[] heap = hub.heapMegabytes();
            figures.add(name + "applied /s", deliveries / seconds);
            figures.add(name + "CPU s per 1,000", cpu / openAtReady * 1_000);
            figures.add(name + "peak heap MB", heap[0]);
            figures.add(name + "peak resident MB", hub.megabytes("VmHWM"));
            int[] expected = versions.length <= 200_000 ? versions : java.util.Arrays.copyOf(versions, 200_000);
            int wrong = Store.wrong(connection, expected);
            System.out.printf(
                    Locale.ROOT,
                    "  applied: %,.0f/s, CPU %.3f s per 1,000, peak heap %.0f MB, peak resident %.0f MB, %d not successful,"
                            + " %d members wrong of %d read%n",
                    deliveries / seconds,
                    cpu / openAtReady * 1_000,
                    heap[0],
                    hub.megabytes("VmHWM"),
                    failed,
                    wrong,
                    expected.length);
            if (failed > 0 || wrong > 0) {
                throw new IllegalStateException("Not every delivery was applied; the hub's log ends:\n" + hub.tail());
            }
        }
    }

    /**
     * What the store does at best: a job upserts its source row and its golden row and ends its operation, 1,000 jobs a
     * durable commit, nothing read, nothing decided. The operations are set to the status they have already.
     */
    private static double ceiling(Store store, int members, int jobs) throws SQLException {
        Random random = new Random(7);
        try (Database database = Database.open(store.url(), 1)) {
            long[] ids = new long[Math.min(jobs, 1_000_000)];
            database.read(connection -> {
                try (PreparedStatement select =
                        connection.prepareStatement("SELECT id FROM sync_operations WHERE status = 0 ORDER BY id LIMIT ?")) {
                    select.setInt(1, ids.length);
                    try (ResultSet rows = select.executeQuery()) {
                        for (int i = 0; rows.next(); i++) {
                            ids[i] = rows.getLong(1);
                        }
                    }
                }
                return ids.length;
            });
            String body = "x".repeat(600);
            long begin = System.nanoTime();
            for (int from = 0; from + JOBS_A_COMMIT <= jobs; from += JOBS_A_COMMIT) {
                int first = from;
                database.change(connection -> {
                    try (PreparedStatement golden = connection.prepareStatement(
                                    "INSERT INTO field_provenance (golden_id, organization, entity, fields)"
                                            + " VALUES (?, 'ceiling', 'member', ?)"
                                            + " ON CONFLICT (golden_id) DO UPDATE SET fields = excluded.fields");
                            PreparedStatement audit = connection.prepareStatement(
                                    "INSERT INTO audit_log (id, organization, actor, action, entity, golden_id, operation_id,"
                                            + " changes, created_at) VALUES (?, 'ceiling', 'bench', 'change', 'member', ?, 0, ?, 0)");
                            PreparedStatement end = connection.prepareStatement(
                                    "UPDATE sync_operations SET attempts = attempts, error = NULL WHERE id = ?")) {
                        for (int i = 0; i < JOBS_A_COMMIT; i++) {
                            long id = -1 - random.nextInt(members);
                            golden.setLong(1, id);
                            golden.setString(2, body);
                            golden.addBatch();
                            audit.setLong(1, -1L - first - i);
                            audit.setLong(2, id);
                            audit.setString(3, "{}");
                            audit.addBatch();
                            end.setLong(1, ids[first + i]);
                            end.addBatch();
                        }
                        golden.executeBatch();
                        audit.executeBatch();
                        end.executeBatch();
                    }
                });
            }
            double rate = jobs / JOBS_A_COMMIT * (double) JOBS_A_COMMIT * 1e9 / (System.nanoTime() - begin);
            database.change(connection -> {
                try (Statement statement = connection.createStatement()) {
                    statement.executeUpdate("DELETE FROM audit_log WHERE id < 0");
                    statement.executeUpdate("DELETE FROM field_provenance WHERE golden_id < 0");
                }
            });
            return rate;
        }
    }

}
