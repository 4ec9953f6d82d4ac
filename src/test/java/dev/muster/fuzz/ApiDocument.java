package dev.muster.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** An OpenAPI document as a stranger reads it: which operations there are, and what each takes. */
public final class ApiDocument {
    static final String JSON_TYPE = "application/json";
    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

    private final JsonNode root;
    private final List<Operation> operations = new ArrayList<>();

    private ApiDocument(JsonNode root) {
        this.root = root;
        for (Map.Entry<String, JsonNode> path : root.path("paths").properties()) {
            for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
                if (METHODS.contains(method.getKey())) {
                    operations.add(operation(path.getKey(), path.getValue(), method.getKey()));
                }
            }
        }
    }

    /** @param json as {@code GET /api/openapi.json} answers it */
    public static ApiDocument of(String json) throws IOException {
        return new ApiDocument(new ObjectMapper().readTree(json));
    }

    /** A parameter. */
    public record Parameter(String name, boolean required, JsonNode schema) {}

    /**
     * Something that can be asked.
     *
     * @param method in capitals
     * @param body its schema; missing where it takes none
     */
    public record Operation(
            String id,
            String method,
            String template,
            List<Parameter> inPath,
            List<Parameter> inQuery,
            JsonNode body,
            boolean needsBody,
            boolean wholeHub,
            boolean open) {
        public boolean reads() {
            return method.equals("GET");
        }

        /** The first segment of its path behind {@code /api}. */
        public String resource() {
            return template.split("/")[2];
        }

        @Override
        public String toString() {
            return id;
        }
    }

    public List<Operation> operations() {
        return operations;
    }

    /** The node itself, or what it refers to. */
    JsonNode resolved(JsonNode node) {
        JsonNode one = node;
        while (one.path("$ref").isTextual()) {
            one = root.at(one.path("$ref").asText().substring(1));
        }
        return one;
    }

    /** The properties of an object's schema, those of its parts too. */
    public ObjectNode properties(JsonNode schema) {
        JsonNode one = resolved(schema);
        ObjectNode all = new ObjectMapper().createObjectNode();
        one.path("allOf").forEach(part -> all.setAll(properties(part)));
        one.path("properties").properties().forEach(entry -> all.set(entry.getKey(), entry.getValue()));
        return all;
    }

    /** The names that an object has to have. */
    public List<String> required(JsonNode schema) {
        JsonNode one = resolved(schema);
        List<String> all = new ArrayList<>();
        one.path("allOf").forEach(part -> all.addAll(required(part)));
        one.path("required").forEach(name -> all.add(name.asText()));
        return all;
    }

    private Operation operation(String template, JsonNode path, String method) {
        JsonNode node = path.path(method);
        List<Parameter> inPath = new ArrayList<>();
        List<Parameter> inQuery = new ArrayList<>();
        for (JsonNode list : List.of(path.path("parameters"), node.path("parameters"))) {
            for (JsonNode reference : list) {
                JsonNode one = resolved(reference);
                (one.path("in").asText().equals("path") ? inPath : inQuery)
                        .add(new Parameter(
                                one.path("name").asText(), one.path("required").asBoolean(false), one.path("schema")));
            }
        }
        JsonNode body = resolved(node.path("requestBody"));
        return new Operation(
                node.path("operationId").asText(),
                method.toUpperCase(Locale.ROOT),
                template,
                inPath,
                inQuery,
                body.path("content").path(JSON_TYPE).path("schema"),
                body.path("required").asBoolean(false),
                node.path("x-whole-hub").asBoolean(false),
                node.path("security").isArray() && node.path("security").isEmpty());
    }
}
