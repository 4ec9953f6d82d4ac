package dev.muster.golden;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a person's act made.
 *
 * @param id the act's: the id of its entry in the audit log
 * @param ruling the ruling on identity that was made and can be lifted; null where none was
 * @param records the golden records it was about, as they are now, by id
 */
public record Ruled(long id, @Nullable Long ruling, List<GoldenRecord> records) {
    public Ruled {
        records = List.copyOf(records);
    }
}
