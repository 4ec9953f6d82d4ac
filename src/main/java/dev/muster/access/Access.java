package dev.muster.access;

import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditTrail;
import dev.muster.db.Database;
import dev.muster.db.Ids;
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

    private final AdminToken token;
    private final ApiKeys keys;
    private final @Nullable IssuerTokens issuer;
    private final Sessions sessions;
    private final Lockout addresses;
    private final Lockout keyIds;
    private final AuditTrail trail;

    /** @param trail told of each lock-out when it begins */
    public Access(
            AdminToken token, ApiKeys keys, Database database, Clock clock, AccessSettings settings, AuditTrail trail) {
        this.trail = trail;
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
        refuseLocked(credentials.peer());
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
        refuseLocked(credentials.peer());
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

    /** A key's lock refuses wrong secrets only: or anybody who read an id could lock its owner out. */
    private Caller judged(Verdict verdict, String text, Credentials credentials) {
        Caller caller = verdict.caller();
        if (caller != null) {
            return caller;
        }
        if (verdict.guessed()) {
            guessed("Admin API", credentials.peer());
            ApiKeys.idOf(text).map(Ids::format).ifPresent(this::guessedKey);
        }
        throw unauthorized(verdict.reason(), "Bearer error=\"invalid_token\"");
    }

    private void guessedKey(String id) {
        Duration wait = keyIds.waitFor(id);
        if (!wait.isZero()) {
            throw locked("Too many wrong secrets came for this key", wait);
        }
        tellOfLock(keyIds.failed(id), "key", id);
    }

    private void guessed(String where, String peer) {
        Duration wait = addresses.failed(peer);
        LOG.warn(
                "{}: a wrong token came from {}{}",
                where,
                peer,
                wait.isZero() ? "" : "; nobody is let in from there for " + wait.toSeconds() + " s");
        tellOfLock(wait, "address", peer);
    }

    /** Once, however long it then goes on: who guesses must not fill the audit log. */
    private void tellOfLock(Duration pause, String what, String which) {
        if (pause.equals(Lockout.PAUSE_MIN)) {
            trail.record(AuditEntry.act(AuditEntry.HUB, "nobody", "access.lock", what, which));
        }
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
