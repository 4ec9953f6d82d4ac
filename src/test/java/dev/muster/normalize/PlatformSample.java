package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.RejectedValue;
import dev.muster.delivery.Delivery;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One case of {@code src/test/resources/platforms/<platform>/<case>.*.json}: a delivery, what the platform answers to the
 * fetches (by path; null for "gone"; no file for no credentials) and the canonical records that have to come of it.
 */
public record PlatformSample(
        String platform,
        String name,
        Operation operation,
        JsonNode body,
        @Nullable JsonNode fetched,
        Instant readAt,
        JsonNode canonical) {

    static final ObjectMapper JSON = new ObjectMapper();
    static final Path PROJECT = Path.of(System.getProperty("basedir", System.getProperty("user.dir")));

    static List<PlatformSample> all() {
        return all(PROJECT);
    }

    /** The samples below a project's {@code src/test/resources/platforms}. */
    public static List<PlatformSample> all(Path project) {
        try (Stream<Path> files = Files.walk(project.resolve("src/test/resources/platforms"))) {
            return files.filter(file -> file.toString().endsWith(".delivery.json"))
                    .sorted()
                    .map(PlatformSample::of)
                    .collect(Collectors.toList());
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static PlatformSample of(Path file) {
        String name = file.getFileName().toString().replace(".delivery.json", "");
        JsonNode delivery = read(file);
        Path fetched = file.resolveSibling(name + ".fetched.json");
        Path canonical = file.resolveSibling(name + ".canonical.json");
        String platform = file.getParent().getFileName().toString();
        return new PlatformSample(
                platform,
                name,
                operation(platform, delivery, body(delivery.path("body"))),
                delivery.path("body"),
                Files.exists(fetched) ? read(fetched) : null,
                Instant.parse(delivery.path("readAt").textValue()),
                Files.exists(canonical) ? read(canonical) : MissingNode.getInstance());
    }

    /** A form stands in the sample as text. */
    private static String body(JsonNode body) {
        return body.isTextual() ? body.textValue() : body.toString();
    }

    private static Operation operation(String platform, JsonNode delivery, String body) {
        Map<String, String> headers = new HashMap<>();
        delivery.path("headers")
                .fields()
                .forEachRemaining(h -> headers.put(h.getKey(), h.getValue().textValue()));
        return operation(
                platform,
                delivery.path("kind").textValue(),
                headers,
                body,
                Instant.parse(delivery.path("receivedAt").textValue()));
    }

    static Operation operation(
            String platform, @Nullable String kind, Map<String, String> headers, String body, Instant receivedAt) {
        Delivery delivery = new Delivery(
                7,
                "default",
                platform,
                "default",
                receivedAt,
                headers,
                body.getBytes(StandardCharsets.UTF_8),
                kind,
                null);
        return new Operation(8, OperationType.WEBHOOK, 0, delivery, List.of());
    }

    static Normalizer normalizer(String platform) {
        return normalizer(PROJECT, platform);
    }

    private static Normalizer normalizer(Path project, String platform) {
        String file = "config/platforms/" + platform + ".yaml";
        try {
            JsonNode yaml = new YAMLMapper().readTree(project.resolve(file).toFile());
            return new Normalizer(Mapping.of(yaml, file));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    static JsonNode read(Path file) {
        try {
            return JSON.readTree(file.toFile());
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** This case with another body and other answers. */
    PlatformSample with(JsonNode otherBody, @Nullable JsonNode otherFetched) {
        Delivery delivery = operation.delivery();
        return new PlatformSample(
                platform,
                name,
                operation(platform, delivery.kind(), delivery.headers(), body(otherBody), delivery.receivedAt()),
                otherBody,
                otherFetched,
                readAt,
                canonical);
    }

    /** What the platform answers; null where nothing is fetched. */
    @Nullable
    JsonNode answer(Part part) {
        if (part.fetch() == null || fetched == null) {
            return null;
        }
        JsonNode answer = fetched.path(part.fetch().path());
        if (answer.isMissingNode()) {
            throw new AssertionError("No answer to " + part.fetch().path() + " in " + name + ".fetched.json");
        }
        return answer.isNull() ? MissingNode.getInstance() : answer;
    }

    /** Everything that comes of the case by the platform's file below a project, in the form of its canonical file. */
    public JsonNode normalized(Path project) {
        return read(normalized(normalizer(project, platform)).toPrettyString());
    }

    private static JsonNode read(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** Everything that comes of the case, in the form of its canonical file. */
    ObjectNode normalized(Normalizer normalizer) {
        ObjectNode all = JSON.createObjectNode();
        ArrayNode records = all.putArray("records");
        ArrayNode ignored = JSON.createArrayNode();
        ArrayNode rejected = JSON.createArrayNode();
        for (Part part : normalizer.parts(operation)) {
            if (part.ignored() != null) {
                ignored.add(part.ignored());
                continue;
            }
            Normalized normalized = normalizer.normalize(operation, part, answer(part), readAt);
            normalized.records().forEach(record -> records.add(json(record)));
            normalized.rejected().forEach(record -> rejected.add(record.reason()));
        }
        if (!ignored.isEmpty()) {
            all.set("ignored", ignored);
        }
        if (!rejected.isEmpty()) {
            all.set("rejected", rejected);
        }
        return all;
    }

    private static ObjectNode json(CanonicalRecord record) {
        ObjectNode json = JSON.createObjectNode();
        json.put("entity", record.key().entity().id());
        json.put("externalId", record.key().externalId());
        if (record.tombstone()) {
            json.put("tombstone", true);
        }
        ObjectNode fields = json.putObject("fields");
        record.fields().forEach((name, value) -> fields.set(name, JSON.valueToTree(value)));
        json.put("observedAt", record.observedAt().toString());
        record.fieldTimes()
                .forEach((name, time) -> json.withObject("/fieldTimes").put(name, time.toString()));
        json.put("asOf", record.asOf().toString());
        if (!record.arrival().equals(Instant.EPOCH)) {
            json.put("arrival", record.arrival().toString());
        }
        for (RejectedValue value : record.rejected()) {
            json.withArray("/rejected").add(value.field() + ": " + value.value() + ": " + value.reason());
        }
        return json;
    }

    @Override
    public String toString() {
        return platform + " " + name;
    }
}
