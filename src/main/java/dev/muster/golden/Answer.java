package dev.muster.golden;

import org.jspecify.annotations.Nullable;

/**
 * What became of one of many conflicts.
 *
 * @param act the entry of the audit log; null where nothing was done
 * @param why for a person; empty where it was done
 */
public record Answer(
        long conflict, Outcome outcome, @Nullable Long act, String why) {
    /** How it ended. */
    public enum Outcome {
        /** It is resolved. */
        DONE,
        /** It does not wait (any more). */
        GONE,
        /** It waits still. */
        REFUSED
    }

    static Answer done(long conflict, long act) {
        return new Answer(conflict, Outcome.DONE, act, "");
    }

    static Answer not(long conflict, Outcome outcome, String why) {
        return new Answer(conflict, outcome, null, why);
    }
}
