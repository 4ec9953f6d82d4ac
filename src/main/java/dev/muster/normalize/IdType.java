package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;

/** A platform's own id, kept as text exactly as given; a whole number is taken as its digits. */
final class IdType implements ValueType {
    static final int LENGTH_MAX = 200;

    @Override
    public String read(JsonNode value, Scope scope) throws InvalidValue {
        if (value.isIntegralNumber()) {
            return value.asText();
        }
        if (!value.isTextual()) {
            throw new InvalidValue(ValueType.describe(value) + " where an id is expected");
        }
        String id = value.textValue();
        if (id.length() > LENGTH_MAX) {
            throw new InvalidValue("longer than the " + LENGTH_MAX + " characters of an id");
        }
        if (!CleanText.of(id).equals(id)) {
            throw new InvalidValue("an id with white space around it or characters that cannot be printed");
        }
        return id;
    }
}
