package dev.muster.credential;

import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenErrorResponse;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.oauth2.sdk.token.Tokens;
import com.nimbusds.oauth2.sdk.util.JSONObjectUtils;
import dev.muster.call.LimitedBody;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import net.minidev.json.JSONObject;
import org.jspecify.annotations.Nullable;

/** Asks token endpoints. It costs no thread while they think, and no more memory than an answer may have. */
final class TokenEndpoint {
    static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final int ANSWER_BYTES_MAX = 256 * 1024;
    private static final long RETRY_AFTER_SECONDS_MAX = 3_600;

    /** Said by an endpoint that is in trouble itself. */
    private static final Set<String> PASSING = Set.of("temporarily_unavailable", "server_error", "slow_down");

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    /**
     * What was given.
     *
     * @param refresh empty where it stays as it is
     * @param lifetimeSeconds 0 where it is not said
     * @param all the whole answer, for members of the platform's own
     */
    record Given(String access, String refresh, long lifetimeSeconds, Map<String, Object> all) {
        @Override
        public String toString() {
            return "Given[" + lifetimeSeconds + " s]";
        }
    }

    /** The endpoint will not give a token until a person does something. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * Asks for a token.
     *
     * @param authentication of the client; null where {@code client} or the grant itself is enough
     * @return fails with {@link Refused}, with {@link Transient}, and with an IOException where no answer came: then
     *     nobody knows what the platform did
     */
    CompletionStage<Given> ask(
            URI endpoint,
            @Nullable ClientAuthentication authentication,
            @Nullable ClientID client,
            AuthorizationGrant grant,
            List<String> scopes) {
        TokenRequest.Builder request;
        if (authentication != null) {
            request = new TokenRequest.Builder(endpoint, authentication, grant);
        } else if (client != null) {
            request = new TokenRequest.Builder(endpoint, client, grant);
        } else {
            request = new TokenRequest.Builder(endpoint, grant);
        }
        if (!scopes.isEmpty()) {
            request.scope(new Scope(scopes.toArray(String[]::new)));
        }
        HTTPRequest form = request.build().toHTTPRequest();
        HttpRequest.Builder message = HttpRequest.newBuilder(endpoint)
                .timeout(TIMEOUT)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Accept", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(form.getBody()));
        if (form.getAuthorization() != null) {
            message.header("Authorization", form.getAuthorization());
        }
        return http.sendAsync(message.build(), answer -> new LimitedBody(ANSWER_BYTES_MAX))
                .thenApply(answer -> given(endpoint, answer));
    }

    /** Asks with a token for a JSON object. */
    CompletionStage<Map<String, Object>> get(URI address, Map<String, String> headers) {
        HttpRequest.Builder message =
                HttpRequest.newBuilder(address).timeout(TIMEOUT).header("Accept", "application/json");
        headers.forEach(message::header);
        return http.sendAsync(message.build(), answer -> new LimitedBody(ANSWER_BYTES_MAX))
                .thenApply(answer -> {
                    if (answer.statusCode() != 200) {
                        throw unavailable(address, answer);
                    }
                    return object(address, answer);
                });
    }

    private static Given given(URI endpoint, HttpResponse<byte[]> answer) {
        int status = answer.statusCode();
        if (status == 429 || status == 408 || status >= 500) {
            throw unavailable(endpoint, answer);
        }
        if (status != 200 && status != 201) {
            throw refused(endpoint, answer);
        }
        JSONObject object = object(endpoint, answer);
        // Several platforms leave out what RFC 6749 demands, or say null for nothing.
        object.values().removeIf(value -> value == null);
        object.putIfAbsent("token_type", "Bearer");
        if (object.get("expires_in") instanceof Number seconds && seconds.longValue() <= 0) {
            object.remove("expires_in");
        }
        object.remove("scope");
        try {
            Tokens tokens = TokenResponse.parse(object).toSuccessResponse().getTokens();
            RefreshToken refresh = tokens.getRefreshToken();
            return new Given(
                    tokens.getAccessToken().getValue(),
                    refresh == null ? "" : refresh.getValue(),
                    tokens.getAccessToken().getLifetime(),
                    Map.copyOf(object));
        } catch (ParseException | ClassCastException e) {
            throw new Refused("The token endpoint of " + endpoint.getHost() + " answered " + status
                    + " with no token in it; is auth.tokenUrl right?");
        }
    }

    private static JSONObject object(URI endpoint, HttpResponse<byte[]> answer) {
        try {
            return JSONObjectUtils.parse(new String(answer.body(), StandardCharsets.UTF_8));
        } catch (ParseException e) {
            throw new Transient(
                    FailureCode.PLATFORM_UNAVAILABLE,
                    endpoint.getHost() + " answered " + answer.statusCode() + " with something that is not JSON",
                    null);
        }
    }

    private static Transient unavailable(URI endpoint, HttpResponse<byte[]> answer) {
        Duration wait = answer.headers()
                .firstValue("Retry-After")
                .filter(text -> text.matches("\\d{1,9}"))
                .map(text -> Duration.ofSeconds(Math.min(Long.parseLong(text), RETRY_AFTER_SECONDS_MAX)))
                .orElse(null);
        return new Transient(
                answer.statusCode() == 429 ? FailureCode.PLATFORM_THROTTLED : FailureCode.PLATFORM_UNAVAILABLE,
                "The token endpoint of " + endpoint.getHost() + " answered " + answer.statusCode(),
                null,
                wait);
    }

    /** Only the error's code is repeated: a description may hold what was sent. */
    private static RuntimeException refused(URI endpoint, HttpResponse<byte[]> answer) {
        String code = "";
        try {
            JSONObject object = JSONObjectUtils.parse(new String(answer.body(), StandardCharsets.UTF_8));
            TokenErrorResponse error = TokenErrorResponse.parse(object);
            String said = error.getErrorObject() == null
                    ? null
                    : error.getErrorObject().getCode();
            code = said != null && said.matches("[a-zA-Z_.-]{1,60}") ? said : "";
        } catch (ParseException e) {
            // no RFC 6749 answer
        }
        boolean understood = !code.isEmpty() || Set.of(400, 401, 404).contains(answer.statusCode());
        if (PASSING.contains(code) || !understood) {
            return unavailable(endpoint, answer);
        }
        return new Refused("the token endpoint of " + endpoint.getHost() + " answered " + answer.statusCode()
                + (code.isEmpty() ? "" : " " + code));
    }
}
