package dev.muster.golden;

import dev.muster.canonical.Entity;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The hub's one best version of a person or thing.
 *
 * @param values canonical field to value, sorted
 * @param version grows by one with every change
 * @param deletedAt since when every source says that it was removed; the values stay
 * @param mergedInto the golden record that its sources belong to now; null while it has its own
 */
public record GoldenRecord(
        long id,
        String organization,
        Entity entity,
        Map<String, Object> values,
        long version,
        Instant createdAt,
        Instant updatedAt,
        @Nullable Instant deletedAt,
        @Nullable Long mergedInto) {

    public GoldenRecord {
        values = new TreeMap<>(values);
    }
}
