package dev.muster.decide;

import java.time.Instant;

/**
 * One source's value for a field and what became of it.
 *
 * @param platform the platform's id
 * @param externalId the platform's id of the record
 * @param value the value it offers
 * @param observedAt since when the value holds there
 * @param asOf the moment of which this is the state
 * @param deliveryId the delivery that stated it
 * @param stands whether it is the winner
 * @param why what became of it, such as {@code "observed earlier than ..."}
 */
public record ExplainedCandidate(
        String platform,
        String externalId,
        Object value,
        Instant observedAt,
        Instant asOf,
        long deliveryId,
        boolean stands,
        String why) {}
