package dev.muster.failure;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** It may work later: tried again with growing pauses, or answered with 503 and Retry-After. */
public final class Transient extends Failure {
    private static final long serialVersionUID = 1L;

    private final @Nullable Duration retryAfter;

    public Transient(FailureCode code, String message, @Nullable Throwable cause) {
        this(code, message, cause, null);
    }

    /** @param retryAfter how long the other side asked us to wait, or null where it did not say */
    public Transient(FailureCode code, String message, @Nullable Throwable cause, @Nullable Duration retryAfter) {
        super(code, message, cause, cause != null);
        this.retryAfter = retryAfter;
    }

    /** How long the other side asked us to wait; null where it did not say. */
    public @Nullable Duration retryAfter() {
        return retryAfter;
    }
}
