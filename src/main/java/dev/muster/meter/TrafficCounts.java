package dev.muster.meter;

import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What was counted in some span of time. Immutable. */
public final class TrafficCounts {
    /** Nothing happened. */
    public static final TrafficCounts NONE = new TrafficCounts(new long[TrafficCount.values().length]);

    private final long[] counts;

    private TrafficCounts(long[] counts) {
        this.counts = counts;
    }

    /** @param counts by ordinal; kept as it is */
    static TrafficCounts of(long[] counts) {
        return new TrafficCounts(counts);
    }

    /** Those named, and nothing else. */
    public static TrafficCounts of(Map<TrafficCount, Long> counts) {
        long[] all = new long[TrafficCount.values().length];
        counts.forEach((count, value) -> all[count.ordinal()] = value);
        return new TrafficCounts(all);
    }

    public long get(TrafficCount count) {
        return counts[count.ordinal()];
    }

    /** The sum of several. */
    public long get(TrafficCount first, TrafficCount... more) {
        long sum = get(first);
        for (TrafficCount count : more) {
            sum += get(count);
        }
        return sum;
    }

    /** All refusals at the door. */
    public long refused() {
        return get(
                TrafficCount.REFUSED_SIGNATURE,
                TrafficCount.REFUSED_REPLAY_WINDOW,
                TrafficCount.REFUSED_RATE_LIMIT,
                TrafficCount.REFUSED_OTHER);
    }

    /** All operations that ended, however they did. */
    public long ended() {
        return get(
                TrafficCount.SUCCESS,
                TrafficCount.IGNORED,
                TrafficCount.CONFLICT,
                TrafficCount.FAILED,
                TrafficCount.DEAD);
    }

    public boolean isEmpty() {
        return Arrays.stream(counts).allMatch(count -> count == 0);
    }

    public TrafficCounts plus(TrafficCounts other) {
        long[] sum = counts.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += other.counts[i];
        }
        return new TrafficCounts(sum);
    }

    /** The mean latency of the operations that ended; empty where none did. */
    public Optional<Duration> latencyMean() {
        long measured = measured();
        return measured == 0
                ? Optional.empty()
                : Optional.of(Duration.ofMillis(get(TrafficCount.LATENCY_MILLIS) / measured));
    }

    /**
     * The latency that this share of the operations stayed within, assumed to be spread evenly within its bucket; half an
     * hour where it was longer. Empty where none ended.
     *
     * @param share above 0 up to 1, such as 0.95
     */
    public Optional<Duration> latency(double share) {
        long measured = measured();
        if (measured == 0) {
            return Optional.empty();
        }
        double rank = share * measured;
        long before = 0;
        long from = 0;
        for (TrafficCount bucket : TrafficCount.LATENCIES) {
            long in = get(bucket);
            if (bucket == TrafficCount.LATENCY_MORE) {
                break;
            }
            if (in > 0 && before + in >= rank) {
                double within = Math.max(0, rank - before) / in;
                return Optional.of(Duration.ofMillis(Math.round(from + within * (bucket.millisMax() - from))));
            }
            before += in;
            from = bucket.millisMax();
        }
        return Optional.of(Duration.ofMillis(from));
    }

    private long measured() {
        long measured = 0;
        for (TrafficCount bucket : TrafficCount.LATENCIES) {
            measured += get(bucket);
        }
        return measured;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TrafficCounts counted && Arrays.equals(counts, counted.counts);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(counts);
    }

    /** Those that are not 0. */
    @Override
    public String toString() {
        Map<String, Long> present = new TreeMap<>();
        for (TrafficCount count : TrafficCount.values()) {
            if (get(count) != 0) {
                present.put(count.column(), get(count));
            }
        }
        return present.toString();
    }
}
