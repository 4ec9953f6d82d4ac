package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;

/**
 * A large roll to work on, put straight into the tables: the hub itself makes the rows of one member from a delivery, and
 * every other member's rows are copies with ids, e-mail and external ids of their own.
 */
final class Population {
    private static final int MEMBERS_A_COMMIT = 5_000;
    /** Smaller than any id made today. */
    private static final long FIRST_ID = 1_000_000_000L;
    /** A prime, so that members who follow each other in a delivery lie apart in the tables. */
    private static final long STRIDE = 15_485_863;

    private Population() {}

    /** Makes members 0 to {@code members - 1} with golden, provenance and source rows, in the state number 0. */
    static void put(Store store, Path data, int members) throws Exception {
        ByteBuffer[] first = PatreonRequests.season(0, 1, 1);
        try (HubProcess hub = HubProcess.hub(Bench.home(), data, store.environment())) {
            new Load(hub.port(), 1, i -> i < first.length ? first[i] : null).run(60).allAccepted();
            store.awaitEmptyQueue();
        }
        long start = System.nanoTime();
        try (Connection connection = store.connect()) {
            unsafe(connection, store);
            connection.setAutoCommit(false);
            copy(connection, members);
            try (Statement statement = connection.createStatement()) {
                // not one of those whose rate is measured
                statement.executeUpdate("UPDATE sync_operations SET processed_at = NULL");
            }
            connection.commit();
        }
        say("  %,d members put on the roll in %.0f s", members, (System.nanoTime() - start) / 1e9);
    }

    /** As the hub's housekeeping does by the hour: the planner knows how large the tables are. */
    static void analyze(Store store) throws SQLException {
        try (Connection connection = store.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("ANALYZE");
        }
    }

    /** What is put in beforehand need not survive a crash. */
    private static void unsafe(Connection connection, Store store) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            if (store.url().startsWith("jdbc:sqlite:")) {
                statement.execute("PRAGMA synchronous = OFF");
                statement.execute("PRAGMA cache_size = -262144");
            } else {
                statement.execute("SET synchronous_commit = off");
            }
        }
    }

    private static void copy(Connection connection, int members) throws SQLException {
        String email = email(0);
        long person = id(connection, "SELECT id FROM members WHERE email = '" + email + "'");
        long membership = id(connection, "SELECT id FROM memberships");
        List<Template> templates = new ArrayList<>();
        templates.add(new Template(connection, "members", "id = " + person));
        templates.add(new Template(connection, "memberships", "id = " + membership));
        for (long golden : new long[] {person, membership}) {
            templates.add(new Template(connection, "field_provenance", "golden_id = " + golden));
            templates.add(new Template(connection, "external_integrations", "golden_id = " + golden));
        }
        templates.add(new Template(connection, "member_emails", "email = '" + email + "'"));
        for (int member = 1; member < members; member++) {
            long golden = FIRST_ID + member * STRIDE % Math.max(2, members) * 2;
            for (Template template : templates) {
                template.add(member, person, golden, membership, golden + 1);
            }
            if (member % MEMBERS_A_COMMIT == 0) {
                for (Template template : templates) {
                    template.insert.executeBatch();
                }
                connection.commit();
            }
        }
        for (Template template : templates) {
            template.insert.executeBatch();
            template.insert.close();
        }
    }

    private static String email(int member) {
        return "member" + member + "@example.org";
    }

    private static long id(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            if (!rows.next()) {
                throw new IllegalStateException("The hub made no row for: " + sql);
            }
            return rows.getLong(1);
        }
    }

    /** One row, and the statement that puts in another like it. */
    private static final class Template {
        private final List<Object> values = new ArrayList<>();
        private final List<Integer> types = new ArrayList<>();
        private final PreparedStatement insert;

        Template(Connection connection, String table, String where) throws SQLException {
            StringBuilder marks = new StringBuilder();
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT * FROM " + table + " WHERE " + where)) {
                if (!rows.next()) {
                    throw new IllegalStateException("No row in " + table + " where " + where);
                }
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    values.add(rows.getObject(i));
                    types.add(rows.getMetaData().getColumnType(i));
                    marks.append(i == 1 ? "?" : ", ?");
                }
            }
            insert = connection.prepareStatement("INSERT INTO " + table + " VALUES (" + marks + ")");
        }

        void add(int member, long person, long personNow, long membership, long membershipNow) throws SQLException {
            for (int i = 0; i < values.size(); i++) {
                Object value = values.get(i);
                if (value == null) {
                    insert.setNull(i + 1, types.get(i) == Types.NULL ? Types.VARCHAR : types.get(i));
                } else if (value instanceof Number number) {
                    long id = number.longValue();
                    insert.setLong(i + 1, id == person ? personNow : id == membership ? membershipNow : id);
                } else {
                    insert.setString(
                            i + 1,
                            value.toString()
                                    .replace(email(0), email(member))
                                    .replace(PatreonRequests.memberId(0), PatreonRequests.memberId(member))
                                    .replace(PatreonRequests.userId(0), PatreonRequests.userId(member)));
                }
            }
            insert.addBatch();
        }
    }
}
