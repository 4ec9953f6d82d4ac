package dev.muster.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the admin API promises: the OpenAPI document, made of the files under {@code openapi/}, and its operations by path and
 * method. Whatever is not described there does not exist.
 */
public final class Contract {
    private static final String FOLDER = "/openapi/";
    private static final String SHARED = "muster";
    private static final String FILES = "x-files";
    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

    private final ObjectNode document;
    private final ContractSchemas schemas;
    private final List<ContractOperation> operations = new ArrayList<>();

    private Contract(ObjectNode document) {
        this.document = document;
        this.schemas = new ContractSchemas(document);
        for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
            for (Map.Entry<String, JsonNode> one : path.getValue().properties()) {
                if (METHODS.contains(one.getKey())) {
                    operations.add(ContractOperation.of(schemas, path.getKey(), path.getValue(), one.getKey()));
                }
            }
        }
    }

    /** @throws IllegalStateException where a file of it is missing or contradicts another: a defect of the build */
    public static Contract load() {
        ObjectNode document = read(SHARED);
        JsonNode files = document.remove(FILES);
        files.forEach(file -> add(document, read(file.asText()), file.asText()));
        JsonNode problem = document.path("components").path("responses").path("Problem");
        if (problem.isMissingNode()) {
            throw new IllegalStateException("openapi/" + SHARED + ".yaml has no components.responses.Problem");
        }
        for (JsonNode path : document.path("paths")) {
            for (String method : METHODS) {
                if (path.path(method) instanceof ObjectNode operation) {
                    complete(operation, method);
                }
            }
        }
        return new Contract(document);
    }

    /** What holds for all: whatever is asked can be refused, and whoever changes something may say why. */
    private static void complete(ObjectNode operation, String method) {
        if (operation.path("responses") instanceof ObjectNode responses && !responses.has("default")) {
            responses.putObject("default").put("$ref", "#/components/responses/Problem");
        }
        if (!method.equals("get") && !operation.path("security").isEmpty()) {
            operation.withArrayProperty("parameters").addObject().put("$ref", "#/components/parameters/Reason");
        }
    }

    private static ObjectNode read(String name) {
        String file = FOLDER + name + ".yaml";
        try (InputStream stream = Contract.class.getResourceAsStream(file)) {
            if (stream == null) {
                throw new IllegalStateException(file + " is missing");
            }
            return (ObjectNode) new ObjectMapper(new YAMLFactory()).readTree(stream);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be read", e);
        }
    }

    private static void add(ObjectNode document, ObjectNode part, String file) {
        addAll(document.withObjectProperty("paths"), part.path("paths"), file);
        for (Map.Entry<String, JsonNode> kind : part.path("components").properties()) {
            addAll(document.withObjectProperty("components").withObjectProperty(kind.getKey()), kind.getValue(), file);
        }
    }

    private static void addAll(ObjectNode into, JsonNode from, String file) {
        for (Map.Entry<String, JsonNode> one : from.properties()) {
            if (into.has(one.getKey())) {
                throw new IllegalStateException("openapi/" + file + ".yaml describes " + one.getKey() + " once more");
            }
            into.set(one.getKey(), one.getValue());
        }
    }

    /** The whole document, for {@code /api/openapi.json}. */
    ObjectNode document() {
        return document;
    }

    /** The operationIds of all that can be asked. */
    public Set<String> operationIds() {
        Set<String> ids = new TreeSet<>();
        operations.forEach(operation -> ids.add(operation.id()));
        return ids;
    }

    /**
     * What a path leads to.
     *
     * @param operation null where this method leads nowhere
     * @param methods that the path takes; empty where there is no such path
     * @param values of the path's parameters
     */
    record Match(@Nullable ContractOperation operation, Set<String> methods, Map<String, String> values) {}

    /**
     * @param method in capitals; HEAD is taken for GET
     * @param path the decoded segments behind {@code /api}
     */
    Match match(String method, List<String> path) {
        String asked = method.equals("HEAD") ? "GET" : method;
        Set<String> methods = new TreeSet<>();
        ContractOperation best = null;
        Map<String, String> values = Map.of();
        for (ContractOperation operation : operations) {
            Optional<Map<String, String>> found = operation.matches(path);
            if (found.isEmpty()) {
                continue;
            }
            methods.add(operation.method());
            // a literal segment is meant before a parameter
            if (operation.method().equals(asked) && (best == null || operation.literals() > best.literals())) {
                best = operation;
                values = found.get();
            }
        }
        return new Match(best, methods, values);
    }

    /**
     * Whether an answer is one that the document describes: for tests, which ask it of every answer they get.
     *
     * @param method in capitals
     * @param path the decoded segments behind {@code /api}
     * @param contentType without parameters; empty where there is no body
     * @return what differs; empty where nothing does
     */
    public List<String> differences(String method, List<String> path, int status, String contentType, String body) {
        ContractOperation operation = match(method, path).operation();
        JsonNode responses =
                operation == null ? document.objectNode() : operation.node().path("responses");
        JsonNode response = responses.path(Integer.toString(status));
        if (response.isMissingNode() && status >= 400) {
            response = operation == null
                    ? document.path("components").path("responses").path("Problem")
                    : responses.path("default");
        }
        if (status == 304) {
            return body.isEmpty() ? List.of() : List.of("304 with a body");
        }
        if (response.isMissingNode()) {
            return List.of("status " + status + " is not described");
        }
        JsonNode content = schemas.resolved(response).path("content");
        if (content.isEmpty() || method.equals("HEAD")) {
            return body.isEmpty() ? List.of() : List.of("there is a body, and none is described");
        }
        JsonNode media = content.path(contentType);
        if (media.isMissingNode()) {
            return List.of("content type '" + contentType + "' is not described");
        }
        if (!contentType.endsWith("json")) {
            return List.of();
        }
        try {
            return schemas.problems(media.path("schema"), new ObjectMapper().readTree(body));
        } catch (IOException e) {
            return List.of("not JSON: " + e.getMessage());
        }
    }

    /** What does not hold in the document itself: permissions that are none, examples that their schemas refuse. */
    public List<String> defects() {
        List<String> defects = new ArrayList<>();
        Map<String, String> places = new HashMap<>();
        for (ContractOperation operation : operations) {
            String before = places.put(operation.id(), operation.template());
            if (before != null) {
                defects.add(operation.id() + " stands for two operations, " + before + " too");
            }
            for (JsonNode response : operation.node().path("responses")) {
                examples(operation.id(), schemas.resolved(response).path("content"), defects);
            }
            examples(
                    operation.id(),
                    schemas.resolved(operation.node().path("requestBody")).path("content"),
                    defects);
        }
        return defects;
    }

    private void examples(String place, JsonNode content, List<String> defects) {
        for (JsonNode media : content) {
            ArrayNode examples = document.arrayNode();
            if (media.has("example")) {
                examples.add(media.get("example"));
            }
            media.path("examples").forEach(one -> examples.add(one.path("value")));
            for (JsonNode example : examples) {
                schemas.problems(media.path("schema"), example)
                        .forEach(problem -> defects.add(place + ": its example: " + problem));
            }
        }
    }
}
