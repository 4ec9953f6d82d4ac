package dev.muster.meter;

import dev.muster.failure.FailureCode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** Every metric's name, unit and labels. Labels are bounded: platforms, codes and outcomes, never ids or addresses. */
public final class Meters {
    private final MeterRegistry registry;
    private final Map<String, Counter> counters = new ConcurrentHashMap<>();
    private final Map<String, Timer> latencies = new ConcurrentHashMap<>();
    private final Map<String, MultiGauge> gauges = new ConcurrentHashMap<>();
    private final Map<String, DistributionSummary> batches = new ConcurrentHashMap<>();

    public Meters(MeterRegistry registry) {
        this.registry = registry;
    }

    /** A delivery became durable. */
    public void accepted(String platform) {
        counter("muster.deliveries.accepted", "platform", platform).increment();
    }

    /** A delivery whose unique id was there already. */
    public void duplicate(String platform) {
        counter("muster.deliveries.duplicate", "platform", platform).increment();
    }

    /** A request was refused at the door; {@code platform} is {@code unknown} where no such door exists. */
    public void refused(String platform, FailureCode reason) {
        counter("muster.deliveries.refused", "platform", platform, "reason", reason.id())
                .increment();
    }

    /** An operation ended; {@code latency} since its delivery arrived. */
    public void ended(String platform, String outcome, Duration latency) {
        counter("muster.operations", "platform", platform, "outcome", outcome).increment();
        latencies
                .computeIfAbsent(platform, name -> Timer.builder("muster.operation.latency")
                        .description("From the last byte of the delivery to the operation's end")
                        .tag("platform", name)
                        .publishPercentileHistogram()
                        .minimumExpectedValue(Duration.ofMillis(1))
                        .maximumExpectedValue(Duration.ofMinutes(5))
                        .register(registry))
                .record(latency);
    }

    /** A transient failure will be tried again. */
    public void redelivered(String platform) {
        counter("muster.redeliveries", "platform", platform).increment();
    }

    /** How many items one transaction wrote; {@code kind} is {@code accept} or {@code apply}. */
    public void batch(String kind, int size) {
        batches.computeIfAbsent(kind, name -> DistributionSummary.builder("muster.commit.batch.size")
                        .tag("kind", name)
                        .register(registry))
                .record(size);
    }

    /** Replaces all values of a gauge with one label. */
    public void gauge(String name, String label, Map<String, ? extends Number> values) {
        gauges.computeIfAbsent(name, key -> MultiGauge.builder(key).register(registry))
                .register(
                        values.entrySet().stream()
                                .map(entry -> MultiGauge.Row.of(Tags.of(label, entry.getKey()), entry.getValue()))
                                .collect(Collectors.toList()),
                        true);
    }

    private Counter counter(String name, String... tags) {
        String key = tags.length == 2 ? name + '|' + tags[1] : name + '|' + tags[1] + '|' + tags[3];
        Counter counter = counters.get(key);
        return counter != null ? counter : counters.computeIfAbsent(key, missing -> registry.counter(name, tags));
    }
}
