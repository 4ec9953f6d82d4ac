package dev.muster.platform;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** The keys that a section of a YAML file may have. A misspelt one would be silently without effect. */
public final class KnownKeys {
    private KnownKeys() {}

    /**
     * Adds a problem for each key that is not known.
     *
     * @param where the section's path, followed by a point; empty for the document itself
     */
    public static void check(
            JsonNode section, String where, Collection<String> known, String file, List<ConfigProblem> problems) {
        section.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                problems.add(new ConfigProblem(file, 0, where + name + " is not a key here: " + advice(name, known)));
            }
        });
    }

    private static String advice(String name, Collection<String> known) {
        String lower = name.toLowerCase(Locale.ROOT).replace("_", "");
        for (String key : known) {
            String other = key.toLowerCase(Locale.ROOT);
            if (other.startsWith(lower) || lower.startsWith(other) || differences(lower, other) <= 2) {
                return "write " + key;
            }
        }
        return "use " + String.join(", ", new TreeSet<>(known));
    }

    /** How many letters of equally long or almost equally long words differ at the same place. */
    private static int differences(String a, String b) {
        int differences = Math.abs(a.length() - b.length());
        for (int i = 0; i < Math.min(a.length(), b.length()); i++) {
            if (a.charAt(i) != b.charAt(i)) {
                differences++;
            }
        }
        return differences;
    }
}
