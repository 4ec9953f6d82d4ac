package dev.muster.delivery;

import com.fasterxml.jackson.core.JsonPointer;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * The age past which a delivery is refused, and how its time is written.
 *
 * @param unit how the time is written
 * @param tolerance how far it may lie from now, either way; null where any time will do
 * @param json where the verified body holds the time, for platforms whose header cannot be believed; else null
 */
record ReplayWindow(
        Unit unit, @Nullable Duration tolerance, @Nullable JsonPointer json) {
    /** What the libraries of most platforms allow. */
    static final Duration USUAL_TOLERANCE = Duration.ofMinutes(5);

    static final ReplayWindow NONE = new ReplayWindow(Unit.SECONDS, null, null);

    /** More digits than the clock will have in this age of the world; fits a long. */
    private static final int DIGITS_MAX = 18;

    private static final int TEXT_MAX = 64;

    enum Unit {
        SECONDS,
        MILLIS,
        RFC3339,
        HTTP_DATE
    }

    /**
     * Is the request of now? To be asked only when its signature holds.
     *
     * @param timestamp as signed, before any parsing
     */
    boolean open(String timestamp, RawBody body, Instant now) {
        if (tolerance == null) {
            return true;
        }
        String text = json == null ? timestamp : body.scalar(json);
        Instant time = text == null ? null : read(text);
        return time != null && Duration.between(time, now).abs().compareTo(tolerance) <= 0;
    }

    /** @return null where the text is no time */
    @Nullable
    Instant read(String text) {
        if (text.isEmpty() || text.length() > TEXT_MAX) {
            return null;
        }
        try {
            return switch (unit) {
                case SECONDS -> digits(text) ? Instant.ofEpochSecond(Long.parseLong(text)) : null;
                case MILLIS -> digits(text) ? Instant.ofEpochMilli(Long.parseLong(text)) : null;
                case RFC3339 -> OffsetDateTime.parse(text).toInstant();
                case HTTP_DATE ->
                    ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant();
            };
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static boolean digits(String text) {
        for (int at = 0; at < text.length(); at++) {
            if (text.charAt(at) < '0' || text.charAt(at) > '9') {
                return false;
            }
        }
        return text.length() <= DIGITS_MAX;
    }
}
