package dev.muster.push;

import dev.muster.failure.FailureCode;
import dev.muster.golden.Pushed;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of a claimed row.
 *
 * @param notBefore when a row that is due is tried again
 * @param pushed the new entry of the ledger; null where it stays
 * @param sending what may have arrived without an answer; null where nothing is in doubt
 */
record Settlement(
        Push push,
        PushStatus status,
        int attempts,
        Instant notBefore,
        @Nullable FailureCode code,
        @Nullable String error,
        @Nullable String externalId,
        @Nullable String key,
        @Nullable Pushed pushed,
        @Nullable Pushed sending) {

    /** The target has what it should have; the ledger stays as it is. */
    static Settlement nothingToDo(Push push, String reason) {
        return new Settlement(push, PushStatus.SETTLED, 0, Instant.EPOCH, null, reason, null, null, null, null);
    }

    /** The target was told. */
    static Settlement told(Push push, Pushed pushed, @Nullable String externalId, @Nullable String key) {
        return new Settlement(push, PushStatus.SETTLED, 0, Instant.EPOCH, null, null, externalId, key, pushed, null);
    }

    static Settlement failed(Push push, FailureCode code, String error) {
        return new Settlement(
                push, PushStatus.FAILED, push.attempts() + 1, Instant.EPOCH, code, error, null, null, null, null);
    }

    static Settlement held(Push push, String differences) {
        return new Settlement(push, PushStatus.HELD, 0, Instant.EPOCH, null, differences, null, null, null, null);
    }

    /** @param sending what may have arrived; null where it did not */
    static Settlement later(
            Push push, int attempts, Instant notBefore, @Nullable String why, @Nullable Pushed sending) {
        return new Settlement(push, PushStatus.DUE, attempts, notBefore, null, why, null, null, null, sending);
    }
}
