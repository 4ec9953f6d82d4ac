package dev.muster.decide;

import org.jspecify.annotations.Nullable;

/**
 * Where a golden field's value came from: a source or a person, never both.
 *
 * @param rule the rule that decided, or {@link #OVERRIDE}
 * @param winner the source it came from; null where a person overrode the field
 * @param overriddenBy the person who settled it; null where a rule decided
 */
public record Provenance(
        String rule, @Nullable Winner winner, @Nullable Settlement overriddenBy) {
    /** The rule's name where a person decided. */
    public static final String OVERRIDE = "override";

    public Provenance {
        if ((winner == null) == (overriddenBy == null)) {
            throw new IllegalArgumentException("A value has come from a source or from a person: " + rule);
        }
    }
}
