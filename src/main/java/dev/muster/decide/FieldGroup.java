package dev.muster.decide;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Fields that come from one source together or not at all, so that no street gets another town.
 *
 * @param name such as {@code address}
 * @param anchor the field without which a source is heard only where no source has it, so that a bare country does not
 *     push out a whole address; null where every part counts the same
 */
record FieldGroup(
        String name, List<String> fields, @Nullable String anchor, ConflictRule rule) {
    FieldGroup {
        fields = List.copyOf(fields);
    }
}
