package dev.muster;

import dev.muster.alert.Backups;
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
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What nobody counts as it happens, and is measured now and then. */
public final class Measurements {
    /** How an operation can end. */
    private static final List<String> OUTCOMES = Stream.of(
                    OperationStatus.SUCCESS,
                    OperationStatus.CONFLICT,
                    OperationStatus.IGNORED,
                    OperationStatus.DEAD,
                    OperationStatus.HELD)
            .map(OperationStatus::id)
            .toList();

    private final OperationStore operations;
    private final PushStore pushes;
    private final Pushing pushing;
    private final DeadLetterStore deadLetters;
    private final GoldenCounts golden;
    private final Breakers breakers;
    private final Quotas quotas;
    private final Supplier<List<String>> platforms;
    private final LongSupplier freeMegabytes;
    private final Backups backups;
    private final Meters meters;
    private final Clock clock;

    /**
     * @param platforms those configured now
     * @param freeMegabytes where the hub keeps its data
     */
    Measurements(
            OperationStore operations,
            PushStore pushes,
            Pushing pushing,
            DeadLetterStore deadLetters,
            GoldenCounts golden,
            Breakers breakers,
            Quotas quotas,
            Supplier<List<String>> platforms,
            LongSupplier freeMegabytes,
            Backups backups,
            Meters meters,
            Clock clock) {
        this.operations = operations;
        this.pushes = pushes;
        this.pushing = pushing;
        this.deadLetters = deadLetters;
        this.golden = golden;
        this.breakers = breakers;
        this.quotas = quotas;
        this.platforms = platforms;
        this.freeMegabytes = freeMegabytes;
        this.backups = backups;
        this.meters = meters;
        this.clock = clock;
    }

    /** Measures every configured platform; one without work has its zeros too. */
    public void measure() {
        Instant now = clock.instant();
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
            age.put(platform, backlog.age(now).toMillis() / 1000.0);
        });
        dead.putAll(deadLetters.count());
        pushing.backlog().forEach((platform, backlog) -> {
            pushesDue.put(platform, backlog.depth());
            pushesAge.put(platform, backlog.age(now).toMillis() / 1000.0);
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
        meters.measured(Gauge.GOLDEN_RECORDS, golden.counts());
        meters.measured(Gauge.DISK_FREE, freeMegabytes.getAsLong());
        meters.measured(Gauge.BACKUP_AGE, backups.ageHours(now).orElse(Double.NaN));
        meters.measured(Gauge.CONFLICTS_OPEN, golden.openConflicts());
    }
}
