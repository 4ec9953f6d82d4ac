package dev.muster.platform;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What every account of a platform is asked for beside its secrets: the {@code settings} section of the platform's file.
 *
 * @param declared by name, in the file's order
 */
public record AccountSettings(Map<String, Setting> declared) {
    /**
     * Where the platform's addresses are in the file's own words: an account may name others, such as a sandbox's. And which
     * push targets the account is told of: none unless it says so. And when it is stopped: see BrakeSettings.
     */
    private static final Set<String> ALWAYS = Set.of("tokenUrl", "authorizationUrl", "push", BrakeSettings.NAME);

    private static final Pattern NAME = Pattern.compile("[a-z][A-Za-z0-9]{0,62}");
    private static final Set<String> KEYS = Set.of("title", "required", "default");

    /**
     * One of them.
     *
     * @param title for a person who has to find it out
     * @param otherwise where the account does not say; empty for nothing
     */
    public record Setting(String title, boolean required, String otherwise) {}

    public AccountSettings {
        declared = Map.copyOf(declared);
    }

    /** Of a platform whose file declares none. */
    public static AccountSettings none() {
        return new AccountSettings(Map.of());
    }

    /** Reads the section. */
    public static SectionCompiler<AccountSettings> compiler() {
        return new SectionCompiler<>(AccountSettings.class, Set.of("settings"), (root, file) -> {
            List<ConfigProblem> problems = new ArrayList<>();
            Map<String, Setting> declared = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> field : root.path("settings").properties()) {
                String where = "settings." + field.getKey();
                JsonNode value = field.getValue();
                if (!NAME.matcher(field.getKey()).matches() || Secrets.NAMES.contains(field.getKey())) {
                    problems.add(new ConfigProblem(
                            file,
                            0,
                            where + ": a setting's name is camelCase, such as listId, and not one of "
                                    + new TreeSet<>(Secrets.NAMES)));
                }
                KnownKeys.check(value, where + ".", KEYS, file, problems);
                if (!value.isObject() || value.path("title").asText("").isEmpty()) {
                    problems.add(new ConfigProblem(
                            file,
                            0,
                            where + " needs a title that says where one finds it: { title: …, required: true }"));
                }
                declared.put(
                        field.getKey(),
                        new Setting(
                                value.path("title").asText(),
                                value.path("required").asBoolean(false),
                                value.path("default").asText("")));
            }
            if (!problems.isEmpty()) {
                throw new ConfigException(problems);
            }
            return new AccountSettings(declared);
        });
    }

    /** Every name that an account may give. */
    public Set<String> names() {
        Set<String> names = new TreeSet<>(declared.keySet());
        names.addAll(ALWAYS);
        return names;
    }

    /** The required ones that are missing. */
    public List<String> missing(Map<String, String> given) {
        return declared.entrySet().stream()
                .filter(entry -> entry.getValue().required()
                        && entry.getValue().otherwise().isEmpty()
                        && given.getOrDefault(entry.getKey(), "").isBlank())
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    /** With the defaults in the place of what was not given. */
    public Map<String, String> complete(Map<String, String> given) {
        Map<String, String> all = new LinkedHashMap<>(given);
        declared.forEach((name, setting) -> {
            if (!setting.otherwise().isEmpty()) {
                all.putIfAbsent(name, setting.otherwise());
            }
        });
        return all;
    }

    /** {@code organizationId} becomes {@code ORGANIZATION_ID}. */
    public static String upperSnake(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toUpperCase(Locale.ROOT);
    }
}
