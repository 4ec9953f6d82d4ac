package dev.muster.golden;

import static java.util.Objects.requireNonNull;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Ids;
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
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
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
    private final SpokenRows spokenRows;
    private final Spoken spoken;
    private final DuePushes due;
    private final LongSupplier ids;
    private final Instant now;

    /** Operation to the golden records of which a person is asked by it. */
    private final Map<Long, Integer> contested = new HashMap<>();

    private final Set<BrakeWatch.ChangedRecord> changedRecords = new HashSet<>();
    private final List<@Nullable Object[]> sourceRows = new ArrayList<>();
    private final List<@Nullable Object[]> historyRows = new ArrayList<>();

    /** Golden records with a source of which all was taken back. */
    private final Set<Long> withdrawn = new HashSet<>();

    private @Nullable Stored read;

    /** @param accounts as they are read */
    Resolution(
            Matter matter,
            Identification identification,
            Survivorship survivorship,
            PushPlan pushPlan,
            SourceAccounts accounts,
            GoldenRows rows,
            SpokenRows spokenRows,
            LongSupplier ids,
            Instant now) {
        this.matter = matter;
        this.identification = identification;
        this.survivorship = survivorship;
        this.rows = rows;
        this.spokenRows = spokenRows;
        this.spoken = matter.spoken;
        this.due = new DuePushes(pushPlan, accounts, rows, matter.changed.keySet());
        this.ids = ids;
        this.now = now;
    }

    /** What is stored of the touched golden records: their sources as they will be, all else as it is. */
    private record Stored(
            Map<Long, List<SourceRecord>> sources,
            Map<Long, GoldenRecord> goldens,
            Words words,
            Map<Long, Map<String, GoldenReads.OpenConflict>> conflicts,
            Map<Long, String> provenance,
            Map<GoldenPair, GoldenReads.OpenDuplicate> duplicates) {}

    /** Operation to the number of golden records of which a person is asked by it. */
    Map<Long, Integer> contested() {
        return contested;
    }

    /** Golden records that were there before, and which operation changed them. */
    Set<BrakeWatch.ChangedRecord> changedRecords() {
        return changedRecords;
    }

    /** Golden records of which a source was removed, and by which operation. */
    Set<BrakeWatch.ChangedRecord> removedRecords() {
        return matter.history.removed(matter);
    }

    private void contest(Set<Cause> causes) {
        for (Cause cause : causes) {
            if (cause.operationId() != null) {
                contested.merge(cause.operationId(), 1, Integer::sum);
            }
        }
    }

    /** Reads what is stored, when it is known who is who. */
    void read(SourceStore sources, GoldenReads reads) throws SQLException {
        Map<Long, Entity> touched = matter.touched;
        Map<Long, GoldenRecord> before = reads.byIds(touched);
        read = new Stored(
                sourcesOfTouched(sources),
                before,
                Words.read(reads, touched),
                reads.openConflicts(before.keySet()),
                reads.provenance(before.keySet()),
                reads.openDuplicates(identification.sharing()));
    }

    private Stored stored() {
        return requireNonNull(read);
    }

    void decide() {
        Map<Long, Map<String, GoldenReads.OpenConflict>> open = stored().conflicts();
        contest(moveWords(open));
        hear(open);
        for (Long goldenId : matter.touched.keySet()) {
            Cause cause = matter.touchedBy(goldenId);
            List<SourceRecord> own = stored().sources().getOrDefault(goldenId, List.of());
            GoldenRecord old = stored().goldens().get(goldenId);
            if (own.isEmpty()) {
                if (old != null && (identification.merged().containsKey(goldenId) || !withdrawn.contains(goldenId))) {
                    empty(old, open.getOrDefault(goldenId, Map.of()), cause);
                } else if (old != null && old.deletedAt() == null) {
                    rows.empty(old, null);
                    rows.audit(old, "remove", Map.of(), cause);
                    open.getOrDefault(goldenId, Map.of()).values().forEach(known -> rows.settleConflict(known.id()));
                }
                continue;
            }
            Entity entity = own.get(0).key().entity();
            GoldenState state =
                    survivorship.resolve(entity, own, stored().words().of(goldenId));
            writeState(goldenId, own, state, old, stored().provenance().get(goldenId), cause);
            due.contradicted(goldenId, own, state, cause.organization());
            if (PushPlan.RELATED.contains(entity)) {
                due.noteMember(own);
            }
            if (identification.left().contains(goldenId)) {
                // What is known of the person went with the source.
                due.related(entity, cause.organization(), goldenId);
            }
            contest(settleConflicts(goldenId, entity, state, open.getOrDefault(goldenId, Map.of()), cause));
        }
        decideDuplicates();
        for (RecordKey key : matter.changed.keySet()) {
            sourceRows.add(SourceStore.row(matter.source(key), now));
        }
        historyRows.addAll(matter.history.rows());
    }

    private void empty(GoldenRecord old, Map<String, GoldenReads.OpenConflict> open, Cause cause) {
        Long into = identification.merged().get(old.id());
        GoldenRecord emptied = rows.empty(old, into);
        Map<String, Object> changes = new TreeMap<>(Map.of("into", into == null ? "" : Ids.format(into)));
        List<Spoken.Act> acts = spoken.acts(old.id());
        if (acts.isEmpty()) {
            rows.audit(old, "merge", changes, cause);
        }
        for (Spoken.Act act : acts) {
            spoken.after.put(old.id(), emptied);
            changes.putAll(act.details());
            rows.audit(act.id(), old.id(), old.entity(), act.action(), changes, cause);
        }
        if (into != null && matter.touched.containsKey(into)) {
            // Whoever stays may be known there by the other's name now.
            due.related(old.entity(), old.organization(), into);
        }
        // Its fields are decided where its sources are now.
        open.values().forEach(known -> rows.settleConflict(known.id()));
    }

    /** What is open between the people of this batch's addresses is afterwards what the partition reports, and no more. */
    private void decideDuplicates() {
        Map<GoldenPair, GoldenReads.OpenDuplicate> open = new HashMap<>(stored().duplicates());
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
        found.values().forEach(source -> add(source, byGolden));
        for (SourceRecord source : matter.known.values()) {
            if (matter.touched.containsKey(source.goldenId())) {
                add(source, byGolden);
            }
        }
        return byGolden;
    }

    private void add(SourceRecord source, Map<Long, List<SourceRecord>> byGolden) {
        if (source.isWithdrawn()) {
            withdrawn.add(source.goldenId());
        } else {
            byGolden.computeIfAbsent(source.goldenId(), id -> new ArrayList<>(4))
                    .add(source);
        }
    }

    /**
     * A person's word goes where the sources went, and back with them. Where it meets another one and they differ, a person is
     * asked.
     *
     * @return on whose account two persons' words met
     */
    private Set<Cause> moveWords(Map<Long, Map<String, GoldenReads.OpenConflict>> open) {
        Set<Cause> news = new HashSet<>();
        Words words = stored().words();
        if (words.isEmpty()) {
            return news;
        }
        for (Words.Moved moved : words.settle(identification.merged(), this::lives)) {
            FieldOverride word = moved.word().override();
            long into = moved.into();
            Cause cause = matter.touchedBy(moved.from());
            spokenRows.move(moved.word().home(), word.field(), into);
            Map<String, Object> changes =
                    Map.of("from", Ids.format(moved.from()), "field", word.field(), "value", word.value());
            rows.audit(ids.getAsLong(), into, Entity.MEMBER, "move_override", changes, cause);
            List<FieldOverride> rivals = words.rivals(into, word.field());
            Words.Word standing = words.standing(into, word.field());
            if (!rivals.isEmpty() && standing != null) {
                GoldenReads.OpenConflict known =
                        open.getOrDefault(into, new HashMap<>()).remove(word.field());
                rows.conflict(
                        into,
                        Entity.MEMBER,
                        word.field(),
                        ConflictJson.persons(List.of(standing.override())),
                        ConflictJson.persons(rivals),
                        known,
                        cause.organization(),
                        cause.operationId());
                news.add(cause);
            }
        }
        return news;
    }

    private boolean lives(long goldenId) {
        return stored().sources().containsKey(goldenId);
    }

    /** What a person says of fields in this very transaction; the conflict about such a field is resolved by it. */
    private void hear(Map<Long, Map<String, GoldenReads.OpenConflict>> open) {
        for (Spoken.Word said : spoken.words) {
            Words words = stored().words();
            FieldOverride override = said.override();
            Cause cause = matter.touchedBy(said.goldenId());
            if (override != null) {
                words.say(said.goldenId(), override);
                spokenRows.override(said.goldenId(), cause.organization(), override);
            }
            Words.Word standing = words.standing(said.goldenId(), said.field());
            if (said.lifts() && standing != null) {
                words.remove(said.goldenId(), said.field(), standing.home());
                spokenRows.lift(standing.home(), said.field());
            }
            String choice = said.choice();
            GoldenReads.OpenConflict known = choice == null
                    ? null
                    : open.getOrDefault(said.goldenId(), new HashMap<>()).remove(said.field());
            if (known != null && choice != null) {
                spokenRows.resolve(known.id(), choice, cause, said.act());
            }
        }
        Cause act = matter.act();
        if (act != null) {
            spoken.lifted.forEach(ruling -> spokenRows.lift(ruling, act));
        }
        spoken.made.forEach(ruling -> {
            spokenRows.rule(ruling);
            spoken.decided.forEach((pair, status) -> spokenRows.decide(pair, status, ruling));
        });
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
        List<Spoken.Act> acts = spoken.acts(goldenId);
        if (old == null || !values.equals(oldValues) || wasDeleted != state.tombstone() || revived || !acts.isEmpty()) {
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
            if (!acts.isEmpty()) {
                spoken.after.put(goldenId, record);
            }
            Map<String, Object> differences = Differences.between(oldValues, values);
            Set<String> changedFields = Set.copyOf(differences.keySet());
            String action = old == null ? "create" : state.tombstone() && !wasDeleted ? "remove" : "change";
            Long operationId = cause.operationId();
            if (old != null && operationId != null) {
                changedRecords.add(new BrakeWatch.ChangedRecord(operationId, entity, goldenId));
            }
            tell(acts, record, oldValues, differences, cause);
            if (!differences.isEmpty() || acts.isEmpty()) {
                audit(record, action, differences, state, cause);
            }
            due.changed(
                    record,
                    revived ? values.keySet() : changedFields,
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

    /** One entry for each act of a person, with the fields it is about, which need no further entry. */
    private void tell(
            List<Spoken.Act> acts,
            GoldenRecord record,
            Map<String, Object> oldValues,
            Map<String, Object> differences,
            Cause cause) {
        for (Spoken.Act act : acts) {
            Map<String, Object> changes = new TreeMap<>(act.details());
            for (String field : act.fields()) {
                changes.put(
                        field,
                        Arrays.asList(oldValues.get(field), record.values().get(field)));
                differences.remove(field);
            }
            rows.audit(act.id(), record.id(), record.entity(), act.action(), changes, cause);
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
            Cause otherwise) {
        Set<Cause> news = new HashSet<>(2);
        Set<String> contested = new HashSet<>();
        for (FieldConflict conflict : state.conflicts()) {
            contested.add(conflict.field());
            String standing = ConflictJson.candidates(List.of(conflict.standing()));
            String rivals = ConflictJson.candidates(conflict.rivals());
            GoldenReads.OpenConflict known = known(goldenId, conflict.field(), open);
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
            boolean betweenPersons = ConflictJson.isOfPersons(entry.getValue().standing())
                    && !stored().words().rivals(goldenId, entry.getKey()).isEmpty();
            if (!contested.contains(entry.getKey()) && !betweenPersons) {
                rows.settleConflict(entry.getValue().id());
            }
        }
        return news;
    }

    /** The open conflict, or the one that was resolved by a word that is lifted now. */
    private GoldenReads.@Nullable OpenConflict known(
            long goldenId, String field, Map<String, GoldenReads.OpenConflict> open) {
        GoldenReads.OpenConflict known = open.get(field);
        Long reopened = spoken.reopened.getOrDefault(goldenId, Map.of()).get(field);
        return known == null && reopened != null ? new GoldenReads.OpenConflict(reopened, "[]", "[]", null) : known;
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

    /** Writes everything, the source records first. */
    void write(Connection connection, SourceStore sources) throws SQLException {
        sources.write(sourceRows);
        sources.removeEmails(matter.goneEmails);
        sources.writeEmails(matter.newEmails);
        sources.writeHistory(historyRows);
        spokenRows.writeFirst(connection);
        rows.flush(connection);
        spokenRows.writeLast(connection);
    }
}
