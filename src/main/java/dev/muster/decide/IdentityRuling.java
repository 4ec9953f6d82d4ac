package dev.muster.decide;

import dev.muster.canonical.RecordKey;
import java.util.Collections;
import java.util.Comparator;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A person's word on who is who: each source of one side and each of the other are one person, or are two. It beats what
 * addresses and names say, until it is lifted.
 *
 * @param one source records of members of one organization; never empty
 * @param other the other side; has none of the first
 * @param settlement who said so, when and why
 */
public record IdentityRuling(
        long id, Kind kind, SortedSet<RecordKey> one, SortedSet<RecordKey> other, Settlement settlement) {
    /** The most source records on one side: each of one side is held against each of the other. */
    public static final int SIDE_MAX = 100;

    /** Of several about the same two sources, the later one stands. */
    static final Comparator<IdentityRuling> BY_TIME = Comparator.comparing(
                    (IdentityRuling ruling) -> ruling.settlement().at())
            .thenComparingLong(IdentityRuling::id);

    /** What was said. */
    public enum Kind {
        /** They are one person. */
        SAME("same"),
        /** They are two. */
        APART("apart");

        private final String id;

        Kind(String id) {
            this.id = id;
        }

        /** The lower-case name in the API and the database. */
        public String id() {
            return id;
        }
    }

    /** @throws IllegalArgumentException where a side is empty or too large, or a source is on both */
    public IdentityRuling {
        one = Collections.unmodifiableSortedSet(new TreeSet<>(one));
        other = Collections.unmodifiableSortedSet(new TreeSet<>(other));
        if (one.isEmpty() || other.isEmpty() || one.size() > SIDE_MAX || other.size() > SIDE_MAX) {
            throw new IllegalArgumentException("A ruling has 1 to " + SIDE_MAX + " source records on each side, not "
                    + one.size() + " and " + other.size());
        }
        if (!Collections.disjoint(one, other)) {
            throw new IllegalArgumentException("A source record is on both sides of the ruling " + id);
        }
    }

    /** Whether it is about two sources of which one is in each of the sets. */
    public boolean spans(Set<RecordKey> a, Set<RecordKey> b) {
        return meets(one, a) && meets(other, b) || meets(one, b) && meets(other, a);
    }

    private static boolean meets(Set<RecordKey> side, Set<RecordKey> set) {
        return !Collections.disjoint(side, set);
    }
}
