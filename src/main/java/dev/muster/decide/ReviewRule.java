package dev.muster.decide;

import java.util.List;

/**
 * {@code review}: a disagreement waits for a person and the standing value stays. The standing source is the one that had
 * a value for the field first, by the platforms' own times, so that it is the same in whatever order deliveries came; its
 * present value stands. While all sources say the same (letter case and spacing aside) there is nothing to settle.
 */
final class ReviewRule implements ConflictRule {
    ReviewRule(RuleSettings settings) {}

    @Override
    public String name() {
        return "review";
    }

    @Override
    public Verdict decide(List<Candidate> candidates) {
        Candidate standing = candidates.get(0);
        // candidates come by key, so of two first seen at the same moment the smaller key stands
        for (int i = 1; i < candidates.size(); i++) {
            if (candidates.get(i).firstSeen().isBefore(standing.firstSeen())) {
                standing = candidates.get(i);
            }
        }
        boolean contested = false;
        for (int i = 0; i < candidates.size() && !contested; i++) {
            contested = !CanonicalText.sameMeaning(candidates.get(i).value(), standing.value());
        }
        return new Verdict(standing, standing.value(), contested);
    }

    @Override
    public String why(Verdict verdict, List<Candidate> candidates) {
        String first = "had it first, as of " + verdict.winner().firstSeen();
        return verdict.contested() ? first + ", and stays until a person settles the conflict" : first + "; all agree";
    }

    @Override
    public String whyNot(Candidate candidate, Verdict verdict) {
        return CanonicalText.sameMeaning(candidate.value(), verdict.value())
                ? "agrees; " + verdict.winner().label() + " had it first"
                : "disagrees, and waits for a person";
    }
}
