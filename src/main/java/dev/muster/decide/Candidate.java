package dev.muster.decide;

import dev.muster.canonical.RecordKey;
import java.time.Instant;

/**
 * One source's value for one field, as a rule sees it. For a group of fields that move together, the observation's value
 * is a list of all of its parts and its times are the latest of any part.
 *
 * @param key the source
 * @param observation its value and times
 * @param firstSeen the earliest {@code asOf} at which this source had any value for the field
 */
public record Candidate(RecordKey key, Observation observation, Instant firstSeen) {
    /** The platform's id. */
    public String platform() {
        return key.platform();
    }

    /** The platform's id of the record. */
    public String externalId() {
        return key.externalId();
    }

    /** The value it offers. */
    public Object value() {
        return observation.value();
    }

    /** Since when the value holds there. */
    public Instant observedAt() {
        return observation.observedAt();
    }

    /** The moment of which this is the state. */
    public Instant asOf() {
        return observation.asOf();
    }

    /** The delivery that stated it. */
    public long deliveryId() {
        return observation.deliveryId();
    }

    /** Such as {@code patreon 4711}. */
    String label() {
        return key.platform() + " " + key.externalId();
    }

    Winner asWinner() {
        return new Winner(platform(), externalId(), observedAt(), deliveryId());
    }
}
