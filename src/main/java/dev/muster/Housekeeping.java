package dev.muster;

import dev.muster.db.Database;
import dev.muster.meter.Meters;
import dev.muster.operation.OperationStore;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** What the housekeeping routes call. */
public final class Housekeeping {
    private final Database database;
    private final OperationStore operations;
    private final Meters meters;
    private final Clock clock;
    private final Duration lease;

    Housekeeping(Database database, OperationStore operations, Meters meters, Clock clock, Duration lease) {
        this.database = database;
        this.operations = operations;
        this.meters = meters;
        this.clock = clock;
        this.lease = lease;
    }

    /** This hub lives. Also measures the queue, which only the store knows. */
    public void beat() {
        operations.beat(lease);
        Map<String, Number> depth = new HashMap<>();
        Map<String, Number> age = new HashMap<>();
        operations.backlog().forEach((platform, backlog) -> {
            depth.put(platform, backlog.depth());
            age.put(
                    platform,
                    backlog.oldestAt() == null
                            ? 0
                            : Math.max(
                                    0,
                                    Duration.between(backlog.oldestAt(), clock.instant())
                                                    .toMillis()
                                            / 1000.0));
        });
        meters.gauge("muster.queue.depth", "platform", depth);
        meters.gauge("muster.queue.age.seconds", "platform", age);
        meters.gauge("muster.dead.letters", "platform", operations.deadLetters());
    }

    /** Answers how many dead letters went back into the queue. */
    public int redrive() {
        return operations.redriveDue();
    }

    /** The statement by which the store's planner looks at the tables again. */
    public String analyzeStatement() {
        return database.dialect() == Database.Dialect.SQLITE ? "PRAGMA optimize" : "ANALYZE";
    }
}
