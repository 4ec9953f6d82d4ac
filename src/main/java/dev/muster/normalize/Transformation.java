package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** What happens to a value between its source and its type. */
interface Transformation {
    Transformation NONE = value -> value;

    JsonNode apply(JsonNode value) throws InvalidValue;

    /** Takes the value's entry; {@code *} is the entry of any other. Texts are compared without regard to case. */
    static Transformation lookup(Map<String, JsonNode> table) {
        Map<String, JsonNode> entries = new LinkedHashMap<>();
        table.forEach((key, entry) -> entries.put(key.toLowerCase(Locale.ROOT), entry));
        Collection<String> expected = new TreeSet<>(table.keySet());
        JsonNode other = entries.get("*");
        return value -> {
            if (!value.isValueNode()) {
                throw new InvalidValue(ValueType.describe(value) + " where one of " + expected + " is expected");
            }
            JsonNode entry = entries.get(value.asText().strip().toLowerCase(Locale.ROOT));
            if (entry != null) {
                return entry;
            }
            if (other != null) {
                return other;
            }
            throw new InvalidValue("none of " + expected);
        };
    }

    static Transformation calculate(JqSource expression) {
        return expression::calculate;
    }

    static Transformation custom(FieldTransformation bean) {
        return value -> {
            try {
                return bean.transform(value);
            } catch (IllegalArgumentException refused) {
                throw new InvalidValue(String.valueOf(refused.getMessage()));
            }
        };
    }
}
