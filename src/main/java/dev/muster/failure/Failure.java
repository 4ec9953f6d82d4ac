package dev.muster.failure;

import org.jspecify.annotations.Nullable;

/**
 * A failure a route can act on. There are three, because a route can do three things: answer 4xx ({@link Refusal}), try
 * again ({@link Transient}), or keep the message as a dead letter ({@link Defect}).
 */
public abstract sealed class Failure extends RuntimeException permits Refusal, Transient, Defect {
    private static final long serialVersionUID = 1L;

    private final FailureCode code;

    /** @param message what happened, to what, and what to do, for a tired person */
    Failure(FailureCode code, String message, @Nullable Throwable cause, boolean stackTrace) {
        super(message, cause, false, stackTrace);
        this.code = code;
    }

    /** Which failure exactly. */
    public FailureCode code() {
        return code;
    }
}
