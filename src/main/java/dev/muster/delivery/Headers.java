package dev.muster.delivery;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request's headers, looked up without regard to case. */
@FunctionalInterface
public interface Headers {
    /**
     * The value of a header, several values of the same name joined by a comma.
     *
     * @param lowerCaseName the name in lower case: whoever asks folds it once, not for every request
     * @return null where the request has no such header
     */
    @Nullable
    String get(String lowerCaseName);

    /** Headers whose names are lower-case already, as in {@link Delivery#headers()}; not copied. */
    static Headers ofLowerCase(Map<String, String> headers) {
        return headers::get;
    }

    /** Headers with names in any case; copied. */
    static Headers of(Map<String, String> headers) {
        Map<String, String> folded = new HashMap<>();
        headers.forEach((name, value) -> folded.merge(name.toLowerCase(Locale.ROOT), value, (a, b) -> a + "," + b));
        return folded::get;
    }
}
