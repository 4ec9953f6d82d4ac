package dev.muster.golden;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.decide.SourceRecord;
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
 * @param extras what was told beside the fields (segments and the like), as one JSON object
 * @param mapping a fingerprint of the mapping it was told by
 */
public record Pushed(
        Presence presence,
        Map<String, Object> fields,
        Map<String, Object> answered,
        Map<String, Object> bounced,
        Map<String, Object> yielded,
        String extras,
        String mapping) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Nothing beside the fields. */
    public static final String NO_EXTRAS = "{}";

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
    }

    /** Nothing is known but what was told. */
    public static Pushed of(Presence presence, Map<String, Object> fields, String extras, String mapping) {
        return new Pushed(presence, fields, Map.of(), Map.of(), Map.of(), extras, mapping);
    }

    /** The same with what the target made of it. */
    public Pushed answered(Map<String, Object> all) {
        return new Pushed(presence, fields, all, bounced, yielded, extras, mapping);
    }

    /** The same for another presence. */
    public Pushed with(Presence other) {
        return new Pushed(other, fields, answered, bounced, yielded, extras, mapping);
    }

    /** Whether this value is our own word, or what the target made of it. */
    public boolean says(String field, Object value) {
        return same(fields.get(field), value) || same(answered.get(field), value);
    }

    private static boolean same(@Nullable Object ours, Object value) {
        return ours != null && SourceRecord.sameMeaning(ours, value);
    }

    /** As it is stored. */
    public String json() {
        ObjectNode node = JSON.createObjectNode();
        node.put("presence", presence.name());
        try {
            node.set("fields", JSON.readTree(ValuesJson.write(fields)));
            set(node, "answered", answered);
            set(node, "bounced", bounced);
            set(node, "yielded", yielded);
            if (!extras.equals(NO_EXTRAS)) {
                node.set("extras", JSON.readTree(extras));
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        node.put("mapping", mapping);
        return node.toString();
    }

    private static void set(ObjectNode node, String name, Map<String, Object> values) throws JsonProcessingException {
        if (!values.isEmpty()) {
            node.set(name, JSON.readTree(ValuesJson.write(values)));
        }
    }

    /** The opposite of {@link #json}; null for null. */
    public static @Nullable Pushed of(@Nullable String json) {
        if (json == null) {
            return null;
        }
        try {
            JsonNode node = JSON.readTree(json);
            return new Pushed(
                    Presence.valueOf(node.path("presence").asText()),
                    values(node.path("fields")),
                    values(node.path("answered")),
                    values(node.path("bounced")),
                    values(node.path("yielded")),
                    Objects.toString(node.get("extras"), NO_EXTRAS),
                    node.path("mapping").asText());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The ledger of pushes holds what is not JSON", e);
        }
    }

    private static Map<String, Object> values(JsonNode node) {
        return node.isObject() ? ValuesJson.read(node.toString()) : Map.of();
    }
}
