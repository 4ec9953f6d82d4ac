package dev.muster.push;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.decide.SourceRecord;
import dev.muster.golden.ValuesJson;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A field by which a push is held, as it was when it was held.
 *
 * @param there what the target has
 * @param here the golden record's; null where it has none
 * @param choice what a person said of these two; null for nothing yet
 */
record Contested(
        Object there, @Nullable Object here, @Nullable Choice choice) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Whose value stands at the target. */
    enum Choice {
        /** The golden record's: it is pushed. */
        KEEP_CURRENT,
        /** The target's: it is let be, until the golden record or the target changes again. */
        ACCEPT_INCOMING;

        String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<Choice> of(String id) {
            for (Choice one : values()) {
                if (one.id().equals(id)) {
                    return Optional.of(one);
                }
            }
            return Optional.empty();
        }
    }

    /** What a person said of these two values; null where they were asked of others, or have not answered. */
    static @Nullable Choice choice(@Nullable Contested asked, Object there, @Nullable Object here) {
        return asked != null && same(asked.there, there) && same(asked.here, here) ? asked.choice : null;
    }

    /** Whether two values mean the same; none is like none only. */
    static boolean same(@Nullable Object a, @Nullable Object b) {
        return a == null || b == null ? a == b : SourceRecord.sameMeaning(a, b);
    }

    /** As it is stored, by field; null for none. */
    static @Nullable String json(Map<String, Contested> fields) {
        if (fields.isEmpty()) {
            return null;
        }
        ObjectNode node = JSON.createObjectNode();
        fields.forEach((field, one) -> {
            Map<String, Object> values = new TreeMap<>();
            values.put("there", one.there);
            if (one.here != null) {
                values.put("here", one.here);
            }
            if (one.choice != null) {
                values.put("choice", one.choice.id());
            }
            node.set(field, ValuesJson.tree(values));
        });
        return node.toString();
    }

    /** The opposite of {@link #json}. */
    static Map<String, Contested> of(@Nullable String json) {
        Map<String, Contested> fields = new TreeMap<>();
        if (json != null) {
            ValuesJson.tree(json).properties().forEach(entry -> {
                Map<String, Object> values = ValuesJson.read(entry.getValue().toString());
                Object there = values.get("there");
                if (there != null) {
                    Choice choice =
                            Choice.of(String.valueOf(values.get("choice"))).orElse(null);
                    fields.put(entry.getKey(), new Contested(there, values.get("here"), choice));
                }
            });
        }
        return fields;
    }
}
