package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * A moment, read from ISO 8601 with an offset, or from whole seconds since 1970, and kept as UTC text to the millisecond:
 * {@code 2026-05-22T18:57:01Z}.
 */
final class InstantType implements ValueType {
    private static final int LENGTH_MAX = 40;
    private static final long EPOCH_SECOND_MIN = 100_000_000L;
    private static final long EPOCH_SECOND_MAX = 99_999_999_999L;
    private static final Instant FIRST = Instant.parse("1000-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999Z");
    /** Some senders write the offset without its colon, or only its hours. */
    private static final DateTimeFormatter LENIENT = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE_TIME)
            .appendOffset("+HHmm", "Z")
            .toFormatter();

    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        Instant instant = instant(value);
        return instant == null ? null : instant.toString();
    }

    /** The moment; null where the value is blank. */
    static @Nullable Instant instant(JsonNode value) throws InvalidValue {
        if (value.isIntegralNumber() && value.canConvertToLong()) {
            return epochSecond(value.longValue());
        }
        if (!value.isTextual()) {
            throw new InvalidValue(ValueType.describe(value) + " where a time is expected");
        }
        String text = CleanText.of(value.textValue());
        if (text.isEmpty()) {
            return null;
        }
        if (text.length() > LENGTH_MAX) {
            throw new InvalidValue("longer than a time");
        }
        Instant instant = parsed(text.length() > 10 && text.charAt(10) == ' ' ? text.replaceFirst(" ", "T") : text);
        if (instant.isBefore(FIRST) || instant.isAfter(LAST)) {
            throw new InvalidValue("a time outside of the years 1000 to 9999");
        }
        return instant.truncatedTo(ChronoUnit.MILLIS);
    }

    private static Instant epochSecond(long seconds) throws InvalidValue {
        // smaller numbers are counts, larger ones milliseconds: neither may pass for a time
        if (seconds < EPOCH_SECOND_MIN || seconds > EPOCH_SECOND_MAX) {
            throw new InvalidValue("a number that is not in seconds since 1970");
        }
        return Instant.ofEpochSecond(seconds);
    }

    private static Instant parsed(String text) throws InvalidValue {
        int length = text.length();
        boolean basicOffset =
                length > 24 || length > 5 && (text.charAt(length - 5) == '+' || text.charAt(length - 5) == '-');
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException notIso) {
            if (basicOffset) {
                try {
                    return OffsetDateTime.parse(text, LENIENT).toInstant();
                } catch (DateTimeException notATime) {
                    throw new InvalidValue("not a time: it has to be ISO 8601, such as 2026-05-22T18:57:01Z");
                }
            }
            throw new InvalidValue("not a time with an offset: it has to be ISO 8601, such as 2026-05-22T18:57:01Z");
        }
    }
}
