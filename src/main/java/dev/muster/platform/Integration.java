package dev.muster.platform;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One organization's account on one platform.
 *
 * @param id unique among the platform's integrations; {@code default} for the one made of environment variables
 * @param signing any of them may sign: two while a secret is being rotated; none: every delivery is refused
 * @param secrets what it is called with
 * @param baseUrl replaces the platform's own; null where it does not
 * @param settings what else is particular to the account and no secret, such as the id of its list; by name
 * @param origin where it was described
 * @param enabled whether it is called, and its deliveries taken
 * @param version rises with every change of a stored one; 0 for the others
 */
public record Integration(
        String id,
        String organization,
        String platform,
        SigningSecrets signing,
        Secrets secrets,
        @Nullable String baseUrl,
        Map<String, String> settings,
        Origin origin,
        boolean enabled,
        long version) {

    /** The integration made of environment variables. */
    public static final String DEFAULT = "default";

    /** Where an integration was described. */
    public enum Origin {
        ENVIRONMENT,
        FILE,
        STORED
    }

    public Integration {
        settings = Map.copyOf(settings);
    }

    /** One of the environment with at most an API key. */
    public Integration(
            String id,
            String organization,
            String platform,
            List<String> webhookSecrets,
            @Nullable String apiKey,
            @Nullable String baseUrl,
            Map<String, String> settings) {
        this(
                id,
                organization,
                platform,
                SigningSecrets.of(webhookSecrets),
                apiKey == null ? Secrets.none() : Secrets.of(Map.of(Secrets.API_KEY, apiKey)),
                baseUrl,
                settings,
                Origin.ENVIRONMENT,
                true,
                0);
    }

    /** Where its secrets are sent: those of two whose addresses are equal go to the same places. */
    public Map<String, String> addresses() {
        return addresses(baseUrl, settings);
    }

    /** The same of one that is not made yet. */
    public static Map<String, String> addresses(@Nullable String baseUrl, Map<String, String> settings) {
        Map<String, String> addresses = new HashMap<>();
        settings.forEach((name, value) -> {
            // such as tokenUrl, and whatever else can be the beginning of an address
            if (name.endsWith("Url") || value.contains("//")) {
                addresses.put(name, value);
            }
        });
        if (baseUrl != null) {
            addresses.put("baseUrl", baseUrl.replaceAll("/+$", ""));
        }
        return addresses;
    }

    /** Tells it from every other: its platform and its id. */
    public String key() {
        return platform + '/' + id;
    }

    /** Whether there is anything to call the platform with. It may still be refused there. */
    public boolean hasCredential() {
        return enabled && secrets.holdCredential();
    }

    /** Never shows a secret. */
    @Override
    public String toString() {
        return "Integration[" + key() + " of " + organization + "]";
    }
}
