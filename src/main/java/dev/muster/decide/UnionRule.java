package dev.muster.decide;

import java.util.List;
import java.util.TreeSet;

/**
 * {@code union}: every source's list together, each text once, sorted. A single text counts as a list of one. The latest
 * source gets the credit.
 */
final class UnionRule implements ConflictRule {
    private static final PlatformOrder NO_ORDER = new PlatformOrder(List.of());

    UnionRule(RuleSettings settings) {}

    @Override
    public String name() {
        return "union";
    }

    @Override
    public Verdict decide(List<Candidate> candidates) {
        TreeSet<String> union = new TreeSet<>();
        for (Candidate candidate : candidates) {
            if (candidate.value() instanceof List<?> list) {
                for (Object text : list) {
                    union.add((String) text);
                }
            } else {
                union.add(candidate.value().toString());
            }
        }
        return new Verdict(LatestRule.latest(candidates, NO_ORDER), List.copyOf(union), false);
    }

    @Override
    public String why(Verdict verdict, List<Candidate> candidates) {
        return "spoke last; the lists of all sources are taken together";
    }

    @Override
    public String whyNot(Candidate candidate, Verdict verdict) {
        return "its part is in the value; " + verdict.winner().label() + " spoke last and gets the credit";
    }
}
