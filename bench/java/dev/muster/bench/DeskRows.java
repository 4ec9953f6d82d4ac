package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;

/**
 * What a hub of some years holds, made by SQL: the hub itself makes the rows of one member, and all others are copies of them under
 * names, addresses and ids of their own. Every tenth belongs to one of ten small organizations.
 */
final class DeskRows {
    private static final int ROWS_A_COMMIT = 250_000;
    /** Smaller than any id made today. */
    private static final long FIRST_MEMBER = 1_000_000_000L;
    private static final long FIRST_OPERATION = 1_000_000_000_000L;
    private static final String ORGANIZATION = "CASE WHEN i / 1000 % 10 = 0 THEN 'small' || (i / 10000 % 10) ELSE 'default' END";
    private static final String[] PLATFORMS = {"classy", "discord", "eventbrite", "hubspot", "klaviyo", "mailchimp", "patreon", "salesforce"};

    private final Store store;
    private final boolean isSqlite;
    private final int members;
    private final int operations;

    DeskRows(Store store, int members, int operations) {
        this.store = store;
        this.isSqlite = store.url().startsWith("jdbc:sqlite:");
        this.members = members;
        this.operations = operations;
    }

    void put(Path data) throws Exception {
        ByteBuffer[] first = PatreonRequests.season(0, 1, 1);
        try (HubProcess hub = HubProcess.hub(Bench.home(), data, store.environment())) {
            new Load(hub.port(), 1, i -> i < first.length ? first[i] : null).run(60).allAccepted();
            store.awaitEmptyQueue();
        }
        long start = System.nanoTime();
        try (Connection connection = store.connect();
                Statement statement = connection.createStatement()) {
            if (isSqlite) {
                statement.execute("PRAGMA synchronous = OFF");
                statement.execute("PRAGMA cache_size = -524288");
            } else {
                statement.execute("SET synchronous_commit = off");
            }
            connection.setAutoCommit(false);
            roll(connection, statement);
            queue(connection, statement);
            rest(connection, statement);
            connection.commit();
            if (!isSqlite) {
                // as a server has done long since with rows of some years; a hub on SQLite never does
                connection.setAutoCommit(true);
                statement.execute("VACUUM ANALYZE");
            }
        }
        say("  %,d members and %,d operations put in by SQL in %.0f s", members, operations,
                (System.nanoTime() - start) / 1e9);
    }

    // --- the roll -----------------------------------------------------------------------------------------------

    private void roll(Connection connection, Statement statement) throws SQLException {
        long person = number(statement, "SELECT id FROM members");
        long membership = number(statement, "SELECT id FROM memberships");
        copies(connection, statement, "members", "x.id = " + person, person, membership);
        copies(connection, statement, "memberships", "x.id = " + membership, person, membership);
        for (long golden : new long[] {person, membership}) {
            copies(connection, statement, "field_provenance", "x.golden_id = " + golden, person, membership);
            copies(connection, statement, "external_integrations", "x.golden_id = " + golden, person, membership);
        }
        copies(connection, statement, "member_emails", "x.email = 'member0@example.org'", person, membership);
    }

    /** Copies of one row, each column as the number {@code i} of the copy wants it. */
    private void copies(
            Connection connection, Statement statement, String table, String where, long person, long membership)
            throws SQLException {
        StringBuilder values = new StringBuilder();
        try (ResultSet row = statement.executeQuery("SELECT * FROM " + table + " x WHERE " + where)) {
            row.next();
            for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                String column = row.getMetaData().getColumnName(i);
                values.append(i == 1 ? "" : ", ").append(value(column, row.getObject(i), person, membership));
            }
        }
        fill(connection, statement, table, "", values.toString(), members, ", " + table + " x WHERE " + where + " AND");
    }

    private String value(String column, Object value, long person, long membership) {
        if (value instanceof Number number) {
            long id = number.longValue();
            String golden = FIRST_MEMBER + " + i * 2";
            return id == person ? golden : id == membership ? golden + " + 1" : "x." + column;
        }
        switch (column) {
            case "organization":
                return ORGANIZATION;
            case "first_name":
                return letters("i % 26", "i / 26 % 26", "i / 676 % 26") + " || 'na'";
            case "last_name":
                return letters("i / 7 % 26", "i / 182 % 26", "i / 4732 % 26") + " || 'berg'";
            case "phone":
                return "'+4917' || (10000000 + i)";
            default:
        }
        if (!(value instanceof String text)) {
            return "x." + column;
        }
        String expression = "x." + column;
        for (String[] pair : new String[][] {
            {"member0@", "'member' || i || '@'"},
            {PatreonRequests.memberId(0), "" + idLike(PatreonRequests.memberId(0))},
            {PatreonRequests.userId(0), "CAST(30000000 + i AS TEXT)"}
        }) {
            if (text.contains(pair[0])) {
                expression = "replace(" + expression + ", '" + pair[0] + "', " + pair[1] + ")";
            }
        }
        return expression;
    }

    /** The same id with the number of the copy behind it. */
    private static String idLike(String id) {
        return "'" + id.substring(0, id.length() - 8) + "' || (10000000 + i)";
    }

    private String letters(String first, String second, String third) {
        String letter = isSqlite ? "char" : "chr";
        return String.format(Locale.ROOT, "%1$s((65 + %2$s)) || %1$s((97 + %3$s)) || %1$s((97 + %4$s))", letter,
                cast(first), cast(second), cast(third));
    }

    private String cast(String expression) {
        return isSqlite ? expression : "(" + expression + ")::int";
    }

    // --- what came in -------------------------------------------------------------------------------------------

    private void queue(Connection connection, Statement statement) throws SQLException {
        String id = FIRST_OPERATION + " + i * 4";
        String platform = platform();
        long now = System.currentTimeMillis();
        String time = now + " - (" + operations + " - i) * 250";
        String body = isSqlite ? "x'7b7d'" : "'\\x7b7d'::bytea";
        fill(connection, statement, "deliveries",
                "(id, organization, platform, integration, received_at, kind, record_key, headers, body)",
                String.join(", ", id, ORGANIZATION, platform, "'default'", time, "'update'", "'k' || i", "'{}'", body),
                operations, " WHERE");
        String status = "CASE WHEN i % 100 = 0 THEN 6 WHEN i % 200 = 1 THEN 5 WHEN i % 200 = 2 THEN 4 WHEN i % 50 = 3 THEN 3 ELSE 2 END";
        fill(connection, statement, "sync_operations",
                "(id, organization, platform, integration, type, status, rank, attempts, not_before, delivery_id, kind,"
                        + " record_key, error_code, error, created_at, processed_at)",
                String.join(", ", id, ORGANIZATION, platform, "'default'", "0", status, "0", "1", time, id, "'update'",
                        "'k' || i", "NULL", "NULL", time, time + " + 20"),
                operations, " WHERE");
        fill(connection, statement, "dead_letters",
                "(operation_id, organization, platform, code, cause, digest, stack, attempts, first_died_at, died_at,"
                        + " redrives, redrive_at)",
                String.join(", ", id, ORGANIZATION, platform, "'internal'", "'It broke ' || (i / 100 % 40)",
                        "'digest' || (i / 100 % 40)", "'at somewhere'", "3", time, time, "0", "NULL"),
                operations, " WHERE i % 100 = 0 AND");
    }

    private static String platform() {
        StringBuilder platform = new StringBuilder("CASE i % 8");
        for (int i = 0; i < PLATFORMS.length; i++) {
            platform.append(" WHEN ").append(i).append(" THEN '").append(PLATFORMS[i]).append('\'');
        }
        return platform.append(" END").toString();
    }

    // --- all else -----------------------------------------------------------------------------------------------

    private void rest(Connection connection, Statement statement) throws SQLException {
        long now = System.currentTimeMillis();
        String golden = FIRST_MEMBER + " + i * 2";
        String operation = FIRST_OPERATION + " + i * 4";
        String id = 2 * FIRST_OPERATION + " + i";
        String claims = "'[{\"platform\":\"patreon\",\"externalId\":\"1\",\"value\":\"Ada\",\"observedAt\":\"2026-01-01T00:00:00Z\"}]'";
        fill(connection, statement, "sync_conflicts",
                "(id, organization, entity, golden_id, field, status, standing, rivals, operation_id, created_at, updated_at)",
                String.join(", ", id, ORGANIZATION, "'member'", golden, "CASE WHEN i % 2 = 0 THEN 'birthDate' ELSE 'gender' END",
                        "CASE WHEN i % 20 = 1 THEN 'open' ELSE 'settled' END", claims, claims, operation, "" + now, "" + now),
                members / 10, " WHERE");
        fill(connection, statement, "duplicate_candidates",
                "(id, organization, golden_a, golden_b, email, reason, status, created_at)",
                String.join(", ", id, ORGANIZATION, golden, golden + " + 2", "NULL", "'one address'",
                        "CASE WHEN i % 20 = 1 THEN 'open' ELSE 'settled' END", "" + now),
                members / 20, " WHERE");
        fill(connection, statement, "pushes",
                "(golden_id, target, integration, organization, platform, entity, status, rank, version, attempts, not_before,"
                        + " forced, external_id, item_key, pushed, pushed_at, contested, created_at, updated_at)",
                String.join(", ", golden, "'klaviyo-profiles'", "'default'", ORGANIZATION, "'klaviyo'", "'member'",
                        "CASE WHEN i % 200 = 1 THEN 3 WHEN i % 200 = 2 THEN 4 ELSE 0 END", "1", "1", "1", "" + now, "0",
                        "'k' || i", "'member' || i || '@example.org'", "'{\"presence\":\"PRESENT\",\"fields\":{}}'", "" + now,
                        "CASE WHEN i % 200 = 2 THEN '{\"firstName\":{\"there\":\"A\",\"here\":\"B\"}}' END", "" + now, "" + now),
                members, " WHERE");
        fill(connection, statement, "audit_log",
                "(id, organization, actor, action, entity, golden_id, operation_id, changes, created_at, seq)",
                String.join(", ", id, ORGANIZATION, "CASE WHEN i % 50 = 0 THEN 'admin token' ELSE 'survivorship' END",
                        "CASE WHEN i % 3 = 0 THEN 'create' ELSE 'update' END", "'member'", golden, operation,
                        "'{\"firstName\":[null,\"Ada\"]}'", "" + now, "-i - 1000000"),
                members, " WHERE");
        fill(connection, statement, "sync_runs",
                "(id, organization, platform, integration, stream, kind, state, since, started_at, ended_at, pages, applied,"
                        + " items, created, changed, unchanged, refused, conflicts, calls, bytes, total, error)",
                String.join(", ", id, ORGANIZATION, platform(), "'default'", "'members'",
                        "CASE WHEN i % 24 = 0 THEN 'full' ELSE 'incremental' END",
                        "CASE WHEN i % 100 = 0 THEN 'failed' ELSE 'done' END", "NULL", "" + now, now + " + 1000", "1", "1", "1",
                        "0", "0", "1", "0", "0", "1", "1", "1", "NULL"),
                members / 10, " WHERE");
        fill(connection, statement, "alerts",
                "(id, rule, severity, organization, platform, state, since, value, fired_at, resolved_at)",
                String.join(", ", id, "'failed-webhooks'", "'ticket'", ORGANIZATION, platform(), "'resolved'", "" + now, "11",
                        "" + now, "" + now),
                members / 100, " WHERE");
    }

    /** @param where what goes between the numbers and their bounds */
    private void fill(
            Connection connection, Statement statement, String table, String columns, String values, int rows, String where)
            throws SQLException {
        long start = System.nanoTime();
        for (int from = 1; from <= rows; from += ROWS_A_COMMIT) {
            int to = Math.min(rows, from + ROWS_A_COMMIT - 1);
            String numbers = isSqlite
                    ? "(WITH RECURSIVE n(i) AS (SELECT " + from + " UNION ALL SELECT i + 1 FROM n WHERE i < " + to
                            + ") SELECT i FROM n)"
                    : "(SELECT g::bigint AS i FROM generate_series(" + from + ", " + to + ") g)";
            statement.executeUpdate("INSERT INTO " + table + " " + columns + " SELECT " + values + " FROM " + numbers + " n"
                    + where + " i > 0");
            connection.commit();
        }
        say("    %s: %,d rows in %.0f s", table, number(statement, "SELECT COUNT(*) FROM " + table),
                (System.nanoTime() - start) / 1e9);
    }

    private static long number(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            if (!rows.next()) {
                throw new IllegalStateException("The hub made no row for: " + sql);
            }
            return rows.getLong(1);
        }
    }
}
