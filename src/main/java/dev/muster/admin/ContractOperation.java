package dev.muster.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.muster.access.Caller;
import dev.muster.access.Permission;
import dev.muster.delivery.Problem;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** One operation of the contract: where it is, who may, and what it takes. */
final class ContractOperation {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PREFIX = "/api/";
    private static final String MEDIA_TYPE = "application/json";

    private final ContractSchemas schemas;
    private final String template;
    private final String method;
    private final JsonNode node;
    private final List<String> segments;
    private final Map<String, Parameter> inPath = new HashMap<>();
    private final Map<String, Parameter> inQuery = new TreeMap<>();
    private final int literals;

    private record Parameter(String name, boolean required, JsonNode schema) {}

    private ContractOperation(ContractSchemas schemas, String template, String method, JsonNode path) {
        this.schemas = schemas;
        this.template = template;
        this.method = method.toUpperCase(Locale.ROOT);
        this.node = path.path(method);
        this.segments = List.of(template.substring(PREFIX.length()).split("/"));
        this.literals =
                (int) segments.stream().filter(segment -> !isParameter(segment)).count();
        path.path("parameters").forEach(this::add);
        node.path("parameters").forEach(this::add);
    }

    static ContractOperation of(ContractSchemas schemas, String template, JsonNode path, String method) {
        ContractOperation operation = new ContractOperation(schemas, template, method, path);
        if (!template.startsWith(PREFIX)
                || operation.id().isEmpty()
                || !operation.node.path("security").isArray()) {
            throw new IllegalStateException(
                    method + " " + template + " needs a path below /api/, an operationId and its security");
        }
        for (String segment : operation.segments) {
            if (isParameter(segment) && !operation.inPath.containsKey(nameOf(segment))) {
                throw new IllegalStateException(template + " does not describe its parameter " + segment);
            }
        }
        return operation;
    }

    private void add(JsonNode reference) {
        JsonNode described = schemas.resolved(reference);
        Parameter one = new Parameter(
                described.path("name").asText(), described.path("required").asBoolean(false), described.path("schema"));
        (described.path("in").asText().equals("path") ? inPath : inQuery).put(one.name(), one);
    }

    private static boolean isParameter(String segment) {
        return segment.startsWith("{");
    }

    private static String nameOf(String segment) {
        return segment.substring(1, segment.length() - 1);
    }

    String id() {
        return node.path("operationId").asText();
    }

    String template() {
        return template;
    }

    /** In capitals. */
    String method() {
        return method;
    }

    JsonNode node() {
        return node;
    }

    /** How many segments of its path are no parameters. */
    int literals() {
        return literals;
    }

    /** Whether anybody may ask. */
    boolean isOpen() {
        return node.path("security").isEmpty();
    }

    /** What a caller has to be permitted; empty where nothing in particular. */
    Optional<String> permission() {
        JsonNode scope = node.path("security").path(0).path("bearer").path(0);
        return scope.isMissingNode() ? Optional.empty() : Optional.of(scope.asText());
    }

    /**
     * Whether this caller may ask at all.
     *
     * @throws Refusal 403 where it lacks the permission, or is of one organization and this is about all
     */
    void requireAllowed(Caller caller) {
        permission().flatMap(Permission::of).ifPresent(caller::require);
        if (caller.organization() != null && node.path("x-whole-hub").asBoolean(false)) {
            throw new Refusal(
                    FailureCode.FORBIDDEN,
                    403,
                    "This is about the whole hub, and " + caller.name() + " is of the organization '"
                            + caller.organization() + "': use a key of all organizations");
        }
    }

    /** Whether its answer holds a secret, and may be kept nowhere. */
    boolean hasSecretAnswer() {
        return node.path("x-secret-answer").asBoolean(false);
    }

    /** Whether it changes nothing. */
    boolean isRead() {
        return method.equals("GET");
    }

    /** Whether a caller of one organization can be kept to it by this parameter. */
    boolean takesOrganization() {
        return inQuery.containsKey("organization");
    }

    /** Whether a caller of one organization can be kept to it by this key of the body. */
    boolean bodyTakesOrganization() {
        return hasOrganization(schemas.resolved(node.path("requestBody"))
                .path("content")
                .path(MEDIA_TYPE)
                .path("schema"));
    }

    private boolean hasOrganization(JsonNode reference) {
        JsonNode schema = schemas.resolved(reference);
        if (schema.path("properties").has("organization")) {
            return true;
        }
        for (JsonNode part : schema.path("allOf")) {
            if (hasOrganization(part)) {
                return true;
            }
        }
        return false;
    }

    /** The values of its parameters, where this path leads here. */
    Optional<Map<String, String>> matches(List<String> path) {
        if (path.size() != segments.size()) {
            return Optional.empty();
        }
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < path.size(); i++) {
            String segment = segments.get(i);
            if (isParameter(segment)) {
                values.put(nameOf(segment), path.get(i));
            } else if (!segment.equals(path.get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(values);
    }

    /**
     * Checks what is in the path.
     *
     * @throws Refusal 404 where it is none of those that there are, 400 where it cannot be one
     */
    void checkPath(Map<String, String> values) {
        for (Parameter parameter : inPath.values()) {
            String text = values.getOrDefault(parameter.name(), "");
            requireStorable(text, "The " + parameter.name() + " in the path");
            if (!schemas.problems(parameter.schema(), TextNode.valueOf(text)).isEmpty()) {
                boolean isOneOf = schemas.resolved(parameter.schema()).has("enum");
                throw new Refusal(
                        isOneOf ? FailureCode.NOT_FOUND : FailureCode.BAD_REQUEST,
                        isOneOf ? 404 : 400,
                        "'" + Problem.clip(text) + "' is no " + parameter.name() + ": "
                                + schemas.hint(parameter.schema()));
            }
        }
    }

    /**
     * Checks what is in the query.
     *
     * @return the parameters that were given, by name
     * @throws Refusal 400 where one is missing, unknown or not as it should be
     */
    Map<String, JsonNode> query(Map<String, String> given) {
        Map<String, JsonNode> values = new HashMap<>();
        boolean takesAny = node.path("x-any-parameter").asBoolean(false);
        for (String name : new TreeSet<>(given.keySet())) {
            Parameter parameter = inQuery.get(name);
            if (parameter == null) {
                if (takesAny) {
                    continue;
                }
                throw Page.bad("There is no parameter '" + Problem.clip(name) + "' here"
                        + (inQuery.isEmpty() ? "" : "; there are " + inQuery.keySet()));
            }
            String text = given.getOrDefault(name, "");
            requireStorable(text, "The parameter '" + name + "'");
            JsonNode value = value(parameter, text);
            if (!schemas.problems(parameter.schema(), value).isEmpty()) {
                throw Page.bad("The parameter '" + name + "' is '" + Problem.clip(text) + "': "
                        + schemas.hint(parameter.schema()));
            }
            values.put(name, value);
        }
        for (Parameter parameter : inQuery.values()) {
            if (parameter.required() && !values.containsKey(parameter.name())) {
                throw Page.bad("The parameter '" + parameter.name() + "' is missing");
            }
        }
        return values;
    }

    private JsonNode value(Parameter parameter, String text) {
        switch (schemas.resolved(parameter.schema()).path("type").asText()) {
            case "integer" -> {
                try {
                    return LongNode.valueOf(Long.parseLong(text));
                } catch (NumberFormatException e) {
                    return TextNode.valueOf(text);
                }
            }
            case "boolean" -> {
                return text.equals("true") || text.equals("false")
                        ? BooleanNode.valueOf(text.equals("true"))
                        : TextNode.valueOf(text);
            }
            default -> {
                return TextNode.valueOf(text);
            }
        }
    }

    /**
     * Checks the body.
     *
     * @param contentType as the request has it; empty where it has none
     * @return the body; an empty object where there is none and none is needed
     * @throws Refusal 400 where it is not as it should be, 415 where it is no JSON by its own word
     */
    ObjectNode body(String contentType, byte[] bytes) {
        JsonNode described = schemas.resolved(node.path("requestBody"));
        if (described.isMissingNode()) {
            if (bytes.length > 0) {
                throw Page.bad("There is a body, but " + method + " " + template + " takes none");
            }
            return JsonNodeFactory.instance.objectNode();
        }
        boolean required = described.path("required").asBoolean(false);
        String type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        boolean isForm = !type.isEmpty() && !type.equals(MEDIA_TYPE);
        if (isForm && (required || bytes.length > 0)) {
            throw new Refusal(
                    FailureCode.BAD_REQUEST,
                    415,
                    "The body is said to be '" + Problem.clip(type) + "': send JSON, with the header 'Content-Type: "
                            + MEDIA_TYPE + "'");
        }
        if (bytes.length == 0) {
            if (required) {
                throw Page.bad("The body is missing: send a JSON object");
            }
            return JsonNodeFactory.instance.objectNode();
        }
        JsonNode tree = read(bytes);
        if (!(tree instanceof ObjectNode object)) {
            throw Page.bad("The body has to be a JSON object");
        }
        requireStorable(object);
        List<String> problems = new ArrayList<>(
                schemas.problems(described.path("content").path(MEDIA_TYPE).path("schema"), object));
        if (!problems.isEmpty()) {
            throw Page.bad("The body is not as it should be: " + String.join("; ", problems));
        }
        return object;
    }

    private static void requireStorable(JsonNode node) {
        node.properties().forEach(one -> requireStorable(one.getKey(), "A name in the body"));
        node.forEach(ContractOperation::requireStorable);
        if (node.isDouble() && Double.isInfinite(node.doubleValue())) {
            throw Page.bad("The body holds a number beyond what can be kept: leave it out, or send a smaller one");
        }
        requireStorable(node.asText(), "The body");
    }

    /** PostgreSQL's text cannot hold a NUL: whatever is asked with one is about nothing that is stored. */
    private static void requireStorable(String text, String what) {
        if (text.indexOf('\0') >= 0) {
            throw Page.bad(what + " holds a NUL character: leave it out");
        }
    }

    private static JsonNode read(byte[] bytes) {
        try {
            return JSON.readTree(bytes);
        } catch (JsonProcessingException e) {
            throw Page.bad("The body is not JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw Page.bad("The body cannot be read");
        }
    }
}
