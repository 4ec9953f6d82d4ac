package dev.muster.golden;

import dev.muster.canonical.RecordKey;
import dev.muster.decide.SourceRecord;
import dev.muster.decide.Undone;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** Changes taken back in memory, the latest first: what source records become, and what that means for each of their fields. */
final class UndoWork {
    private final boolean restores;
    private final Map<RecordKey, SourceRecord> before = new HashMap<>();
    private final Map<RecordKey, SourceRecord> after = new LinkedHashMap<>();
    private final Map<Place, UndoDifference> differences = new LinkedHashMap<>();

    private record Place(RecordKey key, String field) {}

    UndoWork(boolean restores) {
        this.restores = restores;
    }

    /** Which of these records are not known yet. */
    Set<RecordKey> unknown(Collection<SourceChangeStore.Row> rows) {
        Set<RecordKey> keys = new TreeSet<>();
        rows.forEach(row -> keys.add(row.key()));
        keys.removeAll(before.keySet());
        return keys;
    }

    void know(Map<RecordKey, SourceRecord> sources) {
        before.putAll(sources);
        after.putAll(sources);
    }

    /** A record that is not there any more is passed over. */
    void takeBack(Collection<SourceChangeStore.Row> rows) {
        for (SourceChangeStore.Row row : rows) {
            SourceRecord source = after.get(row.key());
            if (source == null) {
                continue;
            }
            Undone undone = restores ? source.restore(row.change()) : source.undo(row.change(), row.deliveryId());
            after.put(row.key(), undone.record());
            for (Undone.Field field : undone.fields()) {
                differences.merge(
                        new Place(row.key(), field.name()),
                        new UndoDifference(
                                row.key(),
                                source.goldenId(),
                                field.name(),
                                field.standing(),
                                field.after(),
                                field.writtenBy()),
                        UndoWork::joined);
            }
        }
    }

    /** A field goes back step by step, until a step that is skipped. */
    private static UndoDifference joined(UndoDifference first, UndoDifference next) {
        return first.writtenBy() != null || next.writtenBy() != null
                ? first
                : new UndoDifference(first.key(), first.goldenId(), first.field(), first.before(), next.after(), null);
    }

    void settle() {
        after.replaceAll((key, source) -> source.settled());
    }

    /** The records that changed, each as it was. */
    Map<RecordKey, SourceRecord> changed() {
        Map<RecordKey, SourceRecord> changed = new LinkedHashMap<>();
        after.forEach((key, source) -> {
            SourceRecord was = before.get(key);
            if (was != null && !source.equals(was)) {
                changed.put(key, was);
            }
        });
        return changed;
    }

    SourceRecord after(RecordKey key) {
        return Objects.requireNonNull(after.get(key));
    }

    /** Fields that change, and those that are skipped. */
    List<UndoDifference> differences() {
        List<UndoDifference> all = new ArrayList<>(differences.values());
        all.removeIf(one -> one.writtenBy() == null && Objects.equals(one.before(), one.after()));
        return all;
    }

    UndoPreview preview(long changes, boolean isComplete, int offset, int limit) {
        List<UndoDifference> all = differences();
        Set<RecordKey> records = new HashSet<>();
        Set<Long> goldens = new HashSet<>();
        long fields = 0;
        for (UndoDifference one : all) {
            if (one.writtenBy() == null) {
                fields++;
                records.add(one.key());
                goldens.add(one.goldenId());
            }
        }
        long withdrawn = records.stream()
                .filter(key -> after(key).isWithdrawn()
                        && !Objects.requireNonNull(before.get(key)).isWithdrawn())
                .count();
        int from = Math.min(offset, all.size());
        return new UndoPreview(
                changes,
                isComplete,
                records.size(),
                withdrawn,
                goldens.size(),
                fields,
                all.size() - fields,
                all.subList(from, Math.min(all.size(), from + limit)));
    }
}
