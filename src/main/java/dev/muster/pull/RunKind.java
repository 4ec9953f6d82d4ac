package dev.muster.pull;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a run reads. */
public enum RunKind {
    /** Everything there is. */
    FULL,
    /** What changed since the last run. */
    INCREMENTAL,
    /** What changed since a stated date. */
    BACKFILL,
    /** One record, because a person asked for it. */
    ONE;

    /** The name in the API and the database. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The opposite of {@link #id}. */
    public static Optional<RunKind> of(String id) {
        return Arrays.stream(values()).filter(kind -> kind.id().equals(id)).findFirst();
    }
}
