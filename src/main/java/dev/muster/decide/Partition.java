package dev.muster.decide;

import java.util.List;

/**
 * Who is who among some sources.
 *
 * @param clusters every source in exactly one of them; by smallest key
 * @param duplicates who shares an address and was not joined; one for each two clusters at most
 */
public record Partition(List<Cluster> clusters, List<DuplicateCandidate> duplicates) {
    public Partition {
        clusters = List.copyOf(clusters);
        duplicates = List.copyOf(duplicates);
    }
}
