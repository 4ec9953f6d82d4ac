package dev.muster.camel;

import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Route;
import org.apache.camel.component.kamelet.KameletEndpoint;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.support.service.ServiceSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up what people save under {@code routes/} and {@code config/} while traffic flows. Files of routes are first built
 * in a context that is thrown away: only if that works are their old routes stopped and replaced, so that a broken file
 * changes nothing. Flows start from the durable queue, so a moment without them loses nothing.
 */
public final class RouteReload extends ServiceSupport {
    private static final Logger LOG = LoggerFactory.getLogger(RouteReload.class);
    private static final String SETTINGS = "config/application.properties";
    /** An editor writes a file in several steps; what settles within this time is read once. */
    private static final long SETTLE_MILLIS = 250;
    /** Without an event the files are compared now and then: not every file system tells of changes. */
    private static final long LOOK_MILLIS = 5_000;
    /** An empty file is looked at again so soon: an editor has emptied it and is about to write. */
    private static final long EMPTY_MILLIS = 1_000;
    /** Longer than a call to a platform may take, so that none is cut off. */
    private static final long STOP_SECONDS = 20;

    private final CamelContext camel;
    private final Path home;
    private final Runnable loadConfiguration;
    private final RouteTrial trial;
    /** Every file as it was last looked at, good or not. */
    private final Map<String, String> seen = new TreeMap<>();
    /** The files whose routes run. */
    private final Map<String, RouteFile> running = new TreeMap<>();
    /** Files that were empty when last looked at. */
    private final Set<String> empty = new HashSet<>();

    private final Map<String, List<ConfigProblem>> problems = new TreeMap<>();
    private @Nullable WatchService watch;

    /**
     * @param beans what is bound for routes to refer to: name to class
     * @param properties what placeholders resolve to
     * @param loadConfiguration reads every file under {@code config/} again and keeps its own problems
     */
    public RouteReload(
            CamelContext camel,
            Path home,
            Map<String, Class<?>> beans,
            Properties properties,
            Runnable loadConfiguration) {
        this.camel = camel;
        this.home = home;
        this.loadConfiguration = loadConfiguration;
        this.trial = new RouteTrial(home, beans, properties);
    }

    /** What is wrong in the files of routes now. */
    public List<ConfigProblem> problems() {
        synchronized (problems) {
            return problems.values().stream().flatMap(List::stream).toList();
        }
    }

    @Override
    protected void doStart() throws Exception {
        seen.putAll(read());
        seen.forEach((name, text) -> {
            if (isOfRoutes(name)) {
                try {
                    running.put(name, RouteFile.read(name, text));
                } catch (ConfigException e) {
                    LOG.debug("{} cannot be read; the start says why", name, e);
                }
            }
        });
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
                WatchKey key = service.poll(empty.isEmpty() ? LOOK_MILLIS : EMPTY_MILLIS, TimeUnit.MILLISECONDS);
                while (key != null) {
                    key.pollEvents();
                    key.reset();
                    key = service.poll(SETTLE_MILLIS, TimeUnit.MILLISECONDS);
                }
                look(service);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ClosedWatchServiceException e) {
            LOG.debug("Reloading ends with the hub");
        }
    }

    private void look(WatchService service) {
        try {
            register(service);
            takeUp();
        } catch (ClosedWatchServiceException e) {
            throw e;
        } catch (IOException | java.io.UncheckedIOException e) {
            // A file went away between listing and reading it: the next look sees how it ends.
            LOG.debug("The files are looked at again", e);
        } catch (RuntimeException e) {
            LOG.error("An edit could not be taken up; restart the hub to use it", e);
        }
    }

    private static boolean isOfRoutes(String file) {
        return file.endsWith(RouteFile.ROUTES) || file.endsWith(RouteFile.KAMELET);
    }

    private Map<String, String> read() throws IOException {
        try {
            Map<String, String> texts = RouteCheck.texts(home);
            texts.putAll(RouteCheck.texts(home, "config", ".yaml", ".properties"));
            return texts;
        } catch (NoSuchFileException e) {
            throw new IOException("A file is just being replaced", e);
        }
    }

    private void takeUp() throws IOException {
        Map<String, String> now = read();
        Set<String> changed = new TreeSet<>();
        for (Map.Entry<String, String> file : now.entrySet()) {
            String name = file.getKey();
            if (file.getValue().equals(seen.get(name))) {
                empty.remove(name);
            } else if (file.getValue().isBlank() && empty.add(name)) {
                LOG.debug("{} is empty; it is looked at again", name);
            } else {
                empty.remove(name);
                changed.add(name);
                seen.put(name, file.getValue());
            }
        }
        empty.retainAll(now.keySet());
        for (String name : List.copyOf(seen.keySet())) {
            if (!now.containsKey(name)) {
                seen.remove(name);
                changed.add(name);
            }
        }
        if (changed.isEmpty()) {
            return;
        }
        if (changed.contains(SETTINGS)) {
            LOG.info("{} has changed; it is used after a restart", SETTINGS);
        }
        if (changed.stream().anyMatch(name -> name.startsWith("config/") && !name.equals(SETTINGS))) {
            loadConfiguration.run();
        }
        if (changed.stream().anyMatch(RouteReload::isOfRoutes)) {
            takeUpRoutes();
        }
    }

    /** Files that were refused are judged again too: what they lacked may have come. */
    private void takeUpRoutes() {
        Map<String, RouteFile> wanted = new TreeMap<>();
        Map<String, List<ConfigProblem>> found = new TreeMap<>();
        seen.forEach((name, text) -> {
            if (isOfRoutes(name)) {
                RouteFile old = running.get(name);
                try {
                    wanted.put(name, old != null && old.text().equals(text) ? old : read(name, text));
                } catch (ConfigException e) {
                    found.put(name, e.problems());
                    if (old != null) {
                        wanted.put(name, old);
                    }
                }
            }
        });
        Set<String> candidates = new TreeSet<>();
        Set<String> names = new TreeSet<>(wanted.keySet());
        names.addAll(running.keySet());
        for (String name : names) {
            RouteFile file = wanted.get(name);
            if (file == null || !file.equals(running.get(name))) {
                List<ConfigProblem> refused = file == null ? List.of() : tryOut(file, wanted);
                if (refused.isEmpty()) {
                    candidates.add(name);
                } else {
                    found.put(name, refused);
                }
            }
        }
        take(candidates, wanted, found);
        tell(found);
    }

    private static RouteFile read(String name, String text) {
        if (text.isBlank()) {
            throw new ConfigException(List.of(new ConfigProblem(name, 0, "is empty; write its routes, or delete it")));
        }
        return RouteFile.read(name, text);
    }

    /** A Kamelet or a route configuration is judged by what is built with it. */
    private List<ConfigProblem> tryOut(RouteFile file, Map<String, RouteFile> wanted) {
        List<RouteFile> supporting = wanted.values().stream()
                .filter(other -> !other.configurations().isEmpty())
                .toList();
        List<ConfigProblem> refused = new ArrayList<>(trial.problems(file, supporting));
        if (refused.isEmpty()) {
            for (RouteFile user : running.values()) {
                if (user.uses(file) && wanted.containsKey(user.file())) {
                    for (ConfigProblem problem : trial.problems(user, supporting)) {
                        refused.add(file.problem(
                                0, user.file() + ", which uses it, cannot be built with it: " + problem.message()));
                    }
                }
            }
        }
        return refused;
    }

    /** All of them at once, if they fit together; else as many as fit, one by one. */
    private void take(Set<String> candidates, Map<String, RouteFile> wanted, Map<String, List<ConfigProblem>> found) {
        if (candidates.isEmpty()) {
            return;
        }
        if (misfits(candidates, wanted).isEmpty()) {
            replace(candidates, wanted, found);
            return;
        }
        Set<String> left = new TreeSet<>(candidates);
        boolean progress = true;
        while (progress) {
            progress = false;
            for (String name : List.copyOf(left)) {
                if (misfits(Set.of(name), wanted).isEmpty()) {
                    replace(Set.of(name), wanted, found);
                    left.remove(name);
                    progress = true;
                }
            }
        }
        for (String name : left) {
            found.put(name, misfits(Set.of(name), wanted));
        }
    }

    /** What would become wrong between the files if these were taken up. */
    private List<ConfigProblem> misfits(Set<String> names, Map<String, RouteFile> wanted) {
        List<ConfigProblem> misfits =
                new ArrayList<>(RouteCheck.together(with(names, wanted).values()));
        misfits.removeAll(RouteCheck.together(running.values()));
        return misfits;
    }

    private Map<String, RouteFile> with(Set<String> names, Map<String, RouteFile> wanted) {
        Map<String, RouteFile> all = new TreeMap<>(running);
        for (String name : names) {
            RouteFile file = wanted.get(name);
            if (file == null) {
                all.remove(name);
            } else {
                all.put(name, file);
            }
        }
        return all;
    }

    private void replace(Set<String> names, Map<String, RouteFile> wanted, Map<String, List<ConfigProblem>> found) {
        Map<String, RouteFile> after = with(names, wanted);
        Set<String> rebuilt = new TreeSet<>(names);
        for (String name : names) {
            for (RouteFile used : changedFiles(name, after)) {
                running.values().stream().filter(user -> user.uses(used)).forEach(user -> rebuilt.add(user.file()));
            }
        }
        List<RouteFile> old =
                rebuilt.stream().filter(running::containsKey).map(running::get).toList();
        List<RouteFile> fresh =
                rebuilt.stream().filter(after::containsKey).map(after::get).toList();
        List<String> paused = pauseFlows(old);
        try {
            remove(old);
            load(fresh);
            running.clear();
            running.putAll(after);
            for (String name : names) {
                LOG.info("{} is {}", name, after.containsKey(name) ? "in use" : "gone, and its routes are stopped");
            }
        } catch (Exception e) {
            for (String name : names) {
                RouteFile file = wanted.get(name);
                if (file != null) {
                    found.put(name, List.of(RouteTrial.problem(file, e)));
                }
            }
            restore(fresh, old);
        } finally {
            paused.forEach(this::startAgain);
        }
    }

    private List<RouteFile> changedFiles(String name, Map<String, RouteFile> after) {
        return Stream.of(running.get(name), after.get(name))
                .flatMap(Stream::ofNullable)
                .toList();
    }

    /**
     * Shared routes are replaced while no flow sends to them. The flows that are not replaced themselves are answered: they
     * start again afterwards.
     */
    private List<String> pauseFlows(List<RouteFile> old) {
        boolean shared = old.stream().flatMap(file -> file.flows().stream()).anyMatch(flow -> flow.direct() != null);
        List<String> paused = new ArrayList<>();
        if (shared) {
            for (RouteFile file : running.values()) {
                for (RouteFile.Flow flow : file.flows()) {
                    if (flow.platform() != null) {
                        stop(flow.id());
                        if (!old.contains(file)) {
                            paused.add(flow.id());
                        }
                    }
                }
            }
        }
        return paused;
    }

    private void startAgain(String id) {
        try {
            camel.getRouteController().startRoute(id);
        } catch (Exception e) {
            LOG.error("The flow {} did not start again; restart the hub", id, e);
        }
    }

    private void restore(List<RouteFile> fresh, List<RouteFile> old) {
        try {
            remove(fresh);
            load(old);
        } catch (Exception e) {
            LOG.error(
                    "The last good routes of {} could not be restored; mend the files and restart the hub",
                    old.stream().map(RouteFile::file).toList(),
                    e);
        }
    }

    private void remove(Collection<RouteFile> files) throws Exception {
        ModelCamelContext model = (ModelCamelContext) camel;
        for (RouteFile file : files) {
            for (RouteFile.Flow flow : file.flows()) {
                removeRoute(flow.id());
            }
        }
        for (RouteFile file : files) {
            for (String id : file.configurations()) {
                RouteConfigurationDefinition configuration = model.getRouteConfigurationDefinition(id);
                if (configuration != null) {
                    model.removeRouteConfiguration(configuration);
                }
            }
            if (file.isKamelet()) {
                model.removeRouteTemplateDefinitions(file.kameletName());
            }
        }
        removeUnusedKamelets();
    }

    /** Camel keeps the routes that it made of a Kamelet for a flow that is gone. */
    private void removeUnusedKamelets() throws Exception {
        boolean again = true;
        while (again) {
            again = false;
            Set<String> used = new HashSet<>();
            for (Endpoint endpoint : camel.getEndpoints()) {
                if (endpoint instanceof KameletEndpoint kamelet && !isInsideOfKamelet(kamelet)) {
                    used.add(kamelet.getRouteId());
                }
            }
            for (Route route : camel.getRoutes()) {
                if (route.isCreatedByKamelet() && !used.contains(route.getRouteId())) {
                    removeRoute(route.getRouteId());
                    again = true;
                }
            }
        }
    }

    private static boolean isInsideOfKamelet(KameletEndpoint endpoint) {
        String uri = endpoint.getEndpointUri();
        return uri.startsWith("kamelet://source") || uri.startsWith("kamelet://sink");
    }

    private void removeRoute(String id) throws Exception {
        stop(id);
        camel.removeRoute(id);
        ModelCamelContext model = (ModelCamelContext) camel;
        RouteDefinition definition = model.getRouteDefinition(id);
        if (definition != null) {
            model.removeRouteDefinition(definition);
        }
    }

    private void stop(String id) {
        try {
            camel.getRouteController().stopRoute(id, STOP_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            LOG.warn("The route {} did not stop as it should: {}", id, e.getMessage());
        }
    }

    /** Route configurations and shared routes first: flows refer to them. */
    private void load(List<RouteFile> files) throws Exception {
        List<RouteFile> inOrder = files.stream()
                .filter(file -> !file.isKamelet())
                .sorted(Comparator.comparing(
                                (RouteFile file) -> file.configurations().isEmpty())
                        .thenComparing(file -> file.flows().stream().anyMatch(flow -> flow.platform() != null))
                        .thenComparing(RouteFile::file))
                .toList();
        for (RouteFile file : inOrder) {
            PluginHelper.getRoutesLoader(camel)
                    .loadRoutes(ResourceHelper.fromBytes(
                            "file:" + home.resolve(file.file()), file.text().getBytes(StandardCharsets.UTF_8)));
        }
    }

    private void tell(Map<String, List<ConfigProblem>> found) {
        List<ConfigProblem> before = problems();
        Set<String> mended;
        synchronized (problems) {
            mended = new TreeSet<>(problems.keySet());
            problems.clear();
            problems.putAll(found);
        }
        mended.removeAll(found.keySet());
        mended.forEach(file -> LOG.info("{} is mended", file));
        for (ConfigProblem problem : problems()) {
            if (!before.contains(problem)) {
                LOG.warn("{}. The routes in use stay as they were; mend the file and save it", problem);
            }
        }
    }
}
