package dev.muster.db;

import dev.muster.audit.AuditTrail;
import dev.muster.audit.KnownSeal;
import dev.muster.meter.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

/** What the contracts of the stores share: a database of the class's own, emptied before each test. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class StoreContract {
    protected final Ids ids = new Ids();
    protected final Meters meters = new Meters(new SimpleMeterRegistry());
    protected final HandClock clock = new HandClock();
    protected Database database;
    protected AuditTrail trail;
    private String url;

    /** The JDBC URL of a new database. */
    protected abstract String newDatabase() throws Exception;

    @BeforeAll
    final void open() throws Exception {
        url = newDatabase();
        database = Database.open(url, 4);
        trail = new AuditTrail(database, ids, clock, KnownSeal.SEAL);
    }

    @AfterAll
    final void close() {
        database.close();
    }

    @BeforeEach
    final void empty() {
        emptied(database);
    }

    /** Empties every table, the append-only ones too. */
    public static void emptied(Database database) {
        unguarded(database, connection -> {
            List<String> tables = new ArrayList<>();
            try (ResultSet rows = connection.getMetaData().getTables(null, null, "%", new String[] {"TABLE"})) {
                while (rows.next()) {
                    tables.add(rows.getString("TABLE_NAME"));
                }
            }
            try (Statement statement = connection.createStatement()) {
                for (String table : tables) {
                    if (!table.startsWith("flyway") && !table.startsWith("sqlite")) {
                        statement.executeUpdate("DELETE FROM " + table);
                    }
                }
            }
        });
    }

    /** Does what the guards of append-only tables refuse, as whoever owns the database can. */
    public static void unguarded(Database database, Database.Job work) {
        boolean sqlite = database.dialect() == Database.Dialect.SQLITE;
        database.change(connection -> {
            List<String> triggers = new ArrayList<>();
            try (Statement statement = connection.createStatement()) {
                if (sqlite) {
                    List<String> names = new ArrayList<>();
                    try (ResultSet rows = statement.executeQuery(
                            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_log%'")) {
                        while (rows.next()) {
                            names.add(rows.getString(1));
                            triggers.add(rows.getString(2));
                        }
                    }
                    for (String name : names) {
                        statement.execute("DROP TRIGGER " + name);
                    }
                } else {
                    statement.execute("ALTER TABLE audit_log DISABLE TRIGGER USER");
                    triggers.add("ALTER TABLE audit_log ENABLE TRIGGER USER");
                }
                work.run(connection);
                for (String trigger : triggers) {
                    statement.execute(trigger);
                }
            }
        });
    }

    /** A second program's view of the same database. */
    protected Database reopened() {
        return Database.open(url, 4);
    }

    /** The rows of a query, each value as text, with nulls as "-". */
    protected List<List<String>> rows(String sql) {
        return rows(database, sql);
    }

    protected static List<List<String>> rows(Database database, String sql) {
        return database.read(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(sql)) {
                List<List<String>> all = new ArrayList<>();
                int columns = rows.getMetaData().getColumnCount();
                while (rows.next()) {
                    List<String> row = new ArrayList<>();
                    for (int i = 1; i <= columns; i++) {
                        Object value = rows.getObject(i);
                        row.add(
                                value == null
                                        ? "-"
                                        : value instanceof byte[] bytes
                                                ? new String(bytes, StandardCharsets.UTF_8)
                                                : value.toString());
                    }
                    all.add(row);
                }
                return all;
            }
        });
    }

    /** The first column of a query. */
    protected List<String> column(String sql) {
        return rows(sql).stream().map(row -> row.get(0)).toList();
    }

    protected long count(String table) {
        return Long.parseLong(column("SELECT COUNT(*) FROM " + table).get(0));
    }

    /** As {@link #execute}, past the guards of append-only tables. */
    protected void executeUnguarded(String... sql) {
        unguarded(database, connection -> {
            try (Statement statement = connection.createStatement()) {
                for (String one : sql) {
                    statement.execute(one);
                }
            }
        });
    }

    protected void execute(String sql) {
        database.change(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
        });
    }

    /** Makes every insertion into a table fail whose column has this value, until the work is done. */
    protected void whileRefusing(String table, String column, String value, Refused work) throws Exception {
        boolean sqlite = database.dialect() == Database.Dialect.SQLITE;
        for (String sql : sqlite ? sqliteTrigger(table, column, value) : postgresTrigger(table, column, value)) {
            execute(sql);
        }
        try {
            work.run();
        } finally {
            execute(sqlite ? "DROP TRIGGER refusing" : "DROP TRIGGER refusing ON " + table);
        }
    }

    /** Work beside a broken table. */
    @FunctionalInterface
    protected interface Refused {
        void run() throws Exception;
    }

    private static List<String> sqliteTrigger(String table, String column, String value) {
        return List.of("CREATE TRIGGER refusing BEFORE INSERT ON " + table + " WHEN NEW." + column + " = '" + value
                + "' BEGIN SELECT RAISE(ABORT, 'refused by the test'); END");
    }

    private static List<String> postgresTrigger(String table, String column, String value) {
        return List.of(
                """
                CREATE OR REPLACE FUNCTION refuse() RETURNS trigger AS $$
                BEGIN RAISE EXCEPTION 'refused by the test' USING ERRCODE = '23514'; END $$ LANGUAGE plpgsql""",
                "CREATE TRIGGER refusing BEFORE INSERT ON " + table + " FOR EACH ROW WHEN (NEW." + column + " = '"
                        + value + "') EXECUTE FUNCTION refuse()");
    }

    /** A prepared update with text and number parameters. */
    protected void update(String sql, Object... values) {
        database.change(connection -> update(connection, sql, values));
    }

    private static void update(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.executeUpdate();
        }
    }

    protected static Map<String, String> headers() {
        return Map.of("content-type", "application/json");
    }
}
