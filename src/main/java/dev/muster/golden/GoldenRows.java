package dev.muster.golden;

import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditTrail;
import dev.muster.canonical.Entity;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.db.RowStatement;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The rows of one transaction: gathered while deciding, and written together by {@link #flush}. */
final class GoldenRows {
    private static final RowStatement PROVENANCE = RowStatement.of("""
            INSERT INTO field_provenance (golden_id, organization, entity, fields)
            SELECT r.golden_id, r.organization, r.entity, r.fields
            FROM {golden_id bigint, organization text, entity text, fields text} r WHERE true
            ON CONFLICT (golden_id) DO UPDATE SET fields = excluded.fields""");

    /**
     * One that is due keeps its turn, and its pause after a failure, unless it is urgent; one under way becomes due when it
     * ends, by its version.
     */
    private static final String PUSH_AGAIN = """

            ON CONFLICT (golden_id, target, integration) DO UPDATE SET
                version = pushes.version + 1,
                status = CASE WHEN pushes.status = 2 THEN 2 ELSE 1 END,
                rank = CASE WHEN pushes.status IN (1, 2) AND pushes.rank < excluded.rank THEN pushes.rank ELSE excluded.rank END,
                attempts = CASE WHEN pushes.status IN (1, 2) THEN pushes.attempts ELSE 0 END,
                not_before = CASE
                    WHEN pushes.status = 1 AND excluded.rank = 1
                         AND (pushes.attempts > 0 OR pushes.not_before < excluded.not_before) THEN pushes.not_before
                    ELSE excluded.not_before END,
                updated_at = excluded.updated_at""";

    private static final String PUSH_COLUMNS = """
            INSERT INTO pushes (golden_id, target, integration, organization, platform, entity, status, rank, version,
                                attempts, not_before, forced, created_at, updated_at)
            """;

    private static final RowStatement PUSH = RowStatement.of(PUSH_COLUMNS + """
            SELECT r.golden_id, r.target, r.integration, r.organization, r.platform, r.entity, 1, r.rank, 1, 0,
                   r.not_before, 0, r.seen_at, r.seen_at
            FROM {golden_id bigint, target text, integration text, organization text, platform text, entity text,
                  rank bigint, not_before bigint, seen_at bigint} r WHERE true""" + PUSH_AGAIN);

    /** By a reference to one of the member's sources: several may lead to one member. */
    private static final RowStatement PUSH_MEMBER = RowStatement.of(PUSH_COLUMNS + """
            SELECT DISTINCT s.golden_id, r.target, r.integration, r.organization, r.platform, 'member', 1, 1, 1, 0,
                   r.not_before, 0, r.seen_at, r.seen_at
            FROM {target text, integration text, organization text, platform text, source_platform text,
                  external_id text, not_before bigint, seen_at bigint} r
            JOIN external_integrations s ON s.organization = r.organization AND s.platform = r.source_platform
                AND s.entity = 'member' AND s.external_id = r.external_id
            WHERE true""" + PUSH_AGAIN);

    /** Whoever is merged away may have to be taken off the targets that know them. */
    private static final RowStatement PUSH_EMPTIED = RowStatement.of("""
            UPDATE pushes SET version = version + 1, status = CASE WHEN pushes.status = 2 THEN 2 ELSE 1 END,
                   not_before = r.not_before, updated_at = r.not_before
            FROM {golden_id bigint, not_before bigint} r WHERE pushes.golden_id = r.golden_id""");

    /** What the target itself said may have been overwritten by what we told it later, or are telling it now. */
    private static final RowStatement PUSH_OVERWRITTEN = RowStatement.of("""
            UPDATE pushes SET version = version + 1, status = CASE WHEN pushes.status = 2 THEN 2 ELSE 1 END,
                   not_before = r.not_before
            FROM {golden_id bigint, target text, integration text, heard_at bigint, not_before bigint} r
            WHERE pushes.golden_id = r.golden_id AND pushes.target = r.target AND pushes.integration = r.integration
                AND (pushes.status = 2 OR pushes.pushed_at >= r.heard_at OR pushes.sending_at >= r.heard_at)""");

    private static final RowStatement PUSH_SEEN = RowStatement.of("""
            UPDATE pushes SET seen = r.seen FROM {golden_id bigint, target text, integration text, seen text} r
            WHERE pushes.golden_id = r.golden_id AND pushes.target = r.target AND pushes.integration = r.integration""");

    private static final RowStatement CONFLICT = RowStatement.of("""
            INSERT INTO sync_conflicts (id, organization, entity, golden_id, field, status, standing, rivals, operation_id,
                                        created_at, updated_at)
            SELECT r.id, r.organization, r.entity, r.golden_id, r.field, 'open', r.standing, r.rivals, r.operation_id,
                   r.seen_at, r.seen_at
            FROM {id bigint, organization text, entity text, golden_id bigint, field text, standing text, rivals text,
                  operation_id bigint, seen_at bigint} r""");

    private static final RowStatement CONFLICT_CHANGED = RowStatement.of("""
            UPDATE sync_conflicts SET status = 'open', standing = r.standing, rivals = r.rivals,
                   operation_id = r.operation_id, updated_at = r.updated_at, resolved_by = NULL, resolved_at = NULL,
                   choice = NULL, reason = NULL, act = NULL
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

    private final Database database;
    private final Ids ids;
    private final AuditTrail trail;
    private final Instant now;

    private final Map<Entity, List<@Nullable Object[]>> goldens = new EnumMap<>(Entity.class);
    private final List<Provenance> provenances = new ArrayList<>();
    private final List<AuditEntry> audits = new ArrayList<>();
    private final Map<PushPlace, Push> pushes = new LinkedHashMap<>();
    private final Set<MemberPush> memberPushes = new LinkedHashSet<>();
    private final List<Overwritten> overwritten = new ArrayList<>();
    private final List<@Nullable Object[]> confirmed = new ArrayList<>();
    private final List<NewConflict> conflicts = new ArrayList<>();
    private final List<Long> settled = new ArrayList<>();
    private final List<NewDuplicate> duplicates = new ArrayList<>();
    private final List<Long> settledDuplicates = new ArrayList<>();
    private final List<Long> emptied = new ArrayList<>();

    GoldenRows(Database database, Ids ids, AuditTrail trail, Instant now) {
        this.database = database;
        this.ids = ids;
        this.trail = trail;
        this.now = now;
    }

    private record Provenance(long goldenId, String organization, Entity entity, String fields) {}

    /** Something that a target has to be told. */
    record Push(long goldenId, PushPlan.Target target, String integration, String organization, boolean urgent) {}

    private record Overwritten(long goldenId, String target, String integration, Instant heard) {}

    private record PushPlace(long goldenId, String target, String integration) {}

    private record MemberPush(PushPlan.Target target, String integration, String organization, String reference) {}

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

    void audit(GoldenRecord record, String action, Map<String, Object> differences, Cause cause) {
        audit(ids.next(), record.id(), record.entity(), action, differences, cause);
    }

    /** @param id of the entry */
    void audit(long id, long goldenId, Entity entity, String action, Map<String, Object> changes, Cause cause) {
        audits.add(new AuditEntry(
                id,
                cause.organization(),
                cause.actor(),
                action,
                entity.id(),
                goldenId,
                null,
                cause.operationId(),
                cause.reason(),
                ValuesJson.write(changes)));
    }

    void push(Push push) {
        pushes.merge(
                new PushPlace(push.goldenId(), push.target().name(), push.integration()),
                push,
                (a, b) -> a.urgent() ? a : b);
    }

    /** @param reference to one of the member's sources */
    void pushMember(PushPlan.Target target, String integration, String organization, String reference) {
        memberPushes.add(new MemberPush(target, integration, organization, reference));
    }

    /** @param heard of which time the account's own word is */
    void pushOverwritten(long goldenId, PushPlan.Target target, String integration, Instant heard) {
        overwritten.add(new Overwritten(goldenId, target.name(), integration, heard));
    }

    /** What the platforms repeated of our own words. */
    void confirm(List<@Nullable Object[]> rows) {
        confirmed.addAll(rows);
    }

    /** A golden record whose sources all belong to another one now. Kept, so that it can be undone. */
    GoldenRecord empty(GoldenRecord old, @Nullable Long into) {
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
        this.emptied.add(old.id());
        return emptied;
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
        writeProvenances(connection);
        writePushes(connection);
        writeConflicts(connection);
        writeDuplicates(connection);
        trail.record(connection, audits);
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

    static @Nullable Object[] row(GoldenTable table, GoldenRecord record) {
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

    private void writePushes(Connection connection) throws SQLException {
        // Changes come in bursts: one push tells of all of them.
        long gathered = now.plus(PushPlan.GATHER).toEpochMilli();
        if (!emptied.isEmpty()) {
            try (RowStatement.Rows rows = open(connection, PUSH_EMPTIED)) {
                for (Long id : emptied) {
                    rows.add(id, gathered);
                }
                rows.write();
            }
        }
        if (!pushes.isEmpty()) {
            try (RowStatement.Rows rows = open(connection, PUSH)) {
                for (Push push : pushes.values()) {
                    rows.add(
                            push.goldenId(),
                            push.target().name(),
                            push.integration(),
                            push.organization(),
                            push.target().platform(),
                            push.target().entity().id(),
                            push.urgent() ? 0L : 1L,
                            push.urgent() ? now.toEpochMilli() : gathered,
                            now.toEpochMilli());
                }
                rows.write();
            }
        }
        writeMemberPushes(connection, gathered);
        if (!overwritten.isEmpty()) {
            try (RowStatement.Rows rows = open(connection, PUSH_OVERWRITTEN)) {
                for (Overwritten one : overwritten) {
                    rows.add(
                            one.goldenId(),
                            one.target(),
                            one.integration(),
                            one.heard().toEpochMilli(),
                            gathered);
                }
                rows.write();
            }
        }
        if (!confirmed.isEmpty()) {
            try (RowStatement.Rows rows = open(connection, PUSH_SEEN)) {
                for (@Nullable Object[] row : confirmed) {
                    rows.add(row);
                }
                rows.write();
            }
        }
    }

    private void writeMemberPushes(Connection connection, long gathered) throws SQLException {
        if (memberPushes.isEmpty()) {
            return;
        }
        try (RowStatement.Rows rows = open(connection, PUSH_MEMBER)) {
            for (MemberPush push : memberPushes) {
                String[] reference = push.reference().split("/", 3);
                if (reference.length == 3) {
                    rows.add(
                            push.target().name(),
                            push.integration(),
                            push.organization(),
                            push.target().platform(),
                            reference[0],
                            reference[2],
                            gathered,
                            now.toEpochMilli());
                }
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
