package dev.muster.decide;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What taking back one operation makes of one source record.
 *
 * @param record as it is afterwards
 * @param fields whose value changes, or would have if nobody had written since
 */
public record Undone(SourceRecord record, List<Field> fields) {
    /** The name under which it is told that a record is removed, or not. */
    public static final String REMOVED = "removed";

    public Undone {
        fields = List.copyOf(fields);
    }

    /**
     * One field.
     *
     * @param standing its value now; null for none
     * @param after what it would be; null for none
     * @param writtenBy the later delivery that is the reason why nothing changes; null where it changes
     */
    public record Field(
            String name,
            @Nullable Object standing,
            @Nullable Object after,
            @Nullable Long writtenBy) {}
}
