package dev.muster.decide;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One field of one source while it is told something: what is held, and what of it a person took back. A value that was taken back
 * stays out until another one of a later time is heard; that one also brings back what was passed over meanwhile. Which of
 * them are heard in the end does not depend on their order.
 */
final class FieldHearing {
    private @Nullable Observation held;
    private @Nullable Instant firstSeen;
    private List<Retraction> retractions;
    private final List<Object> released = new ArrayList<>(0);

    FieldHearing(@Nullable Observation held, @Nullable Instant firstSeen, List<Retraction> retractions) {
        this.held = held;
        this.firstSeen = firstSeen;
        this.retractions = retractions;
    }

    @Nullable
    Observation held() {
        return held;
    }

    @Nullable
    Instant firstSeen() {
        return firstSeen;
    }

    List<Retraction> retractions() {
        return retractions;
    }

    /** Values that count as observed from now on: the one that was told, and those that it brought back. */
    List<Object> released() {
        return released;
    }

    void tell(Observation stated, Instant seenAt, boolean force) {
        Retraction same = of(stated.value());
        if (same != null && !force) {
            Retraction after = same.passedOver(stated, seenAt);
            retractions = retractions.stream()
                    .map(one -> one.equals(same) ? after : one)
                    .toList();
            return;
        }
        List<Retraction> left = new ArrayList<>(retractions);
        Deque<Observation> heard = new ArrayDeque<>();
        if (same != null) {
            left.remove(same);
            release(same, heard);
        }
        see(seenAt);
        heard.add(stated);
        while (!heard.isEmpty()) {
            Observation one = heard.remove();
            released.add(one.value());
            held = held == null ? one : held.join(one);
            List<Retraction> lifted =
                    left.stream().filter(each -> each.isLiftedBy(one)).toList();
            left.removeAll(lifted);
            lifted.forEach(each -> release(each, heard));
        }
        retractions = List.copyOf(left);
    }

    private void release(Retraction retraction, Deque<Observation> heard) {
        Observation repeated = retraction.repeated();
        Instant seen = retraction.seen();
        if (repeated != null && seen != null) {
            heard.add(repeated);
            see(seen);
        }
    }

    private void see(Instant at) {
        if (firstSeen == null || at.isBefore(firstSeen)) {
            firstSeen = at;
        }
    }

    /** What is held was taken back: this stood before it. */
    void undo(@Nullable Observation before, @Nullable Instant beforeSeen, List<Retraction> beforeRetractions) {
        Observation undone = held;
        if (undone == null) {
            return;
        }
        retractions = with(with(retractions, beforeRetractions), List.of(Retraction.of(undone)));
        held = before;
        firstSeen = beforeSeen;
    }

    /** What was taken back stands again, unless the source has moved on. */
    void restore(Observation before, @Nullable Instant beforeSeen) {
        tell(before, beforeSeen == null ? before.asOf() : beforeSeen, true);
    }

    private @Nullable Retraction of(Object value) {
        for (Retraction one : retractions) {
            if (one.isOf(value)) {
                return one;
            }
        }
        return null;
    }

    /** One for each value, the latest undone last, and no more than are kept of a field. */
    private static List<Retraction> with(List<Retraction> some, List<Retraction> others) {
        List<Retraction> all = new ArrayList<>(some);
        for (Retraction other : others) {
            Retraction joined = other;
            for (Retraction one : some) {
                if (one.isOf(other.undone().value())) {
                    all.remove(one);
                    joined = one.join(other);
                }
            }
            all.add(joined);
        }
        int beyond = Math.max(0, all.size() - SourceRecord.RETRACTIONS_MAX);
        all.sort((a, b) -> a.undone().compareTo(b.undone()));
        return List.copyOf(all.subList(beyond, all.size()));
    }
}
