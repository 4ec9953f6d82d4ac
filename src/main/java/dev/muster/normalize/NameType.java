package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** A person's name in any script, of at most {@value #LENGTH_MAX} characters; its letters and case stay as given. */
final class NameType implements ValueType {
    static final int LENGTH_MAX = 200;

    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        if (!value.isTextual()) {
            throw new InvalidValue(ValueType.describe(value) + " where a name is expected");
        }
        String name = CleanText.of(value.textValue());
        if (name.length() > LENGTH_MAX) {
            throw new InvalidValue("longer than " + LENGTH_MAX + " characters");
        }
        if (name.isEmpty()) {
            return null;
        }
        if (name.codePoints().noneMatch(NameType::names)) {
            throw new InvalidValue("nothing but punctuation, which is not a name");
        }
        return name;
    }

    private static boolean names(int codePoint) {
        // a symbol may be a name that somebody goes by on a platform
        return Character.isLetterOrDigit(codePoint) || Character.getType(codePoint) == Character.OTHER_SYMBOL;
    }
}
