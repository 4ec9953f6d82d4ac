package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.github.fge.jsonschema.core.exceptions.ProcessingException;
import com.github.fge.jsonschema.core.load.configuration.LoadingConfiguration;
import com.github.fge.jsonschema.core.load.configuration.LoadingConfigurationBuilder;
import com.github.fge.jsonschema.main.JsonSchema;
import com.github.fge.jsonschema.main.JsonSchemaFactory;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.PlatformCatalog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What editors accept in a platform's file is what the hub accepts. */
class PlatformSchemaTest {
    private static final Path SCHEMAS = Path.of("config", "schema");
    private static final String ROOT = "platform.schema.json";
    private static final String STRANGER = "xqzxqz";
    private static final Pattern KNOWN =
            Pattern.compile(STRANGER + ".*?(?:: use |: write |; there are |known here: )([A-Za-z, ]+)$");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final YAMLMapper YAML = new YAMLMapper();

    /** The sections' keys of {@code webhook} depend on its scheme: WebhookSettingsTest compares them. */
    private static final Set<String> COMPARED_ELSEWHERE = Set.of("webhook.schema.json");

    /** What no shipped file says. */
    private static final String OTHERS = """
            platform: others
            api: { baseUrl: "https://others.example" }
            webhook: { signature: { scheme: path } }
            auth:
              scheme: jwtBearer
              tokenUrl: /token
              jwt: { audience: "https://others.example" }
              baseUrlFrom: { member: api, url: /me }
              test: { path: /me }
              getSchema: { path: /fields }
            quota: { breaker: { window: 5 }, headers: { reset: { header: X-Reset } } }
            streams:
              people:
                path: /people
                paging: { kind: offset, parameter: from, size: { parameter: n, value: 5 } }
                items: data
                envelope: { item: data }
                record: person
                incremental: { cursor: at, parameter: since }
                full: { every: P7D }
                schedule: { cron: "0 0 * * * ?" }
                removed: { when: gone }
                one: { path: "/people/{id}" }
              notes: { path: "/people/{id}/notes", items: data, record: note, each: { stream: people, id: id }, schedule: { every: PT1H } }
            mapping:
              records:
                - entity: member
                  of: [person, note]
                  id: { source: id, transformation: { format: "{id}" } }
                  fields: [{ target: email, source: email, type: email }]
            """;

    @TempDir
    private Path home;

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("config", "platforms"))) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void shippedFileIsValid(Path file) throws Exception {
        assertThat(Files.readString(file)).startsWith("# yaml-language-server: $schema=../schema/" + ROOT + "\n");
        assertThat(validator().validate(YAML.readTree(file.toFile())).toString())
                .contains("success");
    }

    @Test
    void schemaAndHubKnowTheSameKeys() throws Exception {
        Map<String, Set<String>> compared = new HashMap<>();
        for (Path file : files()) {
            compare(YAML.readTree(file.toFile()), compared);
        }
        compare(YAML.readTree(OTHERS), compared);

        Set<String> closed = new HashSet<>();
        try (Stream<Path> schemas = Files.list(SCHEMAS)) {
            for (Path schema : schemas.toList()) {
                String name = schema.getFileName().toString();
                if (!COMPARED_ELSEWHERE.contains(name)
                        && !Set.of(
                                        "alerts.schema.json",
                                        "integrations.schema.json",
                                        "segments.schema.json",
                                        "survivorship.schema.json")
                                .contains(name)) {
                    closed(new Place(name, ""), schema(name), closed);
                }
            }
        }
        assertThat(compared.keySet()).as("objects whose keys were compared").containsAll(closed);
    }

    /** A place in a schema. */
    private record Place(String file, String pointer) {
        Place then(String... steps) {
            return new Place(
                    file, pointer + Stream.of(steps).map(step -> "/" + step).collect(Collectors.joining()));
        }

        JsonNode node() {
            return schema(file).at(pointer);
        }

        /** Behind references. */
        Place resolved() {
            String reference = node().path("$ref").asText("");
            if (reference.isEmpty()) {
                return this;
            }
            String[] parts = (reference + "#").split("#", -1);
            return new Place(parts[0].isEmpty() ? file : parts[0], parts[1]).resolved();
        }

        @Override
        public String toString() {
            return file + '#' + pointer;
        }
    }

    /** Every object at this place and below that takes no other keys than its own. */
    private static void closed(Place place, JsonNode node, Set<String> found) {
        if (node.path("additionalProperties").isBoolean()
                && !node.path("additionalProperties").booleanValue()) {
            found.add(place.toString());
        }
        if (node.isObject()) {
            node.properties().forEach(child -> closed(place.then(child.getKey()), child.getValue(), found));
        }
        for (int i = 0; node.isArray() && i < node.size(); i++) {
            closed(place.then(String.valueOf(i)), node.get(i), found);
        }
    }

    private void compare(JsonNode file, Map<String, Set<String>> compared) throws IOException {
        walk(new Place(ROOT, ""), file, file, compared);
    }

    private void walk(Place unresolved, JsonNode value, JsonNode file, Map<String, Set<String>> compared)
            throws IOException {
        Place place = chosen(unresolved.resolved(), value);
        JsonNode schema = place.node();
        if (COMPARED_ELSEWHERE.contains(place.file())) {
            return;
        }
        if (value.isArray()) {
            for (JsonNode item : value) {
                walk(place.then("items"), item, file, compared);
            }
        } else if (value.isObject()) {
            JsonNode others = schema.path("additionalProperties");
            if (others.isBoolean() && !compared.containsKey(place.toString())) {
                Set<String> keys = new TreeSet<>();
                schema.path("properties").fieldNames().forEachRemaining(keys::add);
                ((ObjectNode) value).put(STRANGER, 1);
                assertThat(known(file)).as("the keys at " + place).isEqualTo(keys);
                ((ObjectNode) value).remove(STRANGER);
                compared.put(place.toString(), keys);
            }
            for (Map.Entry<String, JsonNode> member : value.properties()) {
                walk(
                        schema.path("properties").has(member.getKey())
                                ? place.then("properties", member.getKey())
                                : place.then("additionalProperties"),
                        member.getValue(),
                        file,
                        compared);
            }
        }
    }

    /** Of several shapes, the one that this value has. */
    private static Place chosen(Place place, JsonNode value) {
        JsonNode shapes = place.node().path("oneOf");
        for (int i = 0; i < shapes.size(); i++) {
            Place shape = place.then("oneOf", String.valueOf(i)).resolved();
            JsonNode properties = shape.node().path("properties");
            boolean isOfType = shape.node()
                    .path("type")
                    .asText("object")
                    .equals(value.isObject() ? "object" : value.isArray() ? "array" : "string");
            if (isOfType && value.properties().stream().allMatch(one -> properties.has(one.getKey()))) {
                return shape;
            }
        }
        return place;
    }

    /** The keys that the hub says it knows in the place of the stranger. */
    private Set<String> known(JsonNode file) throws IOException {
        Path path =
                home.resolve("config/platforms").resolve(file.path("platform").asText() + ".yaml");
        Files.createDirectories(path.getParent());
        YAML.writeValue(path.toFile(), file);
        PlatformCatalog catalog =
                new PlatformCatalog(home, Wiring.sections(MusterConfig.read(home, Map.of(), Map.of())));
        catalog.load();
        Files.delete(path);
        Set<String> known = new TreeSet<>();
        for (ConfigProblem problem : catalog.problems()) {
            Matcher matcher = KNOWN.matcher(problem.message());
            if (matcher.find()) {
                known.addAll(List.of(matcher.group(1).split(", ")));
            }
        }
        return known;
    }

    private static JsonNode schema(String file) {
        try {
            return JSON.readTree(SCHEMAS.resolve(file).toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The draft that this library knows has the same words for all that these schemas say but their own version. */
    private static JsonSchema validator() throws IOException, ProcessingException {
        LoadingConfigurationBuilder loading = LoadingConfiguration.newBuilder();
        try (Stream<Path> schemas = Files.list(SCHEMAS)) {
            for (Path path : schemas.toList()) {
                ObjectNode schema = (ObjectNode) JSON.readTree(path.toFile());
                schema.remove(List.of("$schema", "$id"));
                loading.preloadSchema("http://muster/" + path.getFileName(), schema);
            }
        }
        return JsonSchemaFactory.newBuilder()
                .setLoadingConfiguration(loading.freeze())
                .freeze()
                .getJsonSchema("http://muster/" + ROOT);
    }
}
