package dev.muster.access;

import dev.muster.db.Database;
import dev.muster.db.Ids;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Browsers that signed in with the admin token or a key. A session is a random id in a cookie; the database, which the hubs
 * share, holds its hash. It ends when its key does. What ends at one hub opens nothing at the others after {@link #CACHED}.
 */
final class Sessions {
    static final String COOKIE = "muster_session";

    /** How long a hub believes what it read of a session. */
    static final Duration CACHED = Duration.ofSeconds(5);

    /** Of one key, or of the admin token, at a time. */
    static final int OPEN_MAX = 100;

    private static final int CACHED_MAX = 10_000;
    private static final String ADMIN = "admin ";

    private final SessionStore store;
    private final ApiKeys keys;
    private final AdminToken token;
    private final Clock clock;
    private final Duration idle;
    private final Duration life;
    private final Remembered<String, Read> cache = new Remembered<>(CACHED_MAX);
    private final Map<String, Long> used = new ConcurrentHashMap<>();

    private record Read(SessionStore.Row row, Instant at) {}

    /**
     * @param idle a session that is not used for so long is over
     * @param life it is over after so long however much it is used
     */
    Sessions(Database database, ApiKeys keys, AdminToken token, Clock clock, Duration idle, Duration life) {
        this.store = new SessionStore(database);
        this.keys = keys;
        this.token = token;
        this.clock = clock;
        this.idle = idle;
        this.life = life;
    }

    /**
     * Opens one: always a new one, whatever cookie the browser had.
     *
     * @param text of a key that opens; null for the admin token
     * @return its id, for the cookie
     */
    String open(@Nullable String text) {
        String openedBy = text == null
                ? ADMIN + token.fingerprint()
                : Ids.format(ApiKeys.idOf(text).orElseThrow());
        String id = Secret.next();
        Instant now = clock.instant();
        store.add(hash(id), new SessionStore.Row(openedBy, now.plus(idle), now.plus(life)), now, OPEN_MAX);
        return id;
    }

    /** Whose session it is; empty where it is none, or none any more. */
    Optional<Caller> caller(String id) {
        if (!Secret.hasForm(id)) {
            return Optional.empty();
        }
        String hash = hash(id);
        Instant now = clock.instant();
        Optional<SessionStore.Row> row = read(hash, now).filter(found -> isOpen(hash, found, now));
        Optional<Caller> caller = row.flatMap(found -> opener(found.openedBy()));
        if (caller.isPresent()) {
            long expiry = now.plus(idle).toEpochMilli();
            used.put(hash, Math.min(expiry, row.get().endsAt().toEpochMilli()));
        }
        return caller;
    }

    private boolean isOpen(String hash, SessionStore.Row row, Instant now) {
        long expiry = Math.max(row.expiresAt().toEpochMilli(), used.getOrDefault(hash, 0L));
        return now.toEpochMilli() < expiry && now.isBefore(row.endsAt());
    }

    private Optional<Caller> opener(String openedBy) {
        if (openedBy.startsWith(ADMIN)) {
            // one of another token, or of one that was taken out of use
            return openedBy.equals(ADMIN + token.fingerprint()) ? Optional.of(AdminToken.CALLER) : Optional.empty();
        }
        Optional<ApiKey> key = Ids.parse(openedBy).flatMap(keys::good);
        key.ifPresent(keys::used);
        return key.map(ApiKey::caller);
    }

    void end(String id) {
        if (Secret.hasForm(id)) {
            String hash = hash(id);
            store.end(hash);
            synchronized (cache) {
                cache.remove(hash);
            }
            used.remove(hash);
        }
    }

    /** Writes which sessions were used, and sweeps those that are over. Called once a minute. */
    void upkeep() {
        Map<String, Long> written = new HashMap<>(used);
        if (!written.isEmpty()) {
            store.seen(written);
            written.forEach(used::remove);
        }
        store.sweep(clock.instant());
    }

    /** Bound to the session: without the id in the cookie nobody can make it, and it does not tell the id. */
    static String csrfToken(String id) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(id.getBytes(StandardCharsets.US_ASCII), "HmacSHA256"));
            return Secret.text(mac.doFinal("muster csrf".getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static boolean isCsrfToken(String id, @Nullable String given) {
        return given != null
                && MessageDigest.isEqual(
                        csrfToken(id).getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }

    /** The session id in a Cookie header; empty where there is none, or more than one: then somebody added theirs. */
    static Optional<String> idOf(@Nullable String cookies) {
        String found = null;
        if (cookies != null) {
            for (String pair : cookies.split(";")) {
                int equals = pair.indexOf('=');
                if (equals > 0 && pair.substring(0, equals).strip().equals(COOKIE)) {
                    if (found != null) {
                        return Optional.empty();
                    }
                    found = pair.substring(equals + 1).strip();
                }
            }
        }
        return Optional.ofNullable(found);
    }

    /** The header Set-Cookie. It has no lifetime of its own: the browser drops it when it is closed. */
    static String cookie(String id, boolean secure) {
        return COOKIE + "=" + id + "; Path=/; HttpOnly; SameSite=Strict" + (secure ? "; Secure" : "");
    }

    /** The header Set-Cookie that takes it back. */
    static String noCookie(boolean secure) {
        return cookie("", secure) + "; Max-Age=0";
    }

    private Optional<SessionStore.Row> read(String hash, Instant now) {
        synchronized (cache) {
            Read read = cache.get(hash);
            if (read != null && read.at.plus(CACHED).isAfter(now)) {
                return Optional.of(read.row);
            }
        }
        Optional<SessionStore.Row> row = store.find(hash);
        synchronized (cache) {
            if (row.isPresent()) {
                cache.put(hash, new Read(row.get(), now));
            } else {
                cache.remove(hash);
            }
        }
        return row;
    }

    private static String hash(String id) {
        return HexFormat.of().formatHex(Secret.hash(id));
    }
}
