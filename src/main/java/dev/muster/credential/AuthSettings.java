package dev.muster.credential;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.KnownKeys;
import dev.muster.platform.SectionCompiler;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How a platform is shown who calls: the {@code auth} section of its file.
 *
 * @param authorizationUrl where a person consents; a URL, or a path below the base URL; empty where there is none
 * @param tokenUrl where tokens are had; likewise
 * @param clientBasic whether the client's secret goes into a header instead of the form
 * @param lifetime of a token whose answer does not say; null for until it is refused
 * @param baseUrlFrom where the account's own host is told; null where it is the platform's
 * @param headers of every call; {@code {accessToken}}, {@code {apiKey}}, {@code {basic}} and settings are put in
 * @param query likewise
 * @param parameters further ones of the consent's address
 * @param jwt of an assertion; null where the scheme is another
 * @param testPath a request that only proves the credential; empty for none
 * @param schemaPath one that tells what the account has; empty for none
 */
public record AuthSettings(
        Scheme scheme,
        Grant grant,
        String authorizationUrl,
        String tokenUrl,
        List<String> scopes,
        boolean pkce,
        boolean clientBasic,
        @Nullable Duration lifetime,
        @Nullable BaseUrlFrom baseUrlFrom,
        Map<String, String> headers,
        Map<String, String> query,
        Map<String, String> parameters,
        @Nullable Assertion jwt,
        String testPath,
        String schemaPath) {
    private static final Set<String> KEYS = Set.of(
            "scheme",
            "grant",
            "authorizationUrl",
            "tokenUrl",
            "scopes",
            "pkce",
            "clientAuthentication",
            "lifetime",
            "baseUrlFrom",
            "headers",
            "query",
            "parameters",
            "jwt",
            "test",
            "getSchema");

    /** What is shown. */
    public enum Scheme {
        OAUTH2("oauth2"),
        API_KEY("apiKey"),
        BASIC("basic"),
        JWT_BEARER("jwtBearer"),
        NONE("none");

        private final String id;

        Scheme(String id) {
            this.id = id;
        }
    }

    /** How a token is had. */
    public enum Grant {
        AUTHORIZATION_CODE("authorizationCode"),
        CLIENT_CREDENTIALS("clientCredentials"),
        REFRESH_TOKEN("refreshToken");

        private final String id;

        Grant(String id) {
            this.id = id;
        }
    }

    /**
     * Where the account's own host is told.
     *
     * @param member of the answer, such as {@code instance_url}
     * @param url to ask with the token; empty where the token's own answer has it
     * @param headers of that request
     */
    public record BaseUrlFrom(String member, String url, Map<String, String> headers) {}

    /** What an assertion (RFC 7523) says; each may hold placeholders. */
    public record Assertion(String issuer, String subject, String audience, Duration lifetime) {}

    /**
     * The settings that an integration has to have, so that it can be called at all; secrets are not among them.
     *
     * @param given the settings that it has
     */
    public Set<String> needed(Map<String, String> given) {
        List<String> templates = new ArrayList<>(headers.values());
        templates.addAll(query.values());
        if (!given.containsKey("tokenUrl")) {
            templates.add(tokenUrl);
        }
        if (baseUrlFrom != null) {
            templates.addAll(baseUrlFrom.headers().values());
        }
        if (jwt != null) {
            templates.addAll(List.of(jwt.issuer(), jwt.subject(), jwt.audience()));
        }
        Set<String> needed = new TreeSet<>();
        templates.forEach(template -> needed.addAll(Placeholders.settings(template)));
        return needed;
    }

    /** Reads the section. Without one, headers of the {@code api} section that hold {@code {apiKey}} say it all. */
    public static SectionCompiler<AuthSettings> compiler() {
        return new SectionCompiler<>(AuthSettings.class, Set.of("auth"), (root, file) -> {
            Reading reading = new Reading(root.path("auth"), file);
            AuthSettings settings = root.has("auth") ? reading.settings() : ofApi(root.path("api"));
            if (!reading.problems.isEmpty()) {
                throw new ConfigException(reading.problems);
            }
            return settings;
        });
    }

    private static AuthSettings ofApi(JsonNode api) {
        Map<String, String> headers = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> header : api.path("headers").properties()) {
            if (header.getValue().asText().contains("{apiKey}")) {
                headers.put(header.getKey(), header.getValue().asText());
            }
        }
        return new AuthSettings(
                headers.isEmpty() ? Scheme.NONE : Scheme.API_KEY,
                Grant.CLIENT_CREDENTIALS,
                "",
                "",
                List.of(),
                false,
                false,
                null,
                null,
                headers,
                Map.of(),
                Map.of(),
                null,
                "",
                "");
    }

    private static final class Reading {
        private final JsonNode node;
        private final String file;
        private final List<ConfigProblem> problems = new ArrayList<>();

        Reading(JsonNode node, String file) {
            this.node = node;
            this.file = file;
        }

        private void problem(String message) {
            problems.add(new ConfigProblem(file, 0, message));
        }

        AuthSettings settings() {
            KnownKeys.check(node, "auth.", KEYS, file, problems);
            Scheme scheme = scheme();
            Grant grant = grant();
            boolean token = scheme == Scheme.OAUTH2 || scheme == Scheme.JWT_BEARER;
            if (token && text("tokenUrl").isEmpty()) {
                problem("auth.tokenUrl is missing: where are tokens had? A URL, or a path such as /oauth2/token");
            }
            if (scheme == Scheme.OAUTH2
                    && grant == Grant.AUTHORIZATION_CODE
                    && text("authorizationUrl").isEmpty()) {
                problem("auth.authorizationUrl is missing: where does a person consent?");
            }
            for (String key : List.of("authorizationUrl", "tokenUrl")) {
                if (!text(key).isEmpty() && !text(key).matches("(https?://[^/].*|/.*|\\{[A-Za-z0-9]+\\}/.*)")) {
                    problem("auth." + key + " is '" + text(key) + "': write a URL, or a path that begins with /");
                }
            }
            String client = node.path("clientAuthentication").asText("post");
            if (!Set.of("post", "basic").contains(client)) {
                problem("auth.clientAuthentication is '" + client + "': write post or basic");
            }
            Map<String, String> headers = texts("headers");
            if (headers.isEmpty() && !node.has("query")) {
                headers = switch (scheme) {
                    case OAUTH2, JWT_BEARER -> Map.of("Authorization", "Bearer {accessToken}");
                    case BASIC -> Map.of("Authorization", "Basic {basic}");
                    case API_KEY -> Map.of("Authorization", "Bearer {apiKey}");
                    case NONE -> Map.of();
                };
            }
            return new AuthSettings(
                    scheme,
                    grant,
                    text("authorizationUrl"),
                    text("tokenUrl"),
                    scopes(),
                    node.path("pkce").asBoolean(true),
                    client.equals("basic"),
                    node.has("lifetime") ? duration(node.path("lifetime").asText(), "auth.lifetime") : null,
                    baseUrlFrom(),
                    headers,
                    texts("query"),
                    texts("parameters"),
                    scheme == Scheme.JWT_BEARER ? assertion() : null,
                    path("test"),
                    path("getSchema"));
        }

        private String text(String key) {
            return node.path(key).asText("");
        }

        private Scheme scheme() {
            for (Scheme scheme : Scheme.values()) {
                if (scheme.id.equals(text("scheme"))) {
                    return scheme;
                }
            }
            problem("auth.scheme is '" + text("scheme") + "': write oauth2, apiKey, basic, jwtBearer or none");
            return Scheme.NONE;
        }

        private Grant grant() {
            for (Grant grant : Grant.values()) {
                if (grant.id.equals(node.path("grant").asText(Grant.CLIENT_CREDENTIALS.id))) {
                    return grant;
                }
            }
            problem("auth.grant is '" + text("grant")
                    + "': write authorizationCode, clientCredentials or refreshToken");
            return Grant.CLIENT_CREDENTIALS;
        }

        private List<String> scopes() {
            List<String> scopes = new ArrayList<>();
            node.path("scopes").forEach(scope -> scopes.add(scope.asText()));
            if (node.has("scopes") && !node.path("scopes").isArray()) {
                problem("auth.scopes has to be a list, such as [read, write]");
            }
            return List.copyOf(scopes);
        }

        private @Nullable Duration duration(String text, String where) {
            try {
                Duration duration = Duration.parse(text);
                if (duration.toMillis() > 0) {
                    return duration;
                }
            } catch (DateTimeException | ArithmeticException e) {
                // said below
            }
            problem(where + " is '" + text + "': write a duration such as PT1H");
            return null;
        }

        private Map<String, String> texts(String key) {
            Map<String, String> texts = new LinkedHashMap<>();
            node.path(key)
                    .properties()
                    .forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
            return texts;
        }

        private @Nullable BaseUrlFrom baseUrlFrom() {
            JsonNode from = node.path("baseUrlFrom");
            if (from.isMissingNode()) {
                return null;
            }
            if (from.isTextual()) {
                return new BaseUrlFrom(from.asText(), "", Map.of());
            }
            KnownKeys.check(from, "auth.baseUrlFrom.", Set.of("member", "url", "headers"), file, problems);
            if (from.path("member").asText("").isEmpty()) {
                problem("auth.baseUrlFrom.member is missing: which member of the answer holds the URL?");
            }
            Map<String, String> headers = new LinkedHashMap<>();
            from.path("headers")
                    .properties()
                    .forEach(entry ->
                            headers.put(entry.getKey(), entry.getValue().asText()));
            return new BaseUrlFrom(
                    from.path("member").asText(),
                    from.path("url").asText(""),
                    headers.isEmpty() ? Map.of("Authorization", "Bearer {accessToken}") : headers);
        }

        private Assertion assertion() {
            JsonNode jwt = node.path("jwt");
            KnownKeys.check(jwt, "auth.jwt.", Set.of("issuer", "subject", "audience", "lifetime"), file, problems);
            if (jwt.path("audience").asText("").isEmpty()) {
                problem("auth.jwt.audience is missing: for whom is the assertion? Often the token endpoint's origin");
            }
            Duration lifetime = duration(jwt.path("lifetime").asText("PT3M"), "auth.jwt.lifetime");
            return new Assertion(
                    jwt.path("issuer").asText("{clientId}"),
                    jwt.path("subject").asText("{username}"),
                    jwt.path("audience").asText(""),
                    lifetime == null ? Duration.ofMinutes(3) : lifetime);
        }

        private String path(String key) {
            JsonNode request = node.path(key);
            KnownKeys.check(request, "auth." + key + ".", Set.of("path"), file, problems);
            String path = request.path("path").asText("");
            if (node.has(key) && !path.startsWith("/")) {
                problem("auth." + key + ".path is '" + path + "': write a path that begins with /, such as /v1/me");
            }
            return path;
        }
    }
}
