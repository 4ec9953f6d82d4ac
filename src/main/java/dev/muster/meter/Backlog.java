package dev.muster.meter;

import java.time.Duration;
import java.time.Instant;

/**
 * What waits of one platform.
 *
 * @param depth how much, now or until later
 * @param oldestAt since when the oldest of it may be worked on; later than now where nothing is due
 */
public record Backlog(long depth, Instant oldestAt) {
    /** How long the oldest has waited. */
    public Duration age(Instant now) {
        return now.isBefore(oldestAt) ? Duration.ZERO : Duration.between(oldestAt, now);
    }

    /** Both together. */
    public Backlog and(Backlog other) {
        return new Backlog(depth + other.depth, oldestAt.isBefore(other.oldestAt) ? oldestAt : other.oldestAt);
    }
}
