package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.db.RowStatement;
import dev.muster.decide.FieldOverride;
import dev.muster.operation.Operation;
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

/** The rows of one transaction: read in batches, gathered while deciding, and written together by {@link #flush}. */
final class GoldenRows {
    private static final RowStatement PROVENANCE = RowStatement.of("""
            INSERT INTO field_provenance (golden_id, organization, entity, fields)
            SELECT r.golden_id, r.organization, r.entity, r.fields
            FROM {golden_id bigint, organization text, entity text, fields text} r WHERE true
            ON CONFLICT (golden_id) DO UPDATE SET fields = excluded.fields""");

    private static final RowStatement AUDIT = RowStatement.of("""
            INSERT INTO audit_log (id, organization, actor, action, entity, golden_id, operation_id, changes, created_at)
            SELECT r.id, r.organization, r.actor, r.action, r.entity, r.golden_id, r.operation_id, r.changes, r.created_at
            FROM {id bigint, organization text, actor text, action text, entity text, golden_id bigint,
                  operation_id bigint, changes text, created_at bigint} r""");

    private static final RowStatement PUSH = RowStatement.of("""
            INSERT INTO pushes (golden_id, target, organization, entity, status, version, created_at)
            SELECT r.golden_id, r.target, r.organization, r.entity, 'pending', r.version, r.created_at
            FROM {golden_id bigint, target text, organization text, entity text, version bigint, created_at bigint} r
            WHERE true
            ON CONFLICT (golden_id, target) DO UPDATE SET status = 'pending', version = excluded.version""");

    private static final RowStatement CONFLICT = RowStatement.of("""
            INSERT INTO sync_conflicts (id, organization, entity, golden_id, field, status, standing, rivals, operation_id,
                                        created_at, updated_at)
            SELECT r.id, r.organization, r.entity, r.golden_id, r.field, 'open', r.standing, r.rivals, r.operation_id,
                   r.seen_at, r.seen_at
            FROM {id bigint, organization text, entity text, golden_id bigint, field text, standing text, rivals text,
                  operation_id bigint, seen_at bigint} r""");

    private static final RowStatement CONFLICT_CHANGED = RowStatement.of("""
            UPDATE sync_conflicts SET standing = r.standing, rivals = r.rivals, operation_id = r.operation_id,
                                      updated_at = r.updated_at
            FROM {id bigint, standing text, rivals text, operation_id bigint, updated_at bigint} r
            WHERE sync_conflicts.id = r.id""");

    private static final RowStatement CONFLICT_SETTLED = RowStatement.of("""
            UPDATE sync_conflicts SET status = 'settled', updated_at = r.updated_at
            FROM {id bigint, updated_at bigint} r WHERE sync_conflicts.id = r.id""");

    /** What Muster settled is opened again where it is reported again; any other status is a person's word and stays. */
    private static final RowStatement DUPLICATE = RowStatement.of("""
            INSERT INTO duplicate_candidates (id, organization, golden_a, golden_b, email, reason, status, created_at)
            SELECT r.id, r.organization, r.golden_a, r.golden_b, r.email, r.reason, 'open', r.created_at
            FROM {id bigint, organization text, golden_a bigint, golden_b bigint, email text, reason text,
                  created_at bigint} r
            WHERE true
            ON CONFLICT (golden_a, golden_b) DO UPDATE SET email = excluded.email, reason = excluded.reason,
                status = 'open' WHERE duplicate_candidates.status IN ('open', 'settled')""");

    private static final RowStatement DUPLICATE_SETTLED = RowStatement.of("""
            UPDATE duplicate_candidates SET status = 'settled' FROM {id bigint} r
            WHERE duplicate_candidates.id = r.id""");

    private static final RowStatement OVERRIDE_MOVED = RowStatement.of("""
            UPDATE field_overrides SET golden_id = r.destination
            FROM {origin bigint, destination bigint, field text} r
            WHERE field_overrides.golden_id = r.origin AND field_overrides.field = r.field""");

    private static final RowStatement PUSH_WITHDRAWN = RowStatement.of("""
            UPDATE pushes SET status = 'withdrawn' FROM {golden_id bigint} r
            WHERE pushes.golden_id = r.golden_id AND pushes.status = 'pending'""");

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
    private final List<NewDuplicate> duplicates = new ArrayList<>();
    private final List<Long> settledDuplicates = new ArrayList<>();
    private final List<Long> emptied = new ArrayList<>();
    private final List<MovedOverride> movedOverrides = new ArrayList<>();

    GoldenRows(Connection connection, Database database, Ids ids, Instant now) {
        this.connection = connection;
        this.database = database;
        this.ids = ids;
        this.now = now;
    }

    private record Provenance(long goldenId, String organization, Entity entity, String fields) {}

    private record Audit(long goldenId, Entity entity, String action, String changes, Operation operation) {}

    private record MovedOverride(long from, long into, String field) {}

    private record Push(GoldenRecord record, String target) {}

    private record NewConflict(
            long goldenId,
            Entity entity,
            String field,
            String standing,
            String rivals,
            @Nullable OpenConflict known,
            String organization,
            @Nullable Long operationId) {}

    private record NewDuplicate(String organization, GoldenPair pair, String email, String reason) {}

    /** A conflict that waits for a person. */
    record OpenConflict(
            long id,
            String standing,
            String rivals,
            @Nullable Long operationId) {}

    /** Two people of whom somebody has to say whether they are one. */
    record OpenDuplicate(long id, @Nullable String email, String reason) {}

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

    // --- gathering ----------------------------------------------------------------------------------------------

    void put(GoldenRecord record) {
        goldens.computeIfAbsent(record.entity(), entity -> new ArrayList<>()).add(record);
    }

    void provenance(long goldenId, String organization, Entity entity, String fields) {
        provenances.add(new Provenance(goldenId, organization, entity, fields));
    }

    void audit(GoldenRecord record, String action, Map<String, Object> differences, Operation operation) {
        audits.add(new Audit(record.id(), record.entity(), action, ValuesJson.write(differences), operation));
    }

    void push(GoldenRecord record, String target) {
        pushes.add(new Push(record, target));
    }

    /** A golden record whose sources all belong to another one now. Kept, so that it can be undone. */
    void merge(GoldenRecord old, @Nullable Long into, Operation operation) {
        GoldenRecord withoutSources = new GoldenRecord(
                old.id(),
                old.organization(),
                old.entity(),
                old.values(),
                old.version() + 1,
                old.createdAt(),
                now,
                now,
                into);
        put(withoutSources);
        emptied.add(old.id());
        audits.add(new Audit(
                old.id(),
                old.entity(),
                "merge",
                ValuesJson.write(Map.of("into", into == null ? "" : Ids.format(into))),
                operation));
    }

    /** A person's word about one who is merged holds for the one who stays. */
    void moveOverride(long from, long into, FieldOverride override, Operation operation) {
        movedOverrides.add(new MovedOverride(from, into, override.field()));
        audits.add(new Audit(
                into,
                Entity.MEMBER,
                "move_override",
                ValuesJson.write(
                        Map.of("from", Ids.format(from), "field", override.field(), "value", override.value())),
                operation));
    }

    void conflict(
            long goldenId,
            Entity entity,
            String field,
            String standing,
            String rivals,
            @Nullable OpenConflict known,
            String organization,
            @Nullable Long operationId) {
        conflicts.add(new NewConflict(goldenId, entity, field, standing, rivals, known, organization, operationId));
    }

    void settleConflict(long id) {
        settled.add(id);
    }

    void duplicate(String organization, GoldenPair pair, String email, String reason) {
        duplicates.add(new NewDuplicate(organization, pair, email, reason));
    }

    void settleDuplicate(long id) {
        settledDuplicates.add(id);
    }

    // --- writes -------------------------------------------------------------------------------------------------

    void flush() throws SQLException {
        for (Map.Entry<Entity, List<GoldenRecord>> entry : goldens.entrySet()) {
            writeGoldens(GoldenTable.of(entry.getKey()), entry.getValue());
        }
        writeMovedOverrides();
        writeProvenances();
        writeAudits();
        writeIds(PUSH_WITHDRAWN, emptied);
        writePushes();
        writeConflicts();
        writeDuplicates();
    }

    private RowStatement.Rows open(RowStatement statement) throws SQLException {
        return statement.open(connection, database.dialect());
    }

    private void writeGoldens(GoldenTable table, List<GoldenRecord> records) throws SQLException {
        try (RowStatement.Rows rows = open(table.upsert())) {
            for (GoldenRecord record : records) {
                rows.add(row(table, record));
            }
            rows.write();
        }
    }

    private static @Nullable Object[] row(GoldenTable table, GoldenRecord record) {
        List<@Nullable Object> row = new ArrayList<>(table.columns().size() + 8);
        row.add(record.id());
        row.add(record.organization());
        Map<String, Object> attributes = new TreeMap<>(record.values());
        for (GoldenTable.Column column : table.columns()) {
            Object value = attributes.get(column.field());
            // Of another type than the column: it stays among the attributes rather than be bent.
            boolean fits = column.number() ? value instanceof Long : value instanceof String;
            row.add(fits ? attributes.remove(column.field()) : null);
        }
        row.add(ValuesJson.write(attributes));
        row.add(record.version());
        row.add(record.createdAt().toEpochMilli());
        row.add(record.updatedAt().toEpochMilli());
        Instant deletedAt = record.deletedAt();
        row.add(deletedAt == null ? null : deletedAt.toEpochMilli());
        row.add(record.mergedInto());
        return row.toArray();
    }

    private void writeMovedOverrides() throws SQLException {
        if (!movedOverrides.isEmpty()) {
            try (RowStatement.Rows rows = open(OVERRIDE_MOVED)) {
                for (MovedOverride moved : movedOverrides) {
                    rows.add(moved.from(), moved.into(), moved.field());
                }
                rows.write();
            }
        }
    }

    private void writeProvenances() throws SQLException {
        try (RowStatement.Rows rows = open(PROVENANCE)) {
            for (Provenance provenance : provenances) {
                rows.add(
                        provenance.goldenId(),
                        provenance.organization(),
                        provenance.entity().id(),
                        provenance.fields());
            }
            rows.write();
        }
    }

    private void writeAudits() throws SQLException {
        try (RowStatement.Rows rows = open(AUDIT)) {
            for (Audit audit : audits) {
                rows.add(
                        ids.next(),
                        audit.operation().organization(),
                        audit.operation().platform(),
                        audit.action(),
                        audit.entity().id(),
                        audit.goldenId(),
                        audit.operation().id(),
                        audit.changes(),
                        now.toEpochMilli());
            }
            rows.write();
        }
    }

    private void writePushes() throws SQLException {
        if (pushes.isEmpty()) {
            return;
        }
        try (RowStatement.Rows rows = open(PUSH)) {
            for (Push push : pushes) {
                rows.add(
                        push.record().id(),
                        push.target(),
                        push.record().organization(),
                        push.record().entity().id(),
                        push.record().version(),
                        now.toEpochMilli());
            }
            rows.write();
        }
    }

    private void writeConflicts() throws SQLException {
        if (!conflicts.isEmpty()) {
            try (RowStatement.Rows fresh = open(CONFLICT);
                    RowStatement.Rows changed = open(CONFLICT_CHANGED)) {
                for (NewConflict conflict : conflicts) {
                    OpenConflict known = conflict.known();
                    if (known == null) {
                        fresh.add(
                                ids.next(),
                                conflict.organization(),
                                conflict.entity().id(),
                                conflict.goldenId(),
                                conflict.field(),
                                conflict.standing(),
                                conflict.rivals(),
                                conflict.operationId(),
                                now.toEpochMilli());
                    } else {
                        changed.add(
                                known.id(),
                                conflict.standing(),
                                conflict.rivals(),
                                conflict.operationId(),
                                now.toEpochMilli());
                    }
                }
                fresh.write();
                changed.write();
            }
        }
        if (!settled.isEmpty()) {
            try (RowStatement.Rows rows = open(CONFLICT_SETTLED)) {
                for (Long id : settled) {
                    rows.add(id, now.toEpochMilli());
                }
                rows.write();
            }
        }
    }

    private void writeDuplicates() throws SQLException {
        if (!duplicates.isEmpty()) {
            try (RowStatement.Rows rows = open(DUPLICATE)) {
                for (NewDuplicate duplicate : duplicates) {
                    rows.add(
                            ids.next(),
                            duplicate.organization(),
                            duplicate.pair().lower(),
                            duplicate.pair().higher(),
                            duplicate.email(),
                            duplicate.reason(),
                            now.toEpochMilli());
                }
                rows.write();
            }
        }
        writeIds(DUPLICATE_SETTLED, settledDuplicates);
    }

    private void writeIds(RowStatement statement, List<Long> these) throws SQLException {
        if (!these.isEmpty()) {
            try (RowStatement.Rows rows = open(statement)) {
                for (Long id : these) {
                    rows.add(id);
                }
                rows.write();
            }
        }
    }
}
