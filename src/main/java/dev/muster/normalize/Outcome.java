package dev.muster.normalize;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import java.util.ArrayList;
import java.util.List;

/** Collects what a part of a delivery is turned into. */
final class Outcome {
    private final List<CanonicalRecord> records = new ArrayList<>(4);
    private final List<RejectedRecord> rejected = new ArrayList<>(0);

    void add(CanonicalRecord record) {
        records.add(record);
    }

    void reject(Entity entity, Origin origin, String reason) {
        rejected.add(new RejectedRecord(
                entity,
                "A " + entity.id() + " of " + origin.platform()
                        + (origin.kind().isEmpty() ? "" : " (" + origin.kind() + ")") + " was left out: "
                        + reason));
    }

    Normalized normalized() {
        return new Normalized(records, rejected);
    }
}
