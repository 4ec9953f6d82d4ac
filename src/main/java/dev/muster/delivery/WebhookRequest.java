package dev.muster.delivery;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request at a webhook door, read whole and not yet believed.
 *
 * @param path what follows {@code /api/webhooks/}, split at slashes and decoded; the first is the platform
 * @param query the raw query, or null
 * @param uri scheme, host, path and query as the sender addressed them, for signatures that cover it
 * @param headers lower-case names; several values joined by a comma
 * @param body the raw bytes, within the limit
 * @param peer the address at the other end of the connection
 */
public record WebhookRequest(
        String method,
        List<String> path,
        @Nullable String query,
        String uri,
        Map<String, String> headers,
        byte[] body,
        String peer,
        Instant receivedAt) {

    /** Without address, headers and body, which may hold secrets: it may end up in a log or a console. */
    @Override
    public String toString() {
        return "WebhookRequest[" + method + " by " + peer + ", " + body.length + " bytes]";
    }

    /** The platform named by the path, or an empty text. */
    public String platform() {
        return path.isEmpty() ? "" : path.get(0);
    }
}
