package dev.muster.decide;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A source record from which what an operation made of it is taken back, field by field where nobody wrote since. */
final class SourceUndo {
    private final SourceRecord from;
    private final SourceChange change;
    private final SortedMap<String, Observation> fields;
    private final SortedMap<String, Instant> firstSeen;
    private final SortedMap<String, List<Retraction>> retracted;
    private final SortedSet<String> emails;
    private final SortedMap<String, Observation> rejected;
    private final List<Undone.Field> told = new ArrayList<>();
    private Observation tombstone;

    SourceUndo(SourceRecord from, SourceChange change) {
        this.from = from;
        this.change = change;
        this.fields = new TreeMap<>(from.fields());
        this.firstSeen = new TreeMap<>(from.firstSeen());
        this.retracted = new TreeMap<>(from.retractions());
        this.emails = new TreeSet<>(from.emails());
        this.rejected = new TreeMap<>(from.rejectedObservations());
        this.tombstone = from.tombstone();
    }

    /** Takes back what this delivery stated. */
    Undone undo(long deliveryId) {
        SourceRecord before = change.before();
        for (String field : change.fields()) {
            Observation held = fields.get(field);
            Observation was = before.observation(field);
            if (held == null) {
                continue;
            }
            if (held.deliveryId() != deliveryId) {
                if (was == null || !CanonicalText.sameMeaning(held.value(), was.value())) {
                    told.add(
                            new Undone.Field(field, held.value(), was == null ? null : was.value(), held.deliveryId()));
                }
                continue;
            }
            hearing(field, one -> one.undo(was, was == null ? null : before.firstSeen(field, was), before(field)));
            tell(field, held.value(), was == null ? null : was.value());
        }
        if (tombstone.deliveryId() == deliveryId && !before.tombstone().equals(tombstone)) {
            Observation held = tombstone;
            hearing(
                    SourceRecord.TOMBSTONE,
                    one -> one.undo(before.tombstone(), before.tombstone().asOf(), before(SourceRecord.TOMBSTONE)));
            tell(Undone.REMOVED, held.value(), tombstone.value());
        }
        change.emailsAdded().stream().filter(email -> !isHeld(email)).forEach(emails::remove);
        rejected.values().removeIf(value -> value.deliveryId() == deliveryId);
        return done();
    }

    /** Puts back what an undo took away, unless something else was stated since. */
    Undone restore() {
        SourceRecord before = change.before();
        for (Map.Entry<String, Observation> entry : before.fields().entrySet()) {
            String field = entry.getKey();
            Observation held = fields.get(field);
            hearing(field, one -> one.restore(entry.getValue(), before.firstSeen(field, entry.getValue())));
            Observation now = fields.get(field);
            if (held != null
                    && held.equals(now)
                    && !CanonicalText.sameMeaning(held.value(), entry.getValue().value())) {
                told.add(new Undone.Field(field, held.value(), entry.getValue().value(), held.deliveryId()));
            } else {
                tell(field, held == null ? null : held.value(), now == null ? null : now.value());
            }
        }
        if (!before.tombstone().equals(tombstone)) {
            Observation held = tombstone;
            hearing(
                    SourceRecord.TOMBSTONE,
                    one -> one.restore(before.tombstone(), before.tombstone().asOf()));
            tell(Undone.REMOVED, held.value(), tombstone.value());
        }
        emails.addAll(before.emails());
        return done();
    }

    private Undone done() {
        change.before().rejectedObservations().forEach((field, value) -> {
            rejected.merge(field, value, Observation::join);
        });
        rejected.entrySet().removeIf(entry -> {
            Observation valid =
                    entry.getKey().equals(CanonicalRecord.OBSERVED_AT) ? tombstone : fields.get(entry.getKey());
            return valid != null && entry.getValue().compareTimes(valid) < 0;
        });
        return new Undone(
                new SourceRecord(
                        from.key(), fields, firstSeen, tombstone, emails, rejected, retracted, from.goldenId()),
                told);
    }

    private void tell(String field, @Nullable Object standing, @Nullable Object after) {
        boolean isSame = standing == null ? after == null : standing.equals(after);
        if (!isSame) {
            told.add(new Undone.Field(field, standing, after, null));
        }
    }

    private List<Retraction> before(String field) {
        return change.before().retractions().getOrDefault(field, List.of());
    }

    private boolean isHeld(String email) {
        Observation held = fields.get(SourceRecord.EMAIL);
        return from.key().entity() == Entity.MEMBER
                && held != null
                && held.value() instanceof String text
                && SourceRecord.normalizedEmail(text).equals(email);
    }

    private void hearing(String field, Consumer<FieldHearing> work) {
        boolean isTombstone = field.equals(SourceRecord.TOMBSTONE);
        FieldHearing hearing = new FieldHearing(
                isTombstone ? tombstone : fields.get(field),
                firstSeen.get(field),
                retracted.getOrDefault(field, List.of()));
        work.accept(hearing);
        Observation held = hearing.held();
        if (isTombstone) {
            tombstone = held == null ? SourceRecord.NEVER_STATED : held;
        } else {
            put(fields, field, held);
            put(firstSeen, field, held == null ? null : hearing.firstSeen());
        }
        put(retracted, field, hearing.retractions().isEmpty() ? null : hearing.retractions());
    }

    private static <T> void put(Map<String, T> map, String field, @Nullable T value) {
        if (value == null) {
            map.remove(field);
        } else {
            map.put(field, value);
        }
    }
}
