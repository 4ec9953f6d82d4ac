package dev.muster.decide;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What one operation made of one source record, so that it can be undone: how that was before which it changed.
 *
 * @param before the fields that it changed as they were, the tombstone, the rejected values it took away, the golden record; its
 *     e-mails are those that the operation took away
 * @param added the fields of which nothing was known before
 * @param emailsAdded the addresses that were new
 */
public record SourceChange(SourceRecord before, SortedSet<String> added, SortedSet<String> emailsAdded) {

    /** The difference of two states of one source record. */
    public static SourceChange between(SourceRecord before, SourceRecord after) {
        SortedMap<String, Observation> fields = new TreeMap<>();
        SortedMap<String, Instant> firstSeen = new TreeMap<>();
        SortedMap<String, List<Retraction>> retracted = new TreeMap<>();
        SortedSet<String> added = new TreeSet<>();
        SortedSet<String> names = new TreeSet<>(before.fields().keySet());
        names.addAll(after.fields().keySet());
        for (String field : names) {
            Observation was = before.observation(field);
            if (Objects.equals(was, after.observation(field))) {
                continue;
            }
            if (was == null) {
                added.add(field);
            } else {
                fields.put(field, was);
                firstSeen.put(field, before.firstSeen(field, was));
            }
            keep(before, field, retracted);
        }
        if (!before.tombstone().equals(after.tombstone())) {
            keep(before, SourceRecord.TOMBSTONE, retracted);
        }
        SortedSet<String> gone = new TreeSet<>(before.emails());
        gone.removeAll(after.emails());
        SortedSet<String> emailsAdded = new TreeSet<>(after.emails());
        emailsAdded.removeAll(before.emails());
        SortedMap<String, Observation> rejected = new TreeMap<>(before.rejectedObservations());
        rejected.entrySet().removeIf(one -> one.getValue()
                .equals(after.rejectedObservations().get(one.getKey())));
        return new SourceChange(
                new SourceRecord(
                        before.key(),
                        fields,
                        firstSeen,
                        before.tombstone(),
                        gone,
                        rejected,
                        retracted,
                        before.goldenId()),
                added,
                emailsAdded);
    }

    private static void keep(SourceRecord before, String field, Map<String, List<Retraction>> retracted) {
        List<Retraction> own = before.retractions().get(field);
        if (own != null) {
            retracted.put(field, own);
        }
    }

    /** Whether the two states differ in nothing that could be taken back. */
    public boolean isNothing(SourceRecord after) {
        return added.isEmpty()
                && before.fields().isEmpty()
                && before.tombstone().equals(after.tombstone())
                && emailsAdded.isEmpty()
                && before.emails().isEmpty()
                && before.rejectedObservations().isEmpty();
    }

    /** The fields that it changed. */
    SortedSet<String> fields() {
        SortedSet<String> all = new TreeSet<>(added);
        all.addAll(before.fields().keySet());
        return all;
    }
}
