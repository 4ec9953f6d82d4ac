package dev.muster.canonical;

import java.text.Normalizer;
import java.util.Set;

/**
 * A person's name without letter case, accents, punctuation and the difference between half and full width, and whether
 * it is one at all. Only for comparing; the name as the person writes it is never changed by it.
 */
public final class FoldedName {
    private static final int PLACEHOLDER_LENGTH_MAX = 40;

    /** What forms are filled with while the person is not known yet. */
    private static final Set<String> PLACEHOLDERS = Set.of(
            "info requested",
            "information requested",
            "to be announced",
            "tba",
            "tbd",
            "n a",
            "none",
            "null",
            "unknown",
            "anonymous",
            "guest",
            "test",
            "test test",
            "first last",
            "firstname lastname",
            "first name last name",
            "name",
            "no name",
            "unbekannt",
            "anonym",
            "gast",
            "inconnu",
            "anonyme",
            "invite",
            "anonimo",
            "desconocido",
            "invitado",
            "desconhecido",
            "convidado",
            "аноним",
            "гость",
            "неизвестно",
            "ανωνυμοσ",
            "αγνωστοσ",
            "匿名",
            "不明",
            "未知",
            "名無し",
            "げすと",
            "익명",
            "손님",
            "مجهول",
            "ضيف",
            "אנונימי",
            "अज्ञात",
            "ไม่ระบุ");

    private FoldedName() {}

    /** Letters folded, everything else a blank. */
    public static String of(String name) {
        String decomposed = Normalizer.normalize(name, Normalizer.Form.NFKD);
        StringBuilder folded = new StringBuilder(decomposed.length());
        for (int i = 0; i < decomposed.length(); ) {
            int letter = decomposed.codePointAt(i);
            i += Character.charCount(letter);
            if (isOptionalMark(letter) || isSilent(letter)) {
                continue;
            }
            if (Character.isLetter(letter) || isMark(letter)) {
                append(folded, Character.toLowerCase(Character.toUpperCase(letter)));
            } else {
                folded.append(' ');
            }
        }
        // Hangul and kana were taken apart above; together again, each sign counts as one letter
        return Normalizer.normalize(folded, Normalizer.Form.NFC);
    }

    /** Accents, and the vowel points of Hebrew and Arabic: written or not, the name is the same. */
    private static boolean isOptionalMark(int letter) {
        return (letter >= 0x0300 && letter <= 0x036F)
                || (letter >= 0x0591 && letter <= 0x05C7)
                || (letter >= 0x0610 && letter <= 0x061A)
                || (letter >= 0x064B && letter <= 0x065F)
                || letter == 0x0670
                || (letter >= 0x1AB0 && letter <= 0x1AFF)
                || (letter >= 0x1DC0 && letter <= 0x1DFF);
    }

    /** Apostrophes inside a name, the Arabic stretching sign, and invisible characters. */
    private static boolean isSilent(int letter) {
        return letter == '\''
                || letter == 0x2019
                || letter == 0x2018
                || letter == 0x02BC
                || letter == '`'
                || letter == 0x0640
                || Character.getType(letter) == Character.FORMAT;
    }

    /** Vowel signs of the Indic and South-East Asian scripts, which are part of the name. */
    private static boolean isMark(int letter) {
        int type = Character.getType(letter);
        return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK;
    }

    private static void append(StringBuilder folded, int letter) {
        switch (letter) {
            case 'ß' -> folded.append("ss");
            case 'æ' -> folded.append("ae");
            case 'œ' -> folded.append("oe");
            case 'þ' -> folded.append("th");
            case 'ø' -> folded.append('o');
            case 'ł' -> folded.append('l');
            case 'đ', 'ð' -> folded.append('d');
            case 'ħ' -> folded.append('h');
            case 'ı' -> folded.append('i');
            case 'ς' -> folded.append('σ');
            case 'ى', 'ی' -> folded.append('ي');
            case 'ک' -> folded.append('ك');
            case 'ة' -> folded.append('ه');
            default -> folded.appendCodePoint(hiragana(letter));
        }
    }

    /** The two kana alphabets sound the same. */
    private static int hiragana(int letter) {
        return letter >= 0x30A1 && letter <= 0x30F6 ? letter - 0x60 : letter;
    }

    /** Whether a folded name, its words set apart by single blanks, is what forms are filled with. */
    public static boolean isPlaceholder(String folded) {
        return PLACEHOLDERS.contains(folded);
    }

    /** Whether two halves together, of which one may be empty, are what forms are filled with. */
    public static boolean isPlaceholder(String first, String last) {
        if (first.length() + last.length() > PLACEHOLDER_LENGTH_MAX) {
            return false;
        }
        String folded = of(first + ' ' + last);
        StringBuilder words = new StringBuilder(folded.length());
        for (int i = 0; i < folded.length(); i++) {
            char letter = folded.charAt(i);
            if (letter != ' ') {
                words.append(letter);
            } else if (words.length() > 0 && words.charAt(words.length() - 1) != ' ') {
                words.append(' ');
            }
        }
        int end = words.length();
        return isPlaceholder(end > 0 && words.charAt(end - 1) == ' ' ? words.substring(0, end - 1) : words.toString());
    }
}
