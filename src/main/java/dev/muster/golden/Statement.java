package dev.muster.golden;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.operation.Operation;
import java.util.List;

/**
 * An operation with what it says, ready to be decided and written.
 *
 * @param records in the order in which they were stated; may be empty
 */
public record Statement(Operation operation, List<CanonicalRecord> records) {
    public Statement {
        records = List.copyOf(records);
    }
}
