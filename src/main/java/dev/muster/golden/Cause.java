package dev.muster.golden;

import dev.muster.operation.Operation;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * On whose account something is written: a platform's, by one of its operations, or a person's.
 *
 * @param actor the platform's id, or the person's name
 * @param operationId the operation; null where a person acted
 * @param reason why, in the person's words; null where none were given
 */
record Cause(
        String organization,
        String actor,
        @Nullable Long operationId,
        @Nullable String reason) {
    /** A person's act before any operation, and these as they came in. */
    static final Comparator<Cause> IN_ORDER =
            Comparator.comparing(Cause::operationId, Comparator.nullsFirst(Comparator.naturalOrder()));

    static Cause of(Operation operation) {
        return new Cause(operation.organization(), operation.platform(), operation.id(), null);
    }
}
