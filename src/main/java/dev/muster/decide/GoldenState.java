package dev.muster.decide;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a golden record is, given its sources and overrides.
 *
 * @param fields canonical field to its value and provenance; fields nobody has a value for are absent
 * @param conflicts what waits for a person, by field
 * @param tombstone whether every source has been removed; the values stay
 */
public record GoldenState(SortedMap<String, Decided> fields, List<FieldConflict> conflicts, boolean tombstone) {
    public GoldenState {
        fields = Collections.unmodifiableSortedMap(fields);
        conflicts = List.copyOf(conflicts);
    }

    /** Canonical field to value. */
    public SortedMap<String, Object> values() {
        SortedMap<String, Object> values = new TreeMap<>();
        fields.forEach((field, decided) -> values.put(field, decided.value()));
        return values;
    }
}
