package dev.muster.admin;

import dev.muster.access.Credentials;
import java.util.List;
import java.util.Map;

/**
 * A request to the admin API, as it came.
 *
 * @param method in capitals, such as {@code GET}
 * @param path the decoded segments behind {@code /api}
 * @param query decoded parameter to value
 * @param headers by their names in lower case; none that says who sent it
 * @param credentials what says who sent it
 * @param body empty where there is none
 */
public record AdminRequest(
        String method,
        List<String> path,
        Map<String, String> query,
        Map<String, String> headers,
        Credentials credentials,
        byte[] body) {
    public AdminRequest {
        path = List.copyOf(path);
        query = Map.copyOf(query);
        headers = Map.copyOf(headers);
    }

    /** The header of this name in lower case; empty where the request has none. */
    public String header(String name) {
        return headers.getOrDefault(name, "");
    }
}
