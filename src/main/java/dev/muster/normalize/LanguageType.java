package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A language as a BCP 47 tag: {@code en}, {@code pt-BR}; {@code en_US} is read too. */
final class LanguageType implements ValueType {
    private static final int LENGTH_MAX = 35;
    private static final Set<String> LANGUAGES = Set.of(Locale.getISOLanguages());

    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        if (!value.isTextual()) {
            throw new InvalidValue(ValueType.describe(value) + " where a language is expected");
        }
        String text = CleanText.of(value.textValue());
        if (text.isEmpty()) {
            return null;
        }
        Locale locale = Locale.forLanguageTag(text.length() <= LENGTH_MAX ? text.replace('_', '-') : "");
        String language = locale.getLanguage();
        if (language.isEmpty() || language.length() == 2 && !LANGUAGES.contains(language) || language.length() > 3) {
            throw new InvalidValue("not a language tag such as en or pt-BR");
        }
        return locale.toLanguageTag();
    }
}
