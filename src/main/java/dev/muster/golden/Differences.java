package dev.muster.golden;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/** What changed between two versions of a record: field to [before, after], absent as null. */
final class Differences {
    private Differences() {}

    static Map<String, Object> between(Map<String, Object> before, Map<String, Object> after) {
        Map<String, Object> differences = new TreeMap<>();
        TreeSet<String> fields = new TreeSet<>(before.keySet());
        fields.addAll(after.keySet());
        for (String field : fields) {
            Object old = before.get(field);
            Object now = after.get(field);
            if (!Objects.equals(old, now)) {
                differences.put(field, Arrays.asList(old, now));
            }
        }
        return differences;
    }
}
