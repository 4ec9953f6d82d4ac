package dev.muster.decide;

import java.util.ArrayList;
import java.util.List;

/**
 * Sources disagree on a field that only a person may settle; meanwhile the standing value stays.
 *
 * @param standing whose value stands
 * @param candidates every source with a value, the standing one included, in the order of their keys
 */
public record FieldConflict(String field, Candidate standing, List<Candidate> candidates) {
    public FieldConflict {
        candidates = List.copyOf(candidates);
    }

    /** The candidates that disagree with the standing value. */
    public List<Candidate> rivals() {
        List<Candidate> rivals = new ArrayList<>();
        for (Candidate candidate : candidates) {
            if (!CanonicalText.sameMeaning(candidate.value(), standing.value())) {
                rivals.add(candidate);
            }
        }
        return List.copyOf(rivals);
    }
}
