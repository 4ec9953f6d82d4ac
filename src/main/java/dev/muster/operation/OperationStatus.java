package dev.muster.operation;

import java.util.Locale;
import java.util.Optional;

/** Where an operation stands. The ordinal is stored: append only. */
public enum OperationStatus {
    PENDING,
    PROCESSING,
    SUCCESS,
    IGNORED,
    CONFLICT,
    FAILED,
    DEAD,
    /** Waits for a person who says whether its account may go on. */
    HELD;

    /** The name in the API, such as {@code pending}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<OperationStatus> of(String id) {
        for (OperationStatus status : values()) {
            if (status.id().equals(id)) {
                return Optional.of(status);
            }
        }
        return Optional.empty();
    }
}
