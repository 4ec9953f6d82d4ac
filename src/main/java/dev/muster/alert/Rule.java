package dev.muster.alert;

import java.time.Duration;
import java.util.Set;

/**
 * When somebody has to know.
 *
 * @param name tells it from every other, and its alerts from those of others
 * @param below whether too little is wrong, instead of too much
 * @param threshold what is still right
 * @param clearAt what is right again; beyond the threshold where values dance around it
 * @param window over how much time it is counted; zero where it is measured now
 * @param lasting for how long it has to be wrong before anybody is told
 * @param organizations whose; empty for all
 * @param platforms of which; empty for all
 * @param remindEvery how often it is repeated while nobody acknowledged it; zero for never
 * @param resolveAfter for how long it has to be right again
 */
public record Rule(
        String name,
        Measure measure,
        boolean below,
        double threshold,
        double clearAt,
        Duration window,
        Duration lasting,
        Severity severity,
        Set<String> organizations,
        Set<String> platforms,
        Duration remindEvery,
        Duration resolveAfter) {
    public Rule {
        organizations = Set.copyOf(organizations);
        platforms = Set.copyOf(platforms);
    }

    /** Whether this was measured for the rule. */
    boolean concerns(Reading reading) {
        return reading.measure() == measure
                && reading.window().equals(window)
                && (organizations.isEmpty() || organizations.contains(reading.organization()))
                && (platforms.isEmpty() || platforms.contains(reading.platform()));
    }

    boolean isWrong(double value) {
        return below ? value < threshold : value > threshold;
    }

    /** Not wrong, and not so near to it that it may be wrong the next moment. */
    boolean isRightAgain(double value) {
        return !isWrong(value) && (below ? value >= clearAt : value <= clearAt);
    }
}
