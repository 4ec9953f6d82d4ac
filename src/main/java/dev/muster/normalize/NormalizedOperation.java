package dev.muster.normalize;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.operation.Operation;
import java.util.List;

/**
 * An operation and what it says, ready to be decided.
 *
 * @param records in the order in which they were stated
 * @param reason why there are none, or which of them were left out and why, for a person; empty where there is nothing to
 *     tell
 * @param refused how many could not be made
 */
public record NormalizedOperation(Operation operation, List<CanonicalRecord> records, String reason, int refused) {

    /** What a route can do with it. */
    public enum Kind {
        RECORDS,
        NOTHING
    }

    public NormalizedOperation {
        records = List.copyOf(records);
    }

    /** With nothing refused. */
    public NormalizedOperation(Operation operation, List<CanonicalRecord> records, String reason) {
        this(operation, records, reason, 0);
    }

    /** The content that a router goes by. */
    public Kind kind() {
        return records.isEmpty() ? Kind.NOTHING : Kind.RECORDS;
    }

    /** By identity alone: Camel looks bodies up by hash. */
    @Override
    public int hashCode() {
        return operation.hashCode();
    }
}
