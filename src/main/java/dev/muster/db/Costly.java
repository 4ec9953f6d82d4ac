package dev.muster.db;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What takes longer to count the more there is of it, and is asked for at any time, as by a gauge or a page that is looked at: it is
 * counted anew only after some times as long as the last count took.
 */
public final class Costly<T> {
    /** Of the time at most. */
    public static final int A_TENTH = 9;

    /** Of the time at most. */
    public static final int A_HUNDREDTH = 99;

    private final Clock clock;
    private final int times;
    private final Supplier<T> count;
    private @Nullable T counted;
    private Instant nextAt = Instant.MIN;

    /** @param times such as {@link #A_TENTH} */
    public Costly(Clock clock, int times, Supplier<T> count) {
        this.clock = clock;
        this.times = times;
        this.count = count;
    }

    /** As of the last count. */
    public synchronized T get() {
        T known = counted;
        Instant start = clock.instant();
        if (known == null || !start.isBefore(nextAt)) {
            known = count.get();
            counted = known;
            Instant end = clock.instant();
            nextAt = end.plus(Duration.between(start, end).multipliedBy(times));
        }
        return known;
    }
}
