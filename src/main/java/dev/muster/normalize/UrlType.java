package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/** An address on the web: http or https with a host, at most {@value #LENGTH_MAX} characters. */
final class UrlType implements ValueType {
    static final int LENGTH_MAX = 2_000;

    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        if (!value.isTextual()) {
            throw new InvalidValue(ValueType.describe(value) + " where a web address is expected");
        }
        String text = CleanText.of(value.textValue());
        if (text.isEmpty()) {
            return null;
        }
        if (text.length() > LENGTH_MAX) {
            throw new InvalidValue("longer than " + LENGTH_MAX + " characters");
        }
        try {
            URI uri = new URI(text);
            boolean web = "https".equalsIgnoreCase(uri.getScheme()) || "http".equalsIgnoreCase(uri.getScheme());
            if (web && uri.getRawAuthority() != null && !uri.getRawAuthority().isEmpty()) {
                return text;
            }
        } catch (URISyntaxException notAnAddress) {
            throw new InvalidValue("not a web address");
        }
        throw new InvalidValue("not a web address: it has to begin with https:// or http:// and a host");
    }
}
