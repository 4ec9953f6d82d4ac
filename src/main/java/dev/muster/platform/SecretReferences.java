package dev.muster.platform;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Secrets that a file names by the environment variable that holds them, such as {@code ${ACME_PATREON_SECRET}}. */
public final class SecretReferences {
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{([A-Z0-9_]+)\\}");

    private final Map<String, String> environment;

    public SecretReferences(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** Whether the text is a reference. */
    public static boolean isReference(String text) {
        return REFERENCE.matcher(text).matches();
    }

    /** What a variable holds; null where it is missing or blank. */
    public @Nullable String value(String name) {
        String value = environment.get(name);
        return value == null || value.isBlank() ? null : value.strip();
    }

    /**
     * The secret that a file refers to; null where there is none, which is added to the problems.
     *
     * @param where the path in the file
     */
    public @Nullable String resolve(String text, String file, String where, List<ConfigProblem> problems) {
        Matcher reference = REFERENCE.matcher(text);
        if (!reference.matches()) {
            problems.add(new ConfigProblem(
                    file, 0, where + " must name an environment variable such as ${ACME_SECRET}, not hold the secret"));
            return null;
        }
        String value = value(reference.group(1));
        if (value == null) {
            problems.add(new ConfigProblem(file, 0, where + ": the environment has no " + reference.group(1)));
        }
        return value;
    }
}
