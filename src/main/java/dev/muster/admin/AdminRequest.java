package dev.muster.admin;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request to the admin API.
 *
 * @param method in capitals, such as {@code GET}
 * @param path the decoded segments behind {@code /api}
 * @param query decoded parameter to value
 * @param authorization the header of that name; null where the request has none
 * @param peer the address it came from, for the log
 */
public record AdminRequest(
        String method,
        List<String> path,
        Map<String, String> query,
        @Nullable String authorization,
        String peer) {
    public AdminRequest {
        path = List.copyOf(path);
        query = Map.copyOf(query);
    }
}
