package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.decide.FieldOverride;
import dev.muster.operation.Operation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The rows of one transaction: read in batches, gathered while deciding, and written together by {@link #flush}. */
final class GoldenRows {
    private static final String PROVENANCE = """
            INSERT INTO field_provenance (golden_id, organization, entity, fields) VALUES (?, ?, ?, ?)
            ON CONFLICT (golden_id) DO UPDATE SET fields = excluded.fields""";

    private static final String AUDIT = """
            INSERT INTO audit_log (id, organization, actor, action, entity, golden_id, operation_id, changes, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""";

    private static final String PUSH = """
            INSERT INTO pushes (golden_id, target, organization, entity, status, version, created_at)
            VALUES (?, ?, ?, ?, 'pending', ?, ?)
            ON CONFLICT (golden_id, target) DO UPDATE SET status = 'pending', version = excluded.version""";

    private static final String CONFLICT = """
            INSERT INTO sync_conflicts (id, organization, entity, golden_id, field, status, standing, rivals, operation_id,
                                        created_at, updated_at)
            VALUES (?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?)""";

    private static final String CONFLICT_CHANGED =
            "UPDATE sync_conflicts SET standing = ?, rivals = ?, operation_id = ?, updated_at = ? WHERE id = ?";

    private static final String CONFLICT_SETTLED =
            "UPDATE sync_conflicts SET status = 'settled', updated_at = ? WHERE id = ?";

    private static final String DUPLICATE = """
            INSERT INTO duplicate_candidates (id, organization, golden_a, golden_b, reason, status, created_at)
            VALUES (?, ?, ?, ?, ?, 'open', ?) ON CONFLICT (golden_a, golden_b) DO NOTHING""";

    private final Connection connection;
    private final Database database;
    private final Ids ids;
    private final Instant now;

    private final Map<Entity, List<GoldenRecord>> goldens = new EnumMap<>(Entity.class);
    private final List<Provenance> provenances = new ArrayList<>();
    private final List<Audit> audits = new ArrayList<>();
    private final List<Push> pushes = new ArrayList<>();
    private final List<NewConflict> conflicts = new ArrayList<>();
    private final List<Long> settled = new ArrayList<>();
    private final Set<Pair> duplicates = new HashSet<>();

    GoldenRows(Connection connection, Database database, Ids ids, Instant now) {
        this.connection = connection;
        this.database = database;
        this.ids = ids;
        this.now = now;
    }

    private record Provenance(long goldenId, String organization, Entity entity, String fields) {}

    private record Audit(GoldenRecord record, String action, String changes, Operation operation) {}

    private record Push(GoldenRecord record, String target) {}

    private record NewConflict(
            long goldenId,
            Entity entity,
            String field,
            String standing,
            String rivals,
            @Nullable OpenConflict known,
            Operation operation) {}

    private record Pair(String organization, long a, long b, String reason) {}

    /** A conflict that waits for a person. */
    record OpenConflict(long id, String standing, String rivals) {}

    void lock(Set<String> organizations) throws SQLException {
        try (PreparedStatement lock =
                connection.prepareStatement("SELECT pg_advisory_xact_lock(hashtext('roll ' || ?))")) {
            for (String organization : organizations) {
                lock.setString(1, organization);
                lock.execute();
            }
        }
    }

    // --- reads --------------------------------------------------------------------------------------------------

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

    Map<Long, Map<String, FieldOverride>> overrides(Collection<Long> goldenIds) throws SQLException {
        return overrides(connection, database, goldenIds);
    }

    static Map<Long, Map<String, FieldOverride>> overrides(
            Connection connection, Database database, Collection<Long> goldenIds) throws SQLException {
        Map<Long, Map<String, FieldOverride>> overrides = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT golden_id, field, value, decided_by, decided_at, reason FROM field_overrides WHERE golden_id IN "
                        + database.idsOfJson())) {
            select.setString(1, Database.json(goldenIds));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    Object value = ValuesJson.read(rows.getString(3)).get("value");
                    if (value != null) {
                        String field = rows.getString(2);
                        overrides
                                .computeIfAbsent(rows.getLong(1), id -> new TreeMap<>())
                                .put(
                                        field,
                                        new FieldOverride(
                                                field,
                                                value,
                                                rows.getString(4),
                                                Instant.ofEpochMilli(rows.getLong(5)),
                                                rows.getString(6)));
                    }
                }
            }
        }
        return overrides;
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
                "SELECT id, golden_id, field, standing, rivals FROM sync_conflicts WHERE status = 'open' AND golden_id IN "
                        + database.idsOfJson())) {
            select.setString(1, Database.json(goldenIds));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    open.computeIfAbsent(rows.getLong(2), id -> new HashMap<>())
                            .put(
                                    rows.getString(3),
                                    new OpenConflict(rows.getLong(1), rows.getString(4), rows.getString(5)));
                }
            }
        }
        return open;
    }

    // --- gathering ----------------------------------------------------------------------------------------------

    void put(GoldenRecord record) {
        goldens.computeIfAbsent(record.entity(), entity -> new ArrayList<>()).add(record);
    }

    void provenance(long goldenId, String organization, Entity entity, String fields) {
        provenances.add(new Provenance(goldenId, organization, entity, fields));
    }

    void audit(GoldenRecord record, String action, Map<String, Object> differences, Operation operation) {
        audits.add(new Audit(record, action, ValuesJson.write(differences), operation));
    }

    void push(GoldenRecord record, String target) {
        pushes.add(new Push(record, target));
    }

    /** A golden record whose sources all belong to another one now. Kept, so that it can be undone. */
    void merge(GoldenRecord old, @Nullable Long into, Operation operation) {
        GoldenRecord emptied = new GoldenRecord(
                old.id(),
                old.organization(),
                old.entity(),
                old.values(),
                old.version() + 1,
                old.createdAt(),
                now,
                now,
                into);
        put(emptied);
        audits.add(new Audit(
                emptied, "merge", ValuesJson.write(Map.of("into", into == null ? "" : Ids.format(into))), operation));
    }

    void conflict(
            long goldenId,
            Entity entity,
            String field,
            String standing,
            String rivals,
            @Nullable OpenConflict known,
            Operation operation) {
        conflicts.add(new NewConflict(goldenId, entity, field, standing, rivals, known, operation));
    }

    void settleConflict(long id) {
        settled.add(id);
    }

    void duplicate(String organization, long a, long b, String reason) {
        if (a != b) {
            duplicates.add(new Pair(organization, Math.min(a, b), Math.max(a, b), reason));
        }
    }

    // --- writes -------------------------------------------------------------------------------------------------

    void flush() throws SQLException {
        for (Map.Entry<Entity, List<GoldenRecord>> entry : goldens.entrySet()) {
            writeGoldens(GoldenTable.of(entry.getKey()), entry.getValue());
        }
        writeProvenances();
        writeAudits();
        writePushes();
        writeConflicts();
        writeDuplicates();
    }

    private void writeGoldens(GoldenTable table, List<GoldenRecord> records) throws SQLException {
        try (PreparedStatement upsert = connection.prepareStatement(table.upsert())) {
            for (GoldenRecord record : records) {
                int index = 1;
                upsert.setLong(index++, record.id());
                upsert.setString(index++, record.organization());
                Map<String, Object> attributes = new TreeMap<>(record.values());
                for (GoldenTable.Column column : table.columns()) {
                    Object value = record.values().get(column.field());
                    if (column.number() && value instanceof Long number) {
                        upsert.setLong(index++, number);
                        attributes.remove(column.field());
                    } else if (!column.number() && value instanceof String text) {
                        upsert.setString(index++, text);
                        attributes.remove(column.field());
                    } else {
                        // Of another type than the column: it stays among the attributes rather than be bent.
                        upsert.setNull(index++, column.number() ? Types.BIGINT : Types.VARCHAR);
                    }
                }
                upsert.setString(index++, ValuesJson.write(attributes));
                upsert.setLong(index++, record.version());
                upsert.setLong(index++, record.createdAt().toEpochMilli());
                upsert.setLong(index++, record.updatedAt().toEpochMilli());
                setNullable(
                        upsert,
                        index++,
                        record.deletedAt() == null ? null : record.deletedAt().toEpochMilli());
                setNullable(upsert, index, record.mergedInto());
                upsert.addBatch();
            }
            upsert.executeBatch();
        }
    }

    private static void setNullable(PreparedStatement statement, int index, @Nullable Long value) throws SQLException {
        if (value == null) {
            statement.setNull(index, Types.BIGINT);
        } else {
            statement.setLong(index, value);
        }
    }

    private void writeProvenances() throws SQLException {
        if (provenances.isEmpty()) {
            return;
        }
        try (PreparedStatement upsert = connection.prepareStatement(PROVENANCE)) {
            for (Provenance provenance : provenances) {
                upsert.setLong(1, provenance.goldenId());
                upsert.setString(2, provenance.organization());
                upsert.setString(3, provenance.entity().id());
                upsert.setString(4, provenance.fields());
                upsert.addBatch();
            }
            upsert.executeBatch();
        }
    }

    private void writeAudits() throws SQLException {
        if (audits.isEmpty()) {
            return;
        }
        try (PreparedStatement insert = connection.prepareStatement(AUDIT)) {
            for (Audit audit : audits) {
                insert.setLong(1, ids.next());
                insert.setString(2, audit.record().organization());
                insert.setString(3, audit.operation().platform());
                insert.setString(4, audit.action());
                insert.setString(5, audit.record().entity().id());
                insert.setLong(6, audit.record().id());
                insert.setLong(7, audit.operation().id());
                insert.setString(8, audit.changes());
                insert.setLong(9, now.toEpochMilli());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private void writePushes() throws SQLException {
        if (pushes.isEmpty()) {
            return;
        }
        try (PreparedStatement upsert = connection.prepareStatement(PUSH)) {
            for (Push push : pushes) {
                upsert.setLong(1, push.record().id());
                upsert.setString(2, push.target());
                upsert.setString(3, push.record().organization());
                upsert.setString(4, push.record().entity().id());
                upsert.setLong(5, push.record().version());
                upsert.setLong(6, now.toEpochMilli());
                upsert.addBatch();
            }
            upsert.executeBatch();
        }
    }

    private void writeConflicts() throws SQLException {
        if (!conflicts.isEmpty()) {
            try (PreparedStatement insert = connection.prepareStatement(CONFLICT);
                    PreparedStatement update = connection.prepareStatement(CONFLICT_CHANGED)) {
                for (NewConflict conflict : conflicts) {
                    OpenConflict known = conflict.known();
                    if (known == null) {
                        insert.setLong(1, ids.next());
                        insert.setString(2, conflict.operation().organization());
                        insert.setString(3, conflict.entity().id());
                        insert.setLong(4, conflict.goldenId());
                        insert.setString(5, conflict.field());
                        insert.setString(6, conflict.standing());
                        insert.setString(7, conflict.rivals());
                        insert.setLong(8, conflict.operation().id());
                        insert.setLong(9, now.toEpochMilli());
                        insert.setLong(10, now.toEpochMilli());
                        insert.addBatch();
                    } else {
                        update.setString(1, conflict.standing());
                        update.setString(2, conflict.rivals());
                        update.setLong(3, conflict.operation().id());
                        update.setLong(4, now.toEpochMilli());
                        update.setLong(5, known.id());
                        update.addBatch();
                    }
                }
                insert.executeBatch();
                update.executeBatch();
            }
        }
        if (!settled.isEmpty()) {
            try (PreparedStatement update = connection.prepareStatement(CONFLICT_SETTLED)) {
                for (Long id : settled) {
                    update.setLong(1, now.toEpochMilli());
                    update.setLong(2, id);
                    update.addBatch();
                }
                update.executeBatch();
            }
        }
    }

    private void writeDuplicates() throws SQLException {
        if (duplicates.isEmpty()) {
            return;
        }
        try (PreparedStatement insert = connection.prepareStatement(DUPLICATE)) {
            for (Pair pair : duplicates) {
                insert.setLong(1, ids.next());
                insert.setString(2, pair.organization());
                insert.setLong(3, pair.a());
                insert.setLong(4, pair.b());
                insert.setString(5, pair.reason());
                insert.setLong(6, now.toEpochMilli());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }
}
