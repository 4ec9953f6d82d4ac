package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.decide.Candidate;
import dev.muster.decide.Decided;
import dev.muster.decide.DuplicateCandidate;
import dev.muster.decide.FieldConflict;
import dev.muster.decide.FieldOverride;
import dev.muster.decide.GoldenState;
import dev.muster.decide.ProvenanceCodec;
import dev.muster.decide.SourceRecord;
import dev.muster.decide.Survivorship;
import dev.muster.decide.Winner;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a matter makes of golden records: who is who is asked first, what is stored of the touched golden records is read, each
 * is resolved anew from all its sources with no store at hand, and the differences become rows.
 */
final class Resolution {
    private final Matter matter;
    private final Identification identification;
    private final Survivorship survivorship;
    private final GoldenRows rows;
    private final DuePushes due;
    private final Instant now;

    /** Operation to the golden records of which a person is asked by it. */
    private final Map<Long, Integer> contested = new HashMap<>();

    private final List<@Nullable Object[]> sourceRows = new ArrayList<>();
    private Stored stored = new Stored(Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), Map.of());

    /** @param accounts as they are read */
    Resolution(
            Matter matter,
            Identification identification,
            Survivorship survivorship,
            PushPlan pushPlan,
            SourceAccounts accounts,
            GoldenRows rows,
            Instant now) {
        this.matter = matter;
        this.identification = identification;
        this.survivorship = survivorship;
        this.rows = rows;
        this.due = new DuePushes(pushPlan, accounts, rows, matter.changed.keySet());
        this.now = now;
    }

    /** What is stored of the touched golden records: their sources as they will be, all else as it is. */
    private record Stored(
            Map<Long, List<SourceRecord>> sources,
            Map<Long, GoldenRecord> goldens,
            Map<Long, Map<String, FieldOverride>> overrides,
            Map<Long, Map<String, GoldenReads.OpenConflict>> conflicts,
            Map<Long, String> provenance,
            Map<GoldenPair, GoldenReads.OpenDuplicate> duplicates) {}

    /** Operation to the number of golden records of which a person is asked by it. */
    Map<Long, Integer> contested() {
        return contested;
    }

    private void contest(Set<Cause> causes) {
        for (Cause cause : causes) {
            if (cause.operationId() != null) {
                contested.merge(cause.operationId(), 1, Integer::sum);
            }
        }
    }

    /** Finds out who is who, and reads what is stored. */
    void read(SourceStore sources, GoldenReads reads) throws SQLException {
        identification.identify();
        Map<Long, Entity> touched = matter.touched;
        Map<Long, GoldenRecord> before = reads.byIds(touched);
        stored = new Stored(
                sourcesOfTouched(sources),
                before,
                reads.overrides(matter.touched.keySet()),
                reads.openConflicts(before.keySet()),
                reads.provenance(before.keySet()),
                reads.openDuplicates(identification.sharing()));
    }

    void decide() {
        Map<Long, Map<String, FieldOverride>> overrides = stored.overrides();
        Map<Long, Map<String, GoldenReads.OpenConflict>> open = stored.conflicts();
        if (!identification.merged().isEmpty() && !overrides.isEmpty()) {
            contest(moveOverrides(overrides, open));
        }
        for (Long goldenId : matter.touched.keySet()) {
            Cause cause = matter.touchedBy(goldenId);
            List<SourceRecord> own = stored.sources().getOrDefault(goldenId, List.of());
            GoldenRecord old = stored.goldens().get(goldenId);
            if (own.isEmpty()) {
                if (old != null) {
                    Long into = identification.merged().get(goldenId);
                    rows.merge(old, into, cause);
                    if (into != null && matter.touched.containsKey(into)) {
                        // Whoever stays may be known there by the other's name now.
                        due.related(old.entity(), old.organization(), into);
                    }
                    // Its fields are decided where its sources are now.
                    open.getOrDefault(goldenId, Map.of()).values().forEach(known -> rows.settleConflict(known.id()));
                }
                continue;
            }
            Entity entity = own.get(0).key().entity();
            GoldenState state = survivorship.resolve(entity, own, overrides.getOrDefault(goldenId, Map.of()));
            writeState(goldenId, own, state, old, stored.provenance().get(goldenId), cause);
            due.contradicted(goldenId, own, state, cause.organization());
            if (PushPlan.RELATED.contains(entity)) {
                due.noteMember(own);
            }
            contest(settleConflicts(
                    goldenId,
                    entity,
                    state,
                    open.getOrDefault(goldenId, Map.of()),
                    overrides.getOrDefault(goldenId, Map.of()).keySet(),
                    cause));
        }
        decideDuplicates();
        for (RecordKey key : matter.changed.keySet()) {
            sourceRows.add(SourceStore.row(matter.source(key), now));
        }
    }

    /** What is open between the people of this batch's addresses is afterwards what the partition reports, and no more. */
    private void decideDuplicates() {
        Map<GoldenPair, GoldenReads.OpenDuplicate> open = new HashMap<>(stored.duplicates());
        for (DuplicateCandidate duplicate : identification.duplicates()) {
            SourceRecord a = matter.source(duplicate.keyA());
            GoldenPair pair =
                    GoldenPair.of(a.goldenId(), matter.source(duplicate.keyB()).goldenId());
            GoldenReads.OpenDuplicate known = open.remove(pair);
            if (known == null
                    || !duplicate.email().equals(known.email())
                    || !duplicate.reason().equals(known.reason())) {
                rows.duplicate(a.key().organization(), pair, duplicate.email(), duplicate.reason());
            }
        }
        open.values().forEach(withdrawn -> rows.settleDuplicate(withdrawn.id()));
    }

    /** Most of them are known already, so only the keys are asked for first. */
    private Map<Long, List<SourceRecord>> sourcesOfTouched(SourceStore sources) throws SQLException {
        List<RecordKey> others = sources.keysByGoldenIds(matter.touched.keySet());
        others.removeIf(matter.known::containsKey);
        Map<RecordKey, SourceRecord> found = new HashMap<>();
        sources.byKeys(others, found);
        Map<Long, List<SourceRecord>> byGolden = new HashMap<>();
        for (SourceRecord source : found.values()) {
            byGolden.computeIfAbsent(source.goldenId(), id -> new ArrayList<>(4))
                    .add(source);
        }
        for (SourceRecord source : matter.known.values()) {
            if (matter.touched.containsKey(source.goldenId())) {
                byGolden.computeIfAbsent(source.goldenId(), id -> new ArrayList<>(4))
                        .add(source);
            }
        }
        return byGolden;
    }

    /**
     * A person's word goes where the sources went. Where both have one and they differ, that of the golden record which
     * stays goes on standing, the other is left where it was, and a person is asked.
     *
     * @return the operations by which two persons' words met
     */
    private Set<Cause> moveOverrides(
            Map<Long, Map<String, FieldOverride>> overrides, Map<Long, Map<String, GoldenReads.OpenConflict>> open) {
        Set<Cause> news = new HashSet<>();
        for (Map.Entry<Long, Long> merge : identification.merged().entrySet()) {
            Map<String, FieldOverride> moving = overrides.remove(merge.getKey());
            if (moving == null) {
                continue;
            }
            long into = merge.getValue();
            Cause cause = matter.touchedBy(merge.getKey());
            Map<String, FieldOverride> standing = overrides.computeIfAbsent(into, id -> new TreeMap<>());
            for (FieldOverride override : moving.values()) {
                String field = override.field();
                FieldOverride other = standing.putIfAbsent(field, override);
                if (other == null) {
                    rows.moveOverride(merge.getKey(), into, override, cause);
                } else if (!other.value().equals(override.value())) {
                    GoldenReads.OpenConflict known =
                            open.getOrDefault(into, new HashMap<>()).remove(field);
                    rows.conflict(
                            into,
                            Entity.MEMBER,
                            field,
                            ConflictJson.person(other),
                            ConflictJson.person(override),
                            known,
                            cause.organization(),
                            cause.operationId());
                    news.add(cause);
                }
            }
        }
        return news;
    }

    private void writeState(
            long goldenId,
            List<SourceRecord> own,
            GoldenState state,
            @Nullable GoldenRecord old,
            @Nullable String oldProvenance,
            Cause cause) {
        Entity entity = own.get(0).key().entity();
        Map<String, Object> values = state.values();
        Map<String, Object> oldValues = old == null ? Map.of() : old.values();
        Instant oldDeletedAt = old == null ? null : old.deletedAt();
        boolean wasDeleted = oldDeletedAt != null;
        boolean revived = old != null && old.mergedInto() != null;
        if (old == null || !values.equals(oldValues) || wasDeleted != state.tombstone() || revived) {
            Instant deletedAt = !state.tombstone() ? null : wasDeleted ? oldDeletedAt : now;
            GoldenRecord record = new GoldenRecord(
                    goldenId,
                    cause.organization(),
                    entity,
                    values,
                    old == null ? 1 : old.version() + 1,
                    old == null ? now : old.createdAt(),
                    now,
                    deletedAt,
                    null);
            rows.put(record);
            Map<String, Object> differences = Differences.between(oldValues, values);
            String action = old == null ? "create" : state.tombstone() && !wasDeleted ? "remove" : "change";
            audit(record, action, differences, state, cause);
            due.changed(
                    record,
                    revived ? values.keySet() : differences.keySet(),
                    old != null && (wasDeleted != state.tombstone() || revived),
                    own,
                    state,
                    oldProvenance);
        }
        String newProvenance = ProvenanceCodec.encode(state);
        if (!newProvenance.equals(oldProvenance)) {
            rows.provenance(goldenId, cause.organization(), entity, newProvenance);
        }
    }

    /** One entry for each operation of this batch that gave the record a value: a batch may hold several. */
    private void audit(
            GoldenRecord record, String action, Map<String, Object> differences, GoldenState state, Cause otherwise) {
        Map<Cause, Map<String, Object>> changes = new TreeMap<>(Cause.IN_ORDER);
        boolean removal = action.equals("remove");
        if (removal || differences.isEmpty()) {
            changes.put(otherwise, new TreeMap<>());
        }
        differences.forEach((field, change) -> changes.computeIfAbsent(
                        causeOf(state.fields().get(field), otherwise), cause -> new TreeMap<>())
                .put(field, change));
        Cause first = removal ? otherwise : changes.keySet().iterator().next();
        changes.forEach((cause, own) -> rows.audit(record, cause.equals(first) ? action : "change", own, cause));
    }

    private Cause causeOf(@Nullable Decided decided, Cause otherwise) {
        Winner winner = decided == null ? null : decided.winner();
        Cause stated = winner == null ? null : matter.ofDelivery(winner.deliveryId());
        return stated == null ? otherwise : stated;
    }

    /** @return the operations by which a field waits for a person now that did not before, or for another reason */
    private Set<Cause> settleConflicts(
            long goldenId,
            Entity entity,
            GoldenState state,
            Map<String, GoldenReads.OpenConflict> open,
            Set<String> overridden,
            Cause otherwise) {
        Set<Cause> news = new HashSet<>(2);
        Set<String> contested = new HashSet<>();
        for (FieldConflict conflict : state.conflicts()) {
            contested.add(conflict.field());
            String standing = ConflictJson.candidates(List.of(conflict.standing()));
            String rivals = ConflictJson.candidates(conflict.rivals());
            GoldenReads.OpenConflict known = open.get(conflict.field());
            if (known == null
                    || !ConflictJson.sameClaims(known.standing(), standing)
                    || !ConflictJson.sameClaims(known.rivals(), rivals)) {
                Cause cause = causeOf(conflict, otherwise);
                rows.conflict(
                        goldenId,
                        entity,
                        conflict.field(),
                        standing,
                        rivals,
                        known,
                        cause.organization(),
                        cause.operationId());
                news.add(cause);
            } else if (!known.standing().equals(standing) || !known.rivals().equals(rivals)) {
                // The same was said again: the times are kept up, and nobody is called.
                rows.conflict(
                        goldenId,
                        entity,
                        conflict.field(),
                        standing,
                        rivals,
                        known,
                        otherwise.organization(),
                        known.operationId());
            }
        }
        for (Map.Entry<String, GoldenReads.OpenConflict> entry : open.entrySet()) {
            boolean betweenPersons = overridden.contains(entry.getKey())
                    && ConflictJson.isOfPersons(entry.getValue().standing());
            if (!contested.contains(entry.getKey()) && !betweenPersons) {
                rows.settleConflict(entry.getValue().id());
            }
        }
        return news;
    }

    /** Of this batch's operations that take part in a conflict, the last. */
    private Cause causeOf(FieldConflict conflict, Cause otherwise) {
        Cause last = null;
        for (Candidate candidate : conflict.candidates()) {
            Cause one = matter.ofDelivery(candidate.deliveryId());
            if (one != null && (last == null || Cause.IN_ORDER.compare(one, last) > 0)) {
                last = one;
            }
        }
        return last == null ? otherwise : last;
    }

    /** The source records of the matter, as they will be. */
    void write(SourceStore sources) throws SQLException {
        sources.write(sourceRows);
        sources.writeEmails(matter.newEmails);
    }
}
