package dev.muster.delivery;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fields of an {@code application/x-www-form-urlencoded} text, their values as exact bytes. */
final class FormFields {
    /** More fields than any platform sends; a text with more is not read. */
    private static final int FIELDS_MAX = 2_000;

    private final List<String> names;
    private final List<byte[]> values;

    private FormFields(List<String> names, List<byte[]> values) {
        this.names = names;
        this.values = values;
    }

    /** @return the fields; none where the text is not form-encoded */
    static FormFields parse(byte[] text) {
        List<String> names = new ArrayList<>();
        List<byte[]> values = new ArrayList<>();
        int start = 0;
        while (start <= text.length) {
            int end = indexOf(text, '&', start, text.length);
            if (end > start) {
                int equals = indexOf(text, '=', start, end);
                byte @Nullable [] name = decode(text, start, equals);
                byte @Nullable [] value = decode(text, Math.min(equals + 1, end), end);
                if (name == null || value == null || names.size() == FIELDS_MAX) {
                    return new FormFields(List.of(), List.of());
                }
                names.add(new String(name, StandardCharsets.UTF_8));
                values.add(value);
            }
            start = end + 1;
        }
        return new FormFields(names, values);
    }

    /**
     * The decoded value of a field.
     *
     * @return null where the field is absent, and also where it is there more than once: two readers could then mean
     *     different values by the same name
     */
    byte @Nullable [] bytes(String name) {
        int at = names.indexOf(name);
        return at >= 0 && names.lastIndexOf(name) == at ? values.get(at) : null;
    }

    /** As {@link #bytes}, as text. */
    @Nullable
    String text(String name) {
        byte @Nullable [] value = bytes(name);
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    private static int indexOf(byte[] text, char wanted, int from, int to) {
        int at = from;
        while (at < to && text[at] != wanted) {
            at++;
        }
        return at;
    }

    private static byte @Nullable [] decode(byte[] text, int from, int to) {
        ByteArrayOutputStream decoded = new ByteArrayOutputStream(to - from);
        for (int at = from; at < to; at++) {
            int symbol = text[at];
            if (symbol == '+') {
                decoded.write(' ');
            } else if (symbol == '%') {
                int high = at + 2 < to ? Character.digit(text[at + 1], 16) : -1;
                int low = at + 2 < to ? Character.digit(text[at + 2], 16) : -1;
                if (high < 0 || low < 0) {
                    return null;
                }
                decoded.write(high << 4 | low);
                at += 2;
            } else {
                decoded.write(symbol);
            }
        }
        return decoded.toByteArray();
    }
}
