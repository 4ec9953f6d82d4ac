package dev.muster.meter;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Traffic over time, for a chart.
 *
 * @param from when the first bucket begins
 * @param step how long each is
 * @param platforms of each platform with any traffic, one entry per bucket, the oldest first
 */
public record TrafficSeries(Instant from, Duration step, Map<String, List<TrafficCounts>> platforms) {
    public TrafficSeries {
        platforms = Map.copyOf(platforms);
    }
}
