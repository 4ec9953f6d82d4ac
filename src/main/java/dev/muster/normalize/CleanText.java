package dev.muster.normalize;

import java.text.Normalizer;

/** Text as it may be stored: Unicode NFC, no control characters, no half of a surrogate pair, trimmed. */
final class CleanText {
    private CleanText() {}

    /** The cleaned text; empty where nothing visible is left. Letters keep their case and their script. */
    static String of(String given) {
        if (isCleanAscii(given)) {
            return given;
        }
        String composed = Normalizer.normalize(withoutControls(given), Normalizer.Form.NFC);
        int start = 0;
        int end = composed.length();
        while (start < end && isSpace(composed.charAt(start))) {
            start++;
        }
        while (end > start && isSpace(composed.charAt(end - 1))) {
            end--;
        }
        String trimmed = composed.substring(start, end);
        return trimmed.codePoints().allMatch(CleanText::isInvisible) ? "" : trimmed;
    }

    private static boolean isCleanAscii(String text) {
        int length = text.length();
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~') {
                return false;
            }
        }
        return length == 0 || (text.charAt(0) != ' ' && text.charAt(length - 1) != ' ');
    }

    private static String withoutControls(String text) {
        StringBuilder kept = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n' || c == '\r' || c == '\t' || c == '\u2028' || c == '\u2029') {
                kept.append(' ');
            } else if (Character.isHighSurrogate(c)) {
                if (i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                    kept.append(c).append(text.charAt(++i));
                } else {
                    kept.append('\uFFFD');
                }
            } else if (Character.isLowSurrogate(c)) {
                kept.append('\uFFFD');
            } else if (!Character.isISOControl(c)) {
                kept.append(c);
            }
        }
        return kept.toString();
    }

    private static boolean isSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u200B' || c == '\uFEFF';
    }

    private static boolean isInvisible(int codePoint) {
        return Character.isWhitespace(codePoint)
                || Character.isSpaceChar(codePoint)
                || Character.getType(codePoint) == Character.FORMAT;
    }
}
