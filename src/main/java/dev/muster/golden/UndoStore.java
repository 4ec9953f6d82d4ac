package dev.muster.golden;

import dev.muster.db.Database;
import dev.muster.db.Ids;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The undos, and what they may be about. */
final class UndoStore {
    private static final String COLUMNS = """
            SELECT id, organization, kind, platform, integration, first_id, last_id, run_id, made_by, reason, total, changes,
                   records, fields, skipped, undone_by, created_at, updated_at, ended_at, position FROM undos""";

    private static final String INSERT = """
            INSERT INTO undos (id, organization, kind, platform, integration, first_id, last_id, run_id, made_by, reason, state,
                               total, changes, records, fields, skipped, created_at, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, 0, 0, 0, 0, ?, ?)""";

    private static final String ADVANCE = """
            UPDATE undos SET position = ?, changes = changes + ?, records = records + ?, fields = fields + ?,
                   skipped = skipped + ?, updated_at = ?, ended_at = ?, state = ? WHERE id = ?""";

    private static final String UNDER_WAY = "SELECT id FROM undos WHERE ended_at IS NULL ORDER BY id LIMIT 1";

    /** The clocks of several hubs may differ by this. */
    private static final Duration CLOCKS = Duration.ofMinutes(1);

    private final Database database;

    UndoStore(Database database) {
        this.database = database;
    }

    /** An undo as it is stored. */
    record Stored(Undo undo, SourceChangeStore.Position position) {}

    void insert(Connection connection, Undo undo) throws SQLException {
        UndoScope scope = undo.scope();
        try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
            insert.setLong(1, undo.id());
            insert.setString(2, scope.organization());
            insert.setString(3, scope.kind().id());
            insert.setString(4, scope.platform());
            insert.setString(5, scope.integration());
            insert.setLong(6, scope.firstId());
            insert.setLong(7, scope.lastId());
            setLong(insert, 8, scope.runId());
            insert.setString(9, undo.madeBy());
            insert.setString(10, Database.storable(undo.reason()));
            insert.setLong(11, undo.total());
            insert.setLong(12, undo.createdAt().toEpochMilli());
            insert.setLong(13, undo.createdAt().toEpochMilli());
            insert.executeUpdate();
        }
    }

    private static void setLong(PreparedStatement statement, int index, @Nullable Long value) throws SQLException {
        if (value == null) {
            statement.setNull(index, Types.BIGINT);
        } else {
            statement.setLong(index, value);
        }
    }

    /** @return whether nobody had undone it before */
    boolean undoneBy(Connection connection, long id, long by) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "UPDATE undos SET undone_by = ? WHERE id = ? AND undone_by IS NULL AND ended_at IS NOT NULL")) {
            update.setLong(1, by);
            update.setLong(2, id);
            return update.executeUpdate() == 1;
        }
    }

    void advance(
            Connection connection,
            long id,
            SourceChangeStore.Position position,
            long changes,
            long records,
            long fields,
            long skipped,
            Instant now,
            boolean isEnd)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(ADVANCE)) {
            update.setString(1, position.text());
            update.setLong(2, changes);
            update.setLong(3, records);
            update.setLong(4, fields);
            update.setLong(5, skipped);
            update.setLong(6, now.toEpochMilli());
            setLong(update, 7, isEnd ? now.toEpochMilli() : null);
            update.setString(8, isEnd ? "done" : "running");
            update.setLong(9, id);
            update.executeUpdate();
        }
    }

    Optional<Long> underWay() {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(UNDER_WAY);
                    ResultSet rows = select.executeQuery()) {
                return rows.next() ? Optional.of(rows.getLong(1)) : Optional.empty();
            }
        });
    }

    Optional<Stored> find(Connection connection, long id) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(COLUMNS + " WHERE id = ?")) {
            select.setLong(1, id);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next() ? Optional.of(stored(rows)) : Optional.empty();
            }
        }
    }

    /** Newest first. */
    List<Undo> list(@Nullable String organization, long before, int limit) {
        return database.read(connection -> {
            List<Undo> undos = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement(
                    COLUMNS + " WHERE id < ? AND (organization = ? OR ? = '') ORDER BY id DESC LIMIT ?")) {
                select.setLong(1, before);
                select.setString(2, organization == null ? "" : organization);
                select.setString(3, organization == null ? "" : organization);
                select.setInt(4, limit);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        undos.add(stored(rows).undo());
                    }
                }
            }
            return undos;
        });
    }

    private static Stored stored(ResultSet rows) throws SQLException {
        UndoScope scope = new UndoScope(
                UndoScope.Kind.of(rows.getString(3)),
                rows.getString(2),
                rows.getString(4),
                rows.getString(5),
                rows.getLong(6),
                rows.getLong(7),
                number(rows, 8));
        Long endedAt = number(rows, 19);
        Undo undo = new Undo(
                rows.getLong(1),
                scope,
                rows.getString(9),
                rows.getString(10),
                rows.getLong(11),
                rows.getLong(12),
                rows.getLong(13),
                rows.getLong(14),
                rows.getLong(15),
                number(rows, 16),
                Instant.ofEpochMilli(rows.getLong(17)),
                Instant.ofEpochMilli(rows.getLong(18)),
                endedAt == null ? null : Instant.ofEpochMilli(endedAt));
        return new Stored(undo, SourceChangeStore.Position.of(rows.getString(20)));
    }

    private static @Nullable Long number(ResultSet rows, int column) throws SQLException {
        long value = rows.getLong(column);
        return rows.wasNull() ? null : Long.valueOf(value);
    }

    // --- what may be undone -------------------------------------------------------------------------------------

    /** The scope of one operation. */
    Optional<UndoScope> operation(long id) {
        return database.read(connection -> {
            try (PreparedStatement select =
                    connection.prepareStatement("SELECT organization, platform FROM sync_operations WHERE id = ?")) {
                select.setLong(1, id);
                try (ResultSet rows = select.executeQuery()) {
                    return rows.next()
                            ? Optional.of(new UndoScope(
                                    UndoScope.Kind.OPERATION, rows.getString(1), rows.getString(2), null, id, id, null))
                            : Optional.empty();
                }
            }
        });
    }

    /** The scope of a run: the operations of its pages were made between its beginning and its end. */
    Optional<UndoScope> run(long id) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                    "SELECT organization, platform, integration, ended_at FROM sync_runs WHERE id = ?")) {
                select.setLong(1, id);
                try (ResultSet rows = select.executeQuery()) {
                    if (!rows.next()) {
                        return Optional.empty();
                    }
                    long ended = rows.getLong(4);
                    boolean isRunning = rows.wasNull();
                    return Optional.of(new UndoScope(
                            UndoScope.Kind.RUN,
                            rows.getString(1),
                            rows.getString(2),
                            rows.getString(3),
                            Ids.earlier(id, CLOCKS),
                            isRunning
                                    ? Long.MAX_VALUE
                                    : Ids.at(Instant.ofEpochMilli(ended).plus(CLOCKS)),
                            id));
                }
            }
        });
    }

    /** The scope of what an undo changed. */
    static UndoScope of(Undo undo) {
        UndoScope scope = undo.scope();
        return new UndoScope(
                UndoScope.Kind.UNDO,
                scope.organization(),
                scope.platform(),
                null,
                undo.id(),
                Long.MAX_VALUE,
                undo.id());
    }
}
