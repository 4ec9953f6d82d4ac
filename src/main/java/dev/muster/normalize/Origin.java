package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.muster.delivery.Delivery;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Who said something, and when.
 *
 * @param readAt when the object was fetched; null where the delivery itself is read
 * @param goneAt when the platform answered that the object is gone; null where it did not
 * @param removed whether the platform says of what is read that it was removed
 */
record Origin(
        String organization,
        String platform,
        JsonNode kindNode,
        Instant receivedAt,
        @Nullable Instant readAt,
        @Nullable Instant goneAt,
        boolean removed) {

    private static final Duration CLOCK_DIFFERENCE_MAX = Duration.ofDays(1);

    static Origin of(Delivery delivery, String kind, @Nullable Instant readAt, @Nullable Instant goneAt) {
        return new Origin(
                delivery.organization(),
                delivery.platform(),
                TextNode.valueOf(kind),
                delivery.receivedAt(),
                readAt,
                goneAt,
                false);
    }

    /** The same of an item that the platform says was removed. */
    Origin ofRemoved() {
        return new Origin(organization, platform, kindNode, receivedAt, readAt, goneAt, true);
    }

    String kind() {
        return kindNode.asText();
    }

    boolean fetched() {
        return readAt != null;
    }

    /** A time after this one was not observed: the hub's clock and the platform's may differ, but not by more than that. */
    Instant latest() {
        return (readAt == null ? receivedAt : readAt).plus(CLOCK_DIFFERENCE_MAX);
    }

    /** The moment of which a record is the state: the fetch, else its own time, which a late retry does not change. */
    Instant asOf(Instant observedAt, boolean tombstone) {
        if (readAt != null) {
            return readAt;
        }
        return tombstone && goneAt != null ? goneAt : observedAt;
    }
}
