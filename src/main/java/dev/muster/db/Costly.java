package dev.muster.db;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What takes longer to count the more there is of it, and is asked for at any time, as by a gauge or a page that is looked at: it is
 * counted anew only after some times as long as the last count took. While one counts, others are told the last count.
 */
public final class Costly<T> {
    /** Of the time at most. */
    public static final int A_TENTH = 9;

    /** Of the time at most. */
    public static final int A_HUNDREDTH = 99;

    private final Clock clock;
    private final int times;
    private final Duration longest;
    private final Supplier<T> count;
    private final ReentrantLock counting = new ReentrantLock();
    private volatile @Nullable Last<T> last;

    private record Last<T>(T value, Instant at, Instant until) {
        /** Not where the clock was set back, either. */
        boolean isGood(Instant now) {
            return now.isBefore(until) && !now.isBefore(at);
        }
    }

    /**
     * @param times such as {@link #A_TENTH}
     * @param longest how old a count becomes at most, however long it took
     */
    public Costly(Clock clock, int times, Duration longest, Supplier<T> count) {
        this.clock = clock;
        this.times = times;
        this.longest = longest;
        this.count = count;
    }

    /** As of the last count. */
    public T get() {
        Last<T> known = last;
        if (known != null && (known.isGood(clock.instant()) || !counting.tryLock())) {
            return known.value();
        }
        if (known == null) {
            counting.lock();
        }
        try {
            Last<T> meanwhile = last;
            return meanwhile != null && meanwhile.isGood(clock.instant()) ? meanwhile.value() : counted();
        } finally {
            counting.unlock();
        }
    }

    private T counted() {
        Instant start = clock.instant();
        T value = count.get();
        Instant end = clock.instant();
        Duration pause = Duration.between(start, end).multipliedBy(times);
        last = new Last<>(value, end, end.plus(pause.compareTo(longest) > 0 ? longest : pause));
        return value;
    }
}
