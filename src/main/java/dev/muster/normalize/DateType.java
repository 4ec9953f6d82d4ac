package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/** A day on the calendar of the place it was written: {@code 1986-01-06}. Of a time, the day as written is kept. */
final class DateType implements ValueType {
    private static final int DAY_LENGTH = 10;
    private static final int LENGTH_MAX = 40;
    private static final int YEAR_MIN = 1000;

    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        if (!value.isTextual()) {
            throw new InvalidValue(ValueType.describe(value) + " where a date is expected");
        }
        String text = CleanText.of(value.textValue());
        if (text.isEmpty()) {
            return null;
        }
        boolean timed =
                text.length() > DAY_LENGTH && (text.charAt(DAY_LENGTH) == 'T' || text.charAt(DAY_LENGTH) == ' ');
        if ((text.length() == DAY_LENGTH || timed) && text.length() <= LENGTH_MAX) {
            try {
                LocalDate date = LocalDate.parse(text.substring(0, DAY_LENGTH));
                if (date.getYear() >= YEAR_MIN) {
                    return date.toString();
                }
            } catch (DateTimeException notADate) {
                throw new InvalidValue("not a date: it has to be written as 1986-01-06 and to exist");
            }
        }
        throw new InvalidValue("not a date: it has to be written as 1986-01-06 and to exist");
    }
}
