package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.IDN;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An e-mail address, trimmed and in lower case as a whole, so that it can identify a person. An international domain is
 * kept in its ASCII form, so that both spellings are one address.
 */
final class EmailType implements ValueType {
    private static final int LENGTH_MAX = 254;
    private static final int LOCAL_LENGTH_MAX = 64;
    private static final String LOCAL_FORBIDDEN = "()<>[]:;@\\,\"";

    /** Sharp s (small and capital), final sigma and the two joiners. */
    private static final String DEVIATIONS = "\u00df\u1e9e\u03c2\u200c\u200d";

    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        if (!value.isTextual()) {
            throw new InvalidValue(ValueType.describe(value) + " where an e-mail address is expected");
        }
        String text = CleanText.of(value.textValue());
        return text.isEmpty() ? null : normalized(text);
    }

    private static String normalized(String text) throws InvalidValue {
        if (text.length() > LENGTH_MAX) {
            throw new InvalidValue("longer than the " + LENGTH_MAX + " characters of an e-mail address");
        }
        int at = text.indexOf('@');
        if (at <= 0 || at != text.lastIndexOf('@') || at == text.length() - 1) {
            throw new InvalidValue("not an e-mail address: it needs one @ between a name and a domain");
        }
        String local = text.substring(0, at).toLowerCase(Locale.ROOT);
        checkLocal(local);
        return local + "@" + domain(text.substring(at + 1));
    }

    private static void checkLocal(String local) throws InvalidValue {
        if (local.length() > LOCAL_LENGTH_MAX) {
            throw new InvalidValue("not an e-mail address: more than " + LOCAL_LENGTH_MAX + " characters before the @");
        }
        if (local.charAt(0) == '.' || local.charAt(local.length() - 1) == '.' || local.contains("..")) {
            throw new InvalidValue("not an e-mail address: a dot in a wrong place before the @");
        }
        for (int i = 0; i < local.length(); i++) {
            char c = local.charAt(i);
            boolean printable = c > ' ' && c < 0x7f
                    || Character.isLetterOrDigit(c)
                    || Character.isSurrogate(c)
                    || Character.getType(c) == Character.NON_SPACING_MARK;
            if (!printable || LOCAL_FORBIDDEN.indexOf(c) >= 0) {
                throw new InvalidValue("not an e-mail address: a character before the @ that cannot be there");
            }
        }
    }

    private static String domain(String given) throws InvalidValue {
        String domain = given;
        if (!isAscii(given)) {
            checkDeviations(given);
            try {
                domain = IDN.toASCII(given);
            } catch (IllegalArgumentException notADomain) {
                throw new InvalidValue("not an e-mail address: its domain is not a domain name");
            }
        }
        domain = domain.toLowerCase(Locale.ROOT);
        int labels = 0;
        int start = 0;
        while (start <= domain.length()) {
            int dot = domain.indexOf('.', start);
            int end = dot < 0 ? domain.length() : dot;
            checkLabel(domain, start, end);
            labels++;
            start = end + 1;
        }
        char last = domain.charAt(domain.length() - 1);
        if (labels < 2
                || last >= '0'
                        && last <= '9'
                        && !domain.substring(domain.lastIndexOf('.') + 1).startsWith("xn--")) {
            throw new InvalidValue("not an e-mail address: its domain is not a public domain name");
        }
        return domain;
    }

    /** The Java library spells these by the rules of 2003, as another domain than the one that is in use today. */
    private static void checkDeviations(String domain) throws InvalidValue {
        for (int i = 0; i < domain.length(); i++) {
            if (DEVIATIONS.indexOf(domain.charAt(i)) >= 0) {
                throw new InvalidValue(
                        "its domain has a letter that is spelled in two ways: write its ASCII form, xn--…");
            }
        }
    }

    private static void checkLabel(String domain, int start, int end) throws InvalidValue {
        boolean valid =
                end > start && end - start <= 63 && domain.charAt(start) != '-' && domain.charAt(end - 1) != '-';
        for (int i = start; valid && i < end; i++) {
            char c = domain.charAt(i);
            valid = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-';
        }
        if (!valid) {
            throw new InvalidValue("not an e-mail address: its domain is not a domain name");
        }
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7f) {
                return false;
            }
        }
        return true;
    }
}
