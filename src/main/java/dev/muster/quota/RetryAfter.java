package dev.muster.quota;

import dev.muster.call.PlatformAnswer;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** How long a platform asks us to wait: its {@code Retry-After}, in seconds or as an HTTP date. */
public final class RetryAfter {
    /** More is a mistake of the platform. */
    private static final Duration MAX = Duration.ofDays(30);

    private RetryAfter() {}

    /** At least 0 and at most 30 days; null where it was not said, or cannot be understood. */
    public static @Nullable Duration of(PlatformAnswer answer, Instant now) {
        String value = answer.header("Retry-After");
        if (value == null) {
            return null;
        }
        Duration wait;
        try {
            wait = Duration.ofMillis((long) Math.ceil(Double.parseDouble(value.strip()) * 1000));
        } catch (NumberFormatException e) {
            try {
                wait = Duration.between(
                        now,
                        ZonedDateTime.parse(value.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                                .toInstant());
            } catch (DateTimeParseException notADate) {
                return null;
            }
        }
        if (wait.isNegative()) {
            return Duration.ZERO;
        }
        return wait.compareTo(MAX) > 0 ? MAX : wait;
    }
}
