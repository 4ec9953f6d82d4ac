package dev.muster.credential;

import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationRequest;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import dev.muster.failure.Causes;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.failure.Transient;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.Secrets;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A person lets the hub into an account: the authorization code grant, with PKCE and a state that works once. */
public final class Consents {
    private static final Logger LOG = LoggerFactory.getLogger(Consents.class);
    private static final Duration STATE_LIFE = Duration.ofMinutes(10);
    private static final int STATE_BYTES = 32;
    private static final int TEXT_MAX = 4_096;
    private static final String CALLBACK = "/api/integrations/callback";

    private final PlatformCredentials credentials;
    private final Integrations integrations;
    private final Clock clock;
    private final String publicUrl;

    /** @param publicUrl how the hub is reached from outside: MUSTER_PUBLIC_URL; empty where it is not known */
    public Consents(PlatformCredentials credentials, Integrations integrations, Clock clock, String publicUrl) {
        this.credentials = credentials;
        this.integrations = integrations;
        this.clock = clock;
        this.publicUrl = publicUrl.replaceAll("/+$", "");
    }

    /**
     * Begins one.
     *
     * @return where a person consents
     * @throws Refusal where the platform or the hub has no such thing
     */
    public URI begin(Integration integration) {
        AuthSettings auth = credentials.auth(integration);
        if (auth.authorizationUrl().isEmpty()) {
            throw refusal("config/platforms/" + integration.platform()
                    + ".yaml has no auth.authorizationUrl: accounts of this platform are not connected by consent; set their"
                    + " secrets instead");
        }
        if (publicUrl.isEmpty()) {
            throw refusal(
                    "Where the platform sends people back to is not known: set MUSTER_PUBLIC_URL to how the hub is"
                            + " reached from outside, such as https://muster.example.org, register " + CALLBACK
                            + " below it with the platform, and restart");
        }
        String client = integration
                .secrets()
                .text(Secrets.CLIENT_ID, "connect")
                .orElseThrow(() -> refusal("It has no clientId: set it, or "
                        + integration
                                .platform()
                                .toUpperCase(java.util.Locale.ROOT)
                                .replace('-', '_')
                        + "_CLIENT_ID in the environment for all organizations"));
        State state = new State(STATE_BYTES);
        CodeVerifier verifier = new CodeVerifier();
        URI redirect = URI.create(publicUrl + CALLBACK);
        URI address = new Placeholders(integration, "")
                .address(
                        integration.settings().getOrDefault("authorizationUrl", auth.authorizationUrl()),
                        credentials.requests().base(integration));
        AuthorizationRequest.Builder request = new AuthorizationRequest.Builder(ResponseType.CODE, new ClientID(client))
                .endpointURI(address)
                .redirectionURI(redirect)
                .state(state);
        if (!auth.scopes().isEmpty()) {
            request.scope(new Scope(auth.scopes().toArray(String[]::new)));
        }
        if (auth.pkce()) {
            request.codeChallenge(verifier, CodeChallengeMethod.S256);
        }
        auth.parameters().forEach(request::customParameter);
        credentials
                .store()
                .begin(
                        hash(state.getValue()),
                        new TokenStore.Begun(
                                integration.platform(),
                                integration.id(),
                                integration.organization(),
                                verifier.getValue(),
                                redirect.toString()),
                        clock.instant().plus(STATE_LIFE));
        return request.build().toURI();
    }

    /**
     * Ends one with what the platform sent the person back with.
     *
     * @param state as it was given out
     * @return the integration that is connected now
     * @throws Refusal where the state is not one of ours, was used, or is too old, or the platform gives no token for it
     */
    public Integration end(Optional<String> code, Optional<String> state, Optional<String> error) {
        String given = state.filter(text -> !text.isEmpty() && text.length() <= TEXT_MAX)
                .orElseThrow(() -> refusal("The address has no state: begin anew with ./muster integration connect"));
        TokenStore.Begun begun = credentials
                .store()
                .take(hash(given))
                .orElseThrow(() -> refusal("This consent is not known, has been used, or is older than "
                        + STATE_LIFE.toMinutes() + " minutes: begin anew with ./muster integration connect"));
        if (error.isPresent()) {
            throw refusal("The platform did not give its consent: " + shown(error.get()));
        }
        String authorizationCode = code.filter(text -> !text.isEmpty() && text.length() <= TEXT_MAX)
                .orElseThrow(() -> refusal("The platform sent no code: begin anew"));
        Integration integration = integrations
                .find(begun.platform(), begun.integration())
                .filter(one -> one.organization().equals(begun.organization()))
                .orElseThrow(() -> refusal("The integration " + begun.integration() + " is gone"));
        AuthSettings auth = credentials.auth(integration);
        AuthorizationCode grantCode = new AuthorizationCode(authorizationCode);
        URI redirect = URI.create(begun.redirectUri());
        AuthorizationCodeGrant grant = auth.pkce()
                ? new AuthorizationCodeGrant(grantCode, redirect, new CodeVerifier(begun.verifier()))
                : new AuthorizationCodeGrant(grantCode, redirect);
        try {
            credentials
                    .connect(integration, auth, grant)
                    .toCompletableFuture()
                    .get(TokenEndpoint.TIMEOUT.toSeconds() * 2 + 5, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            Throwable cause = Causes.first(e.getCause());
            LOG.warn("The consent for {} came to nothing: {}", integration, cause.toString());
            if (cause instanceof Transient busy) {
                throw busy;
            }
            throw refusal("The platform gave no token for this consent ("
                    + (cause instanceof TokenEndpoint.Refused
                            ? cause.getMessage()
                            : cause.getClass().getSimpleName())
                    + "): begin anew");
        } catch (TimeoutException e) {
            throw new Transient(FailureCode.PLATFORM_UNAVAILABLE, "The token endpoint does not answer", null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Transient(FailureCode.STOPPING, "The hub stops", null);
        }
        LOG.info("{} is connected", integration);
        return integration;
    }

    private static String shown(String text) {
        String clean = text.replaceAll("\\p{C}", " ");
        return clean.length() > 120 ? clean.substring(0, 120) + "…" : clean;
    }

    private static Refusal refusal(String message) {
        return new Refusal(FailureCode.BAD_REQUEST, 400, message);
    }

    private static String hash(String state) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(state.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
