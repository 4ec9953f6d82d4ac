package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;

/** What a path or a jq expression finds in a document, for the chapters that read answers without mapping them. */
public final class Selection {
    private static final JsonNode[] NO_NAMES = new JsonNode[0];

    private final Source source;

    Selection(Source source) {
        this.source = source;
    }

    /** A missing node where there is nothing, or nothing that can be worked out. */
    public JsonNode from(JsonNode document) {
        return source.read(new Scope(new Document(document), document, MissingNode.getInstance(), NO_NAMES));
    }

    /** Whether there is something: no null, blank text, empty list or {@code false}. */
    public boolean holds(JsonNode document) {
        JsonNode found = from(document);
        return !ValueType.isBlank(found) && !(found.isBoolean() && !found.booleanValue());
    }
}
