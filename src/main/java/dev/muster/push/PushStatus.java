package dev.muster.push;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How a row of the outbox stands. The order is stored. */
public enum PushStatus {
    /** The target has what it should have, as far as is known. */
    SETTLED,
    DUE,
    PROCESSING,
    /** The target refused the record; a person has to look. */
    FAILED,
    /** The target changed it meanwhile, and a person decides. */
    HELD;

    /** As the API names it. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The opposite of {@link #id}. */
    public static Optional<PushStatus> of(String id) {
        return Arrays.stream(values()).filter(status -> status.id().equals(id)).findFirst();
    }
}
