package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.db.Database;
import dev.muster.db.Database.Dialect;
import dev.muster.decide.FieldOverride;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is stored of golden records, read in batches by their ids. */
final class GoldenReads {
    static final String WORDS = """
            SELECT golden_id, field, value, decided_by, decided_at, reason, home FROM field_overrides
            WHERE golden_id IN %s""";

    private final Connection connection;
    private final Database database;

    GoldenReads(Connection connection, Database database) {
        this.connection = connection;
        this.database = database;
    }

    /** A conflict that waits for a person. */
    record OpenConflict(
            long id,
            String standing,
            String rivals,
            @Nullable Long operationId) {}

    /** Two people of whom somebody has to say whether they are one. */
    record OpenDuplicate(long id, @Nullable String email, String reason) {}

    /**
     * One transaction at a time decides for an organization: two could not see each other's sources. SQLite has one writer, and
     * {@link Decider} lets one decide at a time.
     */
    void lock(Set<String> organizations) throws SQLException {
        if (database.dialect() == Dialect.SQLITE) {
            return;
        }
        try (PreparedStatement lock =
                connection.prepareStatement("SELECT pg_advisory_xact_lock(hashtext('roll ' || ?))")) {
            for (String organization : organizations) {
                lock.setString(1, organization);
                lock.execute();
            }
        }
    }

    Map<Long, GoldenRecord> byIds(Map<Long, Entity> entities) throws SQLException {
        Map<Entity, List<Long>> byEntity = new EnumMap<>(Entity.class);
        entities.forEach((id, entity) ->
                byEntity.computeIfAbsent(entity, key -> new ArrayList<>()).add(id));
        Map<Long, GoldenRecord> found = new HashMap<>();
        for (Map.Entry<Entity, List<Long>> entry : byEntity.entrySet()) {
            GoldenTable table = GoldenTable.of(entry.getKey());
            try (PreparedStatement select =
                    connection.prepareStatement(table.select() + " WHERE id IN " + database.idsOfJson())) {
                select.setString(1, Database.json(entry.getValue()));
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        GoldenRecord record = read(table, rows);
                        found.put(record.id(), record);
                    }
                }
            }
        }
        return found;
    }

    static GoldenRecord read(GoldenTable table, ResultSet rows) throws SQLException {
        int index = 1;
        long id = rows.getLong(index++);
        String organization = rows.getString(index++);
        Map<String, Object> values = new TreeMap<>();
        for (GoldenTable.Column column : table.columns()) {
            if (column.number()) {
                long number = rows.getLong(index++);
                if (!rows.wasNull()) {
                    values.put(column.field(), number);
                }
            } else {
                String text = rows.getString(index++);
                if (text != null) {
                    values.put(column.field(), text);
                }
            }
        }
        values.putAll(ValuesJson.read(rows.getString(index++)));
        long version = rows.getLong(index++);
        Instant createdAt = Instant.ofEpochMilli(rows.getLong(index++));
        Instant updatedAt = Instant.ofEpochMilli(rows.getLong(index++));
        long deletedAt = rows.getLong(index++);
        Instant deleted = rows.wasNull() ? null : Instant.ofEpochMilli(deletedAt);
        long mergedInto = rows.getLong(index);
        Long merged = rows.wasNull() ? null : Long.valueOf(mergedInto);
        return new GoldenRecord(
                id, organization, table.entity(), values, version, createdAt, updatedAt, deleted, merged);
    }

    /** People's words by the golden record at which they stand. */
    Map<Long, List<Words.Word>> words(Collection<Long> goldenIds) throws SQLException {
        Map<Long, List<Words.Word>> words = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement(WORDS.formatted(database.idsOfJson()))) {
            select.setString(1, Database.json(goldenIds));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    Object value = ValuesJson.read(rows.getString(3)).get("value");
                    if (value != null) {
                        FieldOverride override = new FieldOverride(
                                rows.getString(2),
                                value,
                                rows.getString(4),
                                Instant.ofEpochMilli(rows.getLong(5)),
                                rows.getString(6));
                        words.computeIfAbsent(rows.getLong(1), id -> new ArrayList<>(1))
                                .add(new Words.Word(rows.getLong(7), override));
                    }
                }
            }
        }
        return words;
    }

    /** Of these members, those that are merged away, each with the one it is merged into. */
    Map<Long, Long> mergedInto(Collection<Long> goldenIds) throws SQLException {
        Map<Long, Long> into = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT id, merged_into FROM members WHERE merged_into IS NOT NULL AND id IN "
                        + database.idsOfJson())) {
            select.setString(1, Database.json(goldenIds));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    into.put(rows.getLong(1), rows.getLong(2));
                }
            }
        }
        return into;
    }

    Map<Long, String> provenance(Collection<Long> goldenIds) throws SQLException {
        Map<Long, String> provenance = new HashMap<>();
        if (goldenIds.isEmpty()) {
            return provenance;
        }
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT golden_id, fields FROM field_provenance WHERE golden_id IN " + database.idsOfJson())) {
            select.setString(1, Database.json(goldenIds));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    provenance.put(rows.getLong(1), rows.getString(2));
                }
            }
        }
        return provenance;
    }

    Map<Long, Map<String, OpenConflict>> openConflicts(Collection<Long> goldenIds) throws SQLException {
        Map<Long, Map<String, OpenConflict>> open = new HashMap<>();
        if (goldenIds.isEmpty()) {
            return open;
        }
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT id, golden_id, field, standing, rivals, operation_id FROM sync_conflicts"
                        + " WHERE status = 'open' AND golden_id IN "
                        + database.idsOfJson())) {
            select.setString(1, Database.json(goldenIds));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    long operation = rows.getLong(6);
                    Long operationId = rows.wasNull() ? null : Long.valueOf(operation);
                    open.computeIfAbsent(rows.getLong(2), id -> new HashMap<>())
                            .put(
                                    rows.getString(3),
                                    new OpenConflict(
                                            rows.getLong(1), rows.getString(4), rows.getString(5), operationId));
                }
            }
        }
        return open;
    }

    /** What is open between these golden records. */
    Map<GoldenPair, OpenDuplicate> openDuplicates(Collection<Long> goldenIds) throws SQLException {
        Map<GoldenPair, OpenDuplicate> open = new HashMap<>();
        if (goldenIds.isEmpty()) {
            return open;
        }
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT id, golden_a, golden_b, email, reason FROM duplicate_candidates WHERE status = 'open'"
                        + " AND golden_a IN " + database.idsOfJson())) {
            select.setString(1, Database.json(goldenIds));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    open.put(
                            GoldenPair.of(rows.getLong(2), rows.getLong(3)),
                            new OpenDuplicate(rows.getLong(1), rows.getString(4), rows.getString(5)));
                }
            }
        }
        return open;
    }
}
