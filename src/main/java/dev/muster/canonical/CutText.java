package dev.muster.canonical;

/** Text shortened for show. */
public final class CutText {
    private CutText() {}

    /** Cut to a number of characters without cutting a pair of surrogates apart. */
    public static String of(String text, int lengthMax) {
        if (text.length() <= lengthMax) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(lengthMax - 1)) ? lengthMax - 1 : lengthMax);
    }
}
