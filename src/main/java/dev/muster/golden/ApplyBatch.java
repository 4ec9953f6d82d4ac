package dev.muster.golden;

import static java.util.Objects.requireNonNull;

import dev.muster.audit.AuditTrail;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.decide.Survivorship;
import dev.muster.normalize.NormalizedOperation;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationStatus;
import dev.muster.operation.OperationStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A batch of statements before the decider: they are joined into their source records, decided about, and ended. */
final class ApplyBatch implements Decider.Work<ApplyBatch.Applied> {
    private final Database database;
    private final List<NormalizedOperation> batch;
    private final BrakeWatch brakes;
    private final Ids ids;
    private final Instant now;
    private final Survivorship survivorship;
    private final PushPlan pushPlan;
    private final PulledReport report;
    private final Suppression suppression;
    private final GoldenRows rows;
    private final SpokenRows words;
    private final Matter matter = new Matter();
    private @Nullable Read read;

    private ApplyBatch(
            Database database,
            Ids ids,
            AuditTrail trail,
            Suppression suppression,
            Instant now,
            Survivorship survivorship,
            PushPlan pushPlan,
            PulledReport report,
            BrakeRules brakes,
            List<NormalizedOperation> batch) {
        this.database = database;
        this.ids = ids;
        this.now = now;
        this.survivorship = survivorship;
        this.pushPlan = pushPlan;
        this.report = report;
        // before anything is compared, counted or written: nothing behind this knows a secret field's value
        this.batch =
                batch.stream().map(statement -> sealed(statement, survivorship)).toList();
        this.suppression = suppression;
        this.brakes = new BrakeWatch(brakes, ids, now);
        this.rows = new GoldenRows(database, ids, trail, now);
        this.words = new SpokenRows(database, now);
    }

    private static NormalizedOperation sealed(NormalizedOperation statement, Survivorship survivorship) {
        return new NormalizedOperation(
                statement.operation(),
                statement.records().stream().map(survivorship::sealed).toList(),
                statement.reason(),
                statement.refused());
    }

    /** What there is after the first step. */
    private record Read(
            Resolution resolution, PulledTally pulled, Joining joining, List<NormalizedOperation> released) {}

    /**
     * What was applied.
     *
     * @param statuses one per statement, in order
     * @param echoes how many records of each platform only repeated what it had been told
     */
    record Applied(List<OperationStatus> statuses, Map<String, Integer> echoes) {}

    /**
     * Applies a batch in one transaction.
     *
     * @param report told what became of pulled records
     * @param brakes whose statements may have to be held
     */
    static Applied apply(
            Database database,
            Ids ids,
            AuditTrail trail,
            Suppression suppression,
            Instant now,
            Survivorship survivorship,
            PushPlan pushPlan,
            PulledReport report,
            BrakeRules brakes,
            List<NormalizedOperation> batch) {
        return Decider.decide(
                database,
                new ApplyBatch(database, ids, trail, suppression, now, survivorship, pushPlan, report, brakes, batch));
    }

    @Override
    public void read(Connection connection) throws SQLException {
        GoldenReads reads = new GoldenReads(connection, database);
        Set<String> organizations = new TreeSet<>();
        batch.forEach(statement -> organizations.add(statement.operation().organization()));
        reads.lock(organizations);
        SourceAccounts accounts = new SourceAccounts();
        accounts.read(connection, database, organizations);
        PulledTally pulled = new PulledTally(connection);
        Joining joining = new Joining(matter, pulled, suppression);
        SourceStore sources = new SourceStore(connection, database);
        List<NormalizedOperation> released = brakes.released(connection, batch);
        rows.confirm(joining.join(connection, database, pushPlan, accounts, sources, released));
        Identification identification =
                new Identification(matter, sources, new RulingStore(connection, database), ids::next, words);
        Resolution resolution =
                new Resolution(matter, identification, survivorship, pushPlan, accounts, rows, words, ids::next, now);
        identification.identify();
        resolution.read(sources, reads);
        read = new Read(resolution, pulled, joining, released);
    }

    private Read read() {
        return requireNonNull(read);
    }

    @Override
    public void decide() {
        read().resolution().decide();
    }

    @Override
    public Applied write(Connection connection) throws SQLException {
        Resolution resolution = read().resolution();
        resolution.write(connection, new SourceStore(connection, database));
        Map<Long, Integer> contested = resolution.contested();
        brakes.write(connection, database, read().released(), resolution.changedRecords(), resolution.removedRecords());
        report.applied(connection, database.dialect(), read().pulled().counts(read().released(), contested));
        return new Applied(end(connection, contested), read().joining().echoes());
    }

    private List<OperationStatus> end(Connection connection, Map<Long, Integer> contested) throws SQLException {
        List<OperationStatus> statuses = new ArrayList<>(batch.size());
        Map<Ending, List<Operation>> ended = new LinkedHashMap<>();
        for (NormalizedOperation statement : batch) {
            List<CanonicalRecord> erased = read().joining()
                    .leftOut()
                    .getOrDefault(statement.operation().id(), List.of());
            boolean isIgnored =
                    !erased.isEmpty() && erased.size() == statement.records().size();
            String held = isIgnored ? null : brakes.reason(statement.operation());
            OperationStatus status = isIgnored
                    ? OperationStatus.IGNORED
                    : held != null
                            ? OperationStatus.HELD
                            : contested.containsKey(statement.operation().id())
                                    ? OperationStatus.CONFLICT
                                    : OperationStatus.SUCCESS;
            String leftOut = held != null ? held : statement.reason().isEmpty() ? null : statement.reason();
            if (!erased.isEmpty() && held == null) {
                leftOut = isIgnored
                        ? Suppression.REASON
                        : erased.size() + " of its records are about people who were erased";
                forget(connection, statement.operation(), erased);
            }
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

    /** What came of somebody who was erased does not stay as it came either. */
    private void forget(Connection connection, Operation operation, List<CanonicalRecord> erased) throws SQLException {
        Traces traces = Traces.of(operation.platform(), operation.integration(), erased);
        DeliverySweep.forget(connection, database, operation, traces);
    }

    private record Ending(OperationStatus status, @Nullable String error) {}
}
