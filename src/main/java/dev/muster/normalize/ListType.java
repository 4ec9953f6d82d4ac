package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A set of texts, sorted: a list, or one text as a list of one. Elements that are no text are left out. */
final class ListType implements ValueType {
    private static final int ELEMENTS_MAX = 1_000;

    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        if (value.isObject()) {
            throw new InvalidValue("an object where a list is expected");
        }
        if (value.size() > ELEMENTS_MAX) {
            throw new InvalidValue("a list of more than " + ELEMENTS_MAX);
        }
        TreeSet<String> texts = new TreeSet<>();
        if (value.isArray()) {
            for (JsonNode element : value) {
                add(element, texts);
            }
        } else {
            add(value, texts);
        }
        if (texts.isEmpty() && !ValueType.isBlank(value)) {
            throw new InvalidValue("a list without any text");
        }
        return texts.isEmpty() ? null : List.copyOf(texts);
    }

    private static void add(JsonNode element, TreeSet<String> texts) {
        if (element.isTextual() || element.isNumber()) {
            String text = CleanText.of(element.asText());
            if (!text.isEmpty() && text.length() <= TextType.LENGTH_MAX) {
                texts.add(text);
            }
        }
    }
}
