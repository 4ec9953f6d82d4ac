package dev.muster.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.decide.SourceRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a target was told of one golden record: the entry of the ledger of our own writes.
 *
 * @param presence whether the record is there by it
 * @param fields canonical field to the value that was told
 * @param answered canonical field to what the target made of it, where that reads otherwise
 * @param bounced canonical field to what the target had in its place when we had to tell it the same again
 * @param yielded canonical field to the golden record's value that gave way to the target's own
 * @param former canonical field to the words that ours replaced, the oldest first
 * @param extras what was told beside the fields (segments and the like), as one JSON object
 * @param mapping a fingerprint of the mapping it was told by
 */
public record Pushed(
        Presence presence,
        Map<String, Object> fields,
        Map<String, Object> answered,
        Map<String, Object> bounced,
        Map<String, Object> yielded,
        Map<String, List<Former>> former,
        String extras,
        String mapping) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Nothing beside the fields. */
    public static final String NO_EXTRAS = "{}";

    /** So many earlier words are known of a field. */
    private static final int FORMER_MAX = 6;

    /**
     * What the target had by us before.
     *
     * @param until when the word that replaced it had arrived; {@link Instant#MAX} where that is this entry's own time
     */
    public record Former(Object value, Instant until) {}

    /** What became of the record at the target. */
    public enum Presence {
        PRESENT,
        WITHDRAWN,
        REMOVED
    }

    public Pushed {
        fields = new TreeMap<>(fields);
        answered = new TreeMap<>(answered);
        bounced = new TreeMap<>(bounced);
        yielded = new TreeMap<>(yielded);
        former = new TreeMap<>(former);
    }

    /** Nothing is known but what was told. */
    public static Pushed of(Presence presence, Map<String, Object> fields, String extras, String mapping) {
        return new Pushed(presence, fields, Map.of(), Map.of(), Map.of(), Map.of(), extras, mapping);
    }

    /** The same with what the target made of it. */
    public Pushed answered(Map<String, Object> all) {
        return new Pushed(presence, fields, all, bounced, yielded, former, extras, mapping);
    }

    /** The same for another presence. */
    public Pushed with(Presence other) {
        return new Pushed(other, fields, answered, bounced, yielded, former, extras, mapping);
    }

    /** Whether this value is our own word, or what the target made of it. */
    public boolean says(String field, Object value) {
        return same(fields.get(field), value) || same(answered.get(field), value);
    }

    /**
     * Whether this value, as the target had it at a time, is an earlier word of ours: what was on the way while the next word
     * was told.
     *
     * @param replacedAt when the present words had arrived
     */
    boolean said(String field, Object value, Instant asOf, Instant replacedAt) {
        for (Former one : former.getOrDefault(field, List.of())) {
            Instant until = one.until().equals(Instant.MAX) ? replacedAt : one.until();
            if (!asOf.isAfter(until) && SourceRecord.sameMeaning(one.value(), value)) {
                return true;
            }
        }
        return false;
    }

    /**
     * The earlier words when these fields are told next.
     *
     * @param pushedAt when the present words had arrived
     */
    public Map<String, List<Former>> formerFor(Map<String, Object> next, Instant pushedAt) {
        Map<String, List<Former>> all = new TreeMap<>();
        former.forEach((field, words) -> words.forEach(word -> all.computeIfAbsent(field, name -> new ArrayList<>())
                .add(word.until().equals(Instant.MAX) ? new Former(word.value(), pushedAt) : word)));
        fields.forEach((field, value) -> {
            Object wanted = next.get(field);
            if (!same(wanted, value)) {
                List<Former> words = all.computeIfAbsent(field, name -> new ArrayList<>());
                words.add(new Former(value, Instant.MAX));
                Object made = answered.get(field);
                if (made != null && !SourceRecord.sameMeaning(made, value)) {
                    words.add(new Former(made, Instant.MAX));
                }
            }
        });
        all.replaceAll(
                (field, words) -> List.copyOf(words.subList(Math.max(0, words.size() - FORMER_MAX), words.size())));
        return all;
    }

    private static boolean same(@Nullable Object ours, Object value) {
        return ours != null && SourceRecord.sameMeaning(ours, value);
    }

    /** As it is stored. */
    public String json() {
        ObjectNode node = JSON.createObjectNode();
        node.put("presence", presence.name());
        node.set("fields", ValuesJson.tree(fields));
        set(node, "answered", answered);
        set(node, "bounced", bounced);
        set(node, "yielded", yielded);
        former.forEach((field, words) -> {
            ArrayNode list = node.withObjectProperty("former").putArray(field);
            words.forEach(word -> list.add(ValuesJson.tree(Map.of("value", word.value()))
                    .put(
                            "until",
                            word.until().equals(Instant.MAX)
                                    ? null
                                    : Long.valueOf(word.until().toEpochMilli()))));
        });
        if (!extras.equals(NO_EXTRAS)) {
            node.set("extras", ValuesJson.tree(extras));
        }
        node.put("mapping", mapping);
        return node.toString();
    }

    private static void set(ObjectNode node, String name, Map<String, Object> values) {
        if (!values.isEmpty()) {
            node.set(name, ValuesJson.tree(values));
        }
    }

    /** The opposite of {@link #json}; null for null. */
    public static @Nullable Pushed of(@Nullable String json) {
        if (json == null) {
            return null;
        }
        JsonNode node = ValuesJson.tree(json);
        return new Pushed(
                Presence.valueOf(node.path("presence").asText()),
                values(node.path("fields")),
                values(node.path("answered")),
                values(node.path("bounced")),
                values(node.path("yielded")),
                former(node.path("former")),
                Objects.toString(node.get("extras"), NO_EXTRAS),
                node.path("mapping").asText());
    }

    private static Map<String, List<Former>> former(JsonNode node) {
        Map<String, List<Former>> former = new TreeMap<>();
        node.properties().forEach(field -> {
            List<Former> words = new ArrayList<>();
            field.getValue().forEach(word -> {
                Map<String, Object> known = ValuesJson.read(word.toString());
                Object value = known.get("value");
                if (value != null) {
                    words.add(new Former(
                            value,
                            known.get("until") instanceof Long millis ? Instant.ofEpochMilli(millis) : Instant.MAX));
                }
            });
            former.put(field.getKey(), words);
        });
        return former;
    }

    private static Map<String, Object> values(JsonNode node) {
        return node.isObject() ? ValuesJson.read(node.toString()) : Map.of();
    }
}
