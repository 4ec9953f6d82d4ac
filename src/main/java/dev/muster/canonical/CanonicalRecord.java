package dev.muster.canonical;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One record in the canonical form, as one platform stated it at one moment.
 *
 * <p>Three instants order what is known, and none of them is our clock where the platform gave one:
 *
 * <ul>
 *   <li>{@code observedAt}: since when the values hold there (the object's own modification time). Rival platforms are
 *       compared by it. A field may have its own in {@code fieldTimes} (a consent has its own date).
 *   <li>{@code asOf}: the moment of which this is the state. Two statements of the same platform about the same record
 *       are ordered by it: the time of the fetch where the object was fetched, else the record's own time, else the
 *       arrival; {@link Instant#EPOCH} where it has no time and is older than any statement that has one, so that
 *       {@code arrival} alone orders it among its like.
 *   <li>{@code arrival}: settles two statements with the same {@code asOf} on platforms whose time is too coarse (a
 *       Patreon member may go A, B, A within one charge date); {@link Instant#EPOCH} where the platform's own time is
 *       enough, so that the order of arrival cannot matter.
 * </ul>
 *
 * @param fields canonical name to value: {@link String}, {@link Long}, {@link Boolean} or a {@code List<String>};
 *     blanks are absent; a reference to another record is its {@link RecordKey#reference()}
 * @param fieldTimes observed-at of single fields, where it differs from {@code observedAt}
 * @param tombstone whether the platform says that the record was removed
 * @param rejected values that did not validate, kept beside the record with the reason
 */
public record CanonicalRecord(
        RecordKey key,
        Map<String, Object> fields,
        Instant observedAt,
        Map<String, Instant> fieldTimes,
        Instant asOf,
        Instant arrival,
        boolean tombstone,
        List<RejectedValue> rejected) {

    /** Under which name a time of the whole record is rejected. */
    public static final String OBSERVED_AT = "observedAt";

    public CanonicalRecord {
        fields = Collections.unmodifiableMap(new TreeMap<>(fields));
        fieldTimes = Map.copyOf(fieldTimes);
        rejected = List.copyOf(rejected);
    }

    /** By when its values were there at the latest, as far as the platform's time or the arrival tells. */
    public Instant seenAt() {
        return asOf.equals(Instant.EPOCH) ? observedAt : asOf;
    }

    /** When the platform says this field's value came to be. */
    public Instant observedAt(String field) {
        return fieldTimes.getOrDefault(field, observedAt);
    }
}
