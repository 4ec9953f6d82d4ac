package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** A whole number, as a {@link Long}; text of digits is read too. */
final class IntegerType implements ValueType {
    private static final double EXACT_MAX = 1L << 53;

    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        if (value.isIntegralNumber() && value.canConvertToLong()) {
            return value.longValue();
        }
        if (value.isFloatingPointNumber()
                && value.doubleValue() == Math.rint(value.doubleValue())
                && Math.abs(value.doubleValue()) < EXACT_MAX) {
            return (long) value.doubleValue();
        }
        String text = ValueType.text(value);
        if (text.isEmpty()) {
            return null;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException notANumber) {
            throw new InvalidValue("not a whole number");
        }
    }
}
