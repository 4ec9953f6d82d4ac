package dev.muster.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.MusterConfig;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A running hub's admin API, as the commands use it. A request whose connection breaks is sent once more; an action carries an
 * Idempotency-Key, so that it is not done twice then.
 */
final class AdminClient {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final int BUSY_TRIES = 5;
    private static final int FORBIDDEN = 403;
    private static final int CONFLICT = 409;
    private static final int OUTDATED = 412;

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final Path home;
    private final Map<String, String> environment;
    private String hub = "";
    private String token = "";

    private AdminClient(Path home, Map<String, String> environment) {
        this.home = home;
        this.environment = environment;
    }

    /**
     * The hub at MUSTER_URL, or else this machine's at the port of its settings; shown MUSTER_API_KEY, or else
     * MUSTER_ADMIN_TOKEN, which may hold a key as well. Both are looked for when something is asked: a wrong command line is
     * told before a missing token.
     *
     * @param home where {@code config/application.properties} is
     */
    static AdminClient of(Path home, Map<String, String> environment) {
        return new AdminClient(home, environment);
    }

    /** @throws CommandFailed where the token is missing or the address is none */
    AdminClient requireToken() {
        if (!token.isEmpty()) {
            return this;
        }
        String url = environment.getOrDefault("MUSTER_URL", "").strip();
        if (url.isEmpty()) {
            url = "http://127.0.0.1:"
                    + MusterConfig.read(home, environment, Map.of()).httpPort();
        }
        checkAddress(url);
        String shown = environment.getOrDefault("MUSTER_API_KEY", "").strip();
        if (shown.isEmpty()) {
            shown = environment.getOrDefault("MUSTER_ADMIN_TOKEN", "").strip();
        }
        if (shown.isEmpty()) {
            throw new CommandFailed(
                    CommandFailed.NO_TOKEN,
                    "There is no token. Set MUSTER_API_KEY to a key of yours (./muster key create makes one), or"
                            + " MUSTER_ADMIN_TOKEN to the hub's; a hub without one of its own printed it into its log at its"
                            + " first start.");
        }
        hub = url.replaceAll("/+$", "");
        token = shown;
        return this;
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
        return accepted(call("GET", path, null, TIMEOUT, null, null));
    }

    /** As {@link #get}, for what reads a whole table: waits for ten minutes. */
    JsonNode getPatiently(String path) {
        return accepted(call("GET", path, null, PATIENCE, null, null));
    }

    /** As {@link #get}; empty where this token may not see it. */
    Optional<JsonNode> getIfAllowed(String path) {
        Answer answer = call("GET", path, null, TIMEOUT, null, null);
        return answer.status == FORBIDDEN ? Optional.empty() : Optional.of(accepted(answer));
    }

    /** @throws CommandFailed where it is not answered with 2xx */
    JsonNode post(String path) {
        return send("POST", path, null);
    }

    /**
     * @param method POST, PUT or DELETE
     * @param body null for none
     * @throws CommandFailed where it is not answered with 2xx
     */
    JsonNode send(String method, String path, @Nullable JsonNode body) {
        return accepted(call(method, path, body, TIMEOUT, UUID.randomUUID().toString(), null));
    }

    /**
     * As {@link #send}, about what is at a version.
     *
     * @throws CommandFailed also where it is at another one by now, with a word on what to do
     */
    JsonNode sendIfAt(long version, String method, String path, @Nullable JsonNode body) {
        Answer answer = call(method, path, body, TIMEOUT, UUID.randomUUID().toString(), version);
        if (answer.status == OUTDATED && answer.body != null) {
            throw new CommandFailed(
                    CommandFailed.FAILED,
                    answer.body.path("detail").asText()
                            + ". Nothing was done: it changed after you saw it. Look at what it says now, and if you still"
                            + " mean it, give the command again.");
        }
        return accepted(answer);
    }

    /** A POST whose answer holds a secret: it is kept nowhere, so that it cannot be asked for again, and is sent once. */
    JsonNode postForSecret(String path, JsonNode body) {
        return accepted(call("POST", path, body, TIMEOUT, null, null));
    }

    /** For a value in a query or in a path. */
    static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private record Answer(int status, @Nullable JsonNode body, boolean isBusy) {}

    private Answer call(
            String method,
            String path,
            @Nullable JsonNode body,
            Duration timeout,
            @Nullable String actionKey,
            @Nullable Long version) {
        requireToken();
        HttpRequest request = request(method, path, body, timeout, actionKey, version);
        boolean mayRepeat = method.equals("GET") || actionKey != null;
        try {
            return once(request);
        } catch (ConnectException | HttpConnectTimeoutException e) {
            throw unreachable(e);
        } catch (HttpTimeoutException e) {
            throw new CommandFailed(
                    CommandFailed.NO_HUB,
                    "The hub at " + hub + " did not answer within " + timeout.toSeconds() + " s. "
                            + (method.equals("GET")
                                    ? ""
                                    : "It may do what was asked all the same: look before you ask again. ")
                            + "./muster status says how it is.");
        } catch (IOException e) {
            if (!mayRepeat) {
                throw unreachable(e);
            }
        }
        return again(request);
    }

    private HttpRequest request(
            String method,
            String path,
            @Nullable JsonNode body,
            Duration timeout,
            @Nullable String actionKey,
            @Nullable Long version) {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(hub + path))
                    .timeout(timeout)
                    .header("Authorization", "Bearer " + token)
                    .header("Accept", "application/json")
                    .header("Content-Type", "application/json")
                    .method(
                            method,
                            body == null
                                    ? HttpRequest.BodyPublishers.noBody()
                                    : HttpRequest.BodyPublishers.ofString(body.toString()));
            if (actionKey != null) {
                request.header("Idempotency-Key", actionKey);
            }
            if (version != null) {
                request.header("If-Match", "\"" + version + ".\"");
            }
            return request.build();
        } catch (IllegalArgumentException e) {
            throw new CommandFailed(
                    CommandFailed.NO_TOKEN,
                    "MUSTER_API_KEY or MUSTER_ADMIN_TOKEN holds a character that no header can have.");
        }
    }

    /** The first one may still be under way: then the hub says so, and its answer is waited for. */
    private Answer again(HttpRequest request) {
        try {
            Answer answer = once(request);
            for (int tries = 1; answer.isBusy && tries < BUSY_TRIES; tries++) {
                Thread.sleep(Duration.ofSeconds(2).toMillis());
                answer = once(request);
            }
            return answer;
        } catch (IOException e) {
            throw unreachable(e);
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private Answer once(HttpRequest request) throws IOException {
        try {
            HttpResponse<String> response =
                    client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
            boolean busy = response.statusCode() == CONFLICT
                    && response.headers().firstValue("Retry-After").isPresent();
            return new Answer(response.statusCode(), parsed(response.body()), busy);
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static CommandFailed interrupted() {
        Thread.currentThread().interrupt();
        return new CommandFailed(CommandFailed.FAILED, "Interrupted.");
    }

    private CommandFailed unreachable(IOException e) {
        return new CommandFailed(
                CommandFailed.NO_HUB,
                "No hub answers at " + hub + (e.getMessage() == null ? "" : " (" + e.getMessage() + ")")
                        + ". Start one with ./muster run, or set MUSTER_URL to where it is.");
    }

    private static @Nullable JsonNode parsed(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    private JsonNode accepted(Answer answer) {
        JsonNode body = answer.body;
        if (body != null && answer.status >= 200 && answer.status < 300) {
            return body;
        }
        String detail = body == null ? "" : body.path("detail").asText();
        if (answer.status == 401) {
            throw new CommandFailed(
                    CommandFailed.NO_TOKEN,
                    "The hub at " + hub + " does not take this token. Set MUSTER_API_KEY to a key that is active, or"
                            + " MUSTER_ADMIN_TOKEN to the token the hub was started with or printed into its log at its first"
                            + " start.");
        }
        if (detail.isEmpty()) {
            throw new CommandFailed(
                    CommandFailed.NO_HUB,
                    "What answers at " + hub + " (with " + answer.status
                            + ") is not a Muster hub that is ready. Set MUSTER_URL to where it is.");
        }
        throw new CommandFailed(
                answer.status == FORBIDDEN ? CommandFailed.NO_TOKEN : CommandFailed.FAILED, detail + ".");
    }
}
