package dev.muster.camel;

import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
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

    private final Path home;
    private final Runnable loadConfiguration;
    private final Consumer<Map<String, String>> noticed;
    private final RouteTrial trial;
    /** Every file as it was last looked at, good or not. */
    private final Map<String, String> seen = new TreeMap<>();

    private final RunningRoutes running;
    /** Files that were empty when last looked at. */
    private final Set<String> empty = new HashSet<>();

    private final Map<String, List<ConfigProblem>> problems = new TreeMap<>();
    private @Nullable WatchService watch;

    /**
     * @param beans what is bound for routes to refer to: name to class
     * @param properties what placeholders resolve to
     * @param loadConfiguration reads every file under {@code config/} again and keeps its own problems
     * @param noticed told of every file with its text, at the start and after changes
     */
    public RouteReload(
            CamelContext camel,
            Path home,
            Map<String, Class<?>> beans,
            Properties properties,
            Runnable loadConfiguration,
            Consumer<Map<String, String>> noticed) {
        this.running = new RunningRoutes(camel, home);
        this.home = home;
        this.loadConfiguration = loadConfiguration;
        this.noticed = noticed;
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
        noticed.accept(Map.copyOf(seen));
        seen.forEach((name, text) -> {
            if (isOfRoutes(name)) {
                try {
                    running.began(RouteFile.read(name, text));
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
        noticed.accept(Map.copyOf(seen));
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
                RouteFile old = running.file(name);
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
        names.addAll(running.names());
        for (String name : names) {
            RouteFile file = wanted.get(name);
            if (file == null || !file.equals(running.file(name))) {
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
            for (RouteFile user : running.files()) {
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
            running.replace(candidates, wanted, found);
            return;
        }
        Set<String> left = new TreeSet<>(candidates);
        boolean progress = true;
        while (progress) {
            progress = false;
            for (String name : List.copyOf(left)) {
                if (misfits(Set.of(name), wanted).isEmpty()) {
                    running.replace(Set.of(name), wanted, found);
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
                new ArrayList<>(RouteCheck.together(running.with(names, wanted).values()));
        misfits.removeAll(RouteCheck.together(running.files()));
        return misfits;
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
