package dev.muster.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The fields of an {@code application/x-www-form-urlencoded} text, their values as exact bytes. */
public final class FormFields {
    private static final String CONTENT_TYPE = "application/x-www-form-urlencoded";

    /** More fields than any platform sends; a text with more is not read. */
    private static final int FIELDS_MAX = 2_000;

    /** Names nested deeper than anybody nests them are not taken apart further. */
    private static final int NESTING_MAX = 16;

    private final List<String> names;
    private final List<byte[]> values;

    private FormFields(List<String> names, List<byte[]> values) {
        this.names = names;
        this.values = values;
    }

    /** Whether a header {@code content-type} says that a body is a form. */
    public static boolean isForm(@Nullable String contentType) {
        return contentType != null && contentType.toLowerCase(Locale.ROOT).startsWith(CONTENT_TYPE);
    }

    /** @return the fields; none where the text is not form-encoded */
    public static FormFields parse(byte[] text) {
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

    /** Every value as text, those of a field that is there twice too. */
    public List<String> texts() {
        return values.stream()
                .map(value -> new String(value, StandardCharsets.UTF_8))
                .toList();
    }

    /**
     * The fields as one document: {@code data[merges][FNAME]=Ana} is {@code {"data":{"merges":{"FNAME":"Ana"}}}}, and
     * {@code tags[]} is a list. All values are texts. A field that is there twice, or whose name means a text and an
     * object at once, is left out.
     */
    public ObjectNode document() {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        for (int field = 0; field < names.size(); field++) {
            String name = names.get(field);
            boolean element = name.endsWith("[]");
            if (element || names.indexOf(name) == names.lastIndexOf(name)) {
                put(document, name, element, new String(values.get(field), StandardCharsets.UTF_8));
            }
        }
        return document;
    }

    private static void put(ObjectNode document, String name, boolean element, String value) {
        int open = name.indexOf('[');
        boolean nested = open > 0 && name.endsWith("]");
        String plain = element ? name.substring(0, name.length() - 2) : name;
        String[] keys = nested ? plain.replace("]", "").split("\\[", NESTING_MAX) : new String[] {name};
        ObjectNode at = document;
        for (int i = 0; i < keys.length - 1; i++) {
            JsonNode inner = at.get(keys[i]);
            if (inner == null) {
                inner = at.putObject(keys[i]);
            }
            if (!(inner instanceof ObjectNode object)) {
                return;
            }
            at = object;
        }
        String last = keys[keys.length - 1];
        JsonNode there = at.get(last);
        if (nested && element) {
            if (there == null) {
                at.putArray(last).add(value);
            } else if (there instanceof ArrayNode list) {
                list.add(value);
            }
        } else if (there == null) {
            at.put(last, value);
        }
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
