package dev.muster.credential;

import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import dev.muster.call.CallCredential;
import dev.muster.call.CallCredentials;
import dev.muster.call.CredentialUnusable;
import dev.muster.db.Database;
import dev.muster.failure.Causes;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.meter.Meters;
import dev.muster.platform.Integration;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands out the credential of every integration: the one that stands where it will do, and a renewed one otherwise, found once
 * for all who wait. One that the platform has refused is not handed out until a person mends it.
 */
public final class PlatformCredentials implements CallCredentials, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PlatformCredentials.class);
    private static final String UNCONNECTED = "nobody has connected it yet";
    private static final int WAITING_MAX = 20_000;
    private static final long OTHER_HUB_POLL_MILLIS = 100;

    private final PlatformCatalog catalog;
    private final TokenStore store;
    private final TokenRequests requests;
    private final TokenRenewal renewal;
    private final ReadyCredentials ready;
    private final CredentialUses uses;
    private final Meters meters;
    private final Clock clock;
    private final ThreadPoolExecutor work;
    private final Map<String, CompletableFuture<CallCredential>> flights = new ConcurrentHashMap<>();

    /** @param hub this hub's name, the same after a restart */
    public PlatformCredentials(
            PlatformCatalog catalog,
            Database database,
            Vault vault,
            CredentialUses uses,
            Meters meters,
            Clock clock,
            String hub) {
        AtomicInteger number = new AtomicInteger();
        this.work = new ThreadPoolExecutor(4, 4, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(WAITING_MAX), task -> {
            Thread thread = new Thread(task, "credentials-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        this.work.allowCoreThreadTimeOut(true);
        this.catalog = catalog;
        this.store = new TokenStore(database, vault, uses, clock);
        this.requests = new TokenRequests(catalog, clock);
        this.renewal = new TokenRenewal(store, requests, meters, clock, hub, work);
        this.ready = new ReadyCredentials(clock);
        this.uses = uses;
        this.meters = meters;
        this.clock = clock;
    }

    TokenStore store() {
        return store;
    }

    TokenRequests requests() {
        return requests;
    }

    TokenRenewal renewal() {
        return renewal;
    }

    AuthSettings auth(Integration integration) {
        PlatformDefinition platform = catalog.find(integration.platform())
                .orElseThrow(() -> new CredentialUnusable(
                        "There is no config/platforms/" + integration.platform() + ".yaml any more: restore it"));
        return platform.section(AuthSettings.class);
    }

    @Override
    public CompletionStage<CallCredential> of(Integration integration) {
        if (!integration.enabled()) {
            return CompletableFuture.failedFuture(new CredentialUnusable(
                    named(integration) + " is disabled: ./muster integration set " + integration.id() + " --enable"));
        }
        CallCredential known = ready.of(integration);
        return known != null
                ? CompletableFuture.completedFuture(known)
                : flight(integration, -1).copy();
    }

    @Override
    public CompletionStage<CallCredential> renewed(Integration integration, CallCredential refused) {
        CallCredential known = ready.of(integration);
        return known != null && known.version() > refused.version()
                ? CompletableFuture.completedFuture(known)
                : flight(integration, refused.version()).copy();
    }

    @Override
    public CredentialUnusable refused(Integration integration, CallCredential refused) {
        String reason = "the platform answered 401 although its credential was just renewed";
        CredentialState state = state(integration);
        if (state.refused() == null && state.version() == refused.version()) {
            stop(state, reason);
        }
        return unusable(integration, reason);
    }

    /** As it stands in the store, renewed where it is due, whatever was handed out a moment ago. */
    CompletableFuture<CallCredential> afresh(Integration integration) {
        ready.drop(integration);
        return flight(integration, -1);
    }

    private void forget(Integration integration) {
        ready.drop(integration);
        renewal.resume(integration);
    }

    /** One at a time for an integration in this process; who comes meanwhile waits for the same. */
    private CompletableFuture<CallCredential> flight(Integration integration, long refused) {
        String key = integration.key();
        CompletableFuture<CallCredential> mine = new CompletableFuture<>();
        CompletableFuture<CallCredential> other = flights.putIfAbsent(key, mine);
        if (other != null) {
            return other.thenCompose(credential -> credential.version() > refused
                    ? CompletableFuture.completedFuture(credential)
                    : flight(integration, refused));
        }
        CompletionStage<CallCredential> found = later(() -> credential(integration, refused));
        found.whenComplete((credential, failure) -> {
            flights.remove(key, mine);
            if (credential != null) {
                mine.complete(credential);
            } else {
                mine.completeExceptionally(Causes.first(failure));
            }
        });
        return mine;
    }

    private <T> CompletableFuture<T> later(Supplier<CompletionStage<T>> task) {
        try {
            return CompletableFuture.supplyAsync(task, work).thenCompose(stage -> stage);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(
                    new Transient(FailureCode.OVERLOADED, "Too much waits for credentials already", null));
        }
    }

    private CredentialState state(Integration integration) {
        return CredentialState.of(integration, store.find(integration));
    }

    /** @param refused the version that the platform did not take; -1 for none */
    private CompletionStage<CallCredential> credential(Integration integration, long refused) {
        AuthSettings auth = auth(integration);
        CredentialState state = state(integration);
        if (state.refused() != null) {
            return CompletableFuture.failedFuture(unusable(integration, state.refused()));
        }
        boolean byToken =
                auth.scheme() == AuthSettings.Scheme.OAUTH2 || auth.scheme() == AuthSettings.Scheme.JWT_BEARER;
        boolean newer = state.version() > refused;
        if (!byToken) {
            return newer
                    ? CompletableFuture.completedFuture(usable(state, auth))
                    : refuse(state, "the platform answered 401 to its " + auth.scheme());
        }
        Instant now = clock.instant();
        boolean there = state.hasToken() && newer;
        return there && !state.isDue(now)
                ? CompletableFuture.completedFuture(usable(state, auth))
                : renewed(state, auth, refused, there && state.isAlive(now));
    }

    /** @param alive whether it will do for now where it cannot be renewed now */
    private CompletionStage<CallCredential> renewed(
            CredentialState state, AuthSettings auth, long refused, boolean alive) {
        if (!TokenRequests.canRenew(state, auth)) {
            return alive && refused < 0
                    ? CompletableFuture.completedFuture(usable(state, auth))
                    : refuse(
                            state,
                            state.hasToken()
                                    ? "its token is no longer taken, and there is nothing to renew it with"
                                    : UNCONNECTED);
        }
        return renewal.renew(state, auth).thenCompose(outcome -> {
            if (outcome instanceof TokenRenewal.Outcome.Stored stored) {
                ready.drop(state.integration());
                return credential(state.integration(), stored.own() ? refused : -1);
            }
            if (outcome instanceof TokenRenewal.Outcome.Refused no) {
                return refuse(state, no.reason());
            }
            if (alive) {
                return CompletableFuture.completedFuture(usable(state, auth));
            }
            if (outcome instanceof TokenRenewal.Outcome.Unavailable away) {
                return CompletableFuture.failedFuture(away.failure());
            }
            Executor soon = CompletableFuture.delayedExecutor(OTHER_HUB_POLL_MILLIS, TimeUnit.MILLISECONDS, work);
            return CompletableFuture.supplyAsync(() -> credential(state.integration(), refused), soon)
                    .thenCompose(stage -> stage);
        });
    }

    /** What a call shows, ready for the next calls too. */
    private CallCredential usable(CredentialState state, AuthSettings auth) {
        Integration integration = state.integration();
        Placeholders placeholders = new Placeholders(integration, state.tokens().access());
        CallCredential credential = new CallCredential(
                placeholders.filled(auth.headers()),
                placeholders.filled(auth.query()),
                integration.baseUrl() != null && auth.baseUrlFrom() == null
                        ? null
                        : state.row().baseUrl(),
                state.version());
        ready.put(integration, credential, state.row().renewAt());
        return credential;
    }

    private CompletionStage<CallCredential> refuse(CredentialState state, String reason) {
        return stop(state, reason)
                ? CompletableFuture.failedFuture(unusable(state.integration(), reason))
                : credential(state.integration(), -1);
    }

    /** Nobody asks with it any more, until a person mends it; false where another hub renewed it at the same moment. */
    private boolean stop(CredentialState state, String reason) {
        Integration integration = state.integration();
        Tokens tokens = state.tokens().refusedWith(state.secrets());
        if (!store.refuse(integration, tokens, state.row().version(), reason)) {
            return false;
        }
        forget(integration);
        String message = unusable(integration, reason).getMessage();
        if (state.hasToken() || !reason.equals(UNCONNECTED)) {
            meters.renewal(integration.platform(), "refused");
            LOG.error("{}", message);
        } else {
            // what everybody who has just made one does next
            LOG.info("{}", message);
        }
        return true;
    }

    private static CredentialUnusable unusable(Integration integration, String reason) {
        String id = integration.origin() == Integration.Origin.STORED
                ? integration.id()
                : integration.platform() + '~' + integration.id();
        return new CredentialUnusable(named(integration) + " cannot be used: " + reason + ". Its work waits. Connect it"
                + " (./muster integration connect " + id + ") or set its secrets anew");
    }

    /** For messages. */
    private static String named(Integration integration) {
        return "The integration " + integration.key() + " of " + integration.organization();
    }

    /** Has the tokens of a consent in the place of those before. */
    CompletionStage<Void> connect(Integration integration, AuthSettings auth, AuthorizationGrant grant) {
        return renewal.replace(integration, auth, grant).thenRun(() -> forget(integration));
    }

    /** How an integration's credential stands, for showing. */
    public record Standing(
            boolean refused,
            @Nullable String reason,
            boolean connected,
            @Nullable Instant expiresAt,
            @Nullable Instant renewAt,
            @Nullable String test,
            @Nullable Instant testedAt) {}

    /** How it stands now; tells nothing of the token itself. */
    public Standing standing(Integration integration) {
        CredentialState state = state(integration);
        String refused = state.refused();
        if (refused == null && isUnconnected(state)) {
            refused = UNCONNECTED;
        }
        return new Standing(
                refused != null,
                refused,
                state.hasToken(),
                state.row().expiresAt(),
                state.row().renewAt(),
                state.row().test(),
                state.row().testedAt());
    }

    /** Whether a person has still to consent. One that only sends webhooks needs none. */
    private boolean isUnconnected(CredentialState state) {
        AuthSettings auth = auth(state.integration());
        return state.integration().hasCredential()
                && auth.scheme() == AuthSettings.Scheme.OAUTH2
                && !state.hasToken()
                && !TokenRequests.canRenew(state, auth);
    }

    /** A person says that it is to be tried again. */
    public void retry(Integration integration) {
        store.accept(integration);
        forget(integration);
    }

    @Override
    public void close() {
        work.shutdown();
        try {
            // What a platform has rotated has to be stored.
            if (!work.awaitTermination(5, TimeUnit.SECONDS)) {
                LOG.warn("A renewal was under way when the hub stopped; the next start says so where it mattered");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        uses.flush();
    }
}
