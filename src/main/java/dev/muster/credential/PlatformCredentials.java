package dev.muster.credential;

import static java.util.Objects.requireNonNull;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
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
import dev.muster.call.CallCredential;
import dev.muster.call.CallCredentials;
import dev.muster.call.CredentialUnusable;
import dev.muster.db.Database;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.meter.Meters;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import dev.muster.platform.Secrets;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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
 * The credential of every integration: tokens are renewed ahead of their end, once for all who wait on all hubs, and what
 * the platform gave is durable before anybody uses it. There is no timer and no thread for an integration.
 */
public final class PlatformCredentials implements CallCredentials, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PlatformCredentials.class);
    private static final int READY_MAX = 10_000;
    private static final int WAITING_MAX = 20_000;
    private static final int SWEPT_AT_ONCE = 20;

    /** How soon what another hub did is seen. */
    private static final Duration READY_FOR = Duration.ofSeconds(5);

    /** Longer than a token endpoint may take, and the commit behind it. */
    private static final Duration LEASE = Duration.ofSeconds(60);

    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(5);
    private static final Duration PUT_OFF = Duration.ofMinutes(5);
    private static final long OTHER_HUB_POLL_MILLIS = 100;
    private static final Duration LONG_LIFE = Duration.ofDays(5);
    private static final Duration SWEPT_LIFE = Duration.ofHours(12);
    private static final Duration AHEAD = Duration.ofDays(1);

    /** A token that ends sooner may end on its way. */
    private static final Duration MARGIN = Duration.ofSeconds(30);

    private final PlatformCatalog catalog;
    private final Integrations integrations;
    private final TokenStore store;
    private final CredentialUses uses;
    private final Vault vault;
    private final Meters meters;
    private final Clock clock;
    private final String owner;
    private final TokenEndpoint endpoint = new TokenEndpoint();
    private final ThreadPoolExecutor work;
    private final Map<String, CompletableFuture<CallCredential>> flights = new ConcurrentHashMap<>();
    private final Map<String, Given> unstored = new ConcurrentHashMap<>();
    private final Map<String, Instant> notBefore = new ConcurrentHashMap<>();
    private final Map<String, Ready> ready = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Ready> eldest) {
            return size() > READY_MAX;
        }
    };

    private record Ready(CallCredential credential, long integrationVersion, Instant until) {}

    /** What a platform gave for a version, and its commit failed. */
    private record Given(
            TokenEndpoint.Given tokens,
            long version,
            @Nullable String baseUrl) {}

    /** An integration's credential as it is stored, or as it was configured where nothing is. */
    private record State(
            TokenStore.Row row, Tokens tokens, @Nullable String refused, String seed, String secrets) {}

    /** @param hub this hub's name, the same after a restart */
    public PlatformCredentials(
            PlatformCatalog catalog,
            Integrations integrations,
            Database database,
            Vault vault,
            CredentialUses uses,
            Meters meters,
            Clock clock,
            String hub) {
        this.catalog = catalog;
        this.integrations = integrations;
        this.store = new TokenStore(database, vault, uses, clock);
        this.uses = uses;
        this.vault = vault;
        this.meters = meters;
        this.clock = clock;
        this.owner = hub;
        AtomicInteger number = new AtomicInteger();
        this.work = new ThreadPoolExecutor(4, 4, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(WAITING_MAX), task -> {
            Thread thread = new Thread(task, "credentials-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        this.work.allowCoreThreadTimeOut(true);
    }

    TokenStore store() {
        return store;
    }

    TokenEndpoint endpoint() {
        return endpoint;
    }

    AuthSettings auth(Integration integration) {
        PlatformDefinition platform = catalog.find(integration.platform())
                .orElseThrow(() -> new CredentialUnusable(
                        "There is no config/platforms/" + integration.platform() + ".yaml any more: restore it"));
        return platform.section(AuthSettings.class);
    }

    private static String key(Integration integration) {
        return integration.platform() + '/' + integration.id();
    }

    /** For messages. */
    private static String named(Integration integration) {
        return "The integration " + key(integration) + " of " + integration.organization();
    }

    @Override
    public CompletionStage<CallCredential> of(Integration integration) {
        if (!integration.enabled()) {
            return CompletableFuture.failedFuture(new CredentialUnusable(
                    named(integration) + " is disabled: ./muster integration set " + integration.id() + " --enable"));
        }
        Ready known = ready(integration);
        if (known != null) {
            return CompletableFuture.completedFuture(known.credential());
        }
        return flight(integration, -1).copy();
    }

    @Override
    public CompletionStage<CallCredential> renewed(Integration integration, CallCredential refused) {
        Ready known = ready(integration);
        if (known != null && known.credential().version() > refused.version()) {
            return CompletableFuture.completedFuture(known.credential());
        }
        return flight(integration, refused.version()).copy();
    }

    @Override
    public CredentialUnusable refused(Integration integration, CallCredential refused) {
        String reason = "the platform answered 401 although its credential was just renewed";
        State state = state(integration);
        if (state.refused() == null && version(integration, state) == refused.version()) {
            stop(integration, state, reason);
        }
        return unusable(integration, reason);
    }

    private @Nullable Ready ready(Integration integration) {
        synchronized (ready) {
            Ready known = ready.get(key(integration));
            return known != null
                            && known.integrationVersion() == integration.version()
                            && clock.instant().isBefore(known.until())
                    ? known
                    : null;
        }
    }

    void forget(Integration integration) {
        synchronized (ready) {
            ready.remove(key(integration));
        }
        notBefore.remove(key(integration));
    }

    /** One at a time for an integration in this process; who comes meanwhile waits for the same. */
    private CompletableFuture<CallCredential> flight(Integration integration, long refused) {
        String key = key(integration);
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
                mine.completeExceptionally(cause(failure));
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

    static Throwable cause(@Nullable Throwable failure) {
        Throwable cause = requireNonNull(failure);
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    // --- how it stands --------------------------------------------------------------------------------------------

    private State state(Integration integration) {
        TokenStore.Row row = store.find(integration);
        Secrets secrets = integration.secrets();
        String configuredAccess = secrets.text(Secrets.ACCESS_TOKEN, "call")
                .or(() -> secrets.text(Secrets.API_KEY, "call"))
                .orElse("");
        String configuredRefresh = secrets.text(Secrets.REFRESH_TOKEN, "call").orElse("");
        String seed = digest(List.of(configuredAccess, configuredRefresh));
        String all = fingerprint(integration);
        boolean stored = !row.tokens().access().isEmpty() && row.tokens().seed().equals(seed);
        Tokens tokens = stored ? row.tokens() : new Tokens(configuredAccess, configuredRefresh, seed, all);
        boolean refused = row.refused() != null && row.tokens().secrets().equals(all);
        TokenStore.Row standing = stored
                ? row
                : new TokenStore.Row(
                        tokens,
                        row.refused(),
                        row.version(),
                        null,
                        null,
                        row.baseUrl(),
                        row.renewalBegan(),
                        row.leaseUntil(),
                        row.test(),
                        row.testedAt());
        return new State(standing, tokens, refused ? row.refused() : null, seed, all);
    }

    /** Of all its secrets; a stored one has its version for that. */
    private static String fingerprint(Integration integration) {
        if (integration.origin() == Integration.Origin.STORED) {
            return "v" + integration.version();
        }
        List<String> all = new ArrayList<>();
        for (String name : new TreeSet<>(integration.secrets().names())) {
            all.add(name);
            all.add(integration.secrets().text(name, "call").orElse(""));
        }
        return digest(all);
    }

    private static String digest(List<String> parts) {
        if (parts.stream().allMatch(String::isEmpty)) {
            return "";
        }
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String part : parts) {
                digest.update((part.length() + ":" + part).getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private CompletionStage<CallCredential> credential(Integration integration, long refused) {
        AuthSettings auth = auth(integration);
        State state = state(integration);
        if (state.refused() != null) {
            return CompletableFuture.failedFuture(unusable(integration, state.refused()));
        }
        boolean byToken =
                auth.scheme() == AuthSettings.Scheme.OAUTH2 || auth.scheme() == AuthSettings.Scheme.JWT_BEARER;
        boolean newer = version(integration, state) > refused;
        if (!byToken) {
            return newer
                    ? CompletableFuture.completedFuture(usable(integration, auth, state))
                    : refuse(integration, state, "the platform answered 401 to its " + auth.scheme());
        }
        Instant now = clock.instant();
        boolean there = !state.tokens().access().isEmpty() && newer;
        Instant renewAt = state.row().renewAt();
        if (there && (renewAt == null || now.isBefore(renewAt))) {
            return CompletableFuture.completedFuture(usable(integration, auth, state));
        }
        return renew(integration, auth, state, refused, there && isAlive(state, now));
    }

    private static boolean isAlive(State state, Instant now) {
        Instant end = state.row().expiresAt();
        return end == null || now.plus(MARGIN).isBefore(end);
    }

    private static long version(Integration integration, State state) {
        return state.row().version() + integration.version();
    }

    private CallCredential usable(Integration integration, AuthSettings auth, State state) {
        Placeholders placeholders = new Placeholders(integration, state.tokens().access());
        CallCredential credential = new CallCredential(
                placeholders.filled(auth.headers()),
                placeholders.filled(auth.query()),
                integration.baseUrl() != null && auth.baseUrlFrom() == null
                        ? null
                        : state.row().baseUrl(),
                version(integration, state));
        Instant until = clock.instant().plus(READY_FOR);
        Instant renewAt = state.row().renewAt();
        if (renewAt != null && renewAt.isBefore(until)) {
            until = renewAt;
        }
        synchronized (ready) {
            ready.put(key(integration), new Ready(credential, integration.version(), until));
        }
        return credential;
    }

    private static CredentialUnusable unusable(Integration integration, String reason) {
        String id = integration.origin() == Integration.Origin.STORED
                ? integration.id()
                : integration.platform() + '~' + integration.id();
        return new CredentialUnusable(named(integration) + " cannot be used: " + reason + ". Its work waits. Connect it"
                + " anew (./muster integration connect " + id + ") or set its secrets anew");
    }

    private CompletionStage<CallCredential> refuse(Integration integration, State state, String reason) {
        return stop(integration, state, reason)
                ? CompletableFuture.failedFuture(unusable(integration, reason))
                : credential(integration, -1);
    }

    /** Nobody asks with it any more, until a person mends it; false where another hub renewed it at the same moment. */
    private boolean stop(Integration integration, State state, String reason) {
        Tokens tokens = state.tokens().refusedWith(state.secrets());
        if (!store.refuse(integration, tokens, state.row().version(), reason)) {
            return false;
        }
        forget(integration);
        meters.renewal(integration.platform(), "refused");
        LOG.error("{}", unusable(integration, reason).getMessage());
        return true;
    }

    // --- renewal --------------------------------------------------------------------------------------------------

    private CompletionStage<CallCredential> renew(
            Integration integration, AuthSettings auth, State state, long refused, boolean alive) {
        String key = key(integration);
        if (!mayRenew(integration, auth, state)) {
            return alive && refused < 0
                    ? CompletableFuture.completedFuture(usable(integration, auth, state))
                    : refuse(
                            integration,
                            state,
                            state.tokens().access().isEmpty()
                                    ? "nobody has connected it yet"
                                    : "its token is no longer taken, and there is nothing to renew it with");
        }
        Instant pausedUntil = notBefore.get(key);
        if (pausedUntil != null && clock.instant().isBefore(pausedUntil)) {
            return alive
                    ? CompletableFuture.completedFuture(usable(integration, auth, state))
                    : CompletableFuture.failedFuture(new Transient(
                            FailureCode.PLATFORM_UNAVAILABLE,
                            "The token endpoint of " + integration.platform() + " failed a moment ago",
                            null,
                            Duration.between(clock.instant(), pausedUntil)));
        }
        if (!store.lease(integration, state.tokens(), state.row().version(), owner, LEASE)) {
            // Another hub renews: what it stores is there soon, or its lease runs out.
            Executor soon = CompletableFuture.delayedExecutor(OTHER_HUB_POLL_MILLIS, TimeUnit.MILLISECONDS, work);
            return alive
                    ? CompletableFuture.completedFuture(usable(integration, auth, state))
                    : CompletableFuture.supplyAsync(() -> credential(integration, refused), soon)
                            .thenCompose(stage -> stage);
        }
        return ask(integration, auth, state)
                .handleAsync(
                        (given, failure) -> given != null
                                ? keep(integration, auth, state, given, refused)
                                : failed(integration, auth, state, cause(failure), alive),
                        work)
                .thenCompose(stage -> stage);
    }

    private static boolean mayRenew(Integration integration, AuthSettings auth, State state) {
        if (!state.tokens().refresh().isEmpty()) {
            return true;
        }
        Secrets secrets = integration.secrets();
        if (auth.scheme() == AuthSettings.Scheme.JWT_BEARER) {
            return secrets.has(Secrets.PRIVATE_KEY);
        }
        boolean configured = secrets.has(Secrets.ACCESS_TOKEN) || secrets.has(Secrets.API_KEY);
        return auth.grant() == AuthSettings.Grant.CLIENT_CREDENTIALS && !configured;
    }

    private CompletionStage<Given> ask(Integration integration, AuthSettings auth, State state) {
        Given before = unstored.get(key(integration));
        if (before != null && before.version() == state.row().version()) {
            return CompletableFuture.completedFuture(before);
        }
        try {
            AuthorizationGrant grant;
            if (!state.tokens().refresh().isEmpty()) {
                grant = new RefreshTokenGrant(new RefreshToken(state.tokens().refresh()));
            } else if (auth.scheme() == AuthSettings.Scheme.JWT_BEARER) {
                grant = new JWTBearerGrant(assertion(integration, requireNonNull(auth.jwt())));
            } else {
                grant = new ClientCredentialsGrant();
            }
            List<String> scopes = grant instanceof RefreshTokenGrant ? List.of() : auth.scopes();
            return tokens(integration, auth, grant, scopes).thenCompose(tokens -> baseUrl(integration, auth, tokens)
                    .thenApply(baseUrl -> new Given(tokens, state.row().version(), baseUrl)));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Asks the integration's token endpoint. */
    CompletionStage<TokenEndpoint.Given> tokens(
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

    private SignedJWT assertion(Integration integration, AuthSettings.Assertion assertion) {
        Placeholders placeholders = new Placeholders(integration, "");
        Instant now = clock.instant();
        JWTClaimsSet claims = new JWTClaimsSet.Builder()
                .issuer(placeholders.filled(assertion.issuer()))
                .subject(placeholders.filled(assertion.subject()))
                .audience(placeholders.filled(assertion.audience()))
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plus(assertion.lifetime())))
                .jwtID(java.util.UUID.randomUUID().toString())
                .build();
        char[] pem = integration
                .secrets()
                .open(Secrets.PRIVATE_KEY, "token")
                .orElseThrow(() -> new TokenEndpoint.Refused("it has no privateKey"));
        try {
            PrivateKey key = privateKey(pem);
            boolean elliptic = key instanceof ECPrivateKey;
            JWSSigner signer = elliptic ? new ECDSASigner((ECPrivateKey) key) : new RSASSASigner(key);
            SignedJWT jwt = new SignedJWT(new JWSHeader(elliptic ? JWSAlgorithm.ES256 : JWSAlgorithm.RS256), claims);
            jwt.sign(signer);
            return jwt;
        } catch (GeneralSecurityException | JOSEException | IllegalArgumentException e) {
            throw new TokenEndpoint.Refused("its privateKey is none: it has to be PEM, PKCS #8, RSA or EC P-256, as"
                    + " `openssl pkcs8 -topk8 -nocrypt` makes");
        } finally {
            Arrays.fill(pem, '\0');
        }
    }

    private static PrivateKey privateKey(char[] pem) throws GeneralSecurityException {
        String text = new String(pem).replace("\\n", "\n");
        byte[] der = Base64.getMimeDecoder()
                .decode(text.replaceAll("-----(BEGIN|END) PRIVATE KEY-----", "").strip());
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(der);
        Arrays.fill(der, (byte) 0);
        try {
            return KeyFactory.getInstance("RSA").generatePrivate(spec);
        } catch (GeneralSecurityException e) {
            return KeyFactory.getInstance("EC").generatePrivate(spec);
        }
    }

    /** Durable first, then used. */
    private CompletionStage<CallCredential> keep(
            Integration integration, AuthSettings auth, State state, Given given, long refused) {
        String key = key(integration);
        boolean kept;
        try {
            kept = keep(
                    integration,
                    auth,
                    state.tokens(),
                    state.secrets(),
                    given.tokens(),
                    given.baseUrl(),
                    state.row().version());
        } catch (RuntimeException e) {
            // The platform has rotated already: asking once more would show it a token that is used up.
            unstored.put(key, given);
            return CompletableFuture.failedFuture(e);
        }
        unstored.remove(key);
        notBefore.remove(key);
        if (kept) {
            meters.renewal(integration.platform(), "renewed");
        } else {
            LOG.warn(
                    "{}: another hub stored a newer token while this one renewed; that one is used",
                    named(integration));
        }
        return credential(integration, kept ? refused : -1);
    }

    /** Has the tokens of a consent, and stores them in the place of those before. */
    CompletionStage<Boolean> connect(Integration integration, AuthSettings auth, AuthorizationGrant grant) {
        try {
            return tokens(integration, auth, grant, List.of()).thenCompose(given -> baseUrl(integration, auth, given)
                    .thenApplyAsync(
                            baseUrl -> {
                                State state = state(integration);
                                Tokens before = new Tokens("", "", state.seed(), state.secrets());
                                // a renewal that ended just now was of the tokens before the consent
                                boolean kept = keep(
                                                integration,
                                                auth,
                                                before,
                                                state.secrets(),
                                                given,
                                                baseUrl,
                                                state.row().version())
                                        || keep(
                                                integration,
                                                auth,
                                                before,
                                                state.secrets(),
                                                given,
                                                baseUrl,
                                                state(integration).row().version());
                                forget(integration);
                                return kept;
                            },
                            work));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Stores what a platform gave, with when it has to be renewed. */
    boolean keep(
            Integration integration,
            AuthSettings auth,
            Tokens before,
            String secrets,
            TokenEndpoint.Given given,
            @Nullable String baseUrl,
            long version) {
        Instant now = clock.instant();
        Duration life = given.lifetimeSeconds() > 0 ? Duration.ofSeconds(given.lifetimeSeconds()) : auth.lifetime();
        Instant expiresAt = life == null ? null : now.plus(life);
        Instant renewAt = life == null ? null : now.plus(renewAfter(life));
        String refresh = given.refresh().isEmpty() ? before.refresh() : given.refresh();
        boolean swept = life != null && life.compareTo(SWEPT_LIFE) >= 0 && !refresh.isEmpty();
        boolean kept = store.keep(
                integration,
                new Tokens(given.access(), refresh, before.seed(), secrets),
                version,
                expiresAt,
                renewAt,
                swept ? renewAt : null,
                baseUrl);
        if (kept) {
            synchronized (ready) {
                ready.remove(key(integration));
            }
        }
        return kept;
    }

    /** A day ahead of the end, or at four fifths of a short life. */
    static Duration renewAfter(Duration life) {
        return life.compareTo(LONG_LIFE) >= 0
                ? life.minus(AHEAD)
                : life.multipliedBy(4).dividedBy(5);
    }

    private CompletionStage<CallCredential> failed(
            Integration integration, AuthSettings auth, State state, Throwable failure, boolean alive) {
        if (failure instanceof TokenEndpoint.Refused || failure instanceof CredentialUnusable) {
            Instant began = state.row().renewalBegan();
            return refuse(
                    integration,
                    state,
                    failure.getMessage()
                            + (began == null
                                    ? ""
                                    : ", after a renewal that began at " + began
                                            + " and whose end is not known: the platform has probably given a new token then,"
                                            + " and it is lost"));
        }
        boolean unsure = !(failure instanceof Transient);
        store.release(integration, owner, unsure);
        Duration wait = failure instanceof Transient busy && busy.retryAfter() != null
                ? requireNonNull(busy.retryAfter())
                : PAUSE_AFTER_FAILURE;
        notBefore.put(key(integration), clock.instant().plus(wait));
        meters.renewal(integration.platform(), "unavailable");
        LOG.warn(
                "{}: its token could not be renewed now ({}); it is tried again",
                named(integration),
                failure.toString());
        if (alive) {
            return CompletableFuture.completedFuture(usable(integration, auth, state));
        }
        return CompletableFuture.failedFuture(
                failure instanceof Transient
                        ? failure
                        : new Transient(
                                FailureCode.PLATFORM_UNAVAILABLE,
                                "The token endpoint of " + integration.platform() + " gave no answer ("
                                        + failure.getClass().getSimpleName() + ")",
                                null,
                                wait));
    }

    // --- what is to be done now and then --------------------------------------------------------------------------

    /**
     * Renews what is due though nobody calls, writes the record of uses, and sweeps. Called by one timer of the hub;
     * renewals go on behind.
     *
     * @return completes when the renewals that were begun have ended
     */
    public CompletionStage<Void> upkeep() {
        uses.flush();
        store.sweep();
        vault.upkeep();
        Instant now = clock.instant();
        notBefore.values().removeIf(until -> until.isBefore(now));
        measure();
        List<CompletableFuture<?>> renewals = new ArrayList<>();
        for (String[] due : store.due(SWEPT_AT_ONCE)) {
            store.putOff(due[0], due[1], now.plus(PUT_OFF));
            integrations.find(due[0], due[1]).filter(Integration::enabled).ifPresent(integration -> {
                synchronized (ready) {
                    ready.remove(key(integration));
                }
                renewals.add(flight(integration, -1).exceptionally(failure -> null));
            });
        }
        return CompletableFuture.allOf(renewals.toArray(CompletableFuture<?>[]::new));
    }

    /** Measures every configured platform; one without trouble has its zero. */
    public void measure() {
        Map<String, Long> refused = new TreeMap<>();
        catalog.all().forEach(platform -> refused.put(platform.id(), 0L));
        refused.putAll(store.refused());
        meters.measured(Meters.Gauge.CREDENTIALS_REFUSED, refused);
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
        State state = state(integration);
        return new Standing(
                state.refused() != null,
                state.refused(),
                !state.tokens().access().isEmpty(),
                state.row().expiresAt(),
                state.row().renewAt(),
                state.row().test(),
                state.row().testedAt());
    }

    /** A person says that it is to be tried again. */
    public void retry(Integration integration) {
        store.accept(integration);
        forget(integration);
    }

    /** Keeps the outcome of a test. */
    public void noteTest(Integration integration, String json) {
        store.noteTest(integration, json);
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
