package dev.muster;

import dev.muster.camel.HubHealth;
import dev.muster.db.Database;
import dev.muster.golden.GoldenCounts;
import dev.muster.meter.Meters;
import dev.muster.operation.OperationStore;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** What the housekeeping routes call. */
public final class Housekeeping {
    private final Database database;
    private final OperationStore operations;
    private final GoldenCounts golden;
    private final Meters meters;
    private final Clock clock;
    private final Duration lease;
    private final Duration queueAgeMax;
    private final Path data;
    private final int diskFreeMegabytesMin;

    Housekeeping(
            Database database,
            OperationStore operations,
            Meters meters,
            Clock clock,
            GoldenCounts golden,
            MusterConfig config) {
        this.golden = golden;
        this.lease = config.lease();
        this.queueAgeMax = config.queueAgeMax();
        this.data = config.data();
        this.diskFreeMegabytesMin = config.diskFreeMegabytesMin();
        this.database = database;
        this.operations = operations;
        this.meters = meters;
        this.clock = clock;
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
        meters.gauge("muster.golden.records", "entity", golden.counts());
        meters.gauge("muster.conflicts.open", "status", Map.of("open", golden.openConflicts()));
        meters.gauge("muster.dead.letters", "platform", operations.deadLetters());
    }

    /** Whether the store answers, and how fast. */
    HubHealth.Answer storeHealth() {
        long start = System.nanoTime();
        database.check();
        return new HubHealth.Answer(
                true,
                "",
                Map.of("answered_in_ms", (System.nanoTime() - start) / 1_000_000.0, "dialect", database.dialect()));
    }

    /** Whether work waits longer than it should. */
    HubHealth.Answer queueHealth() {
        Map<String, Object> details = new HashMap<>();
        Map<String, String> late = new TreeMap<>();
        operations.backlog().forEach((platform, backlog) -> {
            Duration age =
                    backlog.oldestAt() == null ? Duration.ZERO : Duration.between(backlog.oldestAt(), clock.instant());
            details.put(platform + ".waiting", backlog.depth());
            details.put(platform + ".oldest_seconds", Math.max(0, age.toSeconds()));
            if (age.compareTo(queueAgeMax) > 0) {
                late.put(platform, age.truncatedTo(ChronoUnit.SECONDS).toString());
            }
        });
        return new HubHealth.Answer(
                late.isEmpty(),
                "Work waits longer than " + queueAgeMax + ": " + late
                        + ". Is the flow stopped, or its circuit breaker open? See /hawtio and the log",
                details);
    }

    /** Whether the disk has room for what comes in. */
    HubHealth.Answer diskHealth() {
        long freeMegabytes = data.toFile().getUsableSpace() / 1_048_576;
        return new HubHealth.Answer(
                freeMegabytes >= diskFreeMegabytesMin,
                "Only " + freeMegabytes + " MB are free in " + data + ": make room, or nothing can be accepted soon",
                Map.of("free_mb", freeMegabytes, "free_mb_min", diskFreeMegabytesMin));
    }

    /** Answers how many dead letters went back into the queue. */
    public int redrive() {
        return operations.redriveDue();
    }

    /**
     * The statement that sweeps the store. SQLite is never asked to analyze: it plans by the keys alone, which is right for
     * every statement here, while statistics of a queue that happens to be empty would make it read whole tables.
     */
    public String upkeepStatement() {
        return database.dialect() == Database.Dialect.SQLITE
                ? "PRAGMA wal_checkpoint(TRUNCATE)"
                : "VACUUM (ANALYZE) sync_operations";
    }
}
