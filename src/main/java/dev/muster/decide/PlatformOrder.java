package dev.muster.decide;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which platform is believed first. Platforms that are not listed come after those that are, and are equal. */
final class PlatformOrder {
    private final Map<String, Integer> ranks = new HashMap<>();

    PlatformOrder(List<String> platforms) {
        for (String platform : platforms) {
            ranks.putIfAbsent(platform, ranks.size());
        }
    }

    /** Smaller is believed first. */
    int rank(Candidate candidate) {
        return ranks.isEmpty() ? 0 : ranks.getOrDefault(candidate.platform(), ranks.size());
    }
}
