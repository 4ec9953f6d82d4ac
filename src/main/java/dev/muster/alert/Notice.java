package dev.muster.alert;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What one channel is to be told. It is told at least once; the id is the same each time.
 *
 * @param kind {@code fired}, {@code reminder}, {@code resolved} or {@code test}
 * @param attempts how often it was tried, the try under way among them
 * @param nextAt when it is tried again; null where it is not
 * @param givenUpAt when it was given up; null where it was not
 * @param error why the last try failed; null where it did not
 */
public record Notice(
        long id,
        long alertId,
        String channel,
        String kind,
        String severity,
        String rule,
        String organization,
        String platform,
        String title,
        String text,
        Instant createdAt,
        int attempts,
        @Nullable Instant nextAt,
        @Nullable Instant sentAt,
        @Nullable Instant givenUpAt,
        @Nullable String error) {

    /** Not stored yet. */
    static Notice of(long id, String channel, String kind, Alert alert, String title, String text, Instant now) {
        return new Notice(
                id,
                alert.id(),
                channel,
                kind,
                alert.severity().id(),
                alert.rule(),
                alert.organization(),
                alert.platform(),
                title,
                text,
                now,
                0,
                now,
                null,
                null,
                null);
    }
}
