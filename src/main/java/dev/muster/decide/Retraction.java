package dev.muster.decide;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A value that a person took back, as one source had stated it. What only states it again is passed over, until the source
 * states another value of a later time.
 *
 * @param undone the statement that was taken back
 * @param repeated the greatest statement that was passed over since; null for none
 * @param seen the earliest sight that was passed over since; null for none
 */
record Retraction(
        Observation undone,
        @Nullable Observation repeated,
        @Nullable Instant seen) {

    static Retraction of(Observation undone) {
        return new Retraction(undone, null, null);
    }

    boolean isOf(Object value) {
        return CanonicalText.sameMeaning(undone.value(), value);
    }

    /** Whether this other statement shows that the source has moved on. */
    boolean isLiftedBy(Observation other) {
        return !isOf(other.value()) && other.compareTo(undone) > 0;
    }

    Retraction passedOver(Observation stated, Instant seenAt) {
        Observation greatest = repeated == null ? stated : repeated.join(stated);
        Instant earliest = seen == null || seenAt.isBefore(seen) ? seenAt : seen;
        return greatest.equals(repeated) && earliest.equals(seen) ? this : new Retraction(undone, greatest, earliest);
    }

    /** Both of one value: what either knows. */
    Retraction join(Retraction other) {
        Retraction joined = new Retraction(undone.join(other.undone), repeated, seen);
        return other.repeated == null || other.seen == null ? joined : joined.passedOver(other.repeated, other.seen);
    }

    /** What the source has by its own latest word. */
    Observation told() {
        return repeated == null ? undone : repeated.join(undone);
    }
}
