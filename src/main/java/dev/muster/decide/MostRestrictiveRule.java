package dev.muster.decide;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code most_restrictive}: the value that permits least, by the given order; made for consent. Of several sources with
 * that value, the latest gets the credit. A value that is not in the order never beats one that is.
 */
final class MostRestrictiveRule implements ConflictRule {
    private final PlatformOrder platforms;
    private final Map<String, Integer> ranks = new HashMap<>();

    MostRestrictiveRule(RuleSettings settings) {
        this.platforms = new PlatformOrder(settings.words("platforms"));
        for (String value : settings.words("order")) {
            ranks.putIfAbsent(value, ranks.size());
        }
    }

    @Override
    public String name() {
        return "most_restrictive";
    }

    @Override
    public boolean hearsTheRemoved() {
        return true;
    }

    @Override
    public Verdict decide(List<Candidate> candidates) {
        Candidate winner = candidates.get(0);
        for (int i = 1; i < candidates.size(); i++) {
            Candidate candidate = candidates.get(i);
            int order = Integer.compare(rank(winner), rank(candidate));
            if (order == 0) {
                order = LatestRule.compare(candidate, winner, platforms);
            }
            if (order > 0) {
                winner = candidate;
            }
        }
        return Verdict.of(winner);
    }

    private int rank(Candidate candidate) {
        return ranks.getOrDefault(candidate.value().toString(), ranks.size());
    }

    @Override
    public String why(Verdict verdict, List<Candidate> candidates) {
        return "permits least of all sources";
    }

    @Override
    public String whyNot(Candidate candidate, Verdict verdict) {
        Candidate winner = verdict.winner();
        return rank(candidate) > rank(winner)
                ? candidate.value() + " permits more than " + winner.value()
                : LatestRule.later(winner, candidate, platforms);
    }
}
