package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A whole document that records are read from, with its JSON:API {@code included} list by type and id. */
final class Document {
    private final JsonNode root;
    private final @Nullable Document page;
    private @Nullable Map<String, JsonNode> included;

    Document(JsonNode root) {
        this(root, null);
    }

    /** @param page the document whose {@code included} list this one shares, so that it is indexed once for all items */
    Document(JsonNode root, @Nullable Document page) {
        this.root = root;
        this.page = page;
    }

    JsonNode root() {
        return root;
    }

    /** The included resource that an identifier ({@code type}, {@code id}) names; a missing node where there is none. */
    JsonNode included(JsonNode identifier) {
        if (page != null) {
            return page.included(identifier);
        }
        String key = key(identifier);
        if (key == null) {
            return MissingNode.getInstance();
        }
        if (included == null) {
            included = index(root.path("included"));
        }
        JsonNode found = included.get(key);
        return found == null ? MissingNode.getInstance() : found;
    }

    /** By a map, so that many references into a long list stay cheap. */
    private static Map<String, JsonNode> index(JsonNode list) {
        Map<String, JsonNode> index = new HashMap<>();
        if (list.isArray()) {
            for (JsonNode resource : list) {
                String key = key(resource);
                if (key != null) {
                    index.putIfAbsent(key, resource);
                }
            }
        }
        return index;
    }

    private static @Nullable String key(JsonNode identifier) {
        JsonNode type = identifier.path("type");
        JsonNode id = identifier.path("id");
        boolean named = type.isTextual() && (id.isTextual() || id.isIntegralNumber());
        return named ? type.textValue() + '\n' + id.asText() : null;
    }
}
