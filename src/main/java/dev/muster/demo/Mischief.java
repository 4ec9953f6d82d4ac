package dev.muster.demo;

import java.time.Duration;

/**
 * How badly the world behaves, as chances from 0 to 1.
 *
 * @param throttled an API call is answered 429 with {@code Retry-After: 1} although the quota holds
 * @param broken an API call is answered 500
 * @param twice a webhook is sent a second time
 * @param late a webhook is held back, and so overtaken by others
 * @param latenessMax the longest a webhook is held back; a second copy comes within the same time
 */
public record Mischief(double throttled, double broken, double twice, double late, Duration latenessMax) {
    /** A world in which everything works and comes in order. */
    public static final Mischief NONE = new Mischief(0, 0, 0, 0, Duration.ZERO);

    /** What a bad day looks like: for the demo. */
    public static final Mischief ORDINARY = new Mischief(0.02, 0.02, 0.05, 0.15, Duration.ofSeconds(6));
}
