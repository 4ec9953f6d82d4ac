package dev.muster.platform;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One GET to a platform's own host.
 *
 * @param url base and path; the base is the integration's or the platform's, never the sender's
 * @param headers with the credential filled in
 */
public record ApiCall(String url, Map<String, String> headers) {

    /** @param path begins with a slash; made of the mapping and of checked ids only */
    public static ApiCall of(PlatformDefinition platform, Integration integration, String path) {
        String base = integration.baseUrl() == null ? platform.api().baseUrl() : integration.baseUrl();
        String key = integration.secrets().text(Secrets.API_KEY, "fetch").orElse("");
        Map<String, String> headers = new LinkedHashMap<>();
        platform.api().headers().forEach((name, value) -> headers.put(name, value.replace("{apiKey}", key)));
        return new ApiCall(base + path, headers);
    }

    /** Never shows the credential. */
    @Override
    public String toString() {
        return "GET " + url;
    }
}
