package dev.muster.failure;

import org.jspecify.annotations.Nullable;

/** Trying again cannot help until somebody changes something: kept as a dead letter with its cause. */
public final class Defect extends Failure {
    private static final long serialVersionUID = 1L;

    public Defect(FailureCode code, String message) {
        this(code, message, null);
    }

    public Defect(FailureCode code, String message, @Nullable Throwable cause) {
        super(code, message, cause, true);
    }
}
