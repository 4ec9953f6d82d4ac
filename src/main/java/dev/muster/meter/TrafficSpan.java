package dev.muster.meter;

import java.time.Duration;
import java.time.Instant;

/**
 * From when until when traffic is asked for. Short spans are read by the minute, longer ones by ten minutes and those of
 * more than three days by the hour: both ends are moved outwards to the next such mark.
 *
 * @param from inclusive
 * @param to exclusive
 */
public record TrafficSpan(Instant from, Instant to) {
    private static final Duration MINUTES_MAX = Duration.ofHours(6);
    private static final Duration TEN_MINUTES_MAX = Duration.ofDays(3);

    /** @throws IllegalArgumentException where it ends before it begins */
    public TrafficSpan {
        if (!from.isBefore(to)) {
            throw new IllegalArgumentException(
                    "A span from " + from + " to " + to + " has no length: name an end after its begin");
        }
    }

    /** The last so much of time, this moment included. */
    public static TrafficSpan last(Duration length, Instant now) {
        return new TrafficSpan(now.minus(length).plusMillis(1), now.plusMillis(1));
    }

    /** How many minutes one row holds that it is read from. */
    long grain() {
        Duration length = Duration.between(from, to);
        return length.compareTo(MINUTES_MAX) <= 0 ? 1 : length.compareTo(TEN_MINUTES_MAX) <= 0 ? 10 : 60;
    }

    private long grainMillis() {
        return Duration.ofMinutes(grain()).toMillis();
    }

    /** Epoch milliseconds, at a mark. */
    long start() {
        return Math.floorDiv(from.toEpochMilli(), grainMillis()) * grainMillis();
    }

    /** Epoch milliseconds, at a mark. */
    long end() {
        return -Math.floorDiv(-to.toEpochMilli(), grainMillis()) * grainMillis();
    }

    /** How long each of so many buckets is, at the most: a whole number of rows. */
    long step(int buckets) {
        long rows = (end() - start()) / grainMillis();
        return -Math.floorDiv(-rows, buckets) * grainMillis();
    }
}
