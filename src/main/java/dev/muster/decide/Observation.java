package dev.muster.decide;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;

/**
 * One field's value, as one source stated it.
 *
 * <p>The observations of one field by one source are totally ordered: by {@code asOf}, then {@code arrival}, then
 * {@code observedAt}, then the value's canonical text, and where all of these are equal, the smaller delivery id is the
 * greater observation (the first delivery that said it keeps the credit). {@link #join} takes the greater one, so it is
 * commutative, associative and idempotent: the order, the repetition and the batching of deliveries cannot matter.
 *
 * @param value a {@link String}, {@link Long}, {@link Boolean} or {@code List<String>}
 * @param observedAt since when the value holds there; rival sources are compared by it
 * @param asOf the moment of which this is the state; statements of one source are ordered by it
 * @param arrival settles two statements with the same {@code asOf}; {@link Instant#EPOCH} where it may not matter
 * @param deliveryId the delivery that stated it
 */
public record Observation(Object value, Instant observedAt, Instant asOf, Instant arrival, long deliveryId)
        implements Comparable<Observation> {

    public Observation {
        requireNonNull(value, "value");
        requireNonNull(observedAt, "observedAt");
        requireNonNull(asOf, "asOf");
        requireNonNull(arrival, "arrival");
        if (value instanceof List<?> list) {
            value = List.copyOf(list);
        }
    }

    /** The greater of the two. */
    public Observation join(Observation other) {
        return compareTo(other) >= 0 ? this : other;
    }

    @Override
    public int compareTo(Observation other) {
        int order = compareTimes(other);
        if (order == 0) {
            order = CanonicalText.compare(value, other.value);
        }
        return order == 0 ? Long.compare(other.deliveryId, deliveryId) : order;
    }

    /** The order without the value and the delivery: 0 for two values of one statement. */
    int compareTimes(Observation other) {
        int order = asOf.compareTo(other.asOf);
        if (order == 0) {
            order = arrival.compareTo(other.arrival);
        }
        return order == 0 ? observedAt.compareTo(other.observedAt) : order;
    }

    /** Whether both come from one delivery and carry the same times. */
    boolean sameStatement(Observation other) {
        return deliveryId == other.deliveryId && compareTimes(other) == 0;
    }
}
