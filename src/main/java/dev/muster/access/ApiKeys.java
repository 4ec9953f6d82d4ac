package dev.muster.access;

import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.platform.Integrations;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Keys to the API: {@code mk_<id>_<secret>}. The secret is shown once. A key does not change; it is rotated by making another
 * and revoking it. What is revoked at one hub opens nothing at the others after {@link #CACHED}.
 */
public final class ApiKeys {
    /** How long a hub believes what it read of a key. */
    static final Duration CACHED = Duration.ofSeconds(5);

    static final String PREFIX = "mk_";

    private static final int ID_LENGTH = 13;
    private static final int CACHED_MAX = 10_000;
    private static final int NAME_MAX = 100;
    private final Database database;
    private final ApiKeyStore store;
    private final Ids ids;
    private final Clock clock;
    private final int most;
    private final Remembered<Long, Read> cache = new Remembered<>(CACHED_MAX);
    private final Map<Long, Long> uses = new ConcurrentHashMap<>();

    /** What was read of a key, and when. */
    private record Read(ApiKeyStore.Row row, Instant at) {}

    /** @param most how many there may be that are not revoked, of all organizations */
    public ApiKeys(Database database, Ids ids, Clock clock, int most) {
        this.database = database;
        this.store = new ApiKeyStore(database);
        this.ids = ids;
        this.clock = clock;
        this.most = most;
    }

    /**
     * A new key, and its text, which nobody will see again.
     *
     * @param text to be handed to whoever asked for the key, and nowhere else
     */
    public record Made(ApiKey key, String text) {
        @Override
        public String toString() {
            return "Made[" + key + "]";
        }
    }

    /**
     * Makes one.
     *
     * @param by who asks: nobody gives what they do not have
     * @param name for people; not empty, at most 100 characters
     * @param organization the only one it will see; null for all
     * @param permissions at least one
     * @param expiresAt null for never
     * @throws Refusal 400, 403 or 409, with what to do
     */
    public Made make(
            Caller by,
            String name,
            @Nullable String organization,
            Set<Permission> permissions,
            @Nullable Instant expiresAt) {
        by.require(Permission.ADMINISTER);
        if (by.organization() != null && !by.organization().equals(organization)) {
            throw new Refusal(
                    FailureCode.FORBIDDEN,
                    403,
                    by.name() + " sees the organization " + by.organization() + " only: make the key for that one");
        }
        permissions.forEach(by::require);
        String title = name.strip();
        if (title.isEmpty() || title.length() > NAME_MAX || title.chars().anyMatch(Character::isISOControl)) {
            throw bad("The key needs a name of 1 to " + NAME_MAX + " characters that says what it is for");
        }
        if (organization != null && !Integrations.ID.matcher(organization).matches()) {
            throw bad("The organization of a key is lower-case letters, digits and hyphens, as everywhere");
        }
        if (permissions.isEmpty()) {
            throw bad("The key needs at least one permission, or a role");
        }
        Instant now = clock.instant();
        if (expiresAt != null && !expiresAt.isAfter(now)) {
            throw bad("The key would be expired already: expiresAt has to be in the future");
        }
        String secret = Secret.next();
        ApiKey key = new ApiKey(ids.next(), title, organization, permissions, by.name(), now, expiresAt, null, null);
        if (!store.add(key, Secret.hash(secret), most)) {
            throw new Refusal(
                    FailureCode.CONFLICTING_STATE,
                    409,
                    "There are " + most
                            + " keys, as many as may be (MUSTER_ACCESS_KEYS_MAX): revoke those not needed, the"
                            + " expired ones too");
        }
        return new Made(key, PREFIX + Ids.format(key.id()) + "_" + secret);
    }

    /**
     * Those that the caller may see, from the newest to the oldest, the revoked ones too.
     *
     * @param before only ids below this one
     */
    public List<ApiKey> list(Caller by, long before, int limit) {
        by.require(Permission.ADMINISTER);
        return store.list(by.organization(), before, limit);
    }

    /** One that the caller may see. */
    public Optional<ApiKey> find(Caller by, long id) {
        by.require(Permission.ADMINISTER);
        return store.find(id).map(ApiKeyStore.Row::key).filter(key -> isSeen(by, key));
    }

    /**
     * Ends one, and every session that was opened with it. Once more changes nothing.
     *
     * @return the key as it is now
     * @throws Refusal 404 where the caller sees no such key
     */
    public ApiKey revoke(Caller by, long id) {
        if (find(by, id).isEmpty()) {
            throw new Refusal(FailureCode.NOT_FOUND, 404, "There is no key with the id " + Ids.format(id));
        }
        Instant now = clock.instant();
        database.change(connection -> {
            ApiKeyStore.revoke(connection, id, now);
            SessionStore.endAllOf(connection, Ids.format(id));
        });
        synchronized (cache) {
            cache.remove(id);
        }
        return find(by, id).orElseThrow();
    }

    private static boolean isSeen(Caller by, ApiKey key) {
        return by.organization() == null || by.organization().equals(key.organization());
    }

    /** The id that a text claims; empty where it is no key's text. */
    static Optional<Long> idOf(String text) {
        int secretAt = PREFIX.length() + ID_LENGTH + 1;
        return text.length() == secretAt + Secret.LENGTH
                        && text.startsWith(PREFIX)
                        && text.charAt(secretAt - 1) == '_'
                        && Secret.hasForm(text.substring(secretAt))
                // in its own form only: Crockford's letters allow several
                ? Ids.parse(text.substring(PREFIX.length(), secretAt - 1))
                        .filter(id -> text.startsWith(Ids.format(id), PREFIX.length()))
                : Optional.empty();
    }

    /** Whose key a text is. */
    Verdict check(String text) {
        Optional<Long> id = idOf(text);
        Optional<ApiKeyStore.Row> row = id.flatMap(this::read);
        if (row.isEmpty()
                || !MessageDigest.isEqual(
                        row.get().secretHash(), Secret.hash(text.substring(text.length() - Secret.LENGTH)))) {
            return Verdict.guess("This is not a key of this hub: look whether it was copied whole");
        }
        ApiKey key = row.get().key();
        if (!key.isGood(clock.instant())) {
            return Verdict.spent("The key " + Ids.format(key.id()) + " ("
                    + key.name() + ") " + (key.revokedAt() == null ? "has expired" : "was revoked")
                    + ": have another one made");
        }
        used(key);
        return Verdict.good(key.caller());
    }

    /** Of a session that was opened with it; empty where it opens nothing any more. */
    Optional<ApiKey> good(long id) {
        return read(id).map(ApiKeyStore.Row::key).filter(key -> key.isGood(clock.instant()));
    }

    /** Notes that it was used; written with {@link #writeUses()}. */
    void used(ApiKey key) {
        uses.put(key.id(), clock.millis());
    }

    /** Writes when keys were used last. Called once a minute; what a crash loses of it is lost. */
    void writeUses() {
        if (uses.isEmpty()) {
            return;
        }
        Map<Long, Long> written = new HashMap<>(uses);
        store.used(written);
        written.forEach(uses::remove);
    }

    private Optional<ApiKeyStore.Row> read(long id) {
        Instant now = clock.instant();
        synchronized (cache) {
            Read read = cache.get(id);
            if (read != null && read.at.plus(CACHED).isAfter(now)) {
                return Optional.of(read.row);
            }
        }
        Optional<ApiKeyStore.Row> row = store.find(id);
        synchronized (cache) {
            if (row.isPresent()) {
                cache.put(id, new Read(row.get(), now));
            } else {
                cache.remove(id);
            }
        }
        return row;
    }

    private static Refusal bad(String message) {
        return new Refusal(FailureCode.BAD_REQUEST, 400, message);
    }
}
