package dev.muster.canonical;

/**
 * A value that a platform gave and that is not valid for its field. The rest of the record goes on without it.
 *
 * @param field the canonical field
 * @param value what was given, as text, cut to 200 characters
 * @param reason what is wrong with it, for a person
 */
public record RejectedValue(String field, String value, String reason) {
    public static final int VALUE_LENGTH_MAX = 200;

    public RejectedValue {
        value = CutText.of(value, VALUE_LENGTH_MAX);
    }
}
