package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Yes or no: true and false, 1 and 0, and their spellings as text. */
final class BooleanType implements ValueType {
    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        switch (ValueType.text(value).toLowerCase(Locale.ROOT)) {
            case "":
                return null;
            case "true":
            case "yes":
            case "1":
                return Boolean.TRUE;
            case "false":
            case "no":
            case "0":
                return Boolean.FALSE;
            default:
                throw new InvalidValue("neither true nor false");
        }
    }
}
