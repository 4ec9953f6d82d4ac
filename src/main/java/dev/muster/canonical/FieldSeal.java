package dev.muster.canonical;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the values of single fields under seal. The same value of the same field of one organization is sealed to the same
 * text, so that whoever compares values can compare sealed ones. Safe for many threads.
 */
public interface FieldSeal {
    /** What every sealed text begins with. */
    String PREFIX = "sealed:v1:";

    /** What is shown in place of a value that somebody may not see. */
    String MASK = "***";

    /** Seals nothing and opens nothing. */
    FieldSeal NONE = new FieldSeal() {
        @Override
        public Object seal(String organization, Entity entity, String field, Object value) {
            throw new IllegalStateException(
                    "The field '" + field + "' of " + entity.id() + " is secret, and nobody here has a key to seal it");
        }

        @Override
        public Optional<Object> open(String sealed, Predicate<String> organizations) {
            return Optional.empty();
        }
    };

    /**
     * Seals a canonical value: a list element by element, anything else as one text.
     *
     * @param value a {@link String}, {@link Long}, {@link Boolean} or a {@code List<String>}
     * @return a {@link String}, or a {@code List<String>} of a list
     */
    Object seal(String organization, Entity entity, String field, Object value);

    /**
     * What was sealed.
     *
     * @param organizations whose values may be opened
     * @return a {@link String}, {@link Long} or {@link Boolean}; empty where the text is not sealed, was changed, was sealed
     *     with another key, or is of another organization
     */
    Optional<Object> open(String sealed, Predicate<String> organizations);

    /** Whether a canonical value is under seal. */
    static boolean isSealed(@Nullable Object value) {
        return value instanceof List<?> list
                ? list.stream().anyMatch(FieldSeal::isSealed)
                : value instanceof String text && text.startsWith(PREFIX);
    }
}
