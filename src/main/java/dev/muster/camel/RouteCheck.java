package dev.muster.camel;

import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Everything below {@code routes/}, judged without opening the store or a port. */
public final class RouteCheck {
    /** What every flow of a platform refers to, so that its failures are tried again or kept. */
    static final String FAILURES = "operations";

    private static final String PLATFORMS = "config/platforms/";

    private final Path home;
    private final RouteTrial trial;

    /**
     * @param beans what the hub binds for routes: name to class
     * @param properties what placeholders resolve to
     */
    public RouteCheck(Path home, Map<String, Class<?>> beans, Properties properties) {
        this.home = home;
        this.trial = new RouteTrial(home, beans, properties);
    }

    /** Relative path to text, of every file of routes and every Kamelet. */
    static Map<String, String> texts(Path home) throws IOException {
        return texts(home, "routes", RouteFile.ROUTES, RouteFile.KAMELET);
    }

    /** Relative path to text, of every file below a directory with one of these endings. */
    static Map<String, String> texts(Path home, String directory, String... endings) throws IOException {
        Map<String, String> texts = new TreeMap<>();
        Path top = home.resolve(directory);
        if (!Files.isDirectory(top)) {
            return texts;
        }
        try (Stream<Path> files = Files.walk(top)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                for (String ending : endings) {
                    if (file.toString().endsWith(ending)) {
                        texts.put(home.relativize(file).toString().replace('\\', '/'), Files.readString(file));
                    }
                }
            }
        }
        return texts;
    }

    /** How many files {@link #problems()} judges. */
    public int files() throws IOException {
        return texts(home).size();
    }

    /** Every problem in every file; the platforms' files are looked at for their names only. */
    public List<ConfigProblem> problems() throws IOException {
        List<ConfigProblem> problems = new ArrayList<>();
        List<RouteFile> files = new ArrayList<>();
        texts(home).forEach((name, text) -> {
            try {
                files.add(RouteFile.read(name, text));
            } catch (ConfigException e) {
                problems.addAll(e.problems());
            }
        });
        boolean allRead = problems.isEmpty();
        List<RouteFile> configuring =
                files.stream().filter(file -> !file.configurations().isEmpty()).toList();
        // What a broken file breaks elsewhere is told once, where it is.
        Set<RouteFile> broken = new HashSet<>();
        for (RouteFile file : files) {
            if (file.isKamelet() || configuring.contains(file)) {
                if (!trial.problems(file, configuring).isEmpty()) {
                    broken.add(file);
                }
            }
        }
        for (RouteFile file : files) {
            problems.addAll(alone(file, configuring, broken, allRead));
            for (int line : file.openChoices()) {
                problems.add(file.problem(
                        line,
                        "a choice without otherwise; a message that fits no branch would end as if it were done: add"
                                + " otherwise, with what becomes of it"));
            }
            for (RouteFile.Flow flow : file.flows()) {
                if (flow.platform() != null && flow.configuration() == null) {
                    problems.add(file.problem(
                            flow.line(),
                            "the flow " + flow.id() + " does not say what becomes of its failures; write"
                                    + " 'routeConfigurationId: " + FAILURES + "' below its id"));
                }
            }
        }
        // What a file that cannot be read would have answered to is not known.
        together(files).stream()
                .filter(problem -> allRead || !problem.message().startsWith("sends to"))
                .forEach(problems::add);
        problems.addAll(platforms(files, allRead));
        return problems;
    }

    private List<ConfigProblem> alone(
            RouteFile file, List<RouteFile> configuring, Set<RouteFile> broken, boolean allRead) {
        Set<String> configurations = new HashSet<>();
        configuring.forEach(other -> configurations.addAll(other.configurations()));
        boolean known = file.flows().stream()
                .allMatch(flow -> flow.configuration() == null || configurations.contains(flow.configuration()));
        if (!known && !allRead) {
            return trial.ownProblems(file);
        }
        return broken.stream().anyMatch(file::uses)
                ? trial.visibleProblems(file, configuring)
                : trial.problems(file, configuring);
    }

    /** What is wrong between files: ids given twice, and {@code direct:} endpoints that nobody consumes. */
    static List<ConfigProblem> together(Collection<RouteFile> files) {
        List<ConfigProblem> problems = new ArrayList<>();
        Map<String, String> owners = new HashMap<>(Map.of(ReceiveRoutes.ID, "Muster's own receive route"));
        Set<String> consumed = new HashSet<>();
        for (RouteFile file : files) {
            for (RouteFile.Flow flow : file.flows()) {
                String owner = owners.putIfAbsent(flow.id(), file.file() + ":" + flow.line());
                if (owner != null) {
                    problems.add(file.problem(
                            flow.line(),
                            "the route id " + flow.id() + " belongs to " + owner + " already; choose another"));
                }
                String direct = flow.direct();
                if (direct != null) {
                    consumed.add(direct);
                }
            }
        }
        for (RouteFile file : files) {
            for (RouteFile.Reference target : file.sends()) {
                if (!consumed.contains(target.name()) && !target.name().contains("{{")) {
                    problems.add(file.problem(
                            target.line(),
                            "sends to direct:" + target.name() + ", where no route starts; correct the name, or add"
                                    + " the route"));
                }
            }
        }
        return problems;
    }

    private List<ConfigProblem> platforms(List<RouteFile> files, boolean allRead) throws IOException {
        List<ConfigProblem> problems = new ArrayList<>();
        Set<String> configured = new HashSet<>();
        for (String name : texts(home, PLATFORMS, ".yaml").keySet()) {
            configured.add(name.substring(PLATFORMS.length(), name.length() - ".yaml".length()));
        }
        Set<String> flowing = new HashSet<>();
        for (RouteFile file : files) {
            for (RouteFile.Flow flow : file.flows()) {
                @Nullable String platform = flow.platform();
                if (platform != null && flowing.add(platform) && !configured.contains(platform)) {
                    problems.add(file.problem(
                            flow.fromLine(),
                            "a flow of " + platform + ", which has no " + PLATFORMS + platform
                                    + ".yaml; add it, or correct the name"));
                }
            }
        }
        if (allRead) {
            configured.stream()
                    .sorted()
                    .filter(platform -> !flowing.contains(platform))
                    .map(platform -> new ConfigProblem(
                            PLATFORMS + platform + ".yaml",
                            0,
                            "no flow works on its deliveries; add routes/platforms/" + platform
                                    + ".camel.yaml with a route from " + OperationsComponent.SCHEME + ":" + platform))
                    .forEach(problems::add);
        }
        return problems;
    }
}
