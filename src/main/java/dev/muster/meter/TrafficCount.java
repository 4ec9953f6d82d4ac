package dev.muster.meter;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What is counted of one organization's account on one platform, minute by minute. Each has a column of its name. */
public enum TrafficCount {
    /** Deliveries that became durable. */
    ACCEPTED,
    DUPLICATE,
    /** Refused at the door: the signature is missing or wrong, or contradicts what was signed. */
    REFUSED_SIGNATURE,
    REFUSED_REPLAY_WINDOW,
    REFUSED_RATE_LIMIT,
    /** Refused for any other reason: no such door, an address that is not allowed, no store. */
    REFUSED_OTHER,
    /** Operations, by how they ended. */
    SUCCESS,
    IGNORED,
    CONFLICT,
    FAILED,
    DEAD,
    /** Rows of the outbox, by the status they came to. */
    PUSH_SETTLED,
    PUSH_DUE,
    PUSH_FAILED,
    PUSH_HELD,
    /** Calls that the platform answered, be it with a refusal. */
    CALL_OK,
    /** Calls without an answer of use: none at all, cut off, or its own failure (408, 5xx). */
    CALL_FAILED,
    /** Calls that it asked to make later (429). */
    CALL_THROTTLED,
    /** Summed over the operations that ended, in milliseconds. */
    LATENCY_MILLIS,
    /** Operations that took up to so many milliseconds from their delivery to their end, and longer than the one before. */
    LATENCY_5(5),
    LATENCY_10(10),
    LATENCY_20(20),
    LATENCY_50(50),
    LATENCY_100(100),
    LATENCY_200(200),
    LATENCY_500(500),
    LATENCY_1000(1_000),
    LATENCY_2000(2_000),
    LATENCY_5000(5_000),
    LATENCY_10000(10_000),
    LATENCY_30000(30_000),
    LATENCY_60000(60_000),
    LATENCY_300000(300_000),
    LATENCY_1800000(1_800_000),
    /** Longer than half an hour. */
    LATENCY_MORE(Long.MAX_VALUE);

    /** The buckets of the latency, the quickest first. */
    static final List<TrafficCount> LATENCIES = latencies();

    private final long millisMax;

    TrafficCount() {
        this(-1);
    }

    TrafficCount(long millisMax) {
        this.millisMax = millisMax;
    }

    private static List<TrafficCount> latencies() {
        List<TrafficCount> latencies = new ArrayList<>();
        for (TrafficCount count : values()) {
            if (count.millisMax >= 0) {
                latencies.add(count);
            }
        }
        return List.copyOf(latencies);
    }

    /** The most milliseconds that belong to a bucket of the latency. */
    long millisMax() {
        return millisMax;
    }

    /** The bucket of a latency. */
    static TrafficCount latency(long millis) {
        for (TrafficCount bucket : LATENCIES) {
            if (millis <= bucket.millisMax) {
                return bucket;
            }
        }
        throw new IllegalStateException("the last bucket has no end");
    }

    /** Its column, such as {@code refused_signature}. */
    String column() {
        return name().toLowerCase(Locale.ROOT);
    }
}
