package dev.muster.golden;

import dev.muster.db.GroupCommit;
import dev.muster.meter.Meters;
import dev.muster.normalize.NormalizedOperation;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Decides and writes: many statements in one transaction, which holds golden records, provenance, conflicts, audit,
 * pushes to come and the operations' ends, or nothing of them. Reads are batched by key.
 */
public final class GoldenStore implements AutoCloseable {
    private final Heart heart;
    private final Suppression suppression;
    private final Meters meters;
    private final PulledReport report;
    private final BrakeRules brakes;
    private final GroupCommit<NormalizedOperation, OperationStatus> commits;

    /** The rest of each flow runs beside the next transaction. */
    private final ExecutorService afterwards = Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "applied");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * @param waitingMax statements that may wait for their commit
     * @param batchMax the most records in one transaction, beside those of the last statement that begins in it
     * @param report told what became of pulled records
     * @param brakes whose statements may have to be held
     */
    public GoldenStore(
            Heart heart,
            Suppression suppression,
            Meters meters,
            int waitingMax,
            int batchMax,
            PulledReport report,
            BrakeRules brakes) {
        this.heart = heart;
        this.suppression = suppression;
        this.meters = meters;
        this.report = report;
        this.brakes = brakes;
        this.commits = new GroupCommit<>(
                "apply",
                waitingMax,
                batchMax,
                statement -> Math.max(1, statement.records().size()),
                1,
                this::write,
                size -> meters.batch("apply", size),
                afterwards);
    }

    /**
     * Applies a statement and ends its operation. The future completes after the commit with the operation's status:
     * success, or conflict where a field now waits for a person.
     */
    public CompletableFuture<OperationStatus> apply(NormalizedOperation statement) {
        return commits.submit(statement);
    }

    private List<OperationStatus> write(List<NormalizedOperation> batch) {
        Instant now = heart.clock().instant();
        ApplyBatch.Applied applied = ApplyBatch.apply(heart, suppression, report, brakes, batch);
        List<OperationStatus> statuses = applied.statuses();
        applied.echoes().forEach(meters::echoed);
        for (int i = 0; i < batch.size(); i++) {
            Operation operation = batch.get(i).operation();
            Duration latency = Duration.between(operation.delivery().receivedAt(), now);
            for (int j = 0; j <= operation.coalesced().size(); j++) {
                if (statuses.get(i) == OperationStatus.HELD) {
                    meters.held(operation.platform());
                } else {
                    meters.ended(
                            operation.organization(),
                            operation.platform(),
                            statuses.get(i).id(),
                            latency);
                }
            }
        }
        return statuses;
    }

    /** Writes what waits, then stops. */
    @Override
    public void close() {
        commits.close();
        afterwards.shutdown();
        try {
            afterwards.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
