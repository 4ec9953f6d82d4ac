package dev.muster.decide;

import dev.muster.canonical.FoldedName;
import java.lang.Character.UnicodeScript;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A name made comparable: without letter case, accents, punctuation, titles and the difference between half and full
 * width. Only for comparing; the name as the person writes it is never changed by it.
 *
 * @param given the parts of the given name; where only one field holds the whole name, its first part
 * @param all every part, given and family, as they come
 * @param whole whether given and family name came in fields of their own
 */
record PersonName(List<String> given, List<String> all, boolean whole) {
    private static final PersonName BLANK = new PersonName(List.of(), List.of(), false);

    /** Bounds the work on a name that is none. */
    private static final int LENGTH_MAX = 200;

    private static final int PARTS_MAX = 12;

    private static final Set<String> TITLES = Set.of(
            "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "jr", "sr", "ii", "iii", "herr", "frau", "mme",
            "mlle", "sra", "srta", "dra");

    /** @param first the given name as a source holds it, or the whole name; may be blank */
    static PersonName of(String first, String last) {
        List<String> given = parts(first);
        List<String> family = parts(last);
        List<String> all = new ArrayList<>(given.size() + family.size());
        all.addAll(given);
        all.addAll(family);
        if (all.isEmpty() || FoldedName.isPlaceholder(String.join(" ", all))) {
            return BLANK;
        }
        if (!given.isEmpty() && !family.isEmpty()) {
            return new PersonName(List.copyOf(given), List.copyOf(all), true);
        }
        // a family name alone says nothing about the given name
        List<String> firstPart = given.isEmpty() ? List.of() : List.of(given.get(0));
        return new PersonName(firstPart, List.copyOf(all), false);
    }

    private static List<String> parts(String name) {
        List<String> parts = new ArrayList<>(4);
        if (name.isBlank()) {
            return parts;
        }
        String folded = FoldedName.of(name.length() > LENGTH_MAX ? name.substring(0, LENGTH_MAX) : name);
        int start = -1;
        for (int i = 0; i <= folded.length(); i++) {
            boolean end = i == folded.length() || folded.charAt(i) == ' ';
            if (end && start >= 0) {
                if (parts.size() < PARTS_MAX) {
                    parts.add(folded.substring(start, i));
                }
                start = -1;
            } else if (!end && start < 0) {
                start = i;
            }
        }
        if (parts.size() > 1) {
            List<String> untitled = new ArrayList<>(parts);
            untitled.removeIf(TITLES::contains);
            return untitled.isEmpty() ? parts : untitled;
        }
        return parts;
    }

    /** Names that are equal are never told apart. */
    String folded() {
        return String.join(" ", all);
    }

    /**
     * Whether two people are meant, so far as names can tell. Where they cannot (a blank, other scripts, an initial, a
     * short form, close spelling), the answer is no.
     */
    boolean clearlyDifferent(PersonName other) {
        if (given.isEmpty() || other.given.isEmpty() || all.equals(other.all)) {
            return false;
        }
        Set<String> parts = new HashSet<>(all);
        Set<String> otherParts = new HashSet<>(other.all);
        if (parts.containsAll(otherParts) || otherParts.containsAll(parts)) {
            return false;
        }
        if (sameUnspaced(other)) {
            return false;
        }
        boolean comparable = false;
        for (int i = 0; i < given.size(); i++) {
            for (int j = 0; j < other.given.size(); j++) {
                String part = given.get(i);
                String otherPart = other.given.get(j);
                if (script(part) != script(otherPart)) {
                    continue;
                }
                comparable = true;
                // a middle initial says nothing of who is meant
                boolean initialCounts = part.length() == 1 ? i == 0 : j == 0;
                if (sameGiven(part, otherPart, initialCounts)) {
                    return false;
                }
            }
        }
        return comparable && !holdsGivenOf(other) && !other.holdsGivenOf(this);
    }

    /** A name in one field may begin with the family name, so the other's given name may be any of its parts. */
    private boolean holdsGivenOf(PersonName other) {
        return !whole && all.contains(other.given.get(0)) && other.given.get(0).length() > 1;
    }

    /** Chinese, Japanese and Korean names are written with and without a space, the family name first or last. */
    private boolean sameUnspaced(PersonName other) {
        String text = String.join("", all);
        String otherText = String.join("", other.all);
        if (text.equals(otherText)
                || text.equals(other.familyFirst())
                || familyFirst().equals(otherText)) {
            return true;
        }
        return isIdeographic(script(text))
                && ((!whole && otherText.contains(text)) || (!other.whole && text.contains(otherText)));
    }

    private String familyFirst() {
        return String.join("", all.subList(given.size(), all.size())) + String.join("", given);
    }

    private static boolean sameGiven(String a, String b, boolean initialCounts) {
        if (a.equals(b)) {
            return true;
        }
        if (isIdeographic(script(a))) {
            return false;
        }
        String longer = a.length() >= b.length() ? a : b;
        String shorter = a.length() >= b.length() ? b : a;
        if (shorter.length() == 1) {
            return initialCounts && longer.startsWith(shorter);
        }
        if (differInFinalVowel(longer, shorter)) {
            return false;
        }
        return longer.startsWith(shorter) || closelySpelt(longer, shorter);
    }

    /** One sign says as much there as a whole name does in letters. */
    private static boolean isIdeographic(UnicodeScript script) {
        return script == UnicodeScript.HAN || script == UnicodeScript.HANGUL || script == UnicodeScript.HIRAGANA;
    }

    /** Paul and Paula, Mario and Maria: a couple or siblings, not a slip of the pen. */
    private static boolean differInFinalVowel(String longer, String shorter) {
        int end = longer.length() - 1;
        if (!isVowel(longer.charAt(end))) {
            return false;
        }
        if (longer.length() == shorter.length() + 1) {
            return longer.startsWith(shorter);
        }
        return longer.length() == shorter.length()
                && isVowel(shorter.charAt(end))
                && longer.regionMatches(0, shorter, 0, end);
    }

    private static boolean isVowel(char letter) {
        return "aeiouаеиоуыэюяαειουωη".indexOf(letter) >= 0;
    }

    private static boolean closelySpelt(String longer, String shorter) {
        String a = withoutDoubles(longer);
        String b = withoutDoubles(shorter);
        int length = Math.max(a.length(), b.length());
        if (a.equals(b)) {
            return true;
        }
        if (length < 6) {
            // Mark is not Mary: in a short name another letter makes another name; one left out or swapped may be a
            // slip
            return length > 2 && editDistance(a, b, 2) == 1;
        }
        return editDistance(a, b, 1) <= (length < 9 ? 1 : 2);
    }

    private static String withoutDoubles(String text) {
        StringBuilder single = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            if (i == 0 || text.charAt(i) != text.charAt(i - 1)) {
                single.append(text.charAt(i));
            }
        }
        return single.toString();
    }

    /** Letters left out, added or swapped with their neighbour cost 1, one replaced costs {@code replaced}. */
    private static int editDistance(String a, String b, int replaced) {
        int[] beforeLast = new int[b.length() + 1];
        int[] last = new int[b.length() + 1];
        int[] current = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            last[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                char left = a.charAt(i - 1);
                char right = b.charAt(j - 1);
                int distance =
                        Math.min(last[j - 1] + (left == right ? 0 : replaced), Math.min(last[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && left == b.charAt(j - 2) && a.charAt(i - 2) == right) {
                    distance = Math.min(distance, beforeLast[j - 2] + 1);
                }
                current[j] = distance;
            }
            int[] free = beforeLast;
            beforeLast = last;
            last = current;
            current = free;
        }
        return last[b.length()];
    }

    /** The script of the first letter that has one of its own. */
    private static UnicodeScript script(String part) {
        for (int i = 0; i < part.length(); ) {
            int letter = part.codePointAt(i);
            UnicodeScript script = UnicodeScript.of(letter);
            if (script != UnicodeScript.COMMON && script != UnicodeScript.INHERITED) {
                return script;
            }
            i += Character.charCount(letter);
        }
        return UnicodeScript.COMMON;
    }
}
