package dev.muster.db;

import com.github.f4b6a3.tsid.Tsid;
import com.github.f4b6a3.tsid.TsidFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Time-ordered 64-bit ids. In the API and on the command line they are 13 letters and digits (Crockford base 32). */
public final class Ids {
    /** Behind the milliseconds. */
    private static final int RANDOM_BITS = 22;

    private final TsidFactory factory = TsidFactory.newInstance1024();

    /** A new id, greater than all this process made before. Safe to call from many threads. */
    public long next() {
        return factory.create().toLong();
    }

    /** A bound below which no id lies that was made this much before another, or later. */
    public static long earlier(long id, Duration by) {
        return id - (by.toMillis() << RANDOM_BITS);
    }

    /** A bound below which no id lies that was made at this moment or later; the bounds of what no id can be are its own. */
    public static long at(Instant moment) {
        long millis = moment.toEpochMilli() - Tsid.TSID_EPOCH;
        return Math.min(Math.max(0, millis), Long.MAX_VALUE >> RANDOM_BITS) << RANDOM_BITS;
    }

    /** The form that people and programs outside see. */
    public static String format(long id) {
        return Tsid.from(id).toString();
    }

    /** @return the id, or empty if the text is none */
    public static Optional<Long> parse(String text) {
        return Tsid.isValid(text) ? Optional.of(Tsid.from(text).toLong()) : Optional.empty();
    }
}
