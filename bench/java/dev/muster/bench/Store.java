package dev.muster.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.HdrHistogram.Histogram;

/** The hub's database, read from outside to see whether what the hub says is true. */
final class Store implements AutoCloseable {
    private final String name;
    private final String url;
    private final AutoCloseable server;

    private Store(String name, String url, AutoCloseable server) {
        this.name = name;
        this.url = url;
        this.server = server;
    }

    static Store open(boolean postgres, Path data) throws IOException {
        return open(postgres, data, false);
    }

    /** @param keeps whether PostgreSQL's rows stay when it is closed */
    static Store open(boolean postgres, Path data, boolean keeps) throws IOException {
        return postgres
                ? Postgres.open(data, keeps)
                : new Store("SQLite", "jdbc:sqlite:" + data.resolve("muster.db"), () -> {});
    }

    static Store of(String name, String url, AutoCloseable server) {
        return new Store(name, url, server);
    }

    String name() {
        return name;
    }

    String url() {
        return url;
    }

    Map<String, String> environment() {
        return Map.of("MUSTER_DATABASE_URL", url);
    }

    Connection connect() throws SQLException {
        Connection connection = DriverManager.getConnection(url);
        if (url.startsWith("jdbc:sqlite:")) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA busy_timeout = 20000");
            }
        }
        return connection;
    }

    /** @param before statements that make the question cheap */
    long number(String sql, String... before) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String first : before) {
                statement.execute(first);
            }
            return number(statement, sql);
        }
    }

    private static long number(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }

    /** The tables of more rows than this. A hub keeps no statistics of SQLite: there they are counted. */
    Set<String> largeTables(long rows) throws SQLException {
        boolean isSqlite = url.startsWith("jdbc:sqlite:");
        Set<String> large = new TreeSet<>();
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            try (ResultSet names = statement.executeQuery(isSqlite
                    ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                    : "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > " + rows)) {
                while (names.next()) {
                    large.add(names.getString(1));
                }
            }
            if (isSqlite) {
                for (String table : Set.copyOf(large)) {
                    if (number(statement, "SELECT COUNT(*) FROM (SELECT 1 FROM " + table + " LIMIT " + (rows + 1) + ")") <= rows) {
                        large.remove(table);
                    }
                }
            }
        }
        return large;
    }

    /** Waits until nothing is pending or under way. */
    void awaitEmptyQueue() throws SQLException {
        try (Connection connection = connect();
                PreparedStatement left = connection.prepareStatement(
                        "SELECT (SELECT id FROM sync_operations WHERE status = 0 LIMIT 1),"
                                + " (SELECT id FROM sync_operations WHERE status = 1 LIMIT 1)")) {
            while (true) {
                try (ResultSet rows = left.executeQuery()) {
                    if (rows.next() && rows.getObject(1) == null && rows.getObject(2) == null) {
                        return;
                    }
                }
                HubProcess.pause(50);
            }
        }
    }

    /** @param last when the last operation ended, in epoch milliseconds */
    record Ends(long last, Histogram latencyMillis) {}

    /** How the operations ended that began since then. */
    Ends ends(long since) throws SQLException {
        Histogram latency = new Histogram(3_600_000, 3);
        long last = 0;
        try (Connection connection = connect();
                PreparedStatement select = connection.prepareStatement(
                        "SELECT created_at, processed_at FROM sync_operations WHERE status = 2 AND created_at >= ?")) {
            select.setLong(1, since);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    latency.recordValue(Math.max(0, rows.getLong(2) - rows.getLong(1)));
                    last = Math.max(last, rows.getLong(2));
                }
            }
        }
        return new Ends(last, latency);
    }

    /** How many of these members lack a golden membership with the amount of a state, and a golden member. */
    long wrongMembers(int first, int members, int state) throws SQLException {
        boolean[] right = new boolean[members];
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("""
                        SELECT m.external_id, s.amount FROM external_integrations m
                        JOIN members g ON g.id = m.golden_id AND g.deleted_at IS NULL AND g.merged_into IS NULL
                        JOIN memberships s ON s.organization = m.organization
                            AND s.member = 'patreon/member/' || m.external_id
                        WHERE m.platform = 'patreon' AND m.entity = 'member'""")) {
            while (rows.next()) {
                int member = Integer.parseInt(rows.getString(1)) - 30_000_000;
                if (member >= first && member < first + members) {
                    right[member - first] = rows.getInt(2) == PatreonRequests.amount(member, state);
                }
            }
        }
        long wrong = 0;
        for (boolean one : right) {
            if (!one) {
                wrong++;
            }
        }
        return wrong;
    }

    @Override
    public void close() throws Exception {
        server.close();
    }
}
