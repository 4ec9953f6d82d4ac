package dev.muster.platform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * All integrations: one named {@code default} of the organization {@code default} for each platform whose environment
 * variables are set; those of {@code config/integrations.yaml}, whose secrets are references such as
 * {@code ${ACME_PATREON_SECRET}}; and those that are stored, of which only the ones in use are held.
 */
public final class Integrations {
    /** The organization that the environment's integrations belong to. */
    public static final String DEFAULT_ORGANIZATION = "default";

    /** What an integration, an organization and a platform are named with. */
    public static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");

    private static final String FILE = "config/integrations.yaml";
    private static final Set<String> KEYS = keys();

    /** An application is registered once, and every organization gives its consent to it. */
    private static final Set<String> OF_THE_APPLICATION = Set.of(Secrets.CLIENT_ID, Secrets.CLIENT_SECRET);

    private static final int PART = 500;
    private static final YAMLMapper YAML = new YAMLMapper();

    private final Path file;
    private final SecretReferences references;
    private final Stored stored;
    private volatile Map<String, Integration> byKey = Map.of();
    private volatile Map<String, AccountSettings> settings = Map.of();
    private volatile List<ConfigProblem> problems = List.of();

    /** Those that are kept elsewhere: found one at a time, listed in parts. */
    public interface Stored {
        /** Nothing is stored. */
        Stored NOTHING = new Stored() {
            @Override
            public boolean isAtHand(String platform, String id) {
                return true;
            }

            @Override
            public Optional<Integration> find(String platform, String id) {
                return Optional.empty();
            }

            @Override
            public List<Integration> after(String platform, String id, int limit) {
                return List.of();
            }

            @Override
            public List<Integration> of(String platform, String organization) {
                return List.of();
            }

            @Override
            public boolean isAnyWith(String platform, String setting) {
                return false;
            }
        };

        /** Whether {@link #find} and what may sign are there without waiting. */
        boolean isAtHand(String platform, String id);

        Optional<Integration> find(String platform, String id);

        /** Those of a platform with a greater id, in order. */
        List<Integration> after(String platform, String id, int limit);

        /** Those of an organization on a platform, in the order of their ids. */
        List<Integration> of(String platform, String organization);

        /** Whether one of a platform says anything at a setting. */
        boolean isAnyWith(String platform, String setting);
    }

    /** @param environment names to values, such as {@code PATREON_WEBHOOK_SECRET} */
    public Integrations(Path home, Map<String, String> environment) {
        this(home, environment, Stored.NOTHING);
    }

    /** The same with stored ones behind. */
    public Integrations(Path home, Map<String, String> environment, Stored stored) {
        this.file = home.resolve("config").resolve("integrations.yaml");
        this.references = new SecretReferences(environment);
        this.stored = stored;
    }

    private static Set<String> keys() {
        Set<String> keys =
                new TreeSet<>(Set.of("id", "platform", "organization", "webhookSecrets", "baseUrl", "settings"));
        keys.addAll(Secrets.NAMES);
        keys.remove(Secrets.WEBHOOK_SECRET);
        keys.remove(Secrets.WEBHOOK_SECRET_PREVIOUS);
        return keys;
    }

    /** Reads the file again. A broken file keeps what was known. */
    public synchronized void load(PlatformCatalog catalog) {
        Map<String, AccountSettings> declared = new HashMap<>();
        for (PlatformDefinition platform : catalog.all()) {
            Object section = platform.sections().get(AccountSettings.class);
            declared.put(platform.id(), section instanceof AccountSettings some ? some : AccountSettings.none());
        }
        settings = Map.copyOf(declared);
        Map<String, Integration> read = new HashMap<>();
        List<ConfigProblem> found = new ArrayList<>();
        for (String platform : declared.keySet()) {
            ofEnvironment(platform, found)
                    .ifPresent(integration -> read.put(key(platform, Integration.DEFAULT), integration));
        }
        readFile(declared.keySet(), read, found);
        problems = found.stream().map(this::located).toList();
        if (found.isEmpty() || byKey.isEmpty()) {
            byKey = Map.copyOf(read);
        }
    }

    /** What the accounts of a platform are asked for. */
    public AccountSettings settings(String platform) {
        return settings.getOrDefault(platform, AccountSettings.none());
    }

    private ConfigProblem located(ConfigProblem problem) {
        try {
            return YamlLines.located(problem, Files.readString(file));
        } catch (IOException e) {
            return problem;
        }
    }

    private Optional<Integration> ofEnvironment(String platform, List<ConfigProblem> found) {
        String prefix = platform.toUpperCase(Locale.ROOT).replace('-', '_') + '_';
        Map<String, String> secrets = new HashMap<>();
        for (String name : Secrets.NAMES) {
            String secret = value(prefix + AccountSettings.upperSnake(name));
            if (secret != null) {
                secrets.put(name, secret);
            }
        }
        if (secrets.isEmpty()) {
            return Optional.empty();
        }
        Map<String, String> given = new HashMap<>();
        for (String name : settings(platform).names()) {
            String setting = value(prefix + AccountSettings.upperSnake(name));
            String variable = prefix + AccountSettings.upperSnake(name);
            if (setting != null && isUnderstood(name, setting, variable + ", of the environment,", found)) {
                given.put(name, setting);
            }
        }
        List<String> webhookSecrets = new ArrayList<>();
        for (String name : List.of(Secrets.WEBHOOK_SECRET, Secrets.WEBHOOK_SECRET_PREVIOUS)) {
            String secret = secrets.get(name);
            if (secret != null) {
                webhookSecrets.add(secret);
            }
        }
        return Optional.of(new Integration(
                Integration.DEFAULT,
                DEFAULT_ORGANIZATION,
                platform,
                SigningSecrets.of(webhookSecrets),
                Secrets.of(secrets),
                value(prefix + "BASE_URL"),
                settings(platform).complete(given),
                Integration.Origin.ENVIRONMENT,
                true,
                0));
    }

    private @Nullable String value(String name) {
        return references.value(name);
    }

    private void readFile(Set<String> platforms, Map<String, Integration> read, List<ConfigProblem> found) {
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
                if (isNamed(entry, where, platforms, found)) {
                    Integration integration = ofFile(entry, where, found);
                    if (read.putIfAbsent(key(integration.platform(), integration.id()), integration) != null) {
                        found.add(new ConfigProblem(
                                FILE,
                                0,
                                where + ": " + integration.platform() + "/" + integration.id() + " is there twice"));
                    }
                }
            }
        } catch (IOException e) {
            found.add(new ConfigProblem(FILE, 0, "cannot be read: " + e.getMessage()));
        }
    }

    private static boolean isNamed(JsonNode entry, String where, Set<String> platforms, List<ConfigProblem> found) {
        for (String name : List.of("id", "organization")) {
            String text = name.equals("id") ? entry.path(name).asText() : organization(entry);
            if (!ID.matcher(text).matches()) {
                found.add(new ConfigProblem(
                        FILE,
                        0,
                        where + "." + name + " is '" + text + "': use lower-case letters, digits and hyphens"));
                return false;
            }
        }
        String platform = entry.path("platform").asText();
        if (!platforms.contains(platform)) {
            found.add(new ConfigProblem(
                    FILE,
                    0,
                    where + ".platform is '" + platform + "': there is no config/platforms/" + platform + ".yaml"));
            return false;
        }
        return true;
    }

    private static String organization(JsonNode entry) {
        return entry.path("organization").asText(DEFAULT_ORGANIZATION);
    }

    private Integration ofFile(JsonNode entry, String where, List<ConfigProblem> found) {
        String platform = entry.path("platform").asText();
        List<String> webhookSecrets = new ArrayList<>();
        for (JsonNode secret : entry.path("webhookSecrets")) {
            String resolved = resolve(secret.asText(), where + ".webhookSecrets", found);
            if (resolved != null) {
                webhookSecrets.add(resolved);
            }
        }
        Map<String, String> secrets = new HashMap<>();
        for (String name : Secrets.NAMES) {
            if (KEYS.contains(name) && entry.has(name)) {
                String resolved = resolve(entry.path(name).asText(), where + "." + name, found);
                if (resolved != null) {
                    secrets.put(name, resolved);
                }
            }
        }
        return new Integration(
                entry.path("id").asText(),
                organization(entry),
                platform,
                SigningSecrets.of(webhookSecrets),
                Secrets.of(secrets),
                entry.has("baseUrl") ? entry.path("baseUrl").asText() : null,
                settings(platform).complete(given(entry, platform, where, found)),
                Integration.Origin.FILE,
                true,
                0);
    }

    private Map<String, String> given(JsonNode entry, String platform, String where, List<ConfigProblem> found) {
        AccountSettings declared = settings(platform);
        Map<String, String> given = new HashMap<>();
        KnownKeys.check(entry.path("settings"), where + ".settings.", declared.names(), FILE, found);
        for (Map.Entry<String, JsonNode> field : entry.path("settings").properties()) {
            boolean isBrake = field.getKey().equals(BrakeSettings.NAME);
            JsonNode value = field.getValue();
            String text = isBrake && value.isObject()
                    ? value.toString()
                    : isBrake && value.isBoolean() && !value.asBoolean() ? "off" : value.asText();
            isUnderstood(field.getKey(), text, where + ".settings.brake", found);
            if (SecretReferences.isReference(text)) {
                String resolved = resolve(text, where + ".settings." + field.getKey(), found);
                text = resolved == null ? "" : resolved;
            }
            given.put(field.getKey(), text);
        }
        for (String name : declared.missing(given)) {
            AccountSettings.Setting setting = declared.declared().get(name);
            found.add(new ConfigProblem(
                    FILE, 0, where + " has no settings." + name + (setting == null ? "" : ": " + setting.title())));
        }
        return given;
    }

    /** Of the settings that the hub itself reads, only that of the brake has a form. */
    private static boolean isUnderstood(String name, String text, String where, List<ConfigProblem> found) {
        if (name.equals(BrakeSettings.NAME)) {
            try {
                BrakeSettings.of(text);
            } catch (IllegalArgumentException e) {
                found.add(new ConfigProblem(FILE, 0, where + " " + e.getMessage()));
                return false;
            }
        }
        return true;
    }

    private @Nullable String resolve(String text, String where, List<ConfigProblem> found) {
        return references.resolve(text, FILE, where, found);
    }

    private static String key(String platform, String id) {
        return platform + '/' + id;
    }

    /** Whether {@link #find} answers without waiting for the store. */
    public boolean isAtHand(String platform, String id) {
        return byKey.containsKey(key(platform, id)) || stored.isAtHand(platform, id);
    }

    /** One integration: of the environment or the file, or else a stored one, which may have to be read first. */
    public Optional<Integration> find(String platform, String id) {
        Integration known = byKey.get(key(platform, id));
        return known != null ? Optional.of(known) : stored.find(platform, id).map(this::completed);
    }

    /**
     * A stored one with the defaults, and with the application that the environment names for everybody: for all that are asked at
     * the same addresses, for its secret is sent there.
     */
    public Integration completed(Integration integration) {
        Integration everybody = byKey.get(key(integration.platform(), Integration.DEFAULT));
        Map<String, String> completed = settings(integration.platform()).complete(integration.settings());
        boolean isShared = everybody != null
                && everybody.addresses().equals(Integration.addresses(integration.baseUrl(), completed));
        return new Integration(
                integration.id(),
                integration.organization(),
                integration.platform(),
                integration.signing(),
                everybody != null && isShared
                        ? integration.secrets().or(everybody.secrets(), OF_THE_APPLICATION)
                        : integration.secrets(),
                integration.baseUrl(),
                completed,
                integration.origin(),
                integration.enabled(),
                integration.version());
    }

    /** Those of the environment and the file, by platform and id. */
    public List<Integration> configured() {
        return byKey.values().stream()
                .sorted(Comparator.comparing(Integration::platform).thenComparing(Integration::id))
                .toList();
    }

    /**
     * All integrations of a platform, one after the other. Stored ones are read in parts, so that their number costs no
     * memory.
     */
    public void each(String platform, Consumer<Integration> action) {
        configured().stream().filter(one -> one.platform().equals(platform)).forEach(action);
        List<Integration> part = stored.after(platform, "", PART);
        while (!part.isEmpty()) {
            part.forEach(one -> action.accept(completed(one)));
            part = part.size() < PART
                    ? List.of()
                    : stored.after(platform, part.get(part.size() - 1).id(), PART);
        }
    }

    /** All integrations of an organization on a platform. May have to ask the store. */
    public List<Integration> of(String platform, String organization) {
        List<Integration> all = new ArrayList<>();
        configured().stream()
                .filter(one ->
                        one.platform().equals(platform) && one.organization().equals(organization))
                .forEach(all::add);
        stored.of(platform, organization).forEach(one -> all.add(completed(one)));
        return all;
    }

    /** Whether any integration of a platform says anything at a setting; reads no integration. */
    public boolean isAnyWith(String platform, String setting) {
        return byKey.values().stream()
                        .anyMatch(one -> one.platform().equals(platform)
                                && one.settings().containsKey(setting))
                || stored.isAnyWith(platform, setting);
    }

    public List<ConfigProblem> problems() {
        return problems;
    }
}
