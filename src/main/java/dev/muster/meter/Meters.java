package dev.muster.meter;

import dev.muster.failure.FailureCode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** Every metric's name, unit and labels. Labels are bounded: platforms, codes and outcomes, never ids or addresses. */
public final class Meters {
    /** What a platform's door refuses a delivery for. */
    private static final List<FailureCode> REFUSALS = List.of(
            FailureCode.SIGNATURE_MISSING,
            FailureCode.SIGNATURE_WRONG,
            FailureCode.REPLAY_WINDOW,
            FailureCode.HEADER_CONTRADICTS_BODY,
            FailureCode.ADDRESS_NOT_ALLOWED,
            FailureCode.UNKNOWN_ENDPOINT,
            FailureCode.METHOD_NOT_ALLOWED,
            FailureCode.RATE_LIMITED,
            FailureCode.STORE_UNAVAILABLE,
            FailureCode.OVERLOADED);

    /** How the renewal of a token can end. */
    private static final List<String> RENEWALS = List.of("renewed", "refused", "unavailable");

    private static final List<String> PUSHES = List.of("settled", "due", "failed", "held");

    private final MeterRegistry registry;
    private final Traffic traffic;
    private final Map<String, Counter> counters = new ConcurrentHashMap<>();
    private final Map<String, Timer> latencies = new ConcurrentHashMap<>();
    private final Map<String, Timer> waits = new ConcurrentHashMap<>();
    private final Map<Gauge, MultiGauge> gauges = new ConcurrentHashMap<>();
    private final Map<String, DistributionSummary> batches = new ConcurrentHashMap<>();

    /** For metrics alone: what is counted by organization is kept by nobody. */
    public Meters(MeterRegistry registry) {
        this(registry, new Traffic(Clock.systemUTC()));
    }

    /** @param traffic counts by organization what the metrics count by platform */
    public Meters(MeterRegistry registry, Traffic traffic) {
        this.registry = registry;
        this.traffic = traffic;
    }

    /** What is measured now and then, instead of counted. */
    public enum Gauge {
        QUEUE_DEPTH("muster.queue.depth", "platform", "Operations that wait"),
        QUEUE_AGE("muster.queue.age.seconds", "platform", "Since when the oldest operation waits"),
        PUSHES_DUE("muster.pushes.due", "platform", "Records that the platform has to be told of"),
        PUSHES_AGE("muster.pushes.age.seconds", "platform", "Since when the oldest of them is due"),
        PUSHES_RESTING("muster.pushes.resting", "platform", "Pushes that failed or are held, and wait for a person"),
        PUSHES_HELD("muster.pushes.held", "platform", "Those of them that are held: nothing went wrong"),
        DEAD_LETTERS("muster.dead.letters", "platform", "Operations at rest with their cause"),
        BREAKER_STATE(
                "muster.breaker.state", "platform", "Of its API's circuit breaker: 0 closed, 1 half open, 2 open"),
        QUOTA_USED("muster.quota.used", "platform", "Of the fullest window of its fullest quota; 1 is full"),
        CALLS_WAITING("muster.calls.waiting", "platform", "Calls that wait for their turn on this hub"),
        GOLDEN_RECORDS("muster.golden.records", "entity", "Golden records, tombstones included"),
        CREDENTIALS_REFUSED("muster.credentials.refused", "platform", "Integrations that a person has to connect anew"),
        DISK_FREE("muster.disk.free.megabytes", "", "Free where this hub keeps its data"),
        BACKUP_AGE("muster.backup.age.hours", "", "Since the newest backup was written; NaN where no directory is set"),
        CONFLICTS_OPEN("muster.conflicts.open", "", "Conflicts that wait for a person");

        private final String metric;
        private final String label;
        private final String description;

        Gauge(String metric, String label, String description) {
            this.metric = metric;
            this.label = label;
            this.description = description;
        }
    }

    /**
     * Shows everything that is counted for a platform, at 0 before the first event: a counter that begins at 1 has no rise
     * that an alert could see.
     *
     * @param outcomes how operations can end
     */
    public void show(String platform, Collection<String> outcomes) {
        counter("muster.deliveries.accepted", "platform", platform);
        counter("muster.deliveries.duplicate", "platform", platform);
        counter("muster.redeliveries", "platform", platform);
        counter("muster.echoes", "platform", platform);
        REFUSALS.forEach(reason -> refusals(platform, reason));
        outcomes.forEach(outcome -> operations(platform, outcome));
        RENEWALS.forEach(outcome -> renewals(platform, outcome));
        PUSHES.forEach(status -> pushes(platform, status));
        latency(platform);
        wait(platform);
    }

    /** A delivery became durable. */
    public void accepted(String organization, String platform) {
        traffic.count(organization, platform, TrafficCount.ACCEPTED, 1);
        counter("muster.deliveries.accepted", "platform", platform).increment();
    }

    /** A delivery whose unique id was there already. */
    public void duplicate(String organization, String platform) {
        traffic.count(organization, platform, TrafficCount.DUPLICATE, 1);
        counter("muster.deliveries.duplicate", "platform", platform).increment();
    }

    /**
     * A request was not taken.
     *
     * @param organization {@link Traffic#NOBODY} where it was refused before anybody knew
     * @param platform {@code unknown} where no such door exists, and {@code door} where it was turned away before anybody
     *     looked for one
     */
    public void refused(String organization, String platform, FailureCode reason) {
        traffic.refused(organization, platform, reason);
        refusals(platform, reason).increment();
    }

    /** An operation ended; {@code latency} since its delivery arrived. */
    public void ended(String organization, String platform, String outcome, Duration latency) {
        traffic.ended(organization, platform, TrafficCount.valueOf(outcome.toUpperCase(Locale.ROOT)), latency);
        operations(platform, outcome).increment();
        latency(platform).record(latency);
    }

    /** An operation was put aside by a brake: it has not ended, and waits for a person. */
    public void held(String platform) {
        operations(platform, "held").increment();
    }

    /** Raw deliveries went because they are older than they are kept. */
    public void purged(int count) {
        counter("muster.deliveries.purged", "reason", "retention").increment(count);
    }

    /** A call to a platform had its turn, after this wait. */
    public void waitedForTurn(String platform, Duration wait) {
        wait(platform).record(wait);
    }

    /** A call to a platform is over. Counted by organization only: the breaker tells the metrics. */
    public void called(String organization, String platform, CallResult result) {
        traffic.count(organization, platform, result.count, 1);
    }

    /** What came of a call. */
    public enum CallResult {
        /** It was answered, be it with a refusal. */
        OK(TrafficCount.CALL_OK),
        /** No answer of use. */
        FAILED(TrafficCount.CALL_FAILED),
        /** The platform asked to call later. */
        THROTTLED(TrafficCount.CALL_THROTTLED);

        private final TrafficCount count;

        CallResult(TrafficCount count) {
            this.count = count;
        }
    }

    /** A transient failure will be tried again. */
    public void redelivered(String platform) {
        counter("muster.redeliveries", "platform", platform).increment();
    }

    /** So many rows of the outbox came to this status. */
    public void pushed(String organization, String platform, String status, int count) {
        traffic.count(organization, platform, TrafficCount.valueOf("PUSH_" + status.toUpperCase(Locale.ROOT)), count);
        pushes(platform, status).increment(count);
    }

    /** So many records of a platform only repeated what it had been told, and were passed over. */
    public void echoed(String platform, int count) {
        counter("muster.echoes", "platform", platform).increment(count);
    }

    /** A token was {@code renewed}, {@code refused}, or its endpoint {@code unavailable}. */
    public void renewal(String platform, String outcome) {
        renewals(platform, outcome).increment();
    }

    /** How many items one transaction wrote; {@code kind} is {@code accept} or {@code apply}. */
    public void batch(String kind, int size) {
        batches.computeIfAbsent(kind, name -> DistributionSummary.builder("muster.commit.batch.size")
                        .description("Items that shared one durable commit")
                        .tag("kind", name)
                        .register(registry))
                .record(size);
    }

    /** Replaces all values of a gauge, by its label. */
    public void measured(Gauge gauge, Map<String, ? extends Number> values) {
        rows(
                gauge,
                values.entrySet().stream()
                        .map(entry -> MultiGauge.Row.of(Tags.of(gauge.label, entry.getKey()), entry.getValue()))
                        .collect(Collectors.toList()));
    }

    /** Replaces the value of a gauge without a label. */
    public void measured(Gauge gauge, Number value) {
        rows(gauge, List.of(MultiGauge.Row.of(Tags.empty(), value)));
    }

    private void rows(Gauge gauge, List<MultiGauge.Row<?>> rows) {
        gauges.computeIfAbsent(gauge, key -> MultiGauge.builder(key.metric)
                        .description(key.description)
                        .register(registry))
                .register(rows, true);
    }

    private Counter refusals(String platform, FailureCode reason) {
        return counter("muster.deliveries.refused", "platform", platform, "reason", reason.id());
    }

    private Counter pushes(String platform, String status) {
        return counter("muster.pushes", "platform", platform, "status", status);
    }

    private Counter renewals(String platform, String outcome) {
        return counter("muster.credential.renewals", "platform", platform, "outcome", outcome);
    }

    private Counter operations(String platform, String outcome) {
        return counter("muster.operations", "platform", platform, "outcome", outcome);
    }

    private Timer wait(String platform) {
        return waits.computeIfAbsent(platform, name -> Timer.builder("muster.call.wait")
                .description("From when a call was wanted until the quota allowed it")
                .tag("platform", name)
                .register(registry));
    }

    private Timer latency(String platform) {
        return latencies.computeIfAbsent(platform, name -> Timer.builder("muster.operation.latency")
                .description("From the last byte of the delivery to the operation's end")
                .tag("platform", name)
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(1))
                .maximumExpectedValue(Duration.ofMinutes(5))
                .register(registry));
    }

    private Counter counter(String name, String... tags) {
        String key = tags.length == 2 ? name + '|' + tags[1] : name + '|' + tags[1] + '|' + tags[3];
        Counter counter = counters.get(key);
        return counter != null ? counter : counters.computeIfAbsent(key, missing -> registry.counter(name, tags));
    }
}
