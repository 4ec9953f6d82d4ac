package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the items on a pulled page are read, compiled.
 *
 * @param items the list
 * @param envelope the member that an item is put under, so that it looks as it does alone; empty where it does already
 * @param keep members of the page that stand beside it
 * @param record under which name records are made of an item
 * @param removed whether the platform says of an item that it was removed; null where it never does
 * @param removedRecord under which name records are made of such an item; empty where they are the same, as tombstones
 */
record PulledPage(
        Selection items,
        String envelope,
        List<String> keep,
        String record,
        @Nullable Selection removed,
        String removedRecord) {

    /** The item as the mapping knows it. */
    JsonNode document(JsonNode item, JsonNode page) {
        if (envelope.isEmpty()) {
            return item;
        }
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.set(envelope, item);
        for (String name : keep) {
            JsonNode kept = page.get(name);
            if (kept != null) {
                document.set(name, kept);
            }
        }
        return document;
    }

    boolean isRemoved(JsonNode item) {
        return removed != null && removed.holds(item);
    }
}
