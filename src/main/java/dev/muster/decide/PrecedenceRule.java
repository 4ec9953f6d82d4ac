package dev.muster.decide;

import java.util.List;

/** {@code precedence}: the platform that comes first in the list; platforms not listed come last; then the latest. */
final class PrecedenceRule implements ConflictRule {
    private final PlatformOrder platforms;

    PrecedenceRule(RuleSettings settings) {
        this.platforms = new PlatformOrder(settings.words("platforms"));
    }

    @Override
    public String name() {
        return "precedence";
    }

    @Override
    public Verdict decide(List<Candidate> candidates) {
        Candidate winner = candidates.get(0);
        for (int i = 1; i < candidates.size(); i++) {
            Candidate candidate = candidates.get(i);
            int order = Integer.compare(platforms.rank(winner), platforms.rank(candidate));
            if (order == 0) {
                order = LatestRule.compare(candidate, winner, platforms);
            }
            if (order > 0) {
                winner = candidate;
            }
        }
        return Verdict.of(winner);
    }

    @Override
    public String why(Verdict verdict, List<Candidate> candidates) {
        return "comes first in the order of platforms";
    }

    @Override
    public String whyNot(Candidate candidate, Verdict verdict) {
        Candidate winner = verdict.winner();
        return platforms.rank(candidate) > platforms.rank(winner)
                ? winner.platform() + " comes before " + candidate.platform() + " in the order of platforms"
                : LatestRule.later(winner, candidate, platforms);
    }
}
