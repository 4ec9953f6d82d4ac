package dev.muster.camel;

import dev.muster.platform.ConfigProblem;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The routes that run, by the files they were made of, and how files are exchanged while traffic flows: flows that send to
 * shared routes are stopped first and started again afterwards. Used by one thread, that of {@link RouteReload}.
 */
final class RunningRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(RunningRoutes.class);
    /** Longer than a call to a platform may take, so that none is cut off. */
    private static final long STOP_SECONDS = 20;

    private final CamelContext camel;
    private final Path home;
    private final Map<String, RouteFile> running = new TreeMap<>();

    RunningRoutes(CamelContext camel, Path home) {
        this.camel = camel;
        this.home = home;
    }

    /** Its routes were started by Camel itself. */
    void began(RouteFile file) {
        running.put(file.file(), file);
    }

    @Nullable
    RouteFile file(String name) {
        return running.get(name);
    }

    Set<String> names() {
        return running.keySet();
    }

    Collection<RouteFile> files() {
        return running.values();
    }

    /** The files as they would be if these were taken up; one that is not wanted is gone. */
    Map<String, RouteFile> with(Set<String> names, Map<String, RouteFile> wanted) {
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

    /**
     * Replaces these files' routes, and those of the files that are built with them. Where that fails, the old ones run on.
     *
     * @param found gets what went wrong, by file
     */
    void replace(Set<String> names, Map<String, RouteFile> wanted, Map<String, List<ConfigProblem>> found) {
        Map<String, RouteFile> after = with(names, wanted);
        Set<String> rebuilt = withUsers(names, after);
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

    /** These and all that are built with them, by Kamelets of Kamelets too. */
    private Set<String> withUsers(Set<String> names, Map<String, RouteFile> after) {
        Set<String> rebuilt = new TreeSet<>(names);
        Deque<String> open = new ArrayDeque<>(names);
        while (!open.isEmpty()) {
            for (RouteFile used : changedFiles(open.remove(), after)) {
                for (RouteFile user : running.values()) {
                    if (user.uses(used) && rebuilt.add(user.file())) {
                        open.add(user.file());
                    }
                }
            }
        }
        return rebuilt;
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
}
