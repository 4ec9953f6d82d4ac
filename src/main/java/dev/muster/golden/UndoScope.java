package dev.muster.golden;

import static java.util.Objects.requireNonNull;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which operations are to be taken back: those of one organization and platform between two ids.
 *
 * @param integration only those of this account; null for all
 * @param firstId of the first operation
 * @param lastId of the last one
 * @param runId only those of this run, or of this undo; null for all
 */
public record UndoScope(
        Kind kind,
        String organization,
        String platform,
        @Nullable String integration,
        long firstId,
        long lastId,
        @Nullable Long runId) {

    /** What a person named. */
    public enum Kind {
        OPERATION,
        RUN,
        WINDOW,
        UNDO;

        /** The name in the API. */
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Kind of(String id) {
            return valueOf(id.toUpperCase(Locale.ROOT));
        }
    }

    public UndoScope {
        requireNonNull(kind, "kind");
        requireNonNull(organization, "organization");
        requireNonNull(platform, "platform");
    }

    /** Whether what was taken back is put back. */
    boolean restores() {
        return kind == Kind.UNDO;
    }
}
