package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A consent in the four canonical words. A platform's own words come to them by a lookup. */
final class ConsentType implements ValueType {
    private static final Set<String> WORDS = Set.of("opted_in", "opted_out", "never", "pending");

    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        String text = ValueType.text(value).toLowerCase(Locale.ROOT);
        if (text.isEmpty()) {
            return null;
        }
        if (!WORDS.contains(text)) {
            throw new InvalidValue("not a consent: opted_in, opted_out, never or pending");
        }
        return text;
    }
}
