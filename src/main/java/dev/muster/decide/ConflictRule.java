package dev.muster.decide;

import java.util.List;

/**
 * Chooses the surviving value of a field. A rule is a pure function of the set of candidates: their order must not matter
 * (they come sorted by key, so that a rule need not sort), nor any clock.
 */
public interface ConflictRule {
    /** The name in {@code config/survivorship.yaml}, in provenance and in explanations. */
    String name();

    /**
     * Whether a source that was removed on its platform is still a candidate beside living ones. True for consent: somebody
     * who opted out and then left that platform has not opted in again.
     */
    default boolean hearsTheRemoved() {
        return false;
    }

    /** @param candidates at least one, by key, each with a value: a blank is no candidate */
    Verdict decide(List<Candidate> candidates);

    /**
     * Why the verdict is as it is, as the end of a sentence that begins with the winner: {@code "observed it last"}.
     *
     * @param candidates at least two
     */
    String why(Verdict verdict, List<Candidate> candidates);

    /** Why a candidate's value does not stand (or how it took part), such as {@code "observed earlier"}. */
    String whyNot(Candidate candidate, Verdict verdict);
}
