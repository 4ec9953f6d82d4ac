package dev.muster.platform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * All platforms, as their files say now. A file that is edited into something broken keeps its last good definition,
 * and {@link #problems()} says so until it is mended.
 */
public final class PlatformCatalog {
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final Set<String> OWN_KEYS = Set.of("platform", "title", "api");
    private static final Set<String> API_KEYS = Set.of("baseUrl", "through", "headers", "responseBytesMax");
    private static final String MAPPING = "mapping";
    private static final int RESPONSE_BYTES_MAX = 8 * 1024 * 1024;

    private final Path directory;
    private final String label;
    private final List<SectionCompiler<?>> compilers;
    private volatile Map<String, PlatformDefinition> platforms = Map.of();
    private volatile Map<String, List<ConfigProblem>> problems = Map.of();

    /**
     * @param home the directory that holds {@code config/}
     * @param compilers one per chapter that has a section in the platform files
     */
    public PlatformCatalog(Path home, List<SectionCompiler<?>> compilers) {
        this.label = "config/platforms/";
        this.directory = home.resolve("config").resolve("platforms");
        this.compilers = List.copyOf(compilers);
    }

    /** Reads every file again. Safe to call while others read. */
    public synchronized void load() {
        Map<String, PlatformDefinition> read = new TreeMap<>();
        Map<String, List<ConfigProblem>> found = new LinkedHashMap<>();
        for (Path path : files()) {
            String name = path.getFileName().toString();
            String id = name.substring(0, name.length() - ".yaml".length());
            try {
                read.put(id, define(id, label + name, path));
            } catch (ConfigException e) {
                found.put(label + name, e.problems());
                PlatformDefinition last = platforms.get(id);
                if (last != null) {
                    read.put(id, last);
                }
            }
        }
        platforms = Map.copyOf(read);
        problems = Map.copyOf(found);
    }

    private List<Path> files() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(path -> path.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /**
     * A platform as it would be, judged as its file is.
     *
     * @param text the whole file, or what stands below its {@code mapping}; then the rest is as it is now
     * @throws ConfigException with every problem and its line
     */
    public PlatformDefinition judged(String id, String text) {
        String file = label + id + ".yaml";
        JsonNode root = tree(file, text);
        PlatformDefinition present = platforms.get(id);
        if (root.has("platform") || !root.isObject() || present == null) {
            return define(id, file, text, root);
        }
        ObjectNode whole = present.root().deepCopy();
        whole.set(MAPPING, root.has(MAPPING) ? root.get(MAPPING) : root);
        try {
            return define(id, file, "", whole);
        } catch (ConfigException e) {
            throw new ConfigException(e.problems().stream()
                    .map(problem -> located(problem, root.has(MAPPING), text))
                    .toList());
        }
    }

    /** The lines are those of the section that was given. */
    private static ConfigProblem located(ConfigProblem problem, boolean isNamed, String text) {
        if (isNamed) {
            return YamlLines.located(problem, text);
        }
        ConfigProblem below = YamlLines.located(problem, MAPPING + ":\n" + text.indent(2));
        return new ConfigProblem(below.file(), Math.max(0, below.line() - 1), below.message());
    }

    private PlatformDefinition define(String id, String file, Path path) {
        try {
            String text = Files.readString(path);
            return define(id, file, text, tree(file, text));
        } catch (IOException e) {
            throw new ConfigException(List.of(new ConfigProblem(file, 0, "cannot be read: " + e.getMessage())));
        }
    }

    private static JsonNode tree(String file, String text) {
        try {
            return YAML.readTree(text);
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            throw new ConfigException(List.of(new ConfigProblem(file, line, e.getOriginalMessage())));
        }
    }

    private PlatformDefinition define(String id, String file, String text, JsonNode root) {
        List<ConfigProblem> found = new ArrayList<>();
        if (!root.isObject()) {
            throw new ConfigException(
                    List.of(new ConfigProblem(file, 1, "is empty: start with 'platform: " + id + "'")));
        }
        if (!id.equals(root.path("platform").asText())) {
            found.add(new ConfigProblem(
                    file,
                    1,
                    "platform is '" + root.path("platform").asText() + "': write 'platform: " + id
                            + "', the same as the file's name"));
        }
        Set<String> keys = new HashSet<>(OWN_KEYS);
        compilers.forEach(compiler -> keys.addAll(compiler.keys()));
        KnownKeys.check(root, "", keys, file, found);
        ApiSettings api = api(root.path("api"), file, found);
        Map<Class<?>, Object> sections = new HashMap<>();
        for (SectionCompiler<?> compiler : compilers) {
            try {
                sections.put(compiler.type(), compiler.compile().compile(root, file));
            } catch (ConfigException e) {
                found.addAll(e.problems());
            }
        }
        if (!found.isEmpty()) {
            throw new ConfigException(
                    text.isEmpty()
                            ? found
                            : found.stream()
                                    .map(problem -> YamlLines.located(problem, text))
                                    .toList());
        }
        return new PlatformDefinition(id, root.path("title").asText(id), file, root, api, Map.copyOf(sections));
    }

    private static ApiSettings api(JsonNode section, String file, List<ConfigProblem> found) {
        KnownKeys.check(section, "api.", API_KEYS, file, found);
        Map<String, String> headers = new LinkedHashMap<>();
        section.path("headers")
                .fields()
                .forEachRemaining(
                        field -> headers.put(field.getKey(), field.getValue().asText()));
        String baseUrl = section.path("baseUrl").asText("");
        if (!baseUrl.isEmpty() && !isOrigin(baseUrl)) {
            found.add(new ConfigProblem(
                    file,
                    0,
                    "api.baseUrl is '" + baseUrl + "': write scheme and host only, such as"
                            + " https://api.example.org"));
        }
        String through = section.path("through").asText("");
        if (!through.isEmpty() && !through.matches("[a-z][a-z0-9-]{0,60}-action")) {
            found.add(new ConfigProblem(
                    file, 0, "api.through is '" + through + "': name a Kamelet such as salesforce-call-action"));
        }
        return new ApiSettings(
                baseUrl,
                through,
                Map.copyOf(headers),
                number(section, "responseBytesMax", RESPONSE_BYTES_MAX, file, found));
    }

    private static int number(JsonNode section, String key, int otherwise, String file, List<ConfigProblem> found) {
        JsonNode value = section.path(key);
        if (value.isMissingNode()) {
            return otherwise;
        }
        if (value.isInt() && value.intValue() > 0) {
            return value.intValue();
        }
        found.add(new ConfigProblem(file, 0, "api." + key + " is " + value + ": write a whole number of 1 or more"));
        return otherwise;
    }

    private static boolean isOrigin(String url) {
        try {
            URI uri = URI.create(url);
            return ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))
                    && uri.getHost() != null
                    && uri.getUserInfo() == null
                    && (uri.getRawPath() == null || uri.getRawPath().isEmpty());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    public Optional<PlatformDefinition> find(String platform) {
        return Optional.ofNullable(platforms.get(platform));
    }

    public Collection<PlatformDefinition> all() {
        return new TreeMap<>(platforms).values();
    }

    /** What is wrong in the files now; empty when all are in use as written. */
    public List<ConfigProblem> problems() {
        return problems.values().stream().flatMap(List::stream).toList();
    }
}
