package dev.muster;

import dev.muster.alert.AlertSettings;
import dev.muster.decide.SurvivorshipRefused;
import dev.muster.decide.SurvivorshipRules;
import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.YamlLines;
import dev.muster.push.PushTargets;
import dev.muster.push.Segments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The files under {@code config/} as they are now; a broken one keeps what was in use before. */
public final class ConfigReload {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigReload.class);
    private static final String SURVIVORSHIP = "config/survivorship.yaml";

    private final Path home;
    private final Map<String, String> environment;
    private final PlatformCatalog catalog;
    private final Integrations integrations;
    private volatile SurvivorshipRules rules = SurvivorshipRules.latest();
    private volatile List<ConfigProblem> survivorshipProblems = List.of();
    private volatile Segments segments = Segments.NONE;
    private volatile List<ConfigProblem> segmentProblems = List.of();
    private volatile AlertSettings alerts = AlertSettings.NONE;
    private volatile List<ConfigProblem> alertProblems = List.of();
    private volatile List<ConfigProblem> problems = List.of();

    ConfigReload(MusterConfig config, PlatformCatalog catalog, Integrations integrations) {
        this.home = config.home();
        this.environment = config.environment();
        this.catalog = catalog;
        this.integrations = integrations;
    }

    /** The rules of segments in use. */
    public Segments segments() {
        return segments;
    }

    /** When somebody has to know, and how, as it is in use. */
    public AlertSettings alerts() {
        return alerts;
    }

    /** The survivorship rules in use. */
    public SurvivorshipRules rules() {
        return rules;
    }

    /** @throws ConfigException with every problem in every file: a hub does not start on a broken configuration */
    void loadOrFail() {
        load();
        List<ConfigProblem> problems = problems();
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
    }

    /** Reads every file again, and says in the log what has become wrong and what is mended. */
    void loadAndTell() {
        List<ConfigProblem> before = problems();
        load();
        List<ConfigProblem> now = problems();
        for (ConfigProblem problem : now) {
            if (!before.contains(problem)) {
                LOG.warn("{}. What was in use before stays in use; mend the file and save it", problem);
            }
        }
        for (ConfigProblem problem : before) {
            if (now.stream().noneMatch(other -> other.file().equals(problem.file()))) {
                LOG.info("{} is mended and in use", problem.file());
            }
        }
        if (now.isEmpty()) {
            LOG.info("config/ is in use as it is written");
        }
    }

    /** Reads every file again. */
    public void load() {
        catalog.load();
        integrations.load(catalog);
        loadRules();
        loadSegments();
        loadAlerts();
        problems = find();
    }

    private void loadRules() {
        Path file = home.resolve(SURVIVORSHIP);
        if (!Files.exists(file)) {
            survivorshipProblems = List.of();
            rules = SurvivorshipRules.latest();
            return;
        }
        try {
            rules = SurvivorshipRules.parse(SURVIVORSHIP, Files.readString(file));
            survivorshipProblems = List.of();
        } catch (SurvivorshipRefused e) {
            survivorshipProblems = e.problems().stream()
                    .map(problem -> new ConfigProblem(
                            problem.file(), problem.line(), problem.path() + ": " + problem.message()))
                    .toList();
        } catch (IOException e) {
            survivorshipProblems = List.of(new ConfigProblem(SURVIVORSHIP, 0, "cannot be read: " + e.getMessage()));
        }
    }

    private void loadSegments() {
        Path file = home.resolve(Segments.FILE);
        List<ConfigProblem> found = new ArrayList<>();
        try {
            Segments read = Files.exists(file) ? Segments.of(Files.readString(file), found) : Segments.NONE;
            if (found.isEmpty()) {
                segments = read;
            }
        } catch (IOException e) {
            found.add(new ConfigProblem(Segments.FILE, 0, "cannot be read: " + e.getMessage()));
        }
        segmentProblems = found;
    }

    private void loadAlerts() {
        Path file = home.resolve(AlertSettings.FILE);
        List<ConfigProblem> found = new ArrayList<>();
        try {
            AlertSettings read = Files.exists(file)
                    ? AlertSettings.of(Files.readString(file), environment, found)
                    : AlertSettings.NONE;
            if (found.isEmpty()) {
                alerts = read;
            }
        } catch (IOException e) {
            found.add(new ConfigProblem(AlertSettings.FILE, 0, "cannot be read: " + e.getMessage()));
        }
        alertProblems = found;
    }

    /** What is wrong in the files now. */
    public List<ConfigProblem> problems() {
        return problems;
    }

    /** With their lines, as the files are at this moment. */
    private List<ConfigProblem> find() {
        List<ConfigProblem> found = new ArrayList<>(catalog.problems());
        found.addAll(integrations.problems());
        found.addAll(survivorshipProblems);
        found.addAll(segmentProblems);
        found.addAll(alertProblems);
        found.addAll(PushTargets.problems(catalog));
        found.addAll(PushTargets.problems(catalog, rules));
        return found.stream().map(this::located).toList();
    }

    private ConfigProblem located(ConfigProblem problem) {
        try {
            return YamlLines.located(problem, Files.readString(home.resolve(problem.file())));
        } catch (IOException e) {
            return problem;
        }
    }
}
