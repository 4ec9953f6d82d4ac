package dev.muster.golden;

import static java.util.Objects.requireNonNull;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Database;
import dev.muster.db.Database.Dialect;
import dev.muster.db.Ids;
import dev.muster.decide.Assignment;
import dev.muster.decide.Candidate;
import dev.muster.decide.Decided;
import dev.muster.decide.DuplicateCandidate;
import dev.muster.decide.FieldConflict;
import dev.muster.decide.FieldOverride;
import dev.muster.decide.GoldenState;
import dev.muster.decide.Identity;
import dev.muster.decide.Partition;
import dev.muster.decide.ProvenanceCodec;
import dev.muster.decide.SourceRecord;
import dev.muster.decide.Survivorship;
import dev.muster.decide.Winner;
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
 * One transaction of the heart, in three steps: statements are joined into their source records, these find their golden
 * record, and what is stored of both is read; golden records are resolved anew from all their sources, with no store at
 * hand; the differences are written.
 */
final class ApplyBatch {

    private final Database database;
    private final List<NormalizedOperation> batch;
    private final Ids ids;
    private final Instant now;
    private final Survivorship survivorship;
    private final PushPlan pushPlan;
    private final SourceStore sources;
    private final GoldenReads reads;
    private final GoldenRows rows;

    /** Every source record this batch has to do with, as it will be. */
    private final Map<RecordKey, SourceRecord> known = new HashMap<>();

    private final Set<RecordKey> changed = new LinkedHashSet<>();
    private final Map<RecordKey, Operation> changedBy = new LinkedHashMap<>();
    private final Set<RecordKey> people = new LinkedHashSet<>();
    private final List<SourceStore.EmailSeen> newEmails = new ArrayList<>();
    private final Map<Long, Entity> touched = new LinkedHashMap<>();
    private final Map<Long, Long> merged = new LinkedHashMap<>();
    private final List<DuplicateCandidate> duplicates = new ArrayList<>();

    /** Golden records that shared an address with another one before this batch: only these can have open candidates. */
    private final Set<Long> sharing = new HashSet<>();

    private final Map<Long, Operation> touchedBy = new HashMap<>();
    private final Map<Long, Operation> byDelivery = new HashMap<>();

    /** Operation to the golden records of which a person is asked by it. */
    private final Map<Long, Integer> contested = new HashMap<>();

    private final PulledTally pulled;
    private final SourceAccounts accounts = new SourceAccounts();
    private final DuePushes due;

    /** How many records of each platform only repeated what it had been told. */
    private final Map<String, Integer> echoes = new TreeMap<>();

    private final List<@Nullable Object[]> sourceRows = new ArrayList<>();
    private Stored stored = new Stored(Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), Map.of());

    private ApplyBatch(
            Connection connection,
            Database database,
            Ids ids,
            Instant now,
            Survivorship survivorship,
            PushPlan pushPlan,
            List<NormalizedOperation> batch) {
        this.database = database;
        this.ids = ids;
        this.now = now;
        this.survivorship = survivorship;
        this.pushPlan = pushPlan;
        this.batch = batch;
        this.sources = new SourceStore(connection, database);
        this.reads = new GoldenReads(connection, database);
        this.rows = new GoldenRows(database, ids, now);
        this.pulled = new PulledTally(connection);
        this.due = new DuePushes(pushPlan, accounts, rows, changed);
    }

    /** What is stored of the touched golden records: their sources as they will be, all else as it is. */
    private record Stored(
            Map<Long, List<SourceRecord>> sources,
            Map<Long, GoldenRecord> goldens,
            Map<Long, Map<String, FieldOverride>> overrides,
            Map<Long, Map<String, GoldenReads.OpenConflict>> conflicts,
            Map<Long, String> provenance,
            Map<GoldenPair, GoldenReads.OpenDuplicate> duplicates) {}

    /**
     * What was applied.
     *
     * @param statuses one per statement, in order
     * @param echoes how many records of each platform only repeated what it had been told
     */
    record Applied(List<OperationStatus> statuses, Map<String, Integer> echoes) {}

    /**
     * Applies a batch. SQLite has one writer: while this thread decides, it lets others have it. PostgreSQL holds the organizations' locks from
     * the first read to the commit.
     *
     * @param report told what became of pulled records
     */
    static Applied apply(
            Database database,
            Ids ids,
            Instant now,
            Survivorship survivorship,
            PushPlan pushPlan,
            PulledReport report,
            List<NormalizedOperation> batch) {
        Database.Work<ApplyBatch> reading = connection -> {
            ApplyBatch one = new ApplyBatch(connection, database, ids, now, survivorship, pushPlan, batch);
            one.read(connection);
            return one;
        };
        if (database.dialect() == Dialect.SQLITE) {
            return database.decideAlone(() -> {
                ApplyBatch one = database.write(reading);
                one.decide();
                return database.write(connection -> one.write(connection, report));
            });
        }
        return database.write(connection -> {
            ApplyBatch one = reading.run(connection);
            one.decide();
            return one.write(connection, report);
        });
    }

    private void read(Connection connection) throws SQLException {
        lockOrganizations();
        join(connection);
        identify();
        load();
    }

    private Applied write(Connection connection, PulledReport report) throws SQLException {
        SourceStore written = new SourceStore(connection, database);
        written.write(sourceRows);
        written.writeEmails(newEmails);
        rows.flush(connection);
        report.applied(connection, database.dialect(), pulled.counts(batch, contested));
        return new Applied(end(connection), echoes);
    }

    private void contest(Set<Long> operations) {
        operations.forEach(operation -> contested.merge(operation, 1, Integer::sum));
    }

    private void lockOrganizations() throws SQLException {
        if (database.dialect() == Dialect.SQLITE) {
            return;
        }
        reads.lock(organizations());
    }

    private Set<String> organizations() {
        Set<String> organizations = new TreeSet<>();
        batch.forEach(statement -> organizations.add(statement.operation().organization()));
        return organizations;
    }

    /** @param records as they are kept */
    record Statement(Operation operation, AccountIds account, List<CanonicalRecord> records) {}

    private void join(Connection connection) throws SQLException {
        accounts.read(connection, database, organizations());
        List<Statement> statements = new ArrayList<>(batch.size());
        Set<RecordKey> keys = new LinkedHashSet<>();
        for (NormalizedOperation one : batch) {
            AccountIds account = accounts.speaking(connection, one.operation());
            List<CanonicalRecord> kept =
                    one.records().stream().map(account::kept).toList();
            kept.forEach(record -> keys.add(record.key()));
            statements.add(new Statement(one.operation(), account, kept));
        }
        sources.byKeys(keys, known);
        PushLedger ledger = PushLedger.read(connection, database, pushPlan, statements);
        for (Statement statement : statements) {
            Operation operation = statement.operation();
            for (CanonicalRecord record : statement.records()) {
                SourceRecord before = known.get(record.key());
                PushLedger.Heard heard = ledger.hear(record, before);
                if (!heard.isNews()) {
                    echoes.merge(record.key().platform(), 1, Integer::sum);
                }
                if (!heard.isNews()
                        || before != null
                                && heard.email().isEmpty()
                                && pulled.isConfirmation(operation, heard.rest(), before)) {
                    pulled.unchanged(operation);
                    continue;
                }
                SourceRecord from = before == null ? SourceRecord.unseen(record.key()) : before;
                SourceRecord after =
                        from.absorb(heard.rest(), operation.delivery().id());
                if (!heard.email().isEmpty()) {
                    after = after.knownBy(heard.email());
                }
                if (before != null && unchanged(before, after)) {
                    pulled.unchanged(operation);
                    continue;
                }
                pulled.written(operation, before == null);
                known.put(record.key(), after);
                changed.add(record.key());
                changedBy.put(record.key(), operation);
                byDelivery.put(operation.delivery().id(), operation);
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
        rows.confirm(ledger.confirmed());
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
            Neighbourhood neighbourhood = gatherByEmail();
            Map<String, List<SourceRecord>> blocks = new TreeMap<>();
            for (RecordKey key : neighbourhood.keys()) {
                blocks.computeIfAbsent(key.organization(), name -> new ArrayList<>())
                        .add(source(key));
            }
            for (Map.Entry<String, List<SourceRecord>> block : blocks.entrySet()) {
                noteSharing(block.getValue());
                Partition partition = Identity.partition(block.getValue(), neighbourhood.crowded(block.getKey()));
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
            touch(source.goldenId(), key.entity(), requireNonNull(changedBy.get(key)));
        }
    }

    private void noteSharing(List<SourceRecord> block) {
        Map<String, Long> goldenByEmail = new HashMap<>();
        for (SourceRecord source : block) {
            if (source.goldenId() == SourceRecord.NO_GOLDEN_ID) {
                continue;
            }
            for (String email : source.emails()) {
                Long other = goldenByEmail.putIfAbsent(email, source.goldenId());
                if (other != null && other != source.goldenId()) {
                    sharing.add(other);
                    sharing.add(source.goldenId());
                }
            }
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
                    touch(source.goldenId(), source.key().entity(), cause);
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
     * The sources that changed people are connected to.
     *
     * @param crowded the addresses among theirs that have too many sources to say who anybody is
     */
    private record Neighbourhood(Set<RecordKey> keys, Set<SourceStore.OrganizationEmail> crowded) {
        Set<String> crowded(String organization) {
            if (crowded.isEmpty()) {
                return Set.of();
            }
            Set<String> emails = new HashSet<>();
            for (SourceStore.OrganizationEmail one : crowded) {
                if (one.organization().equals(organization)) {
                    emails.add(one.email());
                }
            }
            return emails;
        }
    }

    /**
     * Follows e-mails from the changed people to every source that ever showed one of them. Others of this batch stay
     * out of it: their neighbours are not loaded, and without them a person would be taken for two.
     *
     * <p>An address that had too many sources before is not followed, so that its next one costs no more than any other.
     * One that gets too many now is followed this once: those whom it connected are told apart.
     */
    private Neighbourhood gatherByEmail() throws SQLException {
        Map<SourceStore.OrganizationEmail, Integer> additions = new HashMap<>();
        for (SourceStore.EmailSeen seen : newEmails) {
            additions.merge(
                    new SourceStore.OrganizationEmail(seen.key().organization(), seen.email()), 1, Integer::sum);
        }
        Set<RecordKey> reached = new LinkedHashSet<>(people);
        Set<SourceStore.OrganizationEmail> asked = new HashSet<>();
        Set<SourceStore.OrganizationEmail> crowded = new HashSet<>();
        Set<SourceStore.OrganizationEmail> frontier = unasked(people, asked);
        while (!frontier.isEmpty()) {
            asked.addAll(frontier);
            Set<RecordKey> found = new LinkedHashSet<>();
            sources.byEmails(frontier, Identity.SOURCES_PER_EMAIL_MAX).forEach((email, stored) -> {
                found.addAll(stored.keys());
                if (stored.count() + additions.getOrDefault(email, 0) > Identity.SOURCES_PER_EMAIL_MAX) {
                    crowded.add(email);
                }
            });
            for (SourceStore.OrganizationEmail email : frontier) {
                if (additions.getOrDefault(email, 0) > Identity.SOURCES_PER_EMAIL_MAX) {
                    crowded.add(email);
                }
            }
            found.removeAll(reached);
            reached.addAll(found);
            Set<RecordKey> missing = new LinkedHashSet<>(found);
            missing.removeAll(known.keySet());
            sources.byKeys(missing, known);
            frontier = unasked(found, asked);
        }
        return new Neighbourhood(reached, crowded);
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

    private void touch(long goldenId, Entity entity, Operation operation) {
        touched.put(goldenId, entity);
        touchedBy.put(goldenId, operation);
    }

    // --- decision -----------------------------------------------------------------------------------------------

    private void load() throws SQLException {
        Map<Long, GoldenRecord> before = reads.byIds(touched);
        stored = new Stored(
                sourcesOfTouched(),
                before,
                reads.overrides(touched.keySet()),
                reads.openConflicts(before.keySet()),
                reads.provenance(before.keySet()),
                reads.openDuplicates(sharing));
    }

    private void decide() {
        Map<Long, Map<String, FieldOverride>> overrides = stored.overrides();
        Map<Long, Map<String, GoldenReads.OpenConflict>> open = stored.conflicts();
        if (!merged.isEmpty() && !overrides.isEmpty()) {
            contest(moveOverrides(overrides, open));
        }
        for (Long goldenId : touched.keySet()) {
            Operation operation = requireNonNull(touchedBy.get(goldenId));
            List<SourceRecord> own = stored.sources().getOrDefault(goldenId, List.of());
            GoldenRecord old = stored.goldens().get(goldenId);
            if (own.isEmpty()) {
                if (old != null) {
                    Long into = merged.get(goldenId);
                    rows.merge(old, into, operation);
                    if (into != null && touched.containsKey(into)) {
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
            writeState(goldenId, own, state, old, stored.provenance().get(goldenId), operation);
            due.contradicted(goldenId, own, state, operation.organization());
            if (PushPlan.RELATED.contains(entity)) {
                due.noteMember(own);
            }
            contest(settleConflicts(
                    goldenId,
                    entity,
                    state,
                    open.getOrDefault(goldenId, Map.of()),
                    overrides.getOrDefault(goldenId, Map.of()).keySet(),
                    operation));
        }
        decideDuplicates();
        for (RecordKey key : changed) {
            sourceRows.add(SourceStore.row(source(key), now));
        }
    }

    /** What is open between the people of this batch's addresses is afterwards what the partition reports, and no more. */
    private void decideDuplicates() {
        Map<GoldenPair, GoldenReads.OpenDuplicate> open = new HashMap<>(stored.duplicates());
        for (DuplicateCandidate duplicate : duplicates) {
            SourceRecord a = source(duplicate.keyA());
            GoldenPair pair =
                    GoldenPair.of(a.goldenId(), source(duplicate.keyB()).goldenId());
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
    private Map<Long, List<SourceRecord>> sourcesOfTouched() throws SQLException {
        List<RecordKey> others = sources.keysByGoldenIds(touched.keySet());
        others.removeIf(known::containsKey);
        Map<RecordKey, SourceRecord> found = new HashMap<>();
        sources.byKeys(others, found);
        Map<Long, List<SourceRecord>> byGolden = new HashMap<>();
        for (SourceRecord source : found.values()) {
            byGolden.computeIfAbsent(source.goldenId(), id -> new ArrayList<>(4))
                    .add(source);
        }
        for (SourceRecord source : known.values()) {
            if (touched.containsKey(source.goldenId())) {
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
    private Set<Long> moveOverrides(
            Map<Long, Map<String, FieldOverride>> overrides, Map<Long, Map<String, GoldenReads.OpenConflict>> open) {
        Set<Long> news = new HashSet<>();
        for (Map.Entry<Long, Long> merge : merged.entrySet()) {
            Map<String, FieldOverride> moving = overrides.remove(merge.getKey());
            if (moving == null) {
                continue;
            }
            long into = merge.getValue();
            Operation operation = requireNonNull(touchedBy.get(merge.getKey()));
            Map<String, FieldOverride> standing = overrides.computeIfAbsent(into, id -> new TreeMap<>());
            for (FieldOverride override : moving.values()) {
                String field = override.field();
                FieldOverride other = standing.putIfAbsent(field, override);
                if (other == null) {
                    rows.moveOverride(merge.getKey(), into, override, operation);
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
                            operation.organization(),
                            operation.id());
                    news.add(operation.id());
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
            Operation operation) {
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
            String action = old == null ? "create" : state.tombstone() && !wasDeleted ? "remove" : "change";
            audit(record, action, differences, state, operation);
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
            rows.provenance(goldenId, operation.organization(), entity, newProvenance);
        }
    }

    /** One entry for each operation of this batch that gave the record a value: a batch may hold several. */
    private void audit(
            GoldenRecord record,
            String action,
            Map<String, Object> differences,
            GoldenState state,
            Operation otherwise) {
        Map<Long, Operation> causes = new TreeMap<>();
        Map<Long, Map<String, Object>> changes = new HashMap<>();
        boolean removal = action.equals("remove");
        if (removal || differences.isEmpty()) {
            causes.put(otherwise.id(), otherwise);
        }
        for (Map.Entry<String, Object> difference : differences.entrySet()) {
            Operation cause = causeOf(state.fields().get(difference.getKey()), otherwise);
            causes.put(cause.id(), cause);
            changes.computeIfAbsent(cause.id(), id -> new TreeMap<>()).put(difference.getKey(), difference.getValue());
        }
        Operation first = removal ? otherwise : causes.values().iterator().next();
        for (Operation cause : causes.values()) {
            rows.audit(
                    record,
                    cause.id() == first.id() ? action : "change",
                    changes.getOrDefault(cause.id(), Map.of()),
                    cause);
        }
    }

    private Operation causeOf(@Nullable Decided decided, Operation otherwise) {
        Winner winner = decided == null ? null : decided.winner();
        return winner == null ? otherwise : byDelivery.getOrDefault(winner.deliveryId(), otherwise);
    }

    /** @return the operations by which a field waits for a person now that did not before, or for another reason */
    private Set<Long> settleConflicts(
            long goldenId,
            Entity entity,
            GoldenState state,
            Map<String, GoldenReads.OpenConflict> open,
            Set<String> overridden,
            Operation otherwise) {
        Set<Long> news = new HashSet<>(2);
        Set<String> contested = new HashSet<>();
        for (FieldConflict conflict : state.conflicts()) {
            contested.add(conflict.field());
            String standing = ConflictJson.candidates(List.of(conflict.standing()));
            String rivals = ConflictJson.candidates(conflict.rivals());
            GoldenReads.OpenConflict known = open.get(conflict.field());
            if (known == null
                    || !ConflictJson.sameClaims(known.standing(), standing)
                    || !ConflictJson.sameClaims(known.rivals(), rivals)) {
                Operation cause = causeOf(conflict, otherwise);
                rows.conflict(
                        goldenId, entity, conflict.field(), standing, rivals, known, cause.organization(), cause.id());
                news.add(cause.id());
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
    private Operation causeOf(FieldConflict conflict, Operation otherwise) {
        Operation last = null;
        for (Candidate candidate : conflict.candidates()) {
            Operation one = byDelivery.get(candidate.deliveryId());
            if (one != null && (last == null || one.id() > last.id())) {
                last = one;
            }
        }
        return last == null ? otherwise : last;
    }

    private List<OperationStatus> end(Connection connection) throws SQLException {
        List<OperationStatus> statuses = new ArrayList<>(batch.size());
        Map<Ending, List<Operation>> ended = new LinkedHashMap<>();
        for (NormalizedOperation statement : batch) {
            OperationStatus status = contested.containsKey(statement.operation().id())
                    ? OperationStatus.CONFLICT
                    : OperationStatus.SUCCESS;
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
