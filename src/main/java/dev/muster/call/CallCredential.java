package dev.muster.call;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one call shows of who it is.
 *
 * @param headers to add, such as Authorization
 * @param query parameters to add; only where a platform takes no header
 * @param baseUrl the account's own host where the platform named one with the token, such as Salesforce's instance; null
 *     for the integration's or the platform's
 * @param version tells one token of an integration from the next, and nothing else about it
 */
public record CallCredential(
        Map<String, String> headers,
        Map<String, String> query,
        @Nullable String baseUrl,
        long version) {
    public CallCredential {
        headers = Map.copyOf(headers);
        query = Map.copyOf(query);
    }

    /** Never shows the secret. */
    @Override
    public String toString() {
        return "CallCredential[version=" + version + "]";
    }
}
