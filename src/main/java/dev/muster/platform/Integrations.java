package dev.muster.platform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * All integrations: one named {@code default} of the organization {@code default} for each platform whose environment
 * variables are set, and those of {@code config/integrations.yaml}, whose secrets are references such as
 * {@code ${ACME_PATREON_SECRET}}.
 */
public final class Integrations {
    /** The organization that the environment's integrations belong to. */
    public static final String DEFAULT_ORGANIZATION = "default";

    private static final String FILE = "config/integrations.yaml";
    private static final Set<String> KEYS =
            Set.of("id", "platform", "organization", "webhookSecrets", "apiKey", "baseUrl", "settings");
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{([A-Z0-9_]+)\\}");
    private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");
    private static final YAMLMapper YAML = new YAMLMapper();

    private final Path file;
    private final Map<String, String> environment;
    private volatile Map<String, Integration> byKey = Map.of();
    private volatile List<ConfigProblem> problems = List.of();

    /** @param environment names to values, such as {@code PATREON_WEBHOOK_SECRET} */
    public Integrations(Path home, Map<String, String> environment) {
        this.file = home.resolve("config").resolve("integrations.yaml");
        this.environment = Map.copyOf(environment);
    }

    /** Reads the file again. A broken file keeps what was known. */
    public synchronized void load(Collection<String> platforms) {
        Map<String, Integration> read = new HashMap<>();
        for (String platform : platforms) {
            ofEnvironment(platform).ifPresent(integration -> read.put(key(platform, Integration.DEFAULT), integration));
        }
        List<ConfigProblem> found = new ArrayList<>();
        readFile(platforms, read, found);
        problems = found.stream().map(this::located).toList();
        if (found.isEmpty() || byKey.isEmpty()) {
            byKey = Map.copyOf(read);
        }
    }

    private ConfigProblem located(ConfigProblem problem) {
        try {
            return YamlLines.located(problem, Files.readString(file));
        } catch (IOException e) {
            return problem;
        }
    }

    private Optional<Integration> ofEnvironment(String platform) {
        String prefix = platform.toUpperCase(Locale.ROOT).replace('-', '_');
        List<String> secrets = new ArrayList<>();
        for (String name : List.of("_WEBHOOK_SECRET", "_WEBHOOK_SECRET_PREVIOUS")) {
            String secret = value(prefix + name);
            if (secret != null) {
                secrets.add(secret);
            }
        }
        String apiKey = value(prefix + "_API_KEY");
        if (secrets.isEmpty() && apiKey == null) {
            return Optional.empty();
        }
        return Optional.of(new Integration(
                Integration.DEFAULT,
                DEFAULT_ORGANIZATION,
                platform,
                secrets,
                apiKey,
                value(prefix + "_BASE_URL"),
                Map.of()));
    }

    private @Nullable String value(String name) {
        String value = environment.get(name);
        return value == null || value.isBlank() ? null : value.strip();
    }

    private void readFile(Collection<String> platforms, Map<String, Integration> read, List<ConfigProblem> found) {
        if (!Files.exists(file)) {
            return;
        }
        try {
            int index = 0;
            JsonNode root = YAML.readTree(Files.readAllBytes(file));
            KnownKeys.check(root, "", Set.of("integrations"), FILE, found);
            for (JsonNode entry : root.path("integrations")) {
                String where = "integrations[" + index++ + "]";
                KnownKeys.check(entry, where + ".", KEYS, FILE, found);
                String id = entry.path("id").asText();
                String platform = entry.path("platform").asText();
                String organization = entry.path("organization").asText(DEFAULT_ORGANIZATION);
                if (!ID.matcher(id).matches()) {
                    found.add(new ConfigProblem(
                            FILE, 0, where + ".id is '" + id + "': use lower-case letters, digits and hyphens"));
                    continue;
                }
                if (!ID.matcher(organization).matches()) {
                    found.add(new ConfigProblem(
                            FILE,
                            0,
                            where + ".organization is '" + organization
                                    + "': use lower-case letters, digits and hyphens"));
                    continue;
                }
                if (!platforms.contains(platform)) {
                    found.add(new ConfigProblem(
                            FILE,
                            0,
                            where + ".platform is '" + platform + "': there is no config/platforms/" + platform
                                    + ".yaml"));
                    continue;
                }
                List<String> secrets = new ArrayList<>();
                for (JsonNode secret : entry.path("webhookSecrets")) {
                    String resolved = resolve(secret.asText(), where + ".webhookSecrets", found);
                    if (resolved != null) {
                        secrets.add(resolved);
                    }
                }
                String apiKey =
                        entry.has("apiKey") ? resolve(entry.path("apiKey").asText(), where + ".apiKey", found) : null;
                String baseUrl = entry.has("baseUrl") ? entry.path("baseUrl").asText() : null;
                if (read.putIfAbsent(
                                key(platform, id),
                                new Integration(id, organization, platform, secrets, apiKey, baseUrl, settings(entry)))
                        != null) {
                    found.add(new ConfigProblem(FILE, 0, where + ": " + platform + "/" + id + " is there twice"));
                }
            }
        } catch (IOException e) {
            found.add(new ConfigProblem(FILE, 0, "cannot be read: " + e.getMessage()));
        }
    }

    private static Map<String, String> settings(JsonNode entry) {
        Map<String, String> settings = new HashMap<>();
        entry.path("settings")
                .fields()
                .forEachRemaining(
                        field -> settings.put(field.getKey(), field.getValue().asText()));
        return settings;
    }

    private @Nullable String resolve(String text, String where, List<ConfigProblem> found) {
        Matcher reference = REFERENCE.matcher(text);
        if (!reference.matches()) {
            found.add(new ConfigProblem(
                    FILE, 0, where + " must name an environment variable such as ${ACME_SECRET}, not hold the secret"));
            return null;
        }
        String value = value(reference.group(1));
        if (value == null) {
            found.add(new ConfigProblem(FILE, 0, where + ": the environment has no " + reference.group(1)));
        }
        return value;
    }

    private static String key(String platform, String id) {
        return platform + '/' + id;
    }

    public Optional<Integration> find(String platform, String id) {
        return Optional.ofNullable(byKey.get(key(platform, id)));
    }

    /** All integrations of a platform. */
    public List<Integration> of(String platform) {
        return byKey.values().stream()
                .filter(integration -> integration.platform().equals(platform))
                .toList();
    }

    public Collection<Integration> all() {
        return byKey.values();
    }

    public List<ConfigProblem> problems() {
        return problems;
    }
}
