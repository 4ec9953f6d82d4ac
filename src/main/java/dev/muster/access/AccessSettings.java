package dev.muster.access;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Settings of who may.
 *
 * @param sessionIdle a session that is not used for so long is over
 * @param sessionLife it is over after so long however much it is used
 * @param keysMax how many API keys there may be that are not revoked, of all organizations
 * @param issuer whose tokens are taken, besides the hub's own; null for nobody's
 */
public record AccessSettings(
        Duration sessionIdle,
        Duration sessionLife,
        int keysMax,
        @Nullable IssuerSettings issuer) {}
