package dev.muster;

import dev.muster.MusterConfig.InvalidConfig;
import dev.muster.camel.RouteCheck;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Every file that people edit, judged without a hub: no store and no port is opened.
 *
 * @param files how many were looked at
 * @param problems in the order of the files and lines
 * @param notes what is right, and has to be known
 */
public record FileCheck(int files, List<ConfigProblem> problems, List<String> notes) {
    private static final String SETTINGS = "config/application.properties";

    /**
     * Looks at everything below {@code routes/} and {@code config/}.
     *
     * @param environment the settings and secrets that the files refer to
     * @throws IOException if a file cannot be read at all
     */
    public static FileCheck of(Path home, Map<String, String> environment) throws IOException {
        List<ConfigProblem> problems = new ArrayList<>();
        MusterConfig config;
        try {
            config = MusterConfig.read(home, environment, Map.of());
        } catch (InvalidConfig e) {
            String.valueOf(e.getMessage())
                    .lines()
                    .map(line -> new ConfigProblem(SETTINGS, 0, line + " (here or in the environment)"))
                    .forEach(problems::add);
            if (e.otherwise().isEmpty()) {
                return new FileCheck(1, problems, List.of());
            }
            // The other files are judged with the defaults.
            config = e.otherwise().get();
        }
        PlatformCatalog catalog = new PlatformCatalog(home, Wiring.sections(config));
        ConfigReload reload = new ConfigReload(config, catalog, new Integrations(home, environment));
        reload.load();
        problems.addAll(reload.problems());
        RouteCheck routes = new RouteCheck(home, Wiring.routeBeans(), Hub.properties(config));
        problems.addAll(routes.problems());
        problems.sort(Comparator.comparing(ConfigProblem::file).thenComparingInt(ConfigProblem::line));
        List<String> notes = reload.rules().hasSecrets()
                ? List.of(
                        "config/survivorship.yaml: fields with pii: secret are sealed in records, but raw deliveries hold"
                                + " their values in clear until they are purged (muster.deliveries.days = "
                                + config.deliveriesKept().toDays() + "); encrypt the disk too, see docs/security.md")
                : List.of();
        return new FileCheck(
                routes.files() + configFiles(home), problems.stream().distinct().toList(), notes);
    }

    private static int configFiles(Path home) throws IOException {
        Path config = home.resolve("config");
        if (!Files.isDirectory(config)) {
            return 0;
        }
        try (Stream<Path> files = Files.walk(config)) {
            return (int) files.filter(file ->
                            file.toString().endsWith(".yaml") || file.toString().endsWith(".properties"))
                    .count();
        }
    }
}
