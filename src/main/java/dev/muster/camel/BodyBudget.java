package dev.muster.camel;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that requests may fill together, from their first byte until they are answered. The first bytes of each are
 * not counted, so that senders of long bodies cannot keep out those of usual ones: their number is bounded by that of
 * the connections. Safe for use by many threads.
 */
final class BodyBudget {
    /** What most deliveries stay below. */
    static final int FREE_BYTES = 8 * 1024;

    private final long most;
    private final AtomicLong taken = new AtomicLong();

    /** @param most bytes, over the free ones of each */
    BodyBudget(long most) {
        this.most = most;
    }

    /**
     * Lets a body grow.
     *
     * @return whether there is room; where not, nothing was taken
     */
    boolean grow(int before, int after) {
        long more = counted(after) - counted(before);
        if (more == 0) {
            return true;
        }
        if (taken.addAndGet(more) > most) {
            taken.addAndGet(-more);
            return false;
        }
        return true;
    }

    /** To be called once when a body of that length is no longer held. */
    void release(int length) {
        long counted = counted(length);
        if (counted > 0) {
            taken.addAndGet(-counted);
        }
    }

    long taken() {
        return taken.get();
    }

    private static long counted(int length) {
        return Math.max(0, length - FREE_BYTES);
    }
}
