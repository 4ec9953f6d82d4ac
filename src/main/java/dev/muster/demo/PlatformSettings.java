package dev.muster.demo;

import java.net.URI;
import java.time.Duration;

/**
 * How one simulated platform is set up.
 *
 * @param hub where the webhooks go, such as {@code http://127.0.0.1:8080}; the path is the platform's own
 * @param port on 127.0.0.1; 0 takes any free one
 * @param mischief how badly it behaves
 * @param retryScale its own retry pauses are multiplied by this: 1 is the real schedule of hours and days
 * @param quotaScale its own quotas are multiplied by this: 1 is what the contract states
 * @param inFlightMax how many webhooks it has under way at once
 */
public record PlatformSettings(
        URI hub, int port, Mischief mischief, double retryScale, double quotaScale, int inFlightMax) {
    public PlatformSettings {
        if (retryScale <= 0 || quotaScale <= 0 || inFlightMax < 1) {
            throw new IllegalArgumentException("Scales and inFlightMax of a simulated platform must be above 0");
        }
    }

    /** A well-behaved platform on any free port, with its own quotas, that retries within milliseconds. */
    public static PlatformSettings calm(URI hub) {
        return new PlatformSettings(hub, 0, Mischief.NONE, 0.000_001, 1, 16);
    }

    PlatformSettings withRetryScale(double scale) {
        return new PlatformSettings(hub, port, mischief, scale, quotaScale, inFlightMax);
    }

    /** The same, where no call is answered 429 by chance. */
    PlatformSettings withoutThrottling() {
        Mischief calmer = new Mischief(0, mischief.broken(), mischief.twice(), mischief.late(), mischief.latenessMax());
        return new PlatformSettings(hub, port, calmer, retryScale, quotaScale, inFlightMax);
    }

    Duration scaled(Duration pause) {
        return Duration.ofNanos((long) (pause.toNanos() * retryScale));
    }
}
