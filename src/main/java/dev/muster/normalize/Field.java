package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.canonical.CutText;
import dev.muster.canonical.RejectedValue;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one canonical field is made, compiled.
 *
 * @param target the canonical name
 * @param sources asked in order; the first with a valid value wins
 * @param when read only if this gives something
 * @param unless not read if this gives something
 * @param fallback the value where no source has one
 * @param observedAt where the field's own time is, if it has one
 */
record Field(
        String target,
        List<Source> sources,
        Transformation transformation,
        ValueType type,
        @Nullable Source when,
        @Nullable Source unless,
        boolean required,
        @Nullable Object fallback,
        List<Source> observedAt) {

    /** The value; null where there is none. What is not valid is added to {@code rejected}, and the next source asked. */
    @Nullable
    Object read(Scope scope, List<RejectedValue> rejected) {
        if (when != null && ValueType.isBlank(when.read(scope))
                || unless != null && !ValueType.isBlank(unless.read(scope))) {
            return null;
        }
        for (Source source : sources) {
            JsonNode given = source.read(scope);
            if (ValueType.isBlank(given)) {
                continue;
            }
            try {
                JsonNode transformed = transformation.apply(given);
                Object value = ValueType.isBlank(transformed) ? null : type.read(transformed, scope);
                if (value != null) {
                    return value;
                }
            } catch (InvalidValue invalid) {
                rejected.add(new RejectedValue(target, shown(given), invalid.reason()));
            }
        }
        return fallback;
    }

    /** The first of the sources that is a time; null where none is. */
    static @Nullable Instant time(List<Source> sources, Scope scope) {
        for (Source source : sources) {
            JsonNode given = source.read(scope);
            if (!ValueType.isBlank(given)) {
                try {
                    Instant time = InstantType.instant(given);
                    if (time != null) {
                        return time;
                    }
                } catch (InvalidValue notATime) {
                    // the next one may be; a record always has the time of its arrival
                    continue;
                }
            }
        }
        return null;
    }

    private static String shown(JsonNode given) {
        // lists and objects may be large, and their parts are not what was asked for
        String text = given.isValueNode() ? given.asText() : ValueType.describe(given);
        return CleanText.of(CutText.of(text, RejectedValue.VALUE_LENGTH_MAX));
    }
}
