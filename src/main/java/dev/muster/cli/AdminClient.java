package dev.muster.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.MusterConfig;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A running hub's admin API, as the commands use it. */
final class AdminClient {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final String hub;
    private final String token;

    private AdminClient(String hub, String token) {
        this.hub = hub;
        this.token = token;
    }

    /**
     * The hub at MUSTER_URL, or else this machine's at the port of its settings.
     *
     * @param home where {@code config/application.properties} is
     * @throws CommandFailed where the token is missing or the address is none
     */
    static AdminClient of(Path home, Map<String, String> environment) {
        String url = environment.getOrDefault("MUSTER_URL", "").strip();
        if (url.isEmpty()) {
            url = "http://127.0.0.1:"
                    + MusterConfig.read(home, environment, Map.of()).httpPort();
        }
        checkAddress(url);
        String token = environment.getOrDefault("MUSTER_ADMIN_TOKEN", "").strip();
        if (token.isEmpty()) {
            throw new CommandFailed(
                    CommandFailed.NO_TOKEN,
                    "There is no admin token. Set MUSTER_ADMIN_TOKEN to the hub's; a hub without one of its own printed"
                            + " it into its log at its first start.");
        }
        return new AdminClient(url.replaceAll("/+$", ""), token);
    }

    private static void checkAddress(String url) {
        try {
            URI address = URI.create(url);
            String scheme = address.getScheme();
            if (address.getHost() != null && scheme != null && scheme.matches("https?")) {
                return;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new CommandFailed(
                CommandFailed.USAGE,
                "The hub's address is '" + url + "': set MUSTER_URL to one such as http://127.0.0.1:8080");
    }

    /** @throws CommandFailed where it is not answered with 200 */
    JsonNode get(String path) {
        return call("GET", path, null, TIMEOUT);
    }

    /** As {@link #get}, for what reads a whole table: waits for ten minutes. */
    JsonNode getPatiently(String path) {
        return call("GET", path, null, PATIENCE);
    }

    /** @throws CommandFailed where it is not answered with 2xx */
    JsonNode post(String path) {
        return call("POST", path, null, TIMEOUT);
    }

    /**
     * @param method POST, PUT or DELETE
     * @param body null for none
     * @throws CommandFailed where it is not answered with 2xx
     */
    JsonNode send(String method, String path, @Nullable JsonNode body) {
        return call(method, path, body, TIMEOUT);
    }

    /** For a value in a query or in a path. */
    static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private JsonNode call(String method, String path, @Nullable JsonNode body, Duration timeout) {
        HttpResponse<String> response;
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(hub + path))
                    .timeout(timeout)
                    .header("Authorization", "Bearer " + token)
                    .header("Accept", "application/json")
                    .header("Content-Type", "application/json")
                    .method(
                            method,
                            body == null
                                    ? HttpRequest.BodyPublishers.noBody()
                                    : HttpRequest.BodyPublishers.ofString(body.toString()))
                    .build();
            response = client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new CommandFailed(
                    CommandFailed.NO_TOKEN, "MUSTER_ADMIN_TOKEN holds a character that no header can have.");
        } catch (IOException e) {
            throw new CommandFailed(
                    CommandFailed.NO_HUB,
                    "No hub answers at " + hub + (e.getMessage() == null ? "" : " (" + e.getMessage() + ")")
                            + ". Start one with ./muster run, or set MUSTER_URL to where it is.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailed(CommandFailed.FAILED, "Interrupted.");
        }
        JsonNode answer = parsed(response.body());
        if (answer != null && response.statusCode() >= 200 && response.statusCode() < 300) {
            return answer;
        }
        throw refused(response.statusCode(), answer);
    }

    private static @Nullable JsonNode parsed(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    private CommandFailed refused(int status, @Nullable JsonNode problem) {
        String detail = problem == null ? "" : problem.path("detail").asText();
        if (status == 401) {
            return new CommandFailed(
                    CommandFailed.NO_TOKEN,
                    "The hub at " + hub + " does not take this admin token. Set MUSTER_ADMIN_TOKEN to the one it was"
                            + " started with, or to the one it printed into its log at its first start.");
        }
        if (detail.isEmpty()) {
            return new CommandFailed(
                    CommandFailed.NO_HUB,
                    "What answers at " + hub + " (with " + status
                            + ") is not a Muster hub that is ready. Set MUSTER_URL" + " to where it is.");
        }
        return new CommandFailed(CommandFailed.FAILED, detail + ".");
    }
}
