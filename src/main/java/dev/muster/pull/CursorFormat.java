package dev.muster.pull;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a platform writes the value by which a stream goes on: a time in some form, a number, or text that sorts. What was
 * given is kept as it was given; only the margin is reckoned with.
 */
final class CursorFormat {
    private static final DateTimeFormatter READABLE = new java.time.format.DateTimeFormatterBuilder()
            .appendPattern("yyyy-MM-dd['T'][' ']HH:mm[:ss]")
            .optionalStart()
            .appendFraction(java.time.temporal.ChronoField.NANO_OF_SECOND, 0, 9, true)
            .optionalEnd()
            .appendPattern("[XXX][XX][X]")
            .toFormatter(Locale.ROOT);

    private enum Form {
        TIME,
        EPOCH_SECONDS,
        EPOCH_MILLIS,
        NUMBER,
        TEXT
    }

    private final Form form;
    private final DateTimeFormatter pattern;

    private CursorFormat(Form form, DateTimeFormatter pattern) {
        this.form = form;
        this.pattern = pattern;
    }

    /**
     * @param text {@code iso}, {@code epochSeconds}, {@code epochMillis}, {@code number}, {@code text}, or a pattern of
     *     {@link DateTimeFormatter} such as {@code yyyy-MM-dd'T'HH:mm:ss'Z'}, in UTC
     * @throws IllegalArgumentException if it is none of these, with what is wrong
     */
    static CursorFormat of(String text) {
        return switch (text) {
            case "iso" -> new CursorFormat(Form.TIME, DateTimeFormatter.ISO_INSTANT);
            case "epochSeconds" -> new CursorFormat(Form.EPOCH_SECONDS, DateTimeFormatter.ISO_INSTANT);
            case "epochMillis" -> new CursorFormat(Form.EPOCH_MILLIS, DateTimeFormatter.ISO_INSTANT);
            case "number" -> new CursorFormat(Form.NUMBER, DateTimeFormatter.ISO_INSTANT);
            case "text" -> new CursorFormat(Form.TEXT, DateTimeFormatter.ISO_INSTANT);
            default -> pattern(text);
        };
    }

    private static CursorFormat pattern(String text) {
        try {
            DateTimeFormatter formatter =
                    DateTimeFormatter.ofPattern(text, Locale.ROOT).withZone(ZoneOffset.UTC);
            if (!formatter.format(Instant.EPOCH).isEmpty()) {
                return new CursorFormat(Form.TIME, formatter);
            }
            throw new DateTimeException("an empty pattern");
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new IllegalArgumentException("is '" + text
                    + "': write iso, epochSeconds, epochMillis, number, text, or a pattern such as"
                    + " yyyy-MM-dd'T'HH:mm:ss'Z'");
        }
    }

    /** Whether its values are moments, from which a margin can be taken off. */
    boolean isTime() {
        return form == Form.TIME || form == Form.EPOCH_SECONDS || form == Form.EPOCH_MILLIS;
    }

    /** The value of an item; null where it has none that can be read. */
    @Nullable
    Mark mark(JsonNode value) {
        return value.isTextual() || value.isNumber() ? mark(value.asText()) : null;
    }

    /** The same for text; null where it is no such value. */
    @Nullable
    Mark mark(String text) {
        if (text.isBlank()) {
            return null;
        }
        try {
            return switch (form) {
                case TIME -> new Mark(text, time(text), BigDecimal.ZERO);
                case EPOCH_SECONDS ->
                    new Mark(
                            text,
                            Instant.ofEpochMilli(
                                    new BigDecimal(text).movePointRight(3).longValue()),
                            BigDecimal.ZERO);
                case EPOCH_MILLIS ->
                    new Mark(text, Instant.ofEpochMilli(new BigDecimal(text).longValue()), BigDecimal.ZERO);
                case NUMBER -> new Mark(text, Instant.EPOCH, new BigDecimal(text));
                case TEXT -> new Mark(text, Instant.EPOCH, BigDecimal.ZERO);
            };
        } catch (DateTimeException | NumberFormatException notOne) {
            return null;
        }
    }

    private Instant time(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException notIso) {
            // other forms below
        }
        TemporalAccessor read;
        try {
            read = READABLE.parseBest(text, OffsetDateTime::from, LocalDateTime::from);
        } catch (DateTimeException other) {
            read = pattern.parseBest(text, Instant::from, LocalDateTime::from, LocalDate::from);
        }
        if (read instanceof OffsetDateTime time) {
            return time.toInstant();
        }
        if (read instanceof LocalDateTime time) {
            return time.toInstant(ZoneOffset.UTC);
        }
        if (read instanceof LocalDate day) {
            return day.atStartOfDay(ZoneOffset.UTC).toInstant();
        }
        return Instant.from(read);
    }

    /** A moment as the platform writes it. */
    String written(Instant moment) {
        return switch (form) {
            case EPOCH_SECONDS -> Long.toString(moment.getEpochSecond());
            case EPOCH_MILLIS -> Long.toString(moment.toEpochMilli());
            default -> pattern.format(moment);
        };
    }

    /** What a filter is given so that nothing from the mark on, and from a margin before it, is left out. */
    String since(Mark mark, Duration margin) {
        return isTime() ? written(mark.time().minus(margin)) : mark.text();
    }

    /**
     * A value that a platform gave.
     *
     * @param text as it was given
     * @param time of a moment; else the epoch
     * @param number of a number; else zero
     */
    record Mark(String text, Instant time, BigDecimal number) implements Comparable<Mark> {
        @Override
        public int compareTo(Mark other) {
            int order = time.compareTo(other.time);
            if (order == 0) {
                order = number.compareTo(other.number);
            }
            // of texts, and of two spellings of one value
            return order == 0 ? text.compareTo(other.text) : order;
        }

        static @Nullable Mark greater(@Nullable Mark one, @Nullable Mark other) {
            if (one == null || other == null) {
                return one == null ? other : one;
            }
            return one.compareTo(other) >= 0 ? one : other;
        }
    }
}
