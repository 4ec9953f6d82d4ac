package dev.muster.platform;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One organization's account on one platform.
 *
 * @param id unique among the platform's integrations; {@code default} for the one made of environment variables
 * @param webhookSecrets any of them may sign: two while a secret is being rotated; empty: every delivery is refused
 * @param apiKey for calls to the platform; null where none was given
 * @param baseUrl replaces the platform's own; null where it does not
 * @param settings what else is particular to the account and no secret, such as the id of its list; by name
 */
public record Integration(
        String id,
        String organization,
        String platform,
        List<String> webhookSecrets,
        @Nullable String apiKey,
        @Nullable String baseUrl,
        Map<String, String> settings) {

    /** The integration made of environment variables. */
    public static final String DEFAULT = "default";

    public Integration {
        webhookSecrets = List.copyOf(webhookSecrets);
        settings = Map.copyOf(settings);
    }

    /** Never shows a secret. */
    @Override
    public String toString() {
        return "Integration[" + platform + "/" + id + " of " + organization + "]";
    }
}
