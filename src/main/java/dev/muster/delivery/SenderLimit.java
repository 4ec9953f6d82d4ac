package dev.muster.delivery;

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * How many requests one sender may make: a token bucket per address. Remembers a bounded number of senders and forgets
 * those it has not heard of for longest, so that nobody fills the memory by coming from many addresses. Safe for use by
 * many threads.
 */
public final class SenderLimit {
    private static final int SHARDS = 16;

    private final Bandwidth bandwidth;
    private final TimeMeter clock;
    private final List<Map<String, Bucket>> shards = new ArrayList<>(SHARDS);

    /**
     * @param burst requests at once, after a pause
     * @param requests how many more with every {@code period}, evenly over it
     * @param sourcesMax how many senders are remembered
     * @param nanoTime a clock that only moves forward, such as {@link System#nanoTime}
     */
    public SenderLimit(int burst, int requests, Duration period, int sourcesMax, LongSupplier nanoTime) {
        this.bandwidth = Bandwidth.builder()
                .capacity(burst)
                .refillGreedy(requests, period)
                .build();
        this.clock = new NanoClock(nanoTime);
        int each = Math.max(1, sourcesMax / SHARDS);
        for (int shard = 0; shard < SHARDS; shard++) {
            shards.add(new Remembered(each));
        }
    }

    /**
     * Counts one request.
     *
     * @return zero where it may come in; else how long its sender should wait before the next
     */
    public Duration waitFor(ClientAddress client) {
        Bucket bucket = bucket(client.source());
        if (bucket.tryConsume(1)) {
            return Duration.ZERO;
        }
        return Duration.ofNanos(Math.max(1, bucket.estimateAbilityToConsume(1).getNanosToWaitForRefill()));
    }

    /** How many senders are remembered now. */
    int sources() {
        int sum = 0;
        for (Map<String, Bucket> shard : shards) {
            synchronized (shard) {
                sum += shard.size();
            }
        }
        return sum;
    }

    private Bucket bucket(String source) {
        int hash = source.hashCode();
        Map<String, Bucket> shard = shards.get((hash ^ hash >>> 16) & SHARDS - 1);
        synchronized (shard) {
            Bucket bucket = shard.get(source);
            if (bucket == null) {
                bucket = Bucket.builder()
                        .addLimit(bandwidth)
                        .withCustomTimePrecision(clock)
                        .build();
                shard.put(source, bucket);
            }
            return bucket;
        }
    }

    private static final class Remembered extends LinkedHashMap<String, Bucket> {
        private static final long serialVersionUID = 1L;

        private final int most;

        Remembered(int most) {
            super(16, 0.75f, true);
            this.most = most;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
            return size() > most;
        }
    }

    private record NanoClock(LongSupplier nanoTime) implements TimeMeter {
        @Override
        public long currentTimeNanos() {
            return nanoTime.getAsLong();
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    }
}
