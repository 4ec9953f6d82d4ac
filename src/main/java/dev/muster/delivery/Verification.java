package dev.muster.delivery;

import dev.muster.failure.FailureCode;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Does the request come from who it says, and now? */
public enum Verification {
    /** The signature holds, and the time is within the replay window where there is one. */
    VERIFIED(null),
    /** The request carries no signature, or not all that it would be about. */
    MISSING(FailureCode.SIGNATURE_MISSING),
    /** There is a signature, and none of the secrets made it. */
    WRONG(FailureCode.SIGNATURE_WRONG),
    /** The signature holds, but it was made too long ago or too far ahead, or the signed time cannot be read. */
    OUTSIDE_REPLAY_WINDOW(FailureCode.REPLAY_WINDOW);

    private final @Nullable FailureCode refusal;

    Verification(@Nullable FailureCode refusal) {
        this.refusal = refusal;
    }

    /** Whether the request may come in. */
    public boolean verified() {
        return refusal == null;
    }

    /** Why it is refused; empty where it is not. */
    public Optional<FailureCode> refusal() {
        return Optional.ofNullable(refusal);
    }
}
