package dev.muster.decide;

import dev.muster.canonical.RecordKey;
import java.util.ArrayList;
import java.util.List;

/**
 * Source records that are one person or thing.
 *
 * @param sources at least one, by key
 */
public record Cluster(List<SourceRecord> sources) {
    public Cluster {
        sources = List.copyOf(sources);
    }

    /** The keys of its sources, in order. */
    public List<RecordKey> keys() {
        List<RecordKey> keys = new ArrayList<>(sources.size());
        for (SourceRecord source : sources) {
            keys.add(source.key());
        }
        return keys;
    }

    /** The smallest golden id that any of its sources has; {@link Long#MAX_VALUE} where none has one. */
    long goldenIdMin() {
        long min = Long.MAX_VALUE;
        for (SourceRecord source : sources) {
            if (source.goldenId() != SourceRecord.NO_GOLDEN_ID) {
                min = Math.min(min, source.goldenId());
            }
        }
        return min;
    }
}
