package dev.muster.pull;

import dev.muster.db.Database;
import dev.muster.db.Database.Dialect;
import dev.muster.db.Ids;
import dev.muster.db.RowStatement;
import dev.muster.delivery.Delivery;
import dev.muster.delivery.HeadersJson;
import dev.muster.golden.PulledCounts;
import dev.muster.operation.OperationStatus;
import dev.muster.quota.QuotaSettings;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** The history of runs. */
public final class RunStore {
    /** How a run ended, or that it has not. */
    enum State {
        WAITING,
        RUNNING,
        DONE,
        FAILED,
        STOPPED;

        String id() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private static final int SWEEP_BATCH = 500;
    private static final int SWEEP_BATCHES_MAX = 200;

    private static final String INSERT = """
            INSERT INTO sync_runs (id, organization, platform, integration, stream, kind, state, since, started_at, pages,
                                   applied, items, created, changed, unchanged, refused, conflicts, calls, bytes, total)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1)""";

    private static final RowStatement APPLIED = RowStatement.of("""
            UPDATE sync_runs SET applied = applied + r.pages, created = created + r.made, changed = changed + r.altered,
                unchanged = unchanged + r.same, refused = refused + r.bad, conflicts = conflicts + r.contested
            FROM {id bigint, pages bigint, made bigint, altered bigint, same bigint, bad bigint, contested bigint} r
            WHERE sync_runs.id = r.id""");

    private static final String LOST = """
            SELECT o.status, COUNT(*) FROM sync_operations o JOIN deliveries d ON d.id = o.delivery_id
            JOIN sync_runs r ON r.platform = o.platform AND r.integration = o.integration
            WHERE o.status IN (?, ?, ?) AND o.id > ? AND d.headers = ? AND r.id = ? GROUP BY o.status""";

    /** By how much the clocks of hubs may differ. */
    private static final Duration CLOCKS = Duration.ofMinutes(1);

    private final Database database;

    public RunStore(Database database) {
        this.database = database;
    }

    static void insert(
            Connection connection,
            long id,
            StreamKey key,
            RunKind kind,
            State state,
            @Nullable String since,
            Instant startedAt)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
            insert.setLong(1, id);
            insert.setString(2, key.organization());
            insert.setString(3, key.platform());
            insert.setString(4, key.integration());
            insert.setString(5, key.stream());
            insert.setString(6, kind.id());
            insert.setString(7, state.id());
            insert.setString(8, since);
            insert.setLong(9, startedAt.toEpochMilli());
            insert.executeUpdate();
        }
    }

    void insert(long id, StreamKey key, RunKind kind, Instant startedAt) {
        database.change(connection -> insert(connection, id, key, kind, State.RUNNING, null, startedAt));
    }

    static void begin(Connection connection, long id, RunKind kind, Instant now) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "UPDATE sync_runs SET state = 'running', kind = ?, started_at = ? WHERE id = ?")) {
            update.setString(1, kind.id());
            update.setLong(2, now.toEpochMilli());
            update.setLong(3, id);
            update.executeUpdate();
        }
    }

    /**
     * @param calls that were made since the last time, those in vain included
     * @param total how many items the platform speaks of; -1 where it said nothing new
     */
    static void page(Connection connection, long id, int pages, int items, int calls, long bytes, long total)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("""
                UPDATE sync_runs SET pages = pages + ?, items = items + ?, calls = calls + ?, bytes = bytes + ?,
                    total = CASE WHEN ? < total THEN total ELSE ? END
                WHERE id = ?""")) {
            update.setInt(1, pages);
            update.setInt(2, items);
            update.setInt(3, calls);
            update.setLong(4, bytes);
            update.setLong(5, total);
            update.setLong(6, total);
            update.setLong(7, id);
            update.executeUpdate();
        }
    }

    /** Calls that brought no page. */
    static void calls(Connection connection, long id, int calls) throws SQLException {
        if (calls > 0) {
            page(connection, id, 0, 0, calls, 0, -1);
        }
    }

    /** @param quota of the calls that the run made; null where nobody knows it */
    static void end(
            Connection connection,
            long id,
            State state,
            @Nullable String error,
            Instant now,
            @Nullable QuotaSettings quota)
            throws SQLException {
        OptionalDouble used = quota == null ? OptionalDouble.empty() : quotaUsed(connection, id, now, quota);
        try (PreparedStatement update = connection.prepareStatement(
                "UPDATE sync_runs SET state = ?, error = ?, ended_at = ?, quota_used = ? WHERE id = ?")) {
            update.setString(1, state.id());
            update.setString(2, Database.storable(error));
            update.setLong(3, now.toEpochMilli());
            update.setObject(4, used.isPresent() ? used.getAsDouble() : null, Types.DOUBLE);
            update.setLong(5, id);
            update.executeUpdate();
        }
    }

    private static OptionalDouble quotaUsed(Connection connection, long id, Instant now, QuotaSettings quota)
            throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("SELECT calls, started_at FROM sync_runs WHERE id = ?")) {
            select.setLong(1, id);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next()
                        ? quota.share(rows.getLong(1), Duration.between(Instant.ofEpochMilli(rows.getLong(2)), now))
                        : OptionalDouble.empty();
            }
        }
    }

    /** Why a run waits; it has not ended. */
    static void waits(Connection connection, long id, String why) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("UPDATE sync_runs SET error = ? WHERE id = ?")) {
            update.setString(1, Database.storable(why));
            update.setLong(2, id);
            update.executeUpdate();
        }
    }

    /** Within the transaction that applied the pages. */
    public static void applied(Connection connection, Dialect dialect, Map<Long, PulledCounts> counts)
            throws SQLException {
        try (RowStatement.Rows rows = APPLIED.open(connection, dialect)) {
            for (Map.Entry<Long, PulledCounts> entry : counts.entrySet()) {
                PulledCounts count = entry.getValue();
                rows.add(
                        entry.getKey(),
                        count.pages(),
                        count.created(),
                        count.changed(),
                        count.unchanged(),
                        count.refused(),
                        count.conflicts());
            }
            rows.write();
        }
    }

    /**
     * Pages of a run that were read and will not be applied, unless somebody does something.
     *
     * @param dead that were given up
     * @param ignored that said nothing
     * @param held by a brake, until somebody approves or rejects it
     */
    public record Lost(long dead, long ignored, long held) {}

    /** Looks at the run's own operations; only worth it where a run has ended and not all of its pages are applied. */
    Lost lost(long id) {
        return database.read(connection -> {
            Map<Integer, Long> counts = new HashMap<>();
            try (PreparedStatement select = connection.prepareStatement(LOST)) {
                select.setInt(1, OperationStatus.IGNORED.ordinal());
                select.setInt(2, OperationStatus.DEAD.ordinal());
                select.setInt(3, OperationStatus.HELD.ordinal());
                select.setLong(4, Ids.earlier(id, CLOCKS));
                select.setString(5, HeadersJson.write(Map.of(Delivery.RUN, Long.toString(id))));
                select.setLong(6, id);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        counts.put(rows.getInt(1), rows.getLong(2));
                    }
                }
            }
            return new Lost(
                    counts.getOrDefault(OperationStatus.DEAD.ordinal(), 0L),
                    counts.getOrDefault(OperationStatus.IGNORED.ordinal(), 0L),
                    counts.getOrDefault(OperationStatus.HELD.ordinal(), 0L));
        });
    }

    /** Runs that read one record belong to the hub that they were asked of: where it died, nobody ends them. */
    int endForgotten(Instant before, Instant now) {
        return database.write(connection -> {
            try (PreparedStatement update = connection.prepareStatement("""
                    UPDATE sync_runs SET state = 'failed', ended_at = ?,
                        error = 'The hub that was to read it has ended meanwhile: ask for it once more'
                    WHERE kind = 'one' AND ended_at IS NULL AND started_at < ?""")) {
                update.setLong(1, now.toEpochMilli());
                update.setLong(2, before.toEpochMilli());
                return update.executeUpdate();
            }
        });
    }

    /**
     * Forgets runs that ended before a moment, in batches that hold up nobody.
     *
     * @return how many
     */
    int sweep(Instant before) {
        int swept = 0;
        for (int i = 0; i < SWEEP_BATCHES_MAX; i++) {
            int batch = database.write(connection -> {
                try (PreparedStatement delete = connection.prepareStatement("""
                        DELETE FROM sync_runs WHERE id IN (
                            SELECT id FROM sync_runs WHERE ended_at IS NOT NULL AND ended_at < ? ORDER BY ended_at LIMIT ?)""")) {
                    delete.setLong(1, before.toEpochMilli());
                    delete.setInt(2, SWEEP_BATCH);
                    return delete.executeUpdate();
                }
            });
            swept += batch;
            if (batch < SWEEP_BATCH) {
                break;
            }
        }
        return swept;
    }
}
