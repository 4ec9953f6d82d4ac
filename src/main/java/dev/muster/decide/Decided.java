package dev.muster.decide;

import org.jspecify.annotations.Nullable;

/**
 * The value of one golden field, and where it came from.
 *
 * @param value a {@link String}, {@link Long}, {@link Boolean} or {@code List<String>}
 */
public record Decided(Object value, Provenance provenance) {
    /** The rule that decided, or {@link Provenance#OVERRIDE}. */
    public String rule() {
        return provenance.rule();
    }

    /** The source it came from; null where a person overrode the field. */
    public @Nullable Winner winner() {
        return provenance.winner();
    }

    /** The person who settled it; null where a rule decided. */
    public @Nullable Settlement overriddenBy() {
        return provenance.overriddenBy();
    }
}
