package dev.muster.golden;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One undo that a person asked for, and how far it is.
 *
 * @param madeBy who
 * @param reason why, in their words
 * @param total changes of source records that it is about
 * @param changes how many of them were worked on
 * @param records source records changed; one that was changed in two batches counts twice
 * @param fields fields changed
 * @param skipped fields that stayed, because somebody had written since
 * @param undoneBy the undo that put back what this one took away; null for none
 * @param endedAt null while it is under way
 */
public record Undo(
        long id,
        UndoScope scope,
        String madeBy,
        String reason,
        long total,
        long changes,
        long records,
        long fields,
        long skipped,
        @Nullable Long undoneBy,
        Instant createdAt,
        Instant updatedAt,
        @Nullable Instant endedAt) {

    /** {@code running} or {@code done}. */
    public String state() {
        return endedAt == null ? "running" : "done";
    }
}
