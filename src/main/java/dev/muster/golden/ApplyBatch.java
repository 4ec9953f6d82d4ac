package dev.muster.golden;

import static java.util.Objects.requireNonNull;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.db.Database;
import dev.muster.decide.Survivorship;
import dev.muster.normalize.NormalizedOperation;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationStatus;
import dev.muster.operation.OperationStore;
import java.sql.Connection;
import java.sql.SQLException;
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
    private final Decision decision;
    private final List<NormalizedOperation> batch;
    private final BrakeWatch brakes;
    private final PulledReport report;
    private final Suppression suppression;
    private @Nullable Read read;

    private ApplyBatch(
            Heart heart,
            Suppression suppression,
            PulledReport report,
            BrakeRules brakes,
            List<NormalizedOperation> batch) {
        this.database = heart.database();
        this.decision = new Decision(heart, new Matter());
        // before anything is compared, counted or written: nothing behind this knows a secret field's value
        this.batch = batch.stream()
                .map(statement -> sealed(statement, decision.survivorship()))
                .toList();
        this.brakes = new BrakeWatch(brakes, heart.ids(), decision.now());
        this.report = report;
        this.suppression = suppression;
    }

    private static NormalizedOperation sealed(NormalizedOperation statement, Survivorship survivorship) {
        return new NormalizedOperation(
                statement.operation(),
                statement.records().stream().map(survivorship::sealed).toList(),
                statement.reason(),
                statement.refused());
    }

    /** What there is after the first step. */
    private record Read(PulledTally pulled, Joining joining, List<NormalizedOperation> released) {}

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
            Heart heart,
            Suppression suppression,
            PulledReport report,
            BrakeRules brakes,
            List<NormalizedOperation> batch) {
        return Decider.decide(heart.database(), new ApplyBatch(heart, suppression, report, brakes, batch));
    }

    @Override
    public void read(Connection connection) throws SQLException {
        Set<String> organizations = new TreeSet<>();
        batch.forEach(statement -> organizations.add(statement.operation().organization()));
        decision.open(connection, organizations);
        PulledTally pulled = new PulledTally(connection);
        Joining joining = new Joining(decision.matter(), pulled, suppression);
        List<NormalizedOperation> released = brakes.released(connection, batch);
        decision.rows()
                .confirm(joining.join(
                        connection, database, decision.pushPlan(), decision.accounts(), decision.sources(), released));
        decision.identify();
        decision.read();
        read = new Read(pulled, joining, released);
    }

    private Read read() {
        return requireNonNull(read);
    }

    @Override
    public void decide() {
        decision.decide();
    }

    @Override
    public Applied write(Connection connection) throws SQLException {
        Resolution resolution = decision.resolution();
        decision.write(connection);
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
                    connection,
                    database.dialect(),
                    entry.getValue(),
                    ending.status(),
                    null,
                    ending.error(),
                    decision.now());
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
