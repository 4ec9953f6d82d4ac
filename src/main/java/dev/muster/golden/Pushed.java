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
 * @param extras what was told beside the fields (segments and the like), as one JSON object
 * @param mapping a fingerprint of the mapping it was told by
 */
public record Pushed(
        Presence presence, Map<String, Object> fields, Map<String, Object> answered, String extras, String mapping) {
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
            if (!answered.isEmpty()) {
                node.set("answered", JSON.readTree(ValuesJson.write(answered)));
            }
            if (!extras.equals(NO_EXTRAS)) {
                node.set("extras", JSON.readTree(extras));
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        node.put("mapping", mapping);
        return node.toString();
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
