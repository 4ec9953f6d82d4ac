package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** Any text of at most {@value #LENGTH_MAX} characters; a number is taken as text. */
final class TextType implements ValueType {
    static final int LENGTH_MAX = 1_000;

    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        String text = ValueType.text(value);
        if (text.length() > LENGTH_MAX) {
            throw new InvalidValue("longer than " + LENGTH_MAX + " characters");
        }
        return text.isEmpty() ? null : text;
    }
}
