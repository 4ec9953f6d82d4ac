package dev.muster.normalize;

import dev.muster.canonical.CanonicalRecord;
import java.util.List;

/**
 * What one part of a delivery was turned into.
 *
 * @param records may be empty (nothing is said), and may hold several statements about one key
 * @param rejected records that could not be made
 */
public record Normalized(List<CanonicalRecord> records, List<RejectedRecord> rejected) {
    public Normalized {
        records = List.copyOf(records);
        rejected = List.copyOf(rejected);
    }
}
