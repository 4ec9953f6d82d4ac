package dev.muster.push;

import java.util.Locale;
import java.util.Optional;

/** Whose value stands where the golden record and the target differ. */
enum ConflictResolution {
    /** The golden record's, always. */
    SOURCE_WINS,
    /** The target's; only what it lacks is filled in. */
    TARGET_WINS,
    /** The target's where it changed since we last wrote; else the golden record's. */
    MERGE,
    /** Where the target changed, nobody's: the push is held for a person. */
    MANUAL;

    String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<ConflictResolution> of(String id) {
        for (ConflictResolution one : values()) {
            if (one.id().equals(id)) {
                return Optional.of(one);
            }
        }
        return Optional.empty();
    }
}
