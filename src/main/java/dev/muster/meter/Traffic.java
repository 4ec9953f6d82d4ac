package dev.muster.meter;

import dev.muster.failure.FailureCode;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * Counts what happens, by minute, organization and platform. To count is one look into a map and an addition; the
 * {@link TrafficStore} writes the counts every few seconds. A hub that is killed loses what was not written yet: the last
 * seconds, or, where the store was away, what it could not take meanwhile.
 */
public final class Traffic {
    /** The organization of what was refused before anybody knew whom it was for. */
    public static final String NOBODY = "";

    /** The organization of what came when {@link #ROWS_MAX} rows were counted already. */
    public static final String OTHER = "other";

    /** The most rows in memory: a row is a minute of one organization's account on one platform. */
    static final int ROWS_MAX = 10_000;

    /** The most rows of {@link #OTHER} beside those: what comes then, with the store away for hours, is not counted. */
    static final int OTHERS_MAX = 1_000;

    private static final long MINUTE = Duration.ofMinutes(1).toMillis();

    /** No thread waits so long between finding its row and adding to it. */
    private static final long FORGOTTEN_AFTER = 3 * MINUTE;

    private final Clock clock;
    private final Map<Key, Row> rows = new ConcurrentHashMap<>();
    private final Row lost = new Row();

    public Traffic(Clock clock) {
        this.clock = clock;
    }

    private record Key(long at, String organization, String platform) {}

    private static final class Row {
        private final LongAdder[] counts = new LongAdder[TrafficCount.values().length];
        /** Of each count, what the store has. Guarded by the {@link Traffic}. */
        private final long[] written = new long[counts.length];

        Row() {
            for (int i = 0; i < counts.length; i++) {
                counts[i] = new LongAdder();
            }
        }

        long[] sums() {
            long[] sums = new long[counts.length];
            for (int i = 0; i < sums.length; i++) {
                sums[i] = counts[i].sum();
            }
            return sums;
        }
    }

    /**
     * What is to be added to a minute.
     *
     * @param at when the minute began, in epoch milliseconds
     */
    record Addition(long at, String organization, String platform, TrafficCounts counts) {}

    /** So many more. */
    public void count(String organization, String platform, TrafficCount what, long many) {
        row(organization, platform).counts[what.ordinal()].add(many);
    }

    /** A delivery was refused. */
    void refused(String organization, String platform, FailureCode reason) {
        count(
                organization,
                platform,
                switch (reason) {
                    case SIGNATURE_MISSING, SIGNATURE_WRONG, HEADER_CONTRADICTS_BODY -> TrafficCount.REFUSED_SIGNATURE;
                    case REPLAY_WINDOW -> TrafficCount.REFUSED_REPLAY_WINDOW;
                    case RATE_LIMITED -> TrafficCount.REFUSED_RATE_LIMIT;
                    default -> TrafficCount.REFUSED_OTHER;
                },
                1);
    }

    /** An operation ended, so long after its delivery arrived. */
    void ended(String organization, String platform, TrafficCount outcome, Duration latency) {
        long millis = Math.max(0, latency.toMillis());
        Row row = row(organization, platform);
        row.counts[outcome.ordinal()].increment();
        row.counts[TrafficCount.LATENCY_MILLIS.ordinal()].add(millis);
        row.counts[TrafficCount.latency(millis).ordinal()].increment();
    }

    private Row row(String organization, String platform) {
        long now = clock.millis();
        Key key = new Key(now - now % MINUTE, organization, platform);
        Row row = rows.get(key);
        if (row != null) {
            return row;
        }
        int size = rows.size();
        if (size >= ROWS_MAX + OTHERS_MAX) {
            return lost;
        }
        if (size >= ROWS_MAX) {
            key = new Key(key.at, OTHER, platform);
        }
        return rows.computeIfAbsent(key, missing -> new Row());
    }

    /**
     * Hands over what was counted since the last time. Where the writer fails, the same is handed over again.
     *
     * @throws RuntimeException whatever the writer throws
     */
    synchronized void write(Consumer<List<Addition>> writer) {
        long now = clock.millis();
        List<Addition> additions = new ArrayList<>();
        Map<Row, long[]> sums = new IdentityHashMap<>();
        List<Key> over = new ArrayList<>();
        rows.forEach((key, row) -> {
            long[] sum = row.sums();
            long[] more = sum.clone();
            for (int i = 0; i < more.length; i++) {
                more[i] -= row.written[i];
            }
            TrafficCounts counts = TrafficCounts.of(more);
            if (!counts.isEmpty()) {
                additions.add(new Addition(key.at, key.organization, key.platform, counts));
                sums.put(row, sum);
            } else if (now - key.at > FORGOTTEN_AFTER) {
                over.add(key);
            }
        });
        over.forEach(rows::remove);
        if (additions.isEmpty()) {
            return;
        }
        writer.accept(additions);
        sums.forEach((row, sum) -> System.arraycopy(sum, 0, row.written, 0, sum.length));
    }

    /** How many minutes of accounts are in memory. */
    int rows() {
        return rows.size();
    }
}
