package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** One canonical type: reads a value of whatever form a platform gave it, or says why it cannot. */
interface ValueType {
    /**
     * Reads the value.
     *
     * @param value never null, missing or blank, but of any JSON type
     * @return a {@link String}, {@link Long}, {@link Boolean} or a sorted, distinct {@code List<String>} of at least one;
     *     null where nothing is left once it is cleaned
     */
    @Nullable
    Object read(JsonNode value, Scope scope) throws InvalidValue;

    /** Whether nothing is said by it: missing, null, white space, or a list or object without members. */
    static boolean isBlank(@Nullable JsonNode value) {
        if (value == null || value.isMissingNode() || value.isNull()) {
            return true;
        }
        return value.isTextual() ? value.textValue().isBlank() : value.isContainerNode() && value.isEmpty();
    }

    /** The text of a value of which numbers may be text too (a postal code, an id), cleaned. */
    static String text(JsonNode value) throws InvalidValue {
        if (value.isTextual()) {
            return CleanText.of(value.textValue());
        }
        if (value.isNumber()) {
            return value.asText();
        }
        throw new InvalidValue(describe(value) + " where text is expected");
    }

    /** What kind of JSON value it is, with its article. */
    static String describe(JsonNode value) {
        switch (value.getNodeType()) {
            case ARRAY:
                return "a list";
            case OBJECT:
                return "an object";
            case BOOLEAN:
                return "true or false";
            case NUMBER:
                return "a number";
            case STRING:
                return "text";
            default:
                return "nothing";
        }
    }
}
