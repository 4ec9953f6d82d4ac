package dev.muster.push;

import dev.muster.db.Database;
import dev.muster.db.Database.Dialect;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A large outbox, and how a store would carry out statements on it. */
public final class PushRows {
    private static final int ROWS = 1_000_000;

    private PushRows() {}

    /** Settled rows, of which every hundredth is due and every thousandth under way. */
    public static void fill(Database database) {
        String numbers = database.dialect() == Dialect.SQLITE
                ? "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS
                        + ") SELECT i FROM n)"
                : "(SELECT generate_series(1, " + ROWS + ") AS i)";
        database.change(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("INSERT INTO pushes (golden_id, target, integration, organization, platform, entity,"
                        + " status, rank, version, attempts, not_before, owner, forced, external_id, item_key,"
                        + " created_at, updated_at)"
                        + " SELECT i, 'alpha-contacts', 'default', 'default', 'alpha', 'member',"
                        + " CASE WHEN i % 1000 = 1 THEN 2 WHEN i % 100 = 0 THEN 1 ELSE 0 END, 1, 1, 0, i,"
                        + " CASE WHEN i % 1000 = 1 THEN 'hub' END, 0, 'x' || i, 'p' || i || '@example.org', 1, 1"
                        + " FROM " + numbers + " k");
            }
        });
        if (database.dialect() == Dialect.POSTGRESQL) {
            database.change(connection -> {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("ANALYZE pushes");
                }
            });
        }
    }

    /** The steps of the plan, parameters taken from {@code values} in turn. */
    public static String plan(Database database, String sql, String... values) {
        StringBuilder bound = new StringBuilder();
        int next = 0;
        for (char sign : sql.toCharArray()) {
            bound.append(sign == '?' ? values[next++ % values.length] : String.valueOf(sign));
        }
        return database.read(connection -> {
            List<String> steps = new ArrayList<>();
            boolean isLite = database.dialect() == Dialect.SQLITE;
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery((isLite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ") + bound)) {
                while (rows.next()) {
                    steps.add(rows.getString(isLite ? 4 : 1));
                }
            }
            return String.join("\n", steps);
        });
    }
}
