package dev.muster;

import dev.muster.camel.HubHealth;
import dev.muster.db.Database;
import dev.muster.golden.GoldenCounts;
import dev.muster.meter.Meters;
import dev.muster.meter.Meters.Gauge;
import dev.muster.operation.DeadLetterStore;
import dev.muster.operation.OperationStatus;
import dev.muster.operation.OperationStore;
import dev.muster.push.PushStore;
import dev.muster.push.Pushing;
import dev.muster.quota.Breakers;
import dev.muster.quota.Quotas;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What the housekeeping routes call. */
public final class Housekeeping {
    /** How an operation can end. */
    private static final List<String> OUTCOMES = Stream.of(
                    OperationStatus.SUCCESS, OperationStatus.CONFLICT, OperationStatus.IGNORED, OperationStatus.DEAD)
            .map(OperationStatus::id)
            .toList();

    private final Database database;
    private final OperationStore operations;
    private final PushStore pushes;
    private final Pushing pushing;
    private final DeadLetterStore deadLetters;
    private final GoldenCounts golden;
    private final Breakers breakers;
    private final Quotas quotas;
    private final Supplier<List<String>> platforms;
    private final Meters meters;
    private final Clock clock;
    private final Duration lease;
    private final Duration queueAgeMax;
    private final Path data;
    private final int diskFreeMegabytesMin;

    Housekeeping(
            Database database,
            OperationStore operations,
            PushStore pushes,
            Pushing pushing,
            DeadLetterStore deadLetters,
            Meters meters,
            Clock clock,
            GoldenCounts golden,
            Breakers breakers,
            Quotas quotas,
            Supplier<List<String>> platforms,
            MusterConfig config) {
        this.golden = golden;
        this.breakers = breakers;
        this.quotas = quotas;
        this.platforms = platforms;
        this.lease = config.lease();
        this.queueAgeMax = config.queueAgeMax();
        this.data = config.data();
        this.diskFreeMegabytesMin = config.diskFreeMegabytesMin();
        this.database = database;
        this.operations = operations;
        this.pushes = pushes;
        this.pushing = pushing;
        this.deadLetters = deadLetters;
        this.meters = meters;
        this.clock = clock;
    }

    /** This hub lives. Also measures what nobody counts. */
    public void beat() {
        operations.beat(lease);
        breakers.forgetIdle();
        measure();
        meters.measured(Gauge.GOLDEN_RECORDS, golden.counts());
        meters.measured(Gauge.CONFLICTS_OPEN, golden.openConflicts());
    }

    /** What hubs were pushing whose heartbeat stopped is due again. */
    public void returnPushes() {
        pushes.returnLost(lease);
    }

    /** Measures every configured platform; one without work has its zeros too. */
    void measure() {
        Map<String, Number> depth = new HashMap<>();
        Map<String, Number> age = new HashMap<>();
        Map<String, Number> dead = new HashMap<>();
        Map<String, Number> pushesDue = new HashMap<>();
        Map<String, Number> pushesAge = new HashMap<>();
        Map<String, Number> pushesResting = new HashMap<>();
        Map<String, Number> pushesHeld = new HashMap<>();
        Map<String, Number> breaker = new HashMap<>();
        Map<String, Number> used = new HashMap<>();
        Map<String, Number> waiting = new HashMap<>();
        for (String platform : platforms.get()) {
            meters.show(platform, OUTCOMES);
            depth.put(platform, 0);
            age.put(platform, 0);
            dead.put(platform, 0);
            pushesDue.put(platform, 0);
            pushesAge.put(platform, 0);
            pushesResting.put(platform, 0);
            pushesHeld.put(platform, 0);
            breaker.put(platform, breakers.state(platform).ordinal());
            Collection<Quotas.Usage> usages = quotas.of(platform).values();
            used.put(
                    platform,
                    usages.stream().mapToDouble(Quotas.Usage::used).max().orElse(0));
            waiting.put(
                    platform, usages.stream().mapToInt(Quotas.Usage::waiting).sum());
        }
        operations.backlog().forEach((platform, backlog) -> {
            depth.put(platform, backlog.depth());
            age.put(platform, age(backlog).toMillis() / 1000.0);
        });
        dead.putAll(deadLetters.count());
        pushing.backlog().forEach((platform, backlog) -> {
            pushesDue.put(platform, backlog.due());
            pushesAge.put(platform, since(backlog.oldestAt()).toMillis() / 1000.0);
        });
        pushes.resting().forEach((platform, resting) -> {
            pushesResting.put(platform, resting.failed() + resting.held());
            pushesHeld.put(platform, resting.held());
        });
        meters.measured(Gauge.PUSHES_DUE, pushesDue);
        meters.measured(Gauge.PUSHES_AGE, pushesAge);
        meters.measured(Gauge.PUSHES_RESTING, pushesResting);
        meters.measured(Gauge.PUSHES_HELD, pushesHeld);
        meters.measured(Gauge.QUEUE_DEPTH, depth);
        meters.measured(Gauge.QUEUE_AGE, age);
        meters.measured(Gauge.DEAD_LETTERS, dead);
        meters.measured(Gauge.BREAKER_STATE, breaker);
        meters.measured(Gauge.QUOTA_USED, used);
        meters.measured(Gauge.CALLS_WAITING, waiting);
    }

    private Duration age(OperationStore.Backlog backlog) {
        Instant oldest = backlog.oldestAt();
        return oldest == null ? Duration.ZERO : since(oldest);
    }

    private Duration since(Instant time) {
        Duration age = Duration.between(time, clock.instant());
        return age.isNegative() ? Duration.ZERO : age;
    }

    /** Whether the store answers, and how fast. */
    HubHealth.Answer storeHealth() {
        long start = System.nanoTime();
        database.check();
        return new HubHealth.Answer(
                true, database.dialect() + " answered in " + (System.nanoTime() - start) / 1_000 + " µs");
    }

    /** Whether work waits longer than it should. */
    HubHealth.Answer queueHealth() {
        Map<String, String> waits = new TreeMap<>();
        Duration oldest = Duration.ZERO;
        for (Map.Entry<String, OperationStore.Backlog> entry :
                operations.backlog().entrySet()) {
            Duration age = age(entry.getValue());
            oldest = age.compareTo(oldest) > 0 ? age : oldest;
            waits.put(entry.getKey(), entry.getValue().depth() + " for " + age.toSeconds() + " s");
        }
        return oldest.compareTo(queueAgeMax) <= 0
                ? new HubHealth.Answer(true, "Waiting: " + waits)
                : new HubHealth.Answer(
                        false,
                        "Work waits longer than " + queueAgeMax.toSeconds() + " s (MUSTER_QUEUE_AGE_MAX_MS): " + waits
                                + ". Is the flow stopped, its circuit breaker open, or the store slow?");
    }

    /** Whether platforms wait for what they have to be told longer than they should. */
    HubHealth.Answer pushHealth() {
        Map<String, String> waits = new TreeMap<>();
        Duration oldest = Duration.ZERO;
        for (Map.Entry<String, PushStore.Backlog> entry : pushing.backlog().entrySet()) {
            Duration age = since(entry.getValue().oldestAt());
            oldest = age.compareTo(oldest) > 0 ? age : oldest;
            waits.put(entry.getKey(), entry.getValue().due() + " for " + age.toSeconds() + " s");
        }
        Map<String, Long> failed = new TreeMap<>();
        Map<String, Long> held = new TreeMap<>();
        pushes.resting().forEach((platform, resting) -> {
            failed.put(platform, resting.failed());
            held.put(platform, resting.held());
        });
        String state = "Waiting: " + waits + "; failed: " + failed + "; held: " + held;
        return oldest.compareTo(queueAgeMax) <= 0
                ? new HubHealth.Answer(true, state)
                : new HubHealth.Answer(
                        false,
                        "Pushes wait longer than " + queueAgeMax.toSeconds() + " s (MUSTER_QUEUE_AGE_MAX_MS). " + state
                                + ". Were many made due at once, is an account refused, its platform away, or its quota"
                                + " small?");
    }

    /** Whether the disk has room for what comes in. */
    HubHealth.Answer diskHealth() {
        long freeMegabytes = data.toFile().getUsableSpace() / 1_048_576;
        String free = freeMegabytes + " MB are free in " + data;
        return freeMegabytes >= diskFreeMegabytesMin
                ? new HubHealth.Answer(true, free)
                : new HubHealth.Answer(
                        false,
                        "Only " + free + ", less than " + diskFreeMegabytesMin
                                + " (MUSTER_DISK_FREE_MB_MIN): make room, or nothing can be accepted soon");
    }

    /** Forgets what was spent with credentials that are not called any more. */
    public void sweepQuotas() {
        quotas.sweep();
    }

    /** Answers how many dead letters went back into the queue. */
    public int redrive() {
        return deadLetters.redriveDue();
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
