package dev.muster.decide;

import dev.muster.canonical.RecordKey;
import java.util.List;
import java.util.SortedMap;

/**
 * Which golden record each source belongs to now.
 *
 * @param people one for each cluster, in the order in which they chose their ids
 * @param repointings the sources whose golden id changes, by key
 * @param merged golden ids that no source belongs to any more, each with the one that its sources went to
 */
public record Assignment(List<Person> people, List<Repointing> repointings, SortedMap<Long, Long> merged) {
    /**
     * One golden record and the sources that make it.
     *
     * @param isNew whether the id was made just now
     */
    public record Person(long goldenId, boolean isNew, Cluster cluster) {}

    /**
     * A source that moves.
     *
     * @param from the golden id it had, {@link SourceRecord#NO_GOLDEN_ID} where it had none
     */
    public record Repointing(RecordKey key, long from, long to) {}

    public Assignment {
        people = List.copyOf(people);
        repointings = List.copyOf(repointings);
    }
}
