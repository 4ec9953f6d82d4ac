package dev.muster.decide;

import java.util.List;

/**
 * {@code latest}: the value that was observed last. Equal times are settled by the order of platforms where there is one,
 * then by the later state, then by the greater text, platform and external id: never by the order of arrival.
 */
final class LatestRule implements ConflictRule {
    private final PlatformOrder platforms;

    LatestRule(RuleSettings settings) {
        this.platforms = new PlatformOrder(settings.words("platforms"));
    }

    @Override
    public String name() {
        return "latest";
    }

    @Override
    public Verdict decide(List<Candidate> candidates) {
        return Verdict.of(latest(candidates, platforms));
    }

    /** The latest of all candidates. */
    static Candidate latest(List<Candidate> candidates, PlatformOrder platforms) {
        Candidate winner = candidates.get(0);
        for (int i = 1; i < candidates.size(); i++) {
            Candidate candidate = candidates.get(i);
            if (compare(candidate, winner, platforms) > 0) {
                winner = candidate;
            }
        }
        return winner;
    }

    /** A total order of the candidates of one field: positive where {@code a} beats {@code b}. */
    static int compare(Candidate a, Candidate b, PlatformOrder platforms) {
        int order = a.observedAt().compareTo(b.observedAt());
        if (order == 0) {
            order = Integer.compare(platforms.rank(b), platforms.rank(a));
        }
        if (order == 0) {
            order = a.asOf().compareTo(b.asOf());
        }
        if (order == 0) {
            order = CanonicalText.compare(a.value(), b.value());
        }
        return order == 0 ? a.key().compareTo(b.key()) : order;
    }

    @Override
    public String why(Verdict verdict, List<Candidate> candidates) {
        return "observed it last, at " + verdict.winner().observedAt();
    }

    @Override
    public String whyNot(Candidate candidate, Verdict verdict) {
        return later(verdict.winner(), candidate, platforms);
    }

    /** Why the loser is behind the winner in the order of {@link #compare}. */
    static String later(Candidate winner, Candidate loser, PlatformOrder platforms) {
        if (loser.observedAt().isBefore(winner.observedAt())) {
            return "observed earlier than " + winner.label() + ", at " + loser.observedAt();
        }
        String same = "observed at the same moment as " + winner.label() + ", ";
        if (platforms.rank(loser) != platforms.rank(winner)) {
            return same + "which comes first in the order of platforms";
        }
        if (loser.asOf().isBefore(winner.asOf())) {
            return same + "but its state is older";
        }
        return CanonicalText.compare(loser.value(), winner.value()) == 0
                ? same + "with the same value; one of them gets the credit"
                : same + "and nothing tells which is newer; the greater text was taken, so that the choice is always"
                        + " the same";
    }
}
