package dev.muster.demo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.ext.web.RoutingContext;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The OAuth 2.0 endpoints of a simulated platform, for one client: the page on which somebody agrees, and the endpoint
 * that gives the {@link TokenDesk}'s tokens for a form. Safe for use by several threads.
 */
final class SimulatedTokens {
    /** The grant type of a signed assertion. */
    static final String JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

    private static final Duration ENDLESS = Duration.ofDays(36_500);

    /**
     * How a platform's endpoints behave.
     *
     * @param grants the grant types it knows
     * @param basic whether the client says who it is by HTTP Basic; otherwise by form fields
     * @param pkce whether an authorization needs an S256 challenge
     * @param refreshable whether a code gives a refresh token
     * @param rotates whether using a refresh token replaces it
     * @param lifetime of access tokens; null where they have no end, and then no answer states one
     * @param stated whether answers state the lifetime
     * @param refused the status with which a grant is refused: 400, or 401 for some
     */
    record Rules(
            Set<String> grants,
            boolean basic,
            boolean pkce,
            boolean refreshable,
            boolean rotates,
            @Nullable Duration lifetime,
            boolean stated,
            int refused) {}

    private final SimulatedPlatform platform;
    private final Rules rules;
    private final TokenDesk desk;
    private final String clientId;
    private final String clientSecret;
    private final AtomicLong issued = new AtomicLong();
    private Predicate<String> assertions = assertion -> false;
    private Consumer<ObjectNode> completion = answer -> {};

    /** @param name distinguishes this platform's secrets from the others' */
    SimulatedTokens(SimulatedPlatform platform, String name, Rules rules) {
        this.platform = platform;
        this.rules = rules;
        this.desk = new TokenDesk(
                platform.world.clock(),
                new Random(SimulatedWorld.mix(platform.world.seed(), ("tokens of " + name).hashCode())),
                rules.lifetime() == null ? ENDLESS : rules.lifetime(),
                rules.rotates());
        this.clientId = platform.secret(name + " client id", 24);
        this.clientSecret = platform.secret(name + " client secret", 40);
    }

    /** What makes a signed assertion good; nothing does until this is called. */
    SimulatedTokens acceptingAssertions(Predicate<String> good) {
        this.assertions = good;
        return this;
    }

    /** What else an answer holds beside the tokens. */
    SimulatedTokens completing(Consumer<ObjectNode> more) {
        this.completion = more;
        return this;
    }

    String clientId() {
        return clientId;
    }

    String clientSecret() {
        return clientSecret;
    }

    TokenDesk desk() {
        return desk;
    }

    /** How many access tokens the endpoint gave. */
    long issued() {
        return issued.get();
    }

    /** Whether an {@code Authorization} header holds one of the access tokens given here, not yet ended. */
    boolean accepts(@Nullable String authorization) {
        return authorization != null
                && authorization.startsWith("Bearer ")
                && desk.standing(authorization.substring("Bearer ".length())) == TokenDesk.Standing.VALID;
    }

    /** The page a browser is sent to; whoever sits there agrees at once. */
    void authorize(RoutingContext context) {
        String redirect = context.request().getParam("redirect_uri");
        String challenge = context.request().getParam("code_challenge");
        String state = context.request().getParam("state");
        boolean challenged =
                challenge != null && "S256".equals(context.request().getParam("code_challenge_method"));
        if (!clientId.equals(context.request().getParam("client_id"))
                || !"code".equals(context.request().getParam("response_type"))
                || redirect == null
                || (rules.pkce() && !challenged)) {
            error(context, 400, "invalid_request", "The authorization request is not complete.");
            return;
        }
        String code = desk.code(redirect, rules.pkce() ? challenge : null);
        String target = redirect + (redirect.contains("?") ? "&" : "?") + "code=" + code
                + (state == null ? "" : "&state=" + URLEncoder.encode(state, StandardCharsets.UTF_8));
        context.response().putHeader("Location", target);
        platform.answer(context, 302, "text/html", null);
    }

    /** The token endpoint: a form in, JSON out. */
    void token(RoutingContext context) {
        String type = context.request().getHeader("Content-Type");
        if (type == null || !type.startsWith("application/x-www-form-urlencoded")) {
            error(context, 400, "invalid_request", "Send a form.");
            return;
        }
        Map<String, String> form = SimulatedPlatform.fields(context);
        String grant = form.getOrDefault("grant_type", "");
        if (!rules.grants().contains(grant)) {
            error(context, 400, "unsupported_grant_type", "Grant type '" + grant + "' is not supported.");
            return;
        }
        if (!grant.equals(JWT_BEARER) && !isClient(context, form)) {
            error(context, 401, "invalid_client", "Unknown client, or a wrong secret.");
            return;
        }
        Optional<TokenDesk.Tokens> tokens = granted(grant, form);
        if (tokens.isEmpty()) {
            error(context, rules.refused(), "invalid_grant", "The grant is wrong, used, expired or revoked.");
            return;
        }
        issued.incrementAndGet();
        context.response().putHeader("Cache-Control", "no-store");
        platform.answer(context, 200, "application/json", document(tokens.get()));
    }

    private Optional<TokenDesk.Tokens> granted(String grant, Map<String, String> form) {
        return switch (grant) {
            case "authorization_code" ->
                desk.redeem(
                        form.getOrDefault("code", ""),
                        form.getOrDefault("redirect_uri", ""),
                        form.get("code_verifier"));
            case "refresh_token" -> desk.refresh(form.getOrDefault("refresh_token", ""));
            case JWT_BEARER ->
                assertions.test(form.getOrDefault("assertion", "")) ? Optional.of(desk.issue(false)) : Optional.empty();
            default -> Optional.of(desk.issue(false));
        };
    }

    private ObjectNode document(TokenDesk.Tokens tokens) {
        ObjectNode answer = SimulatedPlatform.JSON.createObjectNode().put("access_token", tokens.accessToken());
        if (tokens.refreshToken() != null && rules.refreshable()) {
            answer.put("refresh_token", tokens.refreshToken());
        }
        if (rules.stated()) {
            answer.put("expires_in", tokens.lifetimeSeconds());
        }
        answer.put("token_type", "Bearer");
        completion.accept(answer);
        return answer;
    }

    private boolean isClient(RoutingContext context, Map<String, String> form) {
        if (rules.basic()) {
            String expected = Base64.getEncoder()
                    .encodeToString((clientId + ":" + clientSecret).getBytes(StandardCharsets.UTF_8));
            return ("Basic " + expected).equals(context.request().getHeader("Authorization"));
        }
        return clientId.equals(form.get("client_id")) && clientSecret.equals(form.get("client_secret"));
    }

    private void error(RoutingContext context, int status, String error, String description) {
        platform.answer(
                context,
                status,
                "application/json",
                SimulatedPlatform.JSON.createObjectNode().put("error", error).put("error_description", description));
    }
}
