package dev.muster.access;

import java.time.Duration;

/**
 * Settings of who may.
 *
 * @param sessionIdle a session that is not used for so long is over
 * @param sessionLife it is over after so long however much it is used
 */
public record AccessSettings(Duration sessionIdle, Duration sessionLife) {}
