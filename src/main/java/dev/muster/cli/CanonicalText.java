package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;

/** What a person typed, as a canonical value. */
final class CanonicalText {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private CanonicalText() {}

    /**
     * The value of the kind that the field has now: a number, true or false, a list; or else a text, which the hub reads as
     * what the field is.
     *
     * @param standing what the field has now; null or missing where it has nothing
     */
    static JsonNode like(List<String> typed, JsonNode standing) {
        if (typed.size() > 1 || standing.isArray()) {
            ArrayNode list = JSON.arrayNode();
            typed.forEach(list::add);
            return list;
        }
        String text = typed.get(0);
        if (standing.isIntegralNumber() && text.matches("-?\\d{1,18}")) {
            return JSON.numberNode(Long.parseLong(text));
        }
        if (standing.isBoolean() && text.matches("true|false")) {
            return JSON.booleanNode(text.equals("true"));
        }
        return JSON.textNode(text);
    }
}
