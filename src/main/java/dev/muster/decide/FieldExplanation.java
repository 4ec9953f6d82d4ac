package dev.muster.decide;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why one golden field is as it is.
 *
 * @param field the canonical field
 * @param value the value that stands; null where a source has one, but the field moves with a group whose winner has none
 * @param rule the rule that decided, or {@link Provenance#OVERRIDE}
 * @param why one English sentence
 * @param winner the source whose value stands; null where a person overrode it or no value stands
 * @param overriddenBy the person who settled it; null where a rule decided
 * @param conflict whether it waits for a person
 * @param candidates every source that has a value, by key, the removed ones too
 */
public record FieldExplanation(
        String field,
        @Nullable Object value,
        String rule,
        String why,
        @Nullable Winner winner,
        @Nullable Settlement overriddenBy,
        boolean conflict,
        List<ExplainedCandidate> candidates) {

    public FieldExplanation {
        candidates = List.copyOf(candidates);
    }
}
