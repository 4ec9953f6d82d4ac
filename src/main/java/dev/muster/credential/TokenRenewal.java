package dev.muster.credential;

import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import dev.muster.call.CredentialUnusable;
import dev.muster.failure.Causes;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.meter.Meters;
import dev.muster.platform.Integration;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Renews tokens: one renewal at a time for an integration on all hubs, and what the platform gave is durable before its use. */
final class TokenRenewal {
    private static final Logger LOG = LoggerFactory.getLogger(TokenRenewal.class);

    /** Longer than a token endpoint may take, and the commit behind it. */
    private static final Duration LEASE = Duration.ofSeconds(60);

    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(5);
    private static final Duration LONG_LIFE = Duration.ofDays(5);
    private static final Duration SWEPT_LIFE = Duration.ofHours(12);
    private static final Duration AHEAD = Duration.ofDays(1);

    private final TokenStore store;
    private final TokenRequests requests;
    private final Meters meters;
    private final Clock clock;
    private final String owner;
    private final Executor work;
    private final Map<String, Unstored> unstored = new ConcurrentHashMap<>();
    private final Map<String, Instant> pausedUntil = new ConcurrentHashMap<>();

    /** What a platform gave for a version, and its commit failed. */
    private record Unstored(TokenRequests.Granted granted, long version) {}

    /** How a renewal ended. */
    sealed interface Outcome {
        /** @param own whether it is this renewal's token; otherwise another hub stored a newer one meanwhile */
        record Stored(boolean own) implements Outcome {}

        /** Another hub renews: what it stores is there soon, or its lease runs out. */
        record Elsewhere() implements Outcome {}

        /** A person is needed. */
        record Refused(String reason) implements Outcome {}

        /** It may be renewed later. */
        record Unavailable(Transient failure) implements Outcome {}
    }

    /**
     * @param owner this hub's name, the same after a restart
     * @param work what the database is asked on
     */
    TokenRenewal(TokenStore store, TokenRequests requests, Meters meters, Clock clock, String owner, Executor work) {
        this.store = store;
        this.requests = requests;
        this.meters = meters;
        this.clock = clock;
        this.owner = owner;
        this.work = work;
    }

    /**
     * Renews what stands, unless another hub does, or the platform's endpoint failed a moment ago.
     *
     * @return fails where the store does; a token that could not be stored is kept for the next time
     */
    CompletionStage<Outcome> renew(CredentialState state, AuthSettings auth) {
        Integration integration = state.integration();
        Instant until = pausedUntil.get(integration.key());
        if (until != null && clock.instant().isBefore(until)) {
            return CompletableFuture.completedFuture(new Outcome.Unavailable(new Transient(
                    FailureCode.PLATFORM_UNAVAILABLE,
                    "The token endpoint of " + integration.platform() + " failed a moment ago",
                    null,
                    Duration.between(clock.instant(), until))));
        }
        if (!store.lease(integration, state.tokens(), state.row().version(), owner, LEASE)) {
            return CompletableFuture.completedFuture(new Outcome.Elsewhere());
        }
        return granted(state, auth)
                .handleAsync(
                        (granted, failure) ->
                                granted != null ? stored(state, auth, granted) : failed(state, Causes.first(failure)),
                        work);
    }

    private CompletionStage<TokenRequests.Granted> granted(CredentialState state, AuthSettings auth) {
        Unstored before = unstored.get(state.integration().key());
        return before != null && before.version() == state.row().version()
                ? CompletableFuture.completedFuture(before.granted())
                : requests.renewal(state, auth);
    }

    /** Durable first, then used. */
    private Outcome stored(CredentialState state, AuthSettings auth, TokenRequests.Granted granted) {
        Integration integration = state.integration();
        String key = integration.key();
        boolean own;
        try {
            own = keep(state, state.tokens(), auth, granted);
        } catch (RuntimeException e) {
            // The platform has rotated already: asking once more would show it a token that is used up.
            unstored.put(key, new Unstored(granted, state.row().version()));
            throw e;
        }
        unstored.remove(key);
        pausedUntil.remove(key);
        if (own) {
            meters.renewal(integration.platform(), "renewed");
        } else {
            LOG.warn(
                    "The integration {} of {}: another hub stored a newer token while this one renewed; that one is used",
                    key,
                    integration.organization());
        }
        return new Outcome.Stored(own);
    }

    private Outcome failed(CredentialState state, Throwable failure) {
        Integration integration = state.integration();
        if (failure instanceof TokenEndpoint.Refused || failure instanceof CredentialUnusable) {
            Instant began = state.row().renewalBegan();
            return new Outcome.Refused(failure.getMessage()
                    + (began == null
                            ? ""
                            : ", after a renewal that began at " + began
                                    + " and whose end is not known: the platform has probably given a new token then,"
                                    + " and it is lost"));
        }
        Transient busy = failure instanceof Transient known ? known : null;
        store.release(integration, owner, busy == null);
        Duration asked = busy == null ? null : busy.retryAfter();
        Duration wait = asked == null ? PAUSE_AFTER_FAILURE : asked;
        pausedUntil.put(integration.key(), clock.instant().plus(wait));
        meters.renewal(integration.platform(), "unavailable");
        LOG.warn(
                "The integration {} of {}: its token could not be renewed now ({}); it is tried again",
                integration.key(),
                integration.organization(),
                failure.toString());
        return new Outcome.Unavailable(
                busy != null
                        ? busy
                        : new Transient(
                                FailureCode.PLATFORM_UNAVAILABLE,
                                "The token endpoint of " + integration.platform() + " gave no answer ("
                                        + failure.getClass().getSimpleName() + ")",
                                null,
                                wait));
    }

    /** Has the tokens of a consent, and stores them in the place of those before. */
    CompletionStage<Void> replace(Integration integration, AuthSettings auth, AuthorizationGrant grant) {
        return requests.ask(integration, auth, grant, List.of())
                .thenAcceptAsync(
                        granted -> {
                            CredentialState state = CredentialState.of(integration, store.find(integration));
                            Tokens before = new Tokens("", "", state.tokens().seed(), state.secrets());
                            if (!keep(state, before, auth, granted)) {
                                // a renewal that ended just now was of the tokens before the consent
                                keep(CredentialState.of(integration, store.find(integration)), before, auth, granted);
                            }
                        },
                        work);
    }

    /**
     * Stores what a platform gave, with when it has to be renewed.
     *
     * @param before whose refresh token stays where the platform gave none
     * @return whether nobody else stored another since {@code state} was read
     */
    private boolean keep(CredentialState state, Tokens before, AuthSettings auth, TokenRequests.Granted granted) {
        TokenEndpoint.Given given = granted.tokens();
        Instant now = clock.instant();
        Duration life = given.lifetimeSeconds() > 0 ? Duration.ofSeconds(given.lifetimeSeconds()) : auth.lifetime();
        Instant expiresAt = life == null ? null : now.plus(life);
        Instant renewAt = life == null ? null : now.plus(renewAfter(life));
        String refresh = given.refresh().isEmpty() ? before.refresh() : given.refresh();
        boolean swept = life != null && life.compareTo(SWEPT_LIFE) >= 0 && !refresh.isEmpty();
        return store.keep(
                state.integration(),
                new Tokens(given.access(), refresh, before.seed(), state.secrets()),
                state.row().version(),
                expiresAt,
                renewAt,
                swept ? renewAt : null,
                granted.baseUrl());
    }

    /** A day ahead of the end, or at four fifths of a short life. */
    static Duration renewAfter(Duration life) {
        return life.compareTo(LONG_LIFE) >= 0
                ? life.minus(AHEAD)
                : life.multipliedBy(4).dividedBy(5);
    }

    /** Its endpoint may be asked at once, though it failed a moment ago. */
    void resume(Integration integration) {
        pausedUntil.remove(integration.key());
    }

    /** Forgets the pauses that are over. */
    void sweep() {
        Instant now = clock.instant();
        pausedUntil.values().removeIf(until -> until.isBefore(now));
    }
}
