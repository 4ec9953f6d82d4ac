package dev.muster.decide;

/**
 * What a rule concluded.
 *
 * @param winner the source that gets the credit
 * @param value the value that stands: the winner's, or one made of several
 * @param contested whether a person has to settle it; the value stands meanwhile
 */
public record Verdict(Candidate winner, Object value, boolean contested) {
    /** The winner's value, uncontested. */
    public static Verdict of(Candidate winner) {
        return new Verdict(winner, winner.value(), false);
    }
}
