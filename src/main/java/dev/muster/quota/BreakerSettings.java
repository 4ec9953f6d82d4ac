package dev.muster.quota;

import java.time.Duration;

/**
 * When calls to a failing platform are not made.
 *
 * @param window how many calls it looks at; with half of them failed it opens
 * @param openFor how long it stays open before some calls try again
 */
public record BreakerSettings(int window, Duration openFor) {
    /** Where a platform's file says nothing. */
    public static final BreakerSettings USUAL = new BreakerSettings(20, Duration.ofSeconds(10));
}
