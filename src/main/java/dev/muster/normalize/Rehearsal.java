package dev.muster.normalize;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.failure.Failure;
import dev.muster.operation.Operation;
import java.util.List;

/**
 * What a mapping would make of a delivery, without asking the platform for anything.
 *
 * @param records in the order in which they were stated
 * @param why there are none, or which of them are left out; empty where there is nothing to tell
 * @param isThin whether it only points at a record that would have to be fetched
 */
public record Rehearsal(List<CanonicalRecord> records, String why, boolean isThin) {
    public Rehearsal {
        records = List.copyOf(records);
    }

    /** A delivery that cannot be read is told of like one that says nothing. */
    public static Rehearsal of(Normalizer normalizer, Operation operation) {
        try {
            List<Part> parts = normalizer.parts(operation);
            if (parts.stream().anyMatch(Part::needsFetch)) {
                return new Rehearsal(List.of(), "the record it points at would have to be fetched", true);
            }
            NormalizedOperation made = new Assembly(operation, normalizer, parts, false).normalized();
            return new Rehearsal(made.records(), made.reason(), false);
        } catch (Failure e) {
            return new Rehearsal(List.of(), String.valueOf(e.getMessage()), false);
        }
    }
}
