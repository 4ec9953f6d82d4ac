package dev.muster.push;

import dev.muster.failure.FailureCode;
import dev.muster.golden.Pushed;
import dev.muster.push.PushVerdict.Difference;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What became of a claimed row.
 *
 * @param notBefore when a row that is due is tried again
 * @param pushed the new entry of the ledger; null where it stays
 * @param sending what may have arrived without an answer; null where nothing is in doubt
 * @param wasTold whether the target was told what the ledger's new entry says
 * @param contested of which fields a person is asked; empty where that stays as it was
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
        @Nullable Pushed sending,
        boolean wasTold,
        Map<String, Contested> contested) {

    /** The target has what it should have; the ledger stays as it is. */
    static Settlement nothingToDo(Push push, String reason) {
        return new Settlement(
                push, PushStatus.SETTLED, 0, Instant.EPOCH, null, reason, null, null, null, null, false, Map.of());
    }

    /** A person let be what the target has: nothing is told, and the ledger knows it. */
    static Settlement agreed(Push push, Pushed entry, String reason) {
        return new Settlement(
                push, PushStatus.SETTLED, 0, Instant.EPOCH, null, reason, null, null, entry, null, false, Map.of());
    }

    /** The target was told. */
    static Settlement told(Push push, Pushed pushed, @Nullable String externalId, @Nullable String key) {
        return new Settlement(
                push, PushStatus.SETTLED, 0, Instant.EPOCH, null, null, externalId, key, pushed, null, true, Map.of());
    }

    static Settlement failed(Push push, FailureCode code, String error) {
        return new Settlement(
                push,
                PushStatus.FAILED,
                push.attempts() + 1,
                Instant.EPOCH,
                code,
                error,
                null,
                null,
                null,
                null,
                false,
                Map.of());
    }

    /** A person is asked. What they have said of the same values stays said. */
    static Settlement held(Push push, String reason, Map<String, Difference> differences) {
        Map<String, Contested> contested = new TreeMap<>();
        differences.forEach((field, one) -> {
            Object there = one.there();
            if (there != null) {
                Contested asked = push.contested().get(field);
                contested.put(field, new Contested(there, one.here(), Contested.choice(asked, there, one.here())));
            }
        });
        return new Settlement(
                push, PushStatus.HELD, 0, Instant.EPOCH, null, reason, null, null, null, null, false, contested);
    }

    /** @param sending what may have arrived; null where it did not */
    static Settlement later(
            Push push, int attempts, Instant notBefore, @Nullable String why, @Nullable Pushed sending) {
        return new Settlement(
                push, PushStatus.DUE, attempts, notBefore, null, why, null, null, null, sending, false, Map.of());
    }
}
