package dev.muster.decide;

import java.time.Instant;

/**
 * That a person settled a field.
 *
 * @param by who
 * @param at when
 * @param reason why, in their words; may be empty
 */
public record Settlement(String by, Instant at, String reason) {}
