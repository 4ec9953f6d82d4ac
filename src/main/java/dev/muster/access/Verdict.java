package dev.muster.access;

import org.jspecify.annotations.Nullable;

/**
 * What became of a token.
 *
 * @param caller whose it is; null where it opens nothing
 * @param reason why it opens nothing, for the caller; empty where it does
 * @param guessed whether nothing says that the token was ever good: counted against its sender
 */
record Verdict(@Nullable Caller caller, String reason, boolean guessed) {
    static Verdict good(Caller caller) {
        return new Verdict(caller, "", false);
    }

    /** It proves itself, and is not good any more, or not for this. */
    static Verdict spent(String reason) {
        return new Verdict(null, reason, false);
    }

    static Verdict guess(String reason) {
        return new Verdict(null, reason, true);
    }
}
