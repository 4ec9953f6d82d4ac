package dev.muster.camel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.muster.platform.ConfigProblem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteTemplateDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.support.service.ServiceSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up what people save under {@code routes/} and {@code config/} while traffic flows. A file of routes is first built
 * on trial, under other ids and not started: only if that works are the old routes of the file stopped and replaced, so
 * that a broken file changes nothing. Flows start from the durable queue, so a moment without them loses nothing.
 */
public final class RouteReload extends ServiceSupport {
    private static final Logger LOG = LoggerFactory.getLogger(RouteReload.class);
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final String TRIAL = "trial-";
    /** An editor writes a file in several steps; what settles within this time is read once. */
    private static final long SETTLE_MILLIS = 250;

    private static final long STOP_SECONDS = 10;
    private static final Pattern LINE = Pattern.compile("line (\\d+)");
    private static final Pattern NAME =
            Pattern.compile("(?:for: |bean: |registry: |named: |\\[|property with key )'?([A-Za-z][A-Za-z0-9-]+)");

    private final CamelContext camel;
    private final Path home;
    private final Runnable loadConfiguration;
    private final Map<String, String> texts = new HashMap<>();
    private final Map<String, Set<String>> routesOfFile = new HashMap<>();
    private final Map<String, ConfigProblem> problems = new TreeMap<>();
    private @Nullable WatchService watch;

    /** @param loadConfiguration reads every file under {@code config/} again and keeps its own problems */
    public RouteReload(CamelContext camel, Path home, Runnable loadConfiguration) {
        this.camel = camel;
        this.home = home;
        this.loadConfiguration = loadConfiguration;
    }

    /** What is wrong in the files of routes now. */
    public List<ConfigProblem> problems() {
        synchronized (problems) {
            return List.copyOf(problems.values());
        }
    }

    /** Builds every file on trial, in a hub without flows; answers what is wrong. Route configurations come first. */
    public List<ConfigProblem> check() throws IOException {
        Map<String, String> files = read();
        for (boolean configurations : new boolean[] {true, false}) {
            for (Map.Entry<String, String> file : files.entrySet()) {
                if (file.getKey().endsWith(".camel.yaml") && isRouteConfiguration(file.getValue()) == configurations) {
                    try {
                        tryOut(file.getKey(), file.getValue());
                        if (configurations) {
                            load(file.getKey(), file.getValue());
                        }
                    } catch (Exception e) {
                        broken(file.getKey(), file.getValue(), e);
                    }
                }
            }
        }
        return problems();
    }

    @Override
    protected void doStart() throws Exception {
        texts.putAll(read());
        WatchService service = FileSystems.getDefault().newWatchService();
        watch = service;
        register(service);
        Thread thread = new Thread(() -> watch(service), "reload");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    protected void doStop() throws Exception {
        if (watch != null) {
            watch.close();
            watch = null;
        }
    }

    private void register(WatchService service) throws IOException {
        for (String name : List.of("routes", "config")) {
            Path top = home.resolve(name);
            if (Files.isDirectory(top)) {
                try (Stream<Path> directories = Files.walk(top).filter(Files::isDirectory)) {
                    for (Path directory : directories.toList()) {
                        directory.register(
                                service,
                                StandardWatchEventKinds.ENTRY_CREATE,
                                StandardWatchEventKinds.ENTRY_MODIFY,
                                StandardWatchEventKinds.ENTRY_DELETE);
                    }
                }
            }
        }
    }

    private void watch(WatchService service) {
        try {
            while (true) {
                WatchKey key = service.take();
                do {
                    key.pollEvents();
                    key.reset();
                    key = service.poll(SETTLE_MILLIS, TimeUnit.MILLISECONDS);
                } while (key != null);
                register(service);
                takeUp();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ClosedWatchServiceException e) {
            LOG.debug("Reloading ends with the hub");
        } catch (IOException | RuntimeException e) {
            LOG.error("Reloading has ended: edits are used after the next start only", e);
        }
    }

    /** Relative path to text, of everything that can be edited. */
    private Map<String, String> read() throws IOException {
        Map<String, String> found = new TreeMap<>();
        for (String name : List.of("routes", "config")) {
            Path top = home.resolve(name);
            if (!Files.isDirectory(top)) {
                continue;
            }
            try (Stream<Path> files = Files.walk(top)) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
                    found.put(home.relativize(file).toString().replace('\\', '/'), Files.readString(file));
                }
            }
        }
        return found;
    }

    private void takeUp() throws IOException {
        Map<String, String> now = read();
        Set<String> changed = new TreeSet<>();
        for (Map.Entry<String, String> file : now.entrySet()) {
            // An editor has emptied it and is about to write.
            if (!file.getValue().isBlank() && !file.getValue().equals(texts.get(file.getKey()))) {
                changed.add(file.getKey());
            }
        }
        Set<String> gone = new TreeSet<>(texts.keySet());
        gone.removeAll(now.keySet());
        if (changed.isEmpty() && gone.isEmpty()) {
            return;
        }
        boolean configuration = false;
        boolean shared = false;
        for (String file : changed) {
            configuration |= file.startsWith("config/");
            shared |= file.endsWith(".kamelet.yaml") || isRouteConfiguration(now.get(file));
        }
        configuration |= gone.stream().anyMatch(file -> file.startsWith("config/"));
        if (configuration) {
            loadConfiguration.run();
        }
        for (String file : gone) {
            if (file.endsWith(".camel.yaml")) {
                remove(file, routes(file));
                mended(file, "was deleted, and its routes are stopped");
            }
            texts.remove(file);
        }
        if (shared) {
            // Every flow is built from them.
            now.keySet().stream().filter(file -> file.endsWith(".camel.yaml")).forEach(changed::add);
            forgetTemplates();
        }
        for (String file : changed) {
            String text = now.get(file);
            if (text != null) {
                if (file.endsWith(".camel.yaml")) {
                    replace(file, text);
                }
                texts.put(file, text);
            }
        }
    }

    private static boolean isRouteConfiguration(@Nullable String text) {
        return text != null && text.contains("routeConfiguration:");
    }

    private void forgetTemplates() {
        ModelCamelContext model = (ModelCamelContext) camel;
        for (RouteTemplateDefinition template : List.copyOf(model.getRouteTemplateDefinitions())) {
            try {
                model.removeRouteTemplateDefinition(template);
            } catch (Exception e) {
                LOG.warn("The template {} could not be read anew: {}", template.getId(), e.getMessage());
            }
        }
    }

    private void replace(String file, String text) {
        try {
            tryOut(file, text);
        } catch (Exception e) {
            broken(file, text, e);
            return;
        }
        Set<String> old = routes(file);
        String last = texts.get(file);
        try {
            remove(file, old);
            load(file, text);
            mended(file, "is in use");
        } catch (Exception e) {
            broken(file, text, e);
            restore(file, last);
        }
    }

    private void restore(String file, @Nullable String last) {
        if (last == null) {
            return;
        }
        try {
            load(file, last);
        } catch (Exception e) {
            LOG.error(
                    "{}: the last good routes could not be restored; restart the hub after mending the file", file, e);
        }
    }

    /** Builds the file under other ids, without starting anything, and takes it away again. */
    private void tryOut(String file, String text) throws Exception {
        Set<String> before = routeIds();
        Set<String> others = new HashSet<>(before);
        others.removeAll(routes(file));
        JsonNode tree = YAML.readTree(text);
        if (tree == null || !tree.isArray()) {
            throw new IllegalArgumentException("a file of routes is a list: start with '- route:'");
        }
        for (JsonNode entry : tree) {
            for (String kind : List.of("route", "routeConfiguration")) {
                if (entry.path(kind) instanceof ObjectNode node) {
                    String id = node.path("id").asText();
                    if (id.isBlank()) {
                        throw new IllegalArgumentException("a " + kind + " has no id");
                    }
                    if (kind.equals("route")) {
                        if (others.contains(id)) {
                            throw new IllegalArgumentException("the route id '" + id + "' belongs to another file");
                        }
                        node.put("autoStartup", "false");
                    }
                    node.put("id", TRIAL + id);
                }
            }
        }
        try {
            // First as it is written, so that a mistake is told with its line.
            PluginHelper.getRoutesLoader(camel).findRoutesBuilders(List.of(resource(file, text)));
            PluginHelper.getRoutesLoader(camel)
                    .loadRoutes(resource(TRIAL + file.replace('/', '-'), YAML.writeValueAsString(tree)));
        } finally {
            Set<String> made = routeIds();
            made.removeAll(before);
            stopAndRemove(made);
            ModelCamelContext model = (ModelCamelContext) camel;
            for (RouteConfigurationDefinition definition : List.copyOf(model.getRouteConfigurationDefinitions())) {
                if (definition.getId() != null && definition.getId().startsWith(TRIAL)) {
                    model.removeRouteConfiguration(definition);
                }
            }
        }
    }

    private void load(String file, String text) throws Exception {
        if (isRouteConfiguration(text)) {
            ModelCamelContext model = (ModelCamelContext) camel;
            for (JsonNode entry : YAML.readTree(text)) {
                String id = entry.path("routeConfiguration").path("id").asText();
                RouteConfigurationDefinition old = model.getRouteConfigurationDefinition(id);
                if (old != null) {
                    model.removeRouteConfiguration(old);
                }
            }
        }
        Set<String> before = routeIds();
        PluginHelper.getRoutesLoader(camel).loadRoutes(resource(file, text));
        Set<String> made = routeIds();
        made.removeAll(before);
        routesOfFile.put(file, made);
    }

    private Resource resource(String file, String text) {
        Path path = home.resolve(file);
        return ResourceHelper.fromBytes("file:" + path, text.getBytes(StandardCharsets.UTF_8));
    }

    private Set<String> routeIds() {
        Set<String> ids = new HashSet<>();
        for (Route route : camel.getRoutes()) {
            ids.add(route.getRouteId());
        }
        return ids;
    }

    /** The routes that a file has made, those of its Kamelets included where it was loaded here. */
    private Set<String> routes(String file) {
        Set<String> known = routesOfFile.get(file);
        if (known != null) {
            return known;
        }
        Set<String> ids = new HashSet<>();
        try {
            String text = texts.get(file);
            if (text != null) {
                for (JsonNode entry : YAML.readTree(text)) {
                    String id = entry.path("route").path("id").asText();
                    if (!id.isBlank()) {
                        ids.add(id);
                    }
                }
            }
        } catch (IOException e) {
            LOG.debug("{} was not readable before", file, e);
        }
        return ids;
    }

    private void remove(String file, Set<String> ids) {
        stopAndRemove(ids);
        routesOfFile.remove(file);
    }

    private void stopAndRemove(Set<String> ids) {
        for (String id : ids) {
            try {
                camel.getRouteController().stopRoute(id, STOP_SECONDS, TimeUnit.SECONDS);
                camel.removeRoute(id);
            } catch (Exception e) {
                LOG.warn("The route {} could not be removed: {}", id, e.getMessage());
            }
        }
    }

    private void broken(String file, String text, Exception cause) {
        Throwable root = cause;
        int line = 0;
        for (Throwable e = cause; e != null; e = e.getCause()) {
            root = e;
            Matcher matcher = LINE.matcher(String.valueOf(e.getMessage()));
            if (line == 0 && matcher.find()) {
                line = Integer.parseInt(matcher.group(1));
            }
        }
        String message = String.valueOf(root.getMessage()).lines().findFirst().orElse(root.toString());
        ConfigProblem problem = new ConfigProblem(
                file,
                line > 0 ? line : lineOfName(text, message),
                message.replaceAll("\\.+$", "") + ". What was in use before stays in use; mend the file and save it");
        synchronized (problems) {
            problems.put(file, problem);
        }
        LOG.warn("{}", problem);
    }

    /** Camel names what it cannot find, but not where: the first line with that name. */
    private static int lineOfName(String text, String message) {
        Matcher name = NAME.matcher(message);
        if (name.find()) {
            List<String> lines = text.lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).contains(name.group(1))) {
                    return i + 1;
                }
            }
        }
        return 0;
    }

    private void mended(String file, String what) {
        synchronized (problems) {
            problems.remove(file);
        }
        LOG.info("{} {}", file, what);
    }
}
