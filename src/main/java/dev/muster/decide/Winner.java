package dev.muster.decide;

import java.time.Instant;

/**
 * The source whose value stands in the golden record.
 *
 * @param observedAt since when the value holds there
 * @param deliveryId the delivery that stated it
 */
public record Winner(String platform, String externalId, Instant observedAt, long deliveryId) {}
