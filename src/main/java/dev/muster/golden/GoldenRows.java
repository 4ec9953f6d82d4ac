package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.db.RowStatement;
import dev.muster.decide.FieldOverride;
import dev.muster.operation.Operation;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The rows of one transaction: gathered while deciding, and written together by {@link #flush}. */
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

    private final Database database;
    private final Ids ids;
    private final Instant now;

    private final Map<Entity, List<@Nullable Object[]>> goldens = new EnumMap<>(Entity.class);
    private final List<Provenance> provenances = new ArrayList<>();
    private final List<Audit> audits = new ArrayList<>();
    private final List<Push> pushes = new ArrayList<>();
    private final List<NewConflict> conflicts = new ArrayList<>();
    private final List<Long> settled = new ArrayList<>();
    private final List<NewDuplicate> duplicates = new ArrayList<>();
    private final List<Long> settledDuplicates = new ArrayList<>();
    private final List<Long> emptied = new ArrayList<>();
    private final List<MovedOverride> movedOverrides = new ArrayList<>();

    GoldenRows(Database database, Ids ids, Instant now) {
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
            GoldenReads.@Nullable OpenConflict known,
            String organization,
            @Nullable Long operationId) {}

    private record NewDuplicate(String organization, GoldenPair pair, String email, String reason) {}

    // --- gathering ----------------------------------------------------------------------------------------------

    void put(GoldenRecord record) {
        goldens.computeIfAbsent(record.entity(), entity -> new ArrayList<>())
                .add(row(GoldenTable.of(record.entity()), record));
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
            GoldenReads.@Nullable OpenConflict known,
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

    /** Writes them all; nothing is read or made up on the way. */
    void flush(Connection connection) throws SQLException {
        for (Map.Entry<Entity, List<@Nullable Object[]>> entry : goldens.entrySet()) {
            writeGoldens(connection, GoldenTable.of(entry.getKey()), entry.getValue());
        }
        writeMovedOverrides(connection);
        writeProvenances(connection);
        writeAudits(connection);
        writeIds(connection, PUSH_WITHDRAWN, emptied);
        writePushes(connection);
        writeConflicts(connection);
        writeDuplicates(connection);
    }

    private RowStatement.Rows open(Connection connection, RowStatement statement) throws SQLException {
        return statement.open(connection, database.dialect());
    }

    private void writeGoldens(Connection connection, GoldenTable table, List<@Nullable Object[]> records)
            throws SQLException {
        try (RowStatement.Rows rows = open(connection, table.upsert())) {
            for (@Nullable Object[] record : records) {
                rows.add(record);
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

    private void writeMovedOverrides(Connection connection) throws SQLException {
        if (!movedOverrides.isEmpty()) {
            try (RowStatement.Rows rows = open(connection, OVERRIDE_MOVED)) {
                for (MovedOverride moved : movedOverrides) {
                    rows.add(moved.from(), moved.into(), moved.field());
                }
                rows.write();
            }
        }
    }

    private void writeProvenances(Connection connection) throws SQLException {
        try (RowStatement.Rows rows = open(connection, PROVENANCE)) {
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

    private void writeAudits(Connection connection) throws SQLException {
        try (RowStatement.Rows rows = open(connection, AUDIT)) {
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

    private void writePushes(Connection connection) throws SQLException {
        if (pushes.isEmpty()) {
            return;
        }
        try (RowStatement.Rows rows = open(connection, PUSH)) {
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

    private void writeConflicts(Connection connection) throws SQLException {
        if (!conflicts.isEmpty()) {
            try (RowStatement.Rows fresh = open(connection, CONFLICT);
                    RowStatement.Rows changed = open(connection, CONFLICT_CHANGED)) {
                for (NewConflict conflict : conflicts) {
                    GoldenReads.OpenConflict known = conflict.known();
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
            try (RowStatement.Rows rows = open(connection, CONFLICT_SETTLED)) {
                for (Long id : settled) {
                    rows.add(id, now.toEpochMilli());
                }
                rows.write();
            }
        }
    }

    private void writeDuplicates(Connection connection) throws SQLException {
        if (!duplicates.isEmpty()) {
            try (RowStatement.Rows rows = open(connection, DUPLICATE)) {
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
        writeIds(connection, DUPLICATE_SETTLED, settledDuplicates);
    }

    private void writeIds(Connection connection, RowStatement statement, List<Long> these) throws SQLException {
        if (!these.isEmpty()) {
            try (RowStatement.Rows rows = open(connection, statement)) {
                for (Long id : these) {
                    rows.add(id);
                }
                rows.write();
            }
        }
    }
}
