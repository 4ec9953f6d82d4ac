package dev.muster.access;

import dev.muster.db.Database;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one entry: says whose a request is, or refuses it. What proves a caller is the admin token, an API key, a token of the
 * issuer, or the cookie of a session. A header Authorization goes before a cookie.
 */
public final class Access {
    private static final Logger LOG = LoggerFactory.getLogger(Access.class);
    private static final String SCHEME = "Bearer ";
    private static final int KNOWN_MAX = 10_000;

    private final AdminToken token;
    private final ApiKeys keys;
    private final @Nullable IssuerTokens issuer;
    private final Sessions sessions;
    private final Lockout addresses;
    private final Lockout keyIds;
    /** Keys and the addresses they were used from: guesses at a key do not lock these out. */
    private final Remembered<String, Boolean> known = new Remembered<>(KNOWN_MAX);

    public Access(AdminToken token, ApiKeys keys, Database database, Clock clock, AccessSettings settings) {
        this.token = token;
        this.keys = keys;
        this.issuer = settings.issuer() == null ? null : new IssuerTokens(settings.issuer(), clock);
        this.sessions = new Sessions(database, keys, token, clock, settings.sessionIdle(), settings.sessionLife());
        this.addresses = new Lockout(clock);
        this.keyIds = new Lockout(clock);
    }

    /**
     * A session of a browser.
     *
     * @param csrfToken to be sent as X-CSRF-Token with every change
     */
    public record Session(Caller caller, String csrfToken) {
        @Override
        public String toString() {
            return "Session[" + caller + "]";
        }
    }

    /**
     * A session that was opened.
     *
     * @param cookie the value of the header Set-Cookie
     */
    public record Opened(Session session, String cookie) {
        @Override
        public String toString() {
            return session.toString();
        }
    }

    /**
     * Whose request it is.
     *
     * @throws Refusal 401 where nothing or the wrong thing is shown, 403 where a change by cookie has no token against
     *     forgery, 429 where too much was guessed; with the header that belongs to it
     */
    public Caller of(Credentials credentials) {
        String authorization = credentials.authorization();
        if (authorization == null) {
            Session session = session(credentials);
            if (!credentials.reads()) {
                requireCsrf(credentials);
            }
            return session.caller();
        }
        if (!authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            throw unauthorized("The header Authorization has to be 'Bearer TOKEN'", "Bearer");
        }
        return bearer(authorization.substring(SCHEME.length()).strip(), credentials);
    }

    /**
     * Opens a session.
     *
     * @param text the admin token or a key: what expires by itself within hours does not open sessions
     * @param credentials of the request; a session that its cookie holds ends
     * @throws Refusal 401 or 429
     */
    public Opened open(String text, Credentials credentials) {
        refuseLocked(credentials.peer(), text);
        boolean admin = token.matches(text);
        Caller caller = admin ? AdminToken.CALLER : judged(keys.check(text), text, credentials);
        Sessions.idOf(credentials.cookie()).ifPresent(sessions::end);
        String id = sessions.open(admin ? null : text);
        LOG.info("{} signed in from {}", caller.name(), credentials.peer());
        return new Opened(new Session(caller, Sessions.csrfToken(id)), Sessions.cookie(id, credentials.secure()));
    }

    /**
     * The session of a request's cookie.
     *
     * @throws Refusal 401 where there is none
     */
    public Session session(Credentials credentials) {
        Optional<String> id = Sessions.idOf(credentials.cookie());
        if (id.isEmpty()) {
            throw unauthorized(
                    "Sign in, or send the header 'Authorization: Bearer TOKEN' with an API key or the admin token"
                            + " (MUSTER_ADMIN_TOKEN)",
                    "Bearer");
        }
        return id.flatMap(sessions::caller)
                .map(caller -> new Session(caller, Sessions.csrfToken(id.get())))
                .orElseThrow(() -> unauthorized("This session is over: sign in again", "Bearer"));
    }

    /**
     * Ends the session of a request's cookie.
     *
     * @return the value of the header Set-Cookie
     * @throws Refusal 401 where there is none, 403 without its token against forgery
     */
    public String close(Credentials credentials) {
        session(credentials);
        requireCsrf(credentials);
        Sessions.idOf(credentials.cookie()).ifPresent(sessions::end);
        return Sessions.noCookie(credentials.secure());
    }

    /**
     * Lets somebody to the console of the management port, who shows the admin token as a browser does: as the password of
     * any name. Guesses count together with those at the API.
     *
     * @throws Refusal 401 where nothing or the wrong thing is shown, 429 where too much was guessed; with the header that
     *     belongs to it
     */
    public void openConsole(Credentials credentials) {
        String authorization = credentials.authorization();
        refuseLocked(credentials.peer());
        if (authorization != null && token.opensConsole(authorization)) {
            return;
        }
        if (authorization != null) {
            guessed("Console", credentials.peer());
        }
        throw unauthorized(
                "Sign in with any name and the admin token (MUSTER_ADMIN_TOKEN) as the password",
                "Basic realm=\"muster\"");
    }

    /** Writes what was used when, and sweeps what is over. Called once a minute. */
    public void upkeep() {
        keys.writeUses();
        sessions.upkeep();
    }

    private Caller bearer(String text, Credentials credentials) {
        refuseLocked(credentials.peer(), text);
        if (token.matches(text)) {
            return AdminToken.CALLER;
        }
        IssuerTokens tokens = issuer;
        Verdict verdict = tokens != null && IssuerTokens.hasForm(text) ? tokens.check(text) : keys.check(text);
        return judged(verdict, text, credentials);
    }

    private void refuseLocked(String peer) {
        Duration wait = addresses.waitFor(peer);
        if (!wait.isZero()) {
            throw locked("Too many wrong tokens came from " + peer, wait);
        }
    }

    private void refuseLocked(String peer, String text) {
        refuseLocked(peer);
        Optional<String> use = use(text, peer);
        if (use.isPresent() && !isKnown(use.get())) {
            Duration keyWait = keyIds.waitFor(keyId(text));
            if (!keyWait.isZero()) {
                throw locked("Too many wrong secrets came for this key", keyWait);
            }
        }
    }

    private Caller judged(Verdict verdict, String text, Credentials credentials) {
        Optional<String> use = use(text, credentials.peer());
        Caller caller = verdict.caller();
        if (caller != null) {
            use.ifPresent(this::know);
            return caller;
        }
        if (verdict.guessed()) {
            if (use.isPresent() && !isKnown(use.get())) {
                keyIds.failed(keyId(text));
            }
            guessed("Admin API", credentials.peer());
        }
        throw unauthorized(verdict.reason(), "Bearer error=\"invalid_token\"");
    }

    private void guessed(String where, String peer) {
        Duration wait = addresses.failed(peer);
        LOG.warn(
                "{}: a wrong token came from {}{}",
                where,
                peer,
                wait.isZero() ? "" : "; nobody is let in from there for " + wait.toSeconds() + " s");
    }

    private boolean isKnown(String use) {
        synchronized (known) {
            return known.containsKey(use);
        }
    }

    private void know(String use) {
        synchronized (known) {
            known.put(use, true);
        }
    }

    private static Optional<String> use(String text, String peer) {
        return ApiKeys.idOf(text).map(id -> id + " " + peer);
    }

    private static String keyId(String text) {
        return ApiKeys.idOf(text).map(String::valueOf).orElse("");
    }

    private static void requireCsrf(Credentials credentials) {
        if (Sessions.idOf(credentials.cookie())
                .filter(id -> Sessions.isCsrfToken(id, credentials.csrf()))
                .isEmpty()) {
            throw new Refusal(
                    FailureCode.FORBIDDEN,
                    403,
                    "A change by a browser needs the header X-CSRF-Token with the csrfToken of GET /api/session");
        }
    }

    private static Refusal unauthorized(String message, String challenge) {
        return new Refusal(FailureCode.UNAUTHORIZED, 401, message, Map.of("WWW-Authenticate", challenge));
    }

    private static Refusal locked(String message, Duration wait) {
        long seconds = Math.max(1, (wait.toMillis() + 999) / 1000);
        return new Refusal(
                FailureCode.RATE_LIMITED,
                429,
                String.format(Locale.ROOT, "%s: try again in %d seconds", message, seconds),
                Map.of("Retry-After", Long.toString(seconds)));
    }
}
