package dev.muster.access;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * Whoever guesses is kept waiting, longer with each further guess. In the memory of each hub: guesses at one hub do not
 * count at another. Remembers a bounded number of sources. Safe for use by many threads.
 */
final class Lockout {
    /** So many failures are nobody's fault. */
    static final int FREE = 10;

    /** The first pause; each further failure doubles it. */
    static final Duration PAUSE_MIN = Duration.ofSeconds(5);

    static final Duration PAUSE_MAX = Duration.ofMinutes(15);

    /** Without a failure for so long, all is forgotten. */
    static final Duration FORGOTTEN = Duration.ofHours(1);

    private static final int SOURCES_MAX = 10_000;
    private static final int DOUBLINGS_MAX = 10;

    private final Clock clock;
    private final Remembered<String, Failures> sources = new Remembered<>(SOURCES_MAX);

    private record Failures(int count, Instant last, Instant lockedUntil) {}

    Lockout(Clock clock) {
        this.clock = clock;
    }

    /** How long the source has to wait; zero where it may try. */
    Duration waitFor(String source) {
        synchronized (sources) {
            Failures failures = sources.get(source);
            Instant now = clock.instant();
            return failures == null || !failures.lockedUntil.isAfter(now)
                    ? Duration.ZERO
                    : Duration.between(now, failures.lockedUntil);
        }
    }

    /** @return how long the source has to wait from now on; zero where it may go on trying */
    Duration failed(String source) {
        Instant now = clock.instant();
        synchronized (sources) {
            Failures before = sources.get(source);
            int count = before == null || before.last.plus(FORGOTTEN).isBefore(now) ? 1 : before.count + 1;
            Duration pause = pause(count);
            sources.put(source, new Failures(count, now, now.plus(pause)));
            return pause;
        }
    }

    private static Duration pause(int count) {
        if (count < FREE) {
            return Duration.ZERO;
        }
        Duration pause = PAUSE_MIN.multipliedBy(1L << Math.min(count - FREE, DOUBLINGS_MAX));
        return pause.compareTo(PAUSE_MAX) > 0 ? PAUSE_MAX : pause;
    }

    /** How many sources are remembered now. */
    int sources() {
        synchronized (sources) {
            return sources.size();
        }
    }
}
