package dev.muster.admin;

import dev.muster.delivery.HttpAnswer;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Calls that take much of the hub's memory, or one of its few connections for long: one at a time. */
final class Turn {
    private final Semaphore free = new Semaphore(1);
    private final String what;
    private final Duration patience;

    /**
     * @param what for a person, such as {@code dry run}
     * @param patience how long a call waits for the one before it
     */
    Turn(String what, Duration patience) {
        this.what = what;
        this.patience = patience;
    }

    /** @throws Refusal 429 where the one before it takes longer */
    HttpAnswer take(Supplier<HttpAnswer> call) {
        if (!isFree()) {
            throw new Refusal(
                    FailureCode.RATE_LIMITED,
                    429,
                    "Another " + what + " is under way, and there is one at a time: try again in a while",
                    Map.of("Retry-After", "5"));
        }
        try {
            return call.get();
        } finally {
            free.release();
        }
    }

    private boolean isFree() {
        try {
            return free.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
