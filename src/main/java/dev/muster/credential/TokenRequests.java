package dev.muster.credential;

import static java.util.Objects.requireNonNull;

import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import com.nimbusds.oauth2.sdk.ClientCredentialsGrant;
import com.nimbusds.oauth2.sdk.JWTBearerGrant;
import com.nimbusds.oauth2.sdk.RefreshTokenGrant;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.ClientSecretPost;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import dev.muster.platform.Integration;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.Secrets;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What an integration asks its platform for a token with, as the platform's file has it: grant, client, scopes, address. */
final class TokenRequests {
    private final PlatformCatalog catalog;
    private final Clock clock;
    private final TokenEndpoint endpoint = new TokenEndpoint();

    TokenRequests(PlatformCatalog catalog, Clock clock) {
        this.catalog = catalog;
        this.clock = clock;
    }

    /**
     * What the platform gave.
     *
     * @param baseUrl where the account is called from now on; null where the platform does not say
     */
    record Granted(TokenEndpoint.Given tokens, @Nullable String baseUrl) {}

    /** Whether the integration has anything to ask for a token with. */
    static boolean canRenew(CredentialState state, AuthSettings auth) {
        if (!state.tokens().refresh().isEmpty()) {
            return true;
        }
        Secrets secrets = state.integration().secrets();
        if (auth.scheme() == AuthSettings.Scheme.JWT_BEARER) {
            return secrets.has(Secrets.PRIVATE_KEY);
        }
        boolean configured = secrets.has(Secrets.ACCESS_TOKEN) || secrets.has(Secrets.API_KEY);
        return auth.grant() == AuthSettings.Grant.CLIENT_CREDENTIALS && !configured;
    }

    /**
     * Asks for the token after the one that stands.
     *
     * @return fails as {@link TokenEndpoint#ask} does
     */
    CompletionStage<Granted> renewal(CredentialState state, AuthSettings auth) {
        AuthorizationGrant grant;
        try {
            grant = grant(state, auth);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
        return ask(state.integration(), auth, grant, grant instanceof RefreshTokenGrant ? List.of() : auth.scopes());
    }

    private AuthorizationGrant grant(CredentialState state, AuthSettings auth) {
        if (!state.tokens().refresh().isEmpty()) {
            return new RefreshTokenGrant(new RefreshToken(state.tokens().refresh()));
        }
        return auth.scheme() == AuthSettings.Scheme.JWT_BEARER
                ? new JWTBearerGrant(
                        BearerAssertion.sign(state.integration(), requireNonNull(auth.jwt()), clock.instant()))
                : new ClientCredentialsGrant();
    }

    /**
     * Asks the integration's token endpoint, and where the platform says it elsewhere, for the account's base URL.
     *
     * @return fails as {@link TokenEndpoint#ask} does
     */
    CompletionStage<Granted> ask(
            Integration integration, AuthSettings auth, AuthorizationGrant grant, List<String> scopes) {
        try {
            return tokens(integration, auth, grant, scopes).thenCompose(tokens -> baseUrl(integration, auth, tokens)
                    .thenApply(baseUrl -> new Granted(tokens, baseUrl)));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletionStage<TokenEndpoint.Given> tokens(
            Integration integration, AuthSettings auth, AuthorizationGrant grant, List<String> scopes) {
        Placeholders placeholders = new Placeholders(integration, "");
        URI address = placeholders.address(
                integration.settings().getOrDefault("tokenUrl", auth.tokenUrl()), base(integration));
        String id = integration.secrets().text(Secrets.CLIENT_ID, "token").orElse("");
        String secret =
                integration.secrets().text(Secrets.CLIENT_SECRET, "token").orElse("");
        ClientID client = id.isEmpty() || grant instanceof JWTBearerGrant ? null : new ClientID(id);
        if (grant instanceof ClientCredentialsGrant && (client == null || secret.isEmpty())) {
            throw new TokenEndpoint.Refused("it has no clientId and clientSecret");
        }
        ClientAuthentication authentication = null;
        if (client != null && !secret.isEmpty()) {
            authentication = auth.clientBasic()
                    ? new ClientSecretBasic(client, new Secret(secret))
                    : new ClientSecretPost(client, new Secret(secret));
        }
        return endpoint.ask(address, authentication, client, grant, scopes);
    }

    /** Below which the platform's own paths are: the integration's base URL, or its platform's; null where none has one. */
    @Nullable
    String base(Integration integration) {
        if (integration.baseUrl() != null) {
            return integration.baseUrl();
        }
        return catalog.find(integration.platform())
                .map(platform -> platform.api().baseUrl())
                .orElse(null);
    }

    private CompletionStage<@Nullable String> baseUrl(
            Integration integration, AuthSettings auth, TokenEndpoint.Given given) {
        AuthSettings.BaseUrlFrom from = auth.baseUrlFrom();
        if (from == null) {
            return CompletableFuture.completedFuture(null);
        }
        if (from.url().isEmpty()) {
            return CompletableFuture.completedFuture(
                    origin(integration, given.all().get(from.member())));
        }
        Placeholders placeholders = new Placeholders(integration, given.access());
        return endpoint.get(
                        placeholders.address(
                                integration.settings().getOrDefault("metadataUrl", from.url()), base(integration)),
                        placeholders.filled(from.headers()))
                .thenApply(answer -> origin(integration, answer.get(from.member())));
    }

    /** Scheme, host and port; plain HTTP only where the integration was told to be called so anyway. */
    private @Nullable String origin(Integration integration, @Nullable Object text) {
        if (!(text instanceof String url)) {
            return null;
        }
        try {
            URI uri = URI.create(url);
            boolean plain = String.valueOf(base(integration)).startsWith("http:");
            if (uri.getHost() != null
                    && uri.getUserInfo() == null
                    && ("https".equals(uri.getScheme()) || plain && "http".equals(uri.getScheme()))) {
                return uri.getScheme() + "://" + uri.getRawAuthority();
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new TokenEndpoint.Refused("the platform named a base URL that is none over https");
    }
}
