package dev.muster.access;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Settings of who may.
 *
 * @param sessionIdle a session that is not used for so long is over
 * @param sessionLife it is over after so long however much it is used
 * @param issuer whose tokens are taken, besides the hub's own; null for nobody's
 */
public record AccessSettings(
        Duration sessionIdle,
        Duration sessionLife,
        @Nullable IssuerSettings issuer) {}
