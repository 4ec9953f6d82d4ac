package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Database;
import dev.muster.decide.SourceChange;
import dev.muster.decide.SourceCodec;
import dev.muster.decide.SourceRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What source records were before each operation: read backwards by range, and forgotten after a while. */
final class SourceChangeStore {
    private static final String RANGE = """
             FROM source_changes WHERE organization = ? AND platform = ? AND operation_id >= ? AND operation_id <= ?
            AND (run_id = ? OR ? = 0 AND delivery_id <> 0) AND (integration = ? OR ? = '')""";

    private static final String BACKWARDS = "SELECT operation_id, entity, external_id, delivery_id, body" + RANGE + """

            AND (operation_id, entity, external_id) < (?, ?, ?)
            ORDER BY operation_id DESC, entity DESC, external_id DESC LIMIT ?""";

    private static final String COUNT =
            "SELECT COUNT(*) FROM (SELECT 1" + RANGE + " LIMIT " + SourceChangeStore.COUNT_MAX + ") counted";

    /** Organizations and platforms are few: each pair is found by one step in the key. */
    private static final String NEXT_PLACE = """
            SELECT organization, platform FROM source_changes WHERE (organization, platform) > (?, ?)
            ORDER BY organization, platform LIMIT 1""";

    private static final String OLD = """
            SELECT MAX(operation_id) FROM (SELECT operation_id FROM source_changes
                WHERE organization = ? AND platform = ? AND operation_id < ? ORDER BY operation_id LIMIT ?) old""";

    private static final String FORGET = """
            DELETE FROM source_changes WHERE organization = ? AND platform = ? AND operation_id <= ?""";

    private static final int COUNT_MAX = 10_000_000;
    private static final int FORGET_BATCH = 1_000;
    private static final int FORGET_BATCHES_MAX = 5_000;

    private final Database database;

    SourceChangeStore(Database database) {
        this.database = database;
    }

    /** One change of one source record. */
    record Row(long operationId, RecordKey key, long deliveryId, SourceChange change) {
        Position position() {
            return new Position(operationId, key.entity().id(), key.externalId());
        }
    }

    /** Where to go on: behind this change, towards earlier ones. */
    record Position(long operationId, String entity, String externalId) {
        static final Position END = new Position(Long.MAX_VALUE, "", "");

        String text() {
            return operationId + " " + entity + " " + externalId;
        }

        static Position of(@Nullable String text) {
            if (text == null) {
                return END;
            }
            String[] parts = text.split(" ", 3);
            return new Position(Long.parseLong(parts[0]), parts[1], parts[2]);
        }
    }

    /** Changes of a scope before a position, the latest first. */
    List<Row> before(Connection connection, UndoScope scope, Position position, int limit) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(BACKWARDS)) {
            int index = bind(select, scope);
            select.setLong(index++, position.operationId());
            select.setString(index++, position.entity());
            select.setString(index++, position.externalId());
            select.setInt(index, limit);
            List<Row> found = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    RecordKey key = new RecordKey(
                            scope.organization(),
                            scope.platform(),
                            Entity.of(rows.getString(2)).orElseThrow(),
                            rows.getString(3));
                    found.add(new Row(
                            rows.getLong(1),
                            key,
                            rows.getLong(4),
                            SourceCodec.decodeChange(key, SourceRecord.NO_GOLDEN_ID, rows.getString(5))));
                }
            }
            return found;
        }
    }

    private static int bind(PreparedStatement select, UndoScope scope) throws SQLException {
        int index = 1;
        long run = scope.runId() == null ? 0 : scope.runId();
        String integration = scope.integration() == null ? "" : scope.integration();
        select.setString(index++, scope.organization());
        select.setString(index++, scope.platform());
        select.setLong(index++, scope.firstId());
        select.setLong(index++, scope.lastId());
        select.setLong(index++, run);
        select.setLong(index++, run);
        select.setString(index++, integration);
        select.setString(index++, integration);
        return index;
    }

    /** How many changes a scope has, counted up to ten millions. */
    long count(Connection connection, UndoScope scope) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(COUNT)) {
            bind(select, scope);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next() ? rows.getLong(1) : 0;
            }
        }
    }

    /**
     * Forgets changes by operations with smaller ids, a bounded number at a time.
     *
     * @return how many
     */
    int forget(long beforeId) {
        int forgotten = 0;
        int batches = 0;
        String organization = "";
        String platform = "";
        while (batches < FORGET_BATCHES_MAX) {
            List<String> place = place(organization, platform);
            if (place.isEmpty()) {
                return forgotten;
            }
            organization = place.get(0);
            platform = place.get(1);
            int deleted;
            do {
                deleted = forget(organization, platform, beforeId);
                forgotten += deleted;
                batches += deleted > 0 ? 1 : 0;
            } while (deleted > 0 && batches < FORGET_BATCHES_MAX);
        }
        return forgotten;
    }

    private List<String> place(String organization, String platform) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(NEXT_PLACE)) {
                select.setString(1, organization);
                select.setString(2, platform);
                try (ResultSet rows = select.executeQuery()) {
                    return rows.next() ? List.of(rows.getString(1), rows.getString(2)) : List.of();
                }
            }
        });
    }

    private int forget(String organization, String platform, long beforeId) {
        Long until = database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(OLD)) {
                select.setString(1, organization);
                select.setString(2, platform);
                select.setLong(3, beforeId);
                select.setInt(4, FORGET_BATCH);
                try (ResultSet rows = select.executeQuery()) {
                    rows.next();
                    long last = rows.getLong(1);
                    return rows.wasNull() ? Long.valueOf(-1) : Long.valueOf(last);
                }
            }
        });
        if (until < 0) {
            return 0;
        }
        return database.writeUnforced(connection -> {
            try (PreparedStatement delete = connection.prepareStatement(FORGET)) {
                delete.setString(1, organization);
                delete.setString(2, platform);
                delete.setLong(3, until);
                return delete.executeUpdate();
            }
        });
    }
}
