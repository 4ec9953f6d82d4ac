package dev.muster.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.PathType;
import com.networknt.schema.SchemaId;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** The schemas of the OpenAPI document: JSON Schema 2020-12, compiled when they are first needed. */
final class ContractSchemas {
    private static final String BASE = "https://muster.dev/openapi";
    private static final int PROBLEMS_MAX = 5;

    private final ObjectNode document;
    private final JsonSchemaFactory factory;
    private final SchemaValidatorsConfig settings;
    private final Map<JsonNode, JsonSchema> compiled = new ConcurrentHashMap<>();

    ContractSchemas(ObjectNode document) {
        this.document = document;
        // as a schema of its own, whose parts are found by pointers: the dialect of OpenAPI 3.1 is 2020-12 and
        // annotations
        ObjectNode whole = document.objectNode();
        whole.put("$schema", SchemaId.V202012);
        whole.put("$id", BASE);
        whole.set("components", document.path("components"));
        String text = whole.toString();
        this.factory = JsonSchemaFactory.getInstance(
                SpecVersion.VersionFlag.V202012,
                builder -> builder.schemaLoaders(loaders -> loaders.schemas(Map.of(BASE, text))));
        this.settings = SchemaValidatorsConfig.builder()
                .formatAssertionsEnabled(true)
                .pathType(PathType.JSON_POINTER)
                .locale(Locale.ENGLISH)
                .build();
    }

    /** The node itself, or what it refers to. */
    JsonNode resolved(JsonNode node) {
        JsonNode one = node;
        while (one.path("$ref").isTextual()) {
            String reference = one.path("$ref").asText();
            if (!reference.startsWith("#/")) {
                throw new IllegalStateException("The reference " + reference + " leads out of the document");
            }
            one = document.at(reference.substring(1));
            if (one.isMissingNode()) {
                throw new IllegalStateException("The reference " + reference + " leads nowhere");
            }
        }
        return one;
    }

    /** What is wrong with a value, each with its place in it; at most five. */
    List<String> problems(JsonNode schema, JsonNode value) {
        Map<String, String> problems = new TreeMap<>();
        for (ValidationMessage message : compiled(schema).validate(value)) {
            problems.put(message.getInstanceLocation() + message.getType(), said(message, schema));
        }
        List<String> first = new ArrayList<>(problems.values());
        return first.size() > PROBLEMS_MAX ? first.subList(0, PROBLEMS_MAX) : first;
    }

    private String said(ValidationMessage message, JsonNode schema) {
        String place = message.getInstanceLocation().toString();
        String text = message.getMessage();
        String prefix = place + ": ";
        String what = text.startsWith(prefix) ? text.substring(prefix.length()) : text;
        JsonNode hint = violated(message, schema).path("x-hint");
        return (place.isEmpty() ? "it" : place) + " " + what + (hint.isMissingNode() ? "" : ": " + hint.asText());
    }

    /** The schema one of whose words was not kept. */
    private JsonNode violated(ValidationMessage message, JsonNode schema) {
        SchemaLocation word = message.getSchemaLocation();
        String pointer = word.getFragment().toString();
        JsonNode root = BASE.equals(String.valueOf(word.getAbsoluteIri())) ? document : schema;
        return root.at(pointer.substring(0, Math.max(0, pointer.lastIndexOf('/'))));
    }

    private JsonSchema compiled(JsonNode schema) {
        JsonSchema known = compiled.get(schema);
        return known != null ? known : compiled.computeIfAbsent(schema, this::compile);
    }

    private JsonSchema compile(JsonNode schema) {
        ObjectNode placed = schema.deepCopy();
        rebase(placed);
        return factory.getSchema(
                SchemaLocation.of(BASE + "/" + Integer.toHexString(schema.hashCode())), placed, settings);
    }

    /** A reference is to the document, wherever the schema stands that holds it. */
    private static void rebase(JsonNode node) {
        if (node instanceof ObjectNode object && object.path("$ref").asText().startsWith("#/")) {
            object.put("$ref", BASE + object.path("$ref").asText());
        }
        node.forEach(ContractSchemas::rebase);
    }

    /** What to write instead, for a person. */
    String hint(JsonNode schema) {
        JsonNode one = resolved(schema);
        if (one.has("x-hint")) {
            return one.path("x-hint").asText();
        }
        if (one.has("enum")) {
            StringJoiner names = new StringJoiner(", ", "write one of ", "");
            one.path("enum").forEach(name -> names.add(name.asText()));
            return names.toString();
        }
        return switch (one.path("type").asText()) {
            case "integer" ->
                "write a whole number"
                        + (one.has("minimum") ? " from " + one.path("minimum").asText() : "")
                        + (one.has("maximum") ? " to " + one.path("maximum").asText() : "");
            case "boolean" -> "write true or false";
            default -> {
                if (one.path("format").asText().equals("date-time")) {
                    yield "write a time such as 2026-01-31T00:00:00Z";
                }
                yield "write " + one.path("minLength").asInt(0)
                        + (one.has("maxLength") ? " to " + one.path("maxLength").asText() : " or more") + " characters";
            }
        };
    }
}
