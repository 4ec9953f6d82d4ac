package dev.muster.golden;

import static java.util.Objects.requireNonNull;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Database;
import dev.muster.db.Database.Dialect;
import dev.muster.db.Ids;
import dev.muster.decide.Assignment;
import dev.muster.decide.DuplicateCandidate;
import dev.muster.decide.FieldConflict;
import dev.muster.decide.FieldOverride;
import dev.muster.decide.GoldenState;
import dev.muster.decide.Identity;
import dev.muster.decide.Partition;
import dev.muster.decide.ProvenanceCodec;
import dev.muster.decide.SourceRecord;
import dev.muster.decide.Survivorship;
import dev.muster.normalize.NormalizedOperation;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationStatus;
import dev.muster.operation.OperationStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One transaction of the heart. Statements are joined into their source records, sources find their golden record,
 * touched golden records are resolved anew from all their sources, and the differences are written.
 */
final class ApplyBatch {

    private final Connection connection;
    private final Database database;
    private final Ids ids;
    private final Instant now;
    private final Survivorship survivorship;
    private final PushPlan pushPlan;
    private final SourceStore sources;
    private final GoldenRows rows;

    /** Every source record this batch has to do with, as it will be. */
    private final Map<RecordKey, SourceRecord> known = new HashMap<>();

    private final Set<RecordKey> changed = new LinkedHashSet<>();
    private final Map<RecordKey, Operation> changedBy = new LinkedHashMap<>();
    private final Set<RecordKey> people = new LinkedHashSet<>();
    private final List<SourceStore.EmailSeen> newEmails = new ArrayList<>();
    private final Set<Long> touched = new LinkedHashSet<>();
    private final Map<Long, Long> merged = new LinkedHashMap<>();
    private final List<DuplicateCandidate> duplicates = new ArrayList<>();
    private final Map<Long, Operation> touchedBy = new HashMap<>();

    ApplyBatch(
            Connection connection,
            Database database,
            Ids ids,
            Instant now,
            Survivorship survivorship,
            PushPlan pushPlan) {
        this.connection = connection;
        this.database = database;
        this.ids = ids;
        this.now = now;
        this.survivorship = survivorship;
        this.pushPlan = pushPlan;
        this.sources = new SourceStore(connection, database);
        this.rows = new GoldenRows(connection, database, ids, now);
    }

    /** @return one status per statement, in order */
    List<OperationStatus> apply(List<NormalizedOperation> batch) throws SQLException {
        lockOrganizations(batch);
        join(batch);
        identify();
        Set<Long> contested = decide();
        sources.write(changed.stream().map(this::source).toList(), now);
        sources.writeEmails(newEmails);
        rows.flush();
        return end(batch, contested);
    }

    /** On PostgreSQL, one transaction at a time decides for an organization: two could not see each other's sources. */
    private void lockOrganizations(List<NormalizedOperation> batch) throws SQLException {
        if (database.dialect() == Dialect.SQLITE) {
            return;
        }
        Set<String> organizations = new TreeSet<>();
        batch.forEach(statement -> organizations.add(statement.operation().organization()));
        rows.lock(organizations);
    }

    private void join(List<NormalizedOperation> batch) throws SQLException {
        Set<RecordKey> keys = new LinkedHashSet<>();
        for (NormalizedOperation statement : batch) {
            for (CanonicalRecord record : statement.records()) {
                keys.add(record.key());
            }
        }
        sources.byKeys(keys, known);
        for (NormalizedOperation statement : batch) {
            Operation operation = statement.operation();
            for (CanonicalRecord record : statement.records()) {
                SourceRecord before = known.get(record.key());
                SourceRecord from = before == null ? SourceRecord.unseen(record.key()) : before;
                SourceRecord after = from.absorb(record, operation.delivery().id());
                if (before != null && unchanged(before, after)) {
                    continue;
                }
                known.put(record.key(), after);
                changed.add(record.key());
                changedBy.put(record.key(), operation);
                if (record.key().entity() == Entity.MEMBER && identityMayChange(before, after)) {
                    people.add(record.key());
                }
                for (String email : after.emails()) {
                    if (before == null || !before.emails().contains(email)) {
                        newEmails.add(new SourceStore.EmailSeen(record.key(), email));
                    }
                }
            }
        }
    }

    /** A source record answers itself where a statement tells nothing new. */
    @SuppressWarnings("ReferenceEquality")
    private static boolean unchanged(SourceRecord before, SourceRecord after) {
        return before == after;
    }

    private static boolean identityMayChange(@Nullable SourceRecord before, SourceRecord after) {
        return before == null
                || before.goldenId() == SourceRecord.NO_GOLDEN_ID
                || before.emails().size() != after.emails().size()
                || !Objects.equals(value(before, "firstName"), value(after, "firstName"))
                || !Objects.equals(value(before, "lastName"), value(after, "lastName"));
    }

    private static @Nullable Object value(SourceRecord source, String field) {
        return source.fields().containsKey(field) ? source.fields().get(field).value() : null;
    }

    // --- identity -----------------------------------------------------------------------------------------------

    private void identify() throws SQLException {
        if (!people.isEmpty()) {
            Map<String, List<SourceRecord>> blocks = new TreeMap<>();
            for (RecordKey key : gatherByEmail()) {
                blocks.computeIfAbsent(key.organization(), name -> new ArrayList<>())
                        .add(source(key));
            }
            for (List<SourceRecord> block : blocks.values()) {
                Partition partition = Identity.partition(block);
                Assignment assignment = Identity.assign(partition.clusters(), ids::next);
                point(assignment);
                duplicates.addAll(partition.duplicates());
            }
        }
        for (RecordKey key : changed) {
            SourceRecord source = source(key);
            if (source.goldenId() == SourceRecord.NO_GOLDEN_ID) {
                source = source.withGoldenId(ids.next());
                known.put(key, source);
            }
            touch(source.goldenId(), requireNonNull(changedBy.get(key)));
        }
    }

    private void point(Assignment assignment) {
        for (Assignment.Person person : assignment.people()) {
            for (SourceRecord source : person.cluster().sources()) {
                if (source.goldenId() == person.goldenId()) {
                    continue;
                }
                Operation cause = causeOf(source.key(), person.cluster().sources());
                if (source.goldenId() != SourceRecord.NO_GOLDEN_ID) {
                    touch(source.goldenId(), cause);
                }
                known.put(source.key(), source.withGoldenId(person.goldenId()));
                if (changed.add(source.key())) {
                    changedBy.put(source.key(), cause);
                }
            }
        }
        merged.putAll(assignment.merged());
    }

    /** The operation that made a source move: its own, or that of another source of the same person. */
    private Operation causeOf(RecordKey key, List<SourceRecord> cluster) {
        Operation own = changedBy.get(key);
        if (own != null) {
            return own;
        }
        for (SourceRecord source : cluster) {
            Operation other = changedBy.get(source.key());
            if (other != null) {
                return other;
            }
        }
        for (Map.Entry<RecordKey, Operation> other : changedBy.entrySet()) {
            if (other.getKey().organization().equals(key.organization())) {
                return other.getValue();
            }
        }
        throw new IllegalStateException(key + " moved, but nothing of its organization changed");
    }

    /**
     * Follows e-mails from the changed people to every source that ever showed one of them. Others of this batch stay
     * out of it: their neighbours are not loaded, and without them a person would be taken for two.
     */
    private Set<RecordKey> gatherByEmail() throws SQLException {
        Set<RecordKey> reached = new LinkedHashSet<>(people);
        Set<SourceStore.OrganizationEmail> asked = new HashSet<>();
        Set<SourceStore.OrganizationEmail> frontier = unasked(people, asked);
        while (!frontier.isEmpty()) {
            asked.addAll(frontier);
            Set<RecordKey> found = sources.keysByEmail(frontier);
            found.removeAll(reached);
            reached.addAll(found);
            Set<RecordKey> missing = new LinkedHashSet<>(found);
            missing.removeAll(known.keySet());
            sources.byKeys(missing, known);
            frontier = unasked(found, asked);
        }
        return reached;
    }

    private Set<SourceStore.OrganizationEmail> unasked(Set<RecordKey> keys, Set<SourceStore.OrganizationEmail> asked) {
        Set<SourceStore.OrganizationEmail> emails = new LinkedHashSet<>();
        for (RecordKey key : keys) {
            for (String email : source(key).emails()) {
                SourceStore.OrganizationEmail one = new SourceStore.OrganizationEmail(key.organization(), email);
                if (!asked.contains(one)) {
                    emails.add(one);
                }
            }
        }
        return emails;
    }

    private SourceRecord source(RecordKey key) {
        return requireNonNull(known.get(key));
    }

    private void touch(long goldenId, Operation operation) {
        touched.add(goldenId);
        touchedBy.put(goldenId, operation);
    }

    // --- decision -----------------------------------------------------------------------------------------------

    private Set<Long> decide() throws SQLException {
        Map<Long, List<SourceRecord>> byGolden = sourcesOfTouched();
        Map<Long, GoldenRecord> before = rows.byIds(entities(byGolden));
        Map<Long, Map<String, FieldOverride>> overrides = rows.overrides(touched);
        Map<Long, Map<String, GoldenRows.OpenConflict>> open = rows.openConflicts(before.keySet());
        Map<Long, String> provenance = rows.provenance(before.keySet());
        Set<Long> contested = new HashSet<>();
        for (Long goldenId : touched) {
            Operation operation = requireNonNull(touchedBy.get(goldenId));
            List<SourceRecord> own = byGolden.getOrDefault(goldenId, List.of());
            GoldenRecord old = before.get(goldenId);
            if (own.isEmpty()) {
                if (old != null) {
                    rows.merge(old, merged.get(goldenId), operation);
                    // Its fields are decided where its sources are now.
                    open.getOrDefault(goldenId, Map.of()).values().forEach(known -> rows.settleConflict(known.id()));
                }
                continue;
            }
            Entity entity = own.get(0).key().entity();
            GoldenState state = survivorship.resolve(entity, own, overrides.getOrDefault(goldenId, Map.of()));
            writeState(goldenId, entity, state, old, provenance.get(goldenId), operation);
            if (settleConflicts(goldenId, entity, state, open.getOrDefault(goldenId, Map.of()), operation)) {
                contested.add(operation.id());
            }
        }
        for (DuplicateCandidate duplicate : duplicates) {
            SourceRecord a = source(duplicate.keyA());
            SourceRecord b = source(duplicate.keyB());
            rows.duplicate(a.key().organization(), a.goldenId(), b.goldenId(), duplicate.reason());
        }
        return contested;
    }

    private Map<Long, List<SourceRecord>> sourcesOfTouched() throws SQLException {
        Map<RecordKey, SourceRecord> stored = new HashMap<>();
        sources.byGoldenIds(touched, stored);
        Map<Long, List<SourceRecord>> byGolden = new HashMap<>();
        for (SourceRecord source : stored.values()) {
            if (!known.containsKey(source.key())) {
                byGolden.computeIfAbsent(source.goldenId(), id -> new ArrayList<>(4))
                        .add(source);
            }
        }
        for (SourceRecord source : known.values()) {
            if (touched.contains(source.goldenId())) {
                byGolden.computeIfAbsent(source.goldenId(), id -> new ArrayList<>(4))
                        .add(source);
            }
        }
        return byGolden;
    }

    private Map<Long, Entity> entities(Map<Long, List<SourceRecord>> byGolden) {
        Map<Long, Entity> entities = new HashMap<>();
        for (Long goldenId : touched) {
            List<SourceRecord> own = byGolden.get(goldenId);
            // Only people move between golden records, so one without sources was a member.
            entities.put(
                    goldenId, own == null ? Entity.MEMBER : own.get(0).key().entity());
        }
        return entities;
    }

    private void writeState(
            long goldenId,
            Entity entity,
            GoldenState state,
            @Nullable GoldenRecord old,
            @Nullable String oldProvenance,
            Operation operation) {
        Map<String, Object> values = state.values();
        Map<String, Object> oldValues = old == null ? Map.of() : old.values();
        Instant oldDeletedAt = old == null ? null : old.deletedAt();
        boolean wasDeleted = oldDeletedAt != null;
        boolean revived = old != null && old.mergedInto() != null;
        if (old == null || !values.equals(oldValues) || wasDeleted != state.tombstone() || revived) {
            Instant deletedAt = !state.tombstone() ? null : wasDeleted ? oldDeletedAt : now;
            GoldenRecord record = new GoldenRecord(
                    goldenId,
                    operation.organization(),
                    entity,
                    values,
                    old == null ? 1 : old.version() + 1,
                    old == null ? now : old.createdAt(),
                    now,
                    deletedAt,
                    null);
            rows.put(record);
            Map<String, Object> differences = Differences.between(oldValues, values);
            rows.audit(
                    record,
                    old == null ? "create" : state.tombstone() && !wasDeleted ? "remove" : "change",
                    differences,
                    operation);
            for (PushPlan.Target target : pushPlan.targets()) {
                if (target.wants(entity, differences.keySet(), operation.platform())) {
                    rows.push(record, target.name());
                }
            }
        }
        String newProvenance = ProvenanceCodec.encode(state);
        if (!newProvenance.equals(oldProvenance)) {
            rows.provenance(goldenId, operation.organization(), entity, newProvenance);
        }
    }

    /** @return whether a field waits for a person now that did not before, or for another reason */
    private boolean settleConflicts(
            long goldenId,
            Entity entity,
            GoldenState state,
            Map<String, GoldenRows.OpenConflict> open,
            Operation operation) {
        boolean news = false;
        Set<String> contested = new HashSet<>();
        for (FieldConflict conflict : state.conflicts()) {
            contested.add(conflict.field());
            String standing = ConflictJson.candidates(List.of(conflict.standing()));
            String rivals = ConflictJson.candidates(conflict.rivals());
            GoldenRows.OpenConflict known = open.get(conflict.field());
            if (known == null
                    || !known.standing().equals(standing)
                    || !known.rivals().equals(rivals)) {
                rows.conflict(goldenId, entity, conflict.field(), standing, rivals, known, operation);
                news = true;
            }
        }
        for (Map.Entry<String, GoldenRows.OpenConflict> entry : open.entrySet()) {
            if (!contested.contains(entry.getKey())) {
                rows.settleConflict(entry.getValue().id());
            }
        }
        return news;
    }

    private List<OperationStatus> end(List<NormalizedOperation> batch, Set<Long> contested) throws SQLException {
        List<OperationStatus> statuses = new ArrayList<>(batch.size());
        Map<Ending, List<Operation>> ended = new LinkedHashMap<>();
        for (NormalizedOperation statement : batch) {
            OperationStatus status =
                    contested.contains(statement.operation().id()) ? OperationStatus.CONFLICT : OperationStatus.SUCCESS;
            String leftOut = statement.reason().isEmpty() ? null : statement.reason();
            ended.computeIfAbsent(new Ending(status, leftOut), ending -> new ArrayList<>(batch.size()))
                    .add(statement.operation());
            statuses.add(status);
        }
        for (Map.Entry<Ending, List<Operation>> entry : ended.entrySet()) {
            Ending ending = entry.getKey();
            OperationStore.end(
                    connection, database.dialect(), entry.getValue(), ending.status(), null, ending.error(), now);
        }
        return statuses;
    }

    private record Ending(OperationStatus status, @Nullable String error) {}
}
