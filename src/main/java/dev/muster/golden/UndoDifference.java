package dev.muster.golden;

import dev.muster.canonical.RecordKey;
import org.jspecify.annotations.Nullable;

/**
 * What an undo makes of one field of one source record.
 *
 * @param goldenId the golden record that it belongs to
 * @param field its name, or {@code removed}
 * @param before its value now; null for none
 * @param after its value afterwards, or what it would be if nobody had written since; null for none
 * @param writtenBy the later delivery for whose sake it is skipped; null where it changes
 */
public record UndoDifference(
        RecordKey key,
        long goldenId,
        String field,
        @Nullable Object before,
        @Nullable Object after,
        @Nullable Long writtenBy) {}
