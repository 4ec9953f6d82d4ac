package dev.muster.decide;

import java.time.Instant;

/**
 * A person's word on one field of one golden record: it beats every rule until it is lifted.
 *
 * @param field the canonical field
 * @param value a {@link String}, {@link Long}, {@link Boolean} or {@code List<String>}, never blank
 * @param by who
 * @param at when
 * @param reason why, in their words; may be empty
 */
public record FieldOverride(String field, Object value, String by, Instant at, String reason) {
    /** @throws IllegalArgumentException where the value is blank or of a type that is not canonical */
    public FieldOverride {
        Object held = CanonicalText.held(value);
        if (held == null) {
            throw new IllegalArgumentException("The override of " + field + " by " + by
                    + " is blank, and a blank never wins. Give a value, or lift the override.");
        }
        value = held;
    }

    /** Who settled it, when and why. */
    public Settlement settlement() {
        return new Settlement(by, at, reason);
    }
}
