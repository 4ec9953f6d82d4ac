package dev.muster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.muster.camel.RouteReload;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Checks every file under {@code routes/} and {@code config/} as the hub would use it: each file of routes is built on
 * trial, with the real names of beans and components, in a hub on a temporary directory that takes no traffic.
 */
public final class FileCheck {
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final String PLATFORM_ROUTES = "routes/platforms/";

    private final Path home;
    private final Map<String, String> environment;
    private final List<ConfigProblem> problems = new ArrayList<>();
    private final Map<String, JsonNode> routeFiles = new TreeMap<>();

    private FileCheck(Path home, Map<String, String> environment) {
        this.home = home;
        this.environment = environment;
    }

    /** Every problem in every file, in the order of the files; empty where all are good. */
    public static List<ConfigProblem> of(Path home, Map<String, String> environment) throws Exception {
        FileCheck check = new FileCheck(home, environment);
        check.configuration();
        check.structure();
        check.trial();
        return check.problems.stream()
                .distinct()
                .sorted(Comparator.comparing(ConfigProblem::file).thenComparing(ConfigProblem::line))
                .toList();
    }

    private void configuration() {
        MusterConfig config = MusterConfig.read(home, environment, Map.of());
        PlatformCatalog catalog = new PlatformCatalog(home, Wiring.sections(config));
        Integrations integrations = new Integrations(home, environment);
        ConfigReload reload = new ConfigReload(config, catalog, integrations);
        reload.load();
        problems.addAll(reload.problems());
        for (PlatformDefinition platform : catalog.all()) {
            String flow = PLATFORM_ROUTES + platform.id() + ".camel.yaml";
            if (!Files.exists(home.resolve(flow))) {
                problems.add(new ConfigProblem(
                        platform.file(),
                        0,
                        "no flow works on its deliveries: write " + flow + " (docs/adding/platform.md)"));
            }
        }
    }

    /** What Camel starts happily with, and what then fails at the first message. */
    private void structure() throws IOException {
        Set<String> consumers = new HashSet<>();
        for (Path path : files()) {
            String file = home.relativize(path).toString();
            try {
                JsonNode tree = YAML.readTree(Files.readAllBytes(path));
                if (!file.endsWith(".camel.yaml")) {
                    continue;
                }
                routeFiles.put(file, tree);
                for (JsonNode entry : tree) {
                    consumers.add(entry.path("route").path("from").path("uri").asText());
                }
            } catch (JsonProcessingException e) {
                int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
                problems.add(new ConfigProblem(
                        file, line, e.getOriginalMessage().lines().findFirst().orElse("is not YAML")));
            }
        }
        routeFiles.forEach((file, tree) -> {
            for (JsonNode entry : tree) {
                JsonNode route = entry.path("route");
                String from = route.path("from").path("uri").asText();
                if (from.startsWith("muster-operations:")
                        && !"operations"
                                .equals(route.path("routeConfigurationId").asText())) {
                    problems.add(new ConfigProblem(
                            file,
                            0,
                            "route " + route.path("id").asText()
                                    + " has no retries and no dead letters: write 'routeConfigurationId: operations'"));
                }
            }
            walk(file, tree, consumers);
        });
    }

    private void walk(String file, JsonNode node, Set<String> consumers) {
        JsonNode to = node.path("to");
        String uri = to.isTextual() ? to.asText() : to.path("uri").asText();
        if (uri.startsWith("direct:") && !consumers.contains(uri)) {
            problems.add(
                    new ConfigProblem(file, 0, "nobody consumes " + uri + ": correct it, or write a route from it"));
        }
        if (node.has("choice") && !node.path("choice").has("otherwise")) {
            problems.add(new ConfigProblem(
                    file, 0, "a choice has no otherwise: say what becomes of a message that fits none of its cases"));
        }
        for (JsonNode child : node) {
            walk(file, child, consumers);
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> entries = Files.walk(home.resolve("routes"))) {
            return entries.filter(path -> path.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    private void trial() throws Exception {
        if (!problems.isEmpty()) {
            // A hub does not start on a broken configuration; what is found already comes first.
            return;
        }
        Path temporary = Files.createTempDirectory("muster-check-");
        try {
            Map<String, String> given = new HashMap<>();
            given.put("muster.data", temporary.resolve("data").toString());
            given.put(
                    "muster.database.url",
                    "jdbc:sqlite:" + temporary.resolve("data").resolve("check.db"));
            given.put("muster.admin.token", "check");
            given.put("muster.http.host", "127.0.0.1");
            given.put("muster.http.port", Integer.toString(freePort()));
            given.put("muster.metrics.port", Integer.toString(freePort()));
            try (Hub hub = Hub.withoutFlows(MusterConfig.read(home, environment, given))) {
                hub.start();
                RouteReload reload = hub.main().getCamelContext().hasService(RouteReload.class);
                problems.addAll(reload.check());
            }
        } finally {
            try (Stream<Path> entries = Files.walk(temporary)) {
                for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(entry);
                }
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
