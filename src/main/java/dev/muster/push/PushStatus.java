package dev.muster.push;

import java.util.Locale;

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
}
