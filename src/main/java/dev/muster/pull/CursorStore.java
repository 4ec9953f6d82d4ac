package dev.muster.pull;

import dev.muster.db.Database;
import dev.muster.db.RowStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where each stream stands, and who reads it. What a claim writes is written only while it holds the stream: one whose
 * lease was taken over writes nothing any more. Safe for many hubs on one PostgreSQL.
 */
public final class CursorStore {
    private static final String KEY = "organization = ? AND platform = ? AND integration = ? AND stream = ?";

    private static final String COLUMNS = """
            c.organization, c.platform, c.integration, c.stream, c.high_water, c.walked_millis, c.checkpoint, c.run_id,
            c.next_run_at, c.full_at, c.failures, c.stopping, c.owner, r.kind, r.since, r.started_at""";

    private static final String FROM = " FROM cursors c LEFT JOIN sync_runs r ON r.id = c.run_id ";

    /** A stream that lost its schedule and has one again is due, too. */
    private static final RowStatement SOW = RowStatement.of("""
            INSERT INTO cursors (organization, platform, integration, stream, walked_millis, next_run_at, turn, failures,
                                 stopping)
            SELECT r.organization, r.platform, r.integration, r.stream, 0, r.next_run_at, 0, 0, 0
            FROM {organization text, platform text, integration text, stream text, next_run_at bigint} r WHERE true
            ON CONFLICT (organization, platform, integration, stream) DO UPDATE SET next_run_at = excluded.next_run_at
            WHERE cursors.next_run_at IS NULL AND cursors.owner IS NULL""");

    private static final RowStatement SOW_ID = RowStatement.of("""
            INSERT INTO stream_ids (organization, platform, integration, stream, id, known)
            SELECT r.organization, r.platform, r.integration, r.stream, r.id, 0
            FROM {organization text, platform text, integration text, stream text, id text} r WHERE true
            ON CONFLICT DO NOTHING""");

    private final Database database;
    private final String owner;

    /** @param owner this hub's name, the same after a restart */
    public CursorStore(Database database, String owner) {
        this.database = database;
        this.owner = owner;
    }

    /**
     * A stream as it stands.
     *
     * @param highWater up to where everything is stored, as the platform wrote it; null before the first run
     * @param walkedMillis how long the run took by which that was found, where its order was not that of the cursor
     * @param checkpoint of the run under way; null where none is
     * @param runId of the run under way or waiting; null where none is
     * @param kind of that run
     * @param since of that run
     * @param nextRunAt see the table
     * @param fullAt when the last full run began; null for never
     */
    record Standing(
            StreamKey key,
            @Nullable String highWater,
            long walkedMillis,
            @Nullable Walk checkpoint,
            @Nullable Long runId,
            @Nullable RunKind kind,
            @Nullable String since,
            @Nullable Long nextRunAt,
            @Nullable Instant fullAt,
            int failures,
            boolean stopping,
            @Nullable String owner) {}

    /**
     * A claim that a hub wants.
     *
     * @param turn its number, by which it writes
     * @param isNew whether the run is not in the history yet
     */
    record Claim(Standing standing, long turn, long runId, RunKind kind, boolean isNew) {}

    /** Makes streams known. One without a time is started by people only. */
    void sow(Collection<StreamKey> keys, java.util.function.Function<StreamKey, @Nullable Long> nextRunAt) {
        database.change(connection -> {
            try (RowStatement.Rows rows = SOW.open(connection, database.dialect())) {
                for (StreamKey key : keys) {
                    rows.add(key.organization(), key.platform(), key.integration(), key.stream(), nextRunAt.apply(key));
                }
                rows.write();
            }
        });
    }

    /** What this hub was reading when it stopped is due at once. */
    void resume() {
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement(
                    "UPDATE cursors SET owner = NULL, turn = 0, next_run_at = 0 WHERE owner = ?")) {
                update.setString(1, owner);
                update.executeUpdate();
            }
        });
    }

    /** What is due, the longest due first. Reads an index of what is due and nothing else. */
    List<Standing> due(Instant now, int limit) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT " + COLUMNS + FROM
                    + "WHERE c.next_run_at IS NOT NULL AND c.next_run_at <= ? ORDER BY c.next_run_at LIMIT ?")) {
                select.setLong(1, now.toEpochMilli());
                select.setInt(2, limit);
                return standings(select);
            }
        });
    }

    Optional<Standing> find(StreamKey key) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT " + COLUMNS + FROM
                    + "WHERE c.organization = ? AND c.platform = ? AND c.integration = ? AND c.stream = ?")) {
                key(select, 1, key);
                return standings(select).stream().findFirst();
            }
        });
    }

    /** The streams of a platform; null for any organization, integration or stream. */
    List<Standing> of(
            @Nullable String organization, String platform, @Nullable String integration, @Nullable String stream) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT " + COLUMNS + FROM + """
                    WHERE c.platform = ? AND c.organization = COALESCE(?, c.organization)
                    AND c.integration = COALESCE(?, c.integration) AND c.stream = COALESCE(?, c.stream)
                    ORDER BY c.organization, c.platform, c.integration, c.stream""")) {
                select.setString(1, platform);
                select.setString(2, organization);
                select.setString(3, integration);
                select.setString(4, stream);
                return standings(select);
            }
        });
    }

    private static List<Standing> standings(PreparedStatement select) throws SQLException {
        List<Standing> standings = new ArrayList<>();
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                String checkpoint = rows.getString(7);
                Long fullAt = number(rows, 10);
                String kind = rows.getString(14);
                standings.add(new Standing(
                        new StreamKey(rows.getString(1), rows.getString(2), rows.getString(3), rows.getString(4)),
                        rows.getString(5),
                        rows.getLong(6),
                        checkpoint == null ? null : Walk.of(checkpoint),
                        number(rows, 8),
                        kind == null ? null : RunKind.of(kind).orElseThrow(),
                        rows.getString(15),
                        number(rows, 9),
                        fullAt == null ? null : Instant.ofEpochMilli(fullAt),
                        rows.getInt(11),
                        rows.getInt(12) != 0,
                        rows.getString(13)));
            }
        }
        return standings;
    }

    private static @Nullable Long number(ResultSet rows, int column) throws SQLException {
        long number = rows.getLong(column);
        return rows.wasNull() ? null : number;
    }

    /**
     * Claims streams that were due. Of two hubs that saw the same, one has it.
     *
     * @return those that are this hub's now
     */
    List<Claim> claim(List<Claim> wanted, Instant leaseUntil, Instant now) {
        return database.write(connection -> {
            List<Claim> claimed = new ArrayList<>(wanted.size());
            for (Claim claim : wanted) {
                Standing standing = claim.standing();
                if (!moved(connection, standing, owner, claim.turn(), claim.runId(), leaseUntil.toEpochMilli())) {
                    continue;
                }
                if (claim.isNew()) {
                    RunStore.insert(
                            connection, claim.runId(), standing.key(), claim.kind(), RunStore.State.RUNNING, null, now);
                } else if (standing.checkpoint() == null) {
                    RunStore.begin(connection, claim.runId(), claim.kind(), now);
                }
                claimed.add(claim);
            }
            return claimed;
        });
    }

    /** Only where nobody was there in between: its time is still the one that was read. */
    private static boolean moved(
            Connection connection,
            Standing standing,
            @Nullable String owner,
            long turn,
            @Nullable Long runId,
            @Nullable Long nextRunAt)
            throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE cursors SET owner = ?, turn = ?, run_id = ?, next_run_at = ? WHERE "
                        + KEY + " AND next_run_at = ?")) {
            update.setString(1, owner);
            update.setLong(2, turn);
            update.setObject(3, runId, java.sql.Types.BIGINT);
            update.setObject(4, nextRunAt, java.sql.Types.BIGINT);
            key(update, 5, standing.key());
            update.setObject(9, standing.nextRunAt(), java.sql.Types.BIGINT);
            return update.executeUpdate() == 1;
        }
    }

    /** Puts streams that were due off, unclaimed. */
    void putOff(List<Standing> standings, Instant until) {
        if (standings.isEmpty()) {
            return;
        }
        database.change(connection -> {
            for (Standing standing : standings) {
                moved(connection, standing, null, 0, standing.runId(), until.toEpochMilli());
            }
        });
    }

    /** Ends the run of a stream that nobody can read any more; it waits until it is sown again. */
    void abandon(Standing standing, String why, Instant now) {
        database.change(connection -> {
            if (moved(connection, standing, null, 0, standing.runId(), null)
                    && finish(connection, standing.key(), 0, null, null)
                    && standing.runId() != null) {
                RunStore.end(connection, standing.runId(), RunStore.State.FAILED, why, now, null);
            }
        });
    }

    /** Keeps the leases of claims that are under way. */
    void renew(Collection<Long> turns, Instant leaseUntil) {
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement(
                    "UPDATE cursors SET next_run_at = ? WHERE owner = ? AND turn IN " + database.idsOfJson())) {
                update.setLong(1, leaseUntil.toEpochMilli());
                update.setString(2, owner);
                update.setString(3, Database.json(turns));
                update.executeUpdate();
            }
        });
    }

    /**
     * Moves a claim on within the caller's transaction.
     *
     * @param walk the new checkpoint
     * @return whether people want it to stop; null where the claim holds the stream no longer
     */
    static @Nullable Boolean advance(
            Connection connection,
            StreamKey key,
            long turn,
            Walk walk,
            @Nullable String highWater,
            long walkedMillis,
            Instant leaseUntil)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "UPDATE cursors SET checkpoint = ?, high_water = ?, walked_millis = ?, next_run_at = ?, failures = 0 WHERE "
                        + KEY + " AND turn = ?")) {
            update.setString(1, walk.json());
            update.setString(2, Database.storable(highWater));
            update.setLong(3, walkedMillis);
            update.setLong(4, leaseUntil.toEpochMilli());
            key(update, 5, key);
            update.setLong(9, turn);
            if (update.executeUpdate() != 1) {
                return null;
            }
        }
        try (PreparedStatement select = connection.prepareStatement("SELECT stopping FROM cursors WHERE " + KEY)) {
            key(select, 1, key);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next() && rows.getInt(1) != 0;
            }
        }
    }

    /** Gives a claim back with its checkpoint; false where it was lost. */
    static boolean release(Connection connection, StreamKey key, long turn, Instant nextRunAt, int failures)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "UPDATE cursors SET owner = NULL, turn = 0, next_run_at = ?, failures = ? WHERE " + KEY
                        + " AND turn = ?")) {
            update.setLong(1, nextRunAt.toEpochMilli());
            update.setInt(2, failures);
            key(update, 3, key);
            update.setLong(7, turn);
            return update.executeUpdate() == 1;
        }
    }

    /** Ends a claim and its run; false where it was lost. */
    static boolean finish(
            Connection connection, StreamKey key, long turn, @Nullable Instant nextRunAt, @Nullable Instant fullAt)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("""
                UPDATE cursors SET owner = NULL, turn = 0, run_id = NULL, checkpoint = NULL, failures = 0, stopping = 0,
                    next_run_at = ?, full_at = COALESCE(?, full_at) WHERE\s""" + KEY + " AND turn = ?")) {
            update.setObject(1, nextRunAt == null ? null : nextRunAt.toEpochMilli(), java.sql.Types.BIGINT);
            update.setObject(2, fullAt == null ? null : fullAt.toEpochMilli(), java.sql.Types.BIGINT);
            key(update, 3, key);
            update.setLong(7, turn);
            return update.executeUpdate() == 1;
        }
    }

    /** A run that people want: due now, where none is under way. One that was put off goes on now. */
    static boolean want(Connection connection, StreamKey key, long runId, Instant now) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "UPDATE cursors SET run_id = ?, next_run_at = ?, stopping = 0, failures = 0 WHERE " + KEY
                        + " AND run_id IS NULL")) {
            update.setLong(1, runId);
            update.setLong(2, now.toEpochMilli());
            key(update, 3, key);
            if (update.executeUpdate() == 1) {
                return true;
            }
        }
        try (PreparedStatement update = connection.prepareStatement("UPDATE cursors SET next_run_at = ? WHERE " + KEY
                + " AND run_id IS NOT NULL AND owner IS NULL AND next_run_at > ?")) {
            update.setLong(1, now.toEpochMilli());
            key(update, 2, key);
            update.setLong(6, now.toEpochMilli());
            update.executeUpdate();
            return false;
        }
    }

    /** Every run of an account that is put off goes on now. */
    void wake(String organization, String platform, String integration, Instant now) {
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement("UPDATE cursors SET next_run_at = ?"
                    + " WHERE organization = ? AND platform = ? AND integration = ? AND run_id IS NOT NULL"
                    + " AND owner IS NULL AND next_run_at > ?")) {
                update.setLong(1, now.toEpochMilli());
                update.setString(2, organization);
                update.setString(3, platform);
                update.setString(4, integration);
                update.setLong(5, now.toEpochMilli());
                update.executeUpdate();
            }
        });
    }

    /** Asks the run under way to end; one that waits for its time is looked at now. */
    boolean stop(StreamKey key, Instant now) {
        return database.write(connection -> {
            try (PreparedStatement update = connection.prepareStatement(
                    "UPDATE cursors SET stopping = 1, next_run_at = CASE WHEN owner IS NULL THEN ? ELSE next_run_at END WHERE "
                            + KEY + " AND run_id IS NOT NULL")) {
                update.setLong(1, now.toEpochMilli());
                key(update, 2, key);
                return update.executeUpdate() == 1;
            }
        });
    }

    // --- the records that a stream has a list for each of ---------------------------------------------------------

    /** Keeps ids of records within the caller's transaction. */
    static void sowIds(Connection connection, Database database, StreamKey child, Collection<String> ids)
            throws SQLException {
        try (RowStatement.Rows rows = SOW_ID.open(connection, database.dialect())) {
            for (String id : ids) {
                rows.add(child.organization(), child.platform(), child.integration(), child.stream(), id);
            }
            rows.write();
        }
    }

    /**
     * The record after one, in the order of their ids.
     *
     * @param known whether its list was read to the end before
     */
    record Next(String id, boolean known) {}

    Optional<Next> nextId(StreamKey key, @Nullable String after) {
        return database.read(connection -> nextId(connection, key, after));
    }

    static Optional<Next> nextId(Connection connection, StreamKey key, @Nullable String after) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT id, known FROM stream_ids WHERE " + KEY + " AND id > ? ORDER BY id LIMIT 1")) {
            key(select, 1, key);
            select.setString(5, after == null ? "" : after);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next() ? Optional.of(new Next(rows.getString(1), rows.getInt(2) != 0)) : Optional.empty();
            }
        }
    }

    /** The list of a record was read to its end; or there is no such record any more. */
    static void idRead(Connection connection, StreamKey key, String id, boolean gone) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                (gone ? "DELETE FROM stream_ids WHERE " : "UPDATE stream_ids SET known = 1 WHERE ") + KEY
                        + " AND id = ?")) {
            key(update, 1, key);
            update.setString(5, id);
            update.executeUpdate();
        }
    }

    private static void key(PreparedStatement statement, int from, StreamKey key) throws SQLException {
        statement.setString(from, key.organization());
        statement.setString(from + 1, key.platform());
        statement.setString(from + 2, key.integration());
        statement.setString(from + 3, key.stream());
    }
}
