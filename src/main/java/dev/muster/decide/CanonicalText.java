package dev.muster.decide;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The text of a canonical value: one text per value and one value per text, so that values can be ordered and hashed the
 * same way on every machine.
 */
final class CanonicalText {
    private CanonicalText() {}

    /**
     * The value as it is held: a whole number as {@link Long}, a list without its blanks; null where nothing is left,
     * because a blank is absent.
     *
     * @throws IllegalArgumentException where the type is none of the canonical ones
     */
    static @Nullable Object held(@Nullable Object value) {
        if (value instanceof String text) {
            return text.isBlank() ? null : text;
        }
        if (value == null || value instanceof Long || value instanceof Boolean) {
            return value;
        }
        if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value instanceof List<?> list) {
            return heldList(list);
        }
        throw new IllegalArgumentException("A canonical value is a text, a whole number, true or false, or a list of"
                + " texts; this is a " + value.getClass().getName() + ". Mend the mapping that made it.");
    }

    private static @Nullable Object heldList(List<?> list) {
        List<String> texts = new ArrayList<>(list.size());
        for (Object element : list) {
            if (element == null) {
                continue;
            }
            if (!(element instanceof String text)) {
                throw new IllegalArgumentException("A canonical list holds texts; this one holds a "
                        + element.getClass().getName() + ". Mend the mapping that made it.");
            }
            if (!text.isBlank()) {
                texts.add(text);
            }
        }
        return texts.isEmpty() ? null : List.copyOf(texts);
    }

    /** One text per value; the letter in front keeps the types apart, the lengths keep a list's texts apart. */
    static String of(Object value) {
        if (value instanceof String text) {
            return "s" + text;
        }
        if (value instanceof Long) {
            return "n" + value;
        }
        if (value instanceof Boolean) {
            return "b" + value;
        }
        StringBuilder text = new StringBuilder("l");
        for (Object element : (List<?>) value) {
            String part = (String) element;
            text.append(part.length()).append(':').append(part);
        }
        return text.toString();
    }

    /** A total order of values: 0 only where they are equal. */
    static int compare(Object a, Object b) {
        if (a instanceof String left && b instanceof String right) {
            return left.compareTo(right);
        }
        return a.equals(b) ? 0 : of(a).compareTo(of(b));
    }

    /** Whether two values say the same to a person: letter case, spacing, width and a list's order aside. */
    static boolean sameMeaning(Object a, Object b) {
        if (a.equals(b)) {
            return true;
        }
        if (a instanceof List<?> left && b instanceof List<?> right) {
            return folded(left).equals(folded(right));
        }
        return a instanceof String left
                && b instanceof String right
                && folded(left).equals(folded(right));
    }

    private static TreeSet<String> folded(List<?> texts) {
        TreeSet<String> folded = new TreeSet<>();
        for (Object text : texts) {
            folded.add(folded((String) text));
        }
        return folded;
    }

    private static String folded(String text) {
        String plain = Normalizer.normalize(text, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
        StringBuilder folded = new StringBuilder(plain.length());
        boolean space = false;
        for (int i = 0; i < plain.length(); i++) {
            char letter = plain.charAt(i);
            if (Character.isWhitespace(letter)) {
                space = folded.length() > 0;
            } else {
                if (space) {
                    folded.append(' ');
                    space = false;
                }
                folded.append(letter);
            }
        }
        return folded.toString();
    }
}
