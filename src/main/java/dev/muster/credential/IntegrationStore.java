package dev.muster.credential;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditTrail;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.Secrets;
import dev.muster.platform.SigningSecrets;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The integrations that are kept in the database, with their secrets under seal. Only those in use are held, for a few
 * seconds: what another hub changes is seen by then.
 */
public final class IntegrationStore implements Integrations.Stored {
    private static final int HELD_MAX = 10_000;
    private static final Duration HELD_FOR = Duration.ofSeconds(3);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, String>> TEXTS = new TypeReference<>() {};

    private static final String COLUMNS =
            "id, organization, platform, title, base_url, settings, enabled, version, created_at, updated_at";
    private static final String FIND = "SELECT " + COLUMNS + " FROM integrations WHERE id = ?";
    private static final String INSERT = "INSERT INTO integrations (" + COLUMNS
            + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING";
    private static final String UPDATE = "UPDATE integrations SET title = ?, base_url = ?, settings = ?, enabled = ?,"
            + " version = version + 1, updated_at = ? WHERE id = ? AND version = ?";
    private static final String DELETE = "DELETE FROM integrations WHERE id = ?";
    private static final String PART =
            "SELECT " + COLUMNS + " FROM integrations WHERE platform = ? AND id > ?" + " ORDER BY id LIMIT ?";
    private static final String OF_ORGANIZATION =
            "SELECT " + COLUMNS + " FROM integrations WHERE organization = ? AND platform = ? ORDER BY id";
    /** The name of the setting is part of the text, so that an index of those that have it can be used. */
    public static final String ANY_WITH =
            "SELECT 1 FROM integrations WHERE platform = ? AND settings LIKE '%%\"%s\":%%' LIMIT 1";

    private static final Pattern SETTING = Pattern.compile("[A-Za-z0-9]+");
    private static final String SECRET_NAMES =
            "SELECT name FROM integration_secrets WHERE platform = ? AND integration = ?";
    private static final String SECRET = "SELECT generation, sealed FROM integration_secrets"
            + " WHERE platform = ? AND integration = ? AND name = ?";
    private static final String PUT_SECRET = "INSERT INTO integration_secrets"
            + " (platform, integration, name, organization, generation, sealed, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
            + " ON CONFLICT (platform, integration, name) DO UPDATE SET generation = excluded.generation,"
            + " sealed = excluded.sealed, updated_at = excluded.updated_at";
    private static final String DELETE_SECRET =
            "DELETE FROM integration_secrets WHERE platform = ? AND integration = ? AND name = ?";
    private static final String DELETE_STATES = "DELETE FROM oauth_states WHERE platform = ? AND integration = ?";
    private static final List<String> DELETE_ALL_OF = List.of(
            "DELETE FROM integration_secrets WHERE platform = ? AND integration = ?",
            "DELETE FROM oauth_tokens WHERE platform = ? AND integration = ?",
            DELETE_STATES,
            // whoever takes the place of the first account goes on with its records
            "DELETE FROM source_accounts WHERE platform = ? AND integration = ? AND prefix = ''");
    /** The version rises, so that a renewal that is under way does not store its token after all. */
    private static final String EMPTY_TOKENS = "UPDATE oauth_tokens SET generation = ?, sealed = ?, refused = NULL,"
            + " version = version + 1, expires_at = NULL, renew_at = NULL, sweep_at = NULL, base_url = NULL,"
            + " lease_owner = NULL, lease_from = NULL, lease_until = NULL, updated_at = ?"
            + " WHERE platform = ? AND integration = ?";

    private final Database database;
    private final Vault vault;
    private final CredentialUses uses;
    private final AuditTrail trail;
    private final Ids ids;
    private final Clock clock;
    private final Map<String, Held> held = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Held> eldest) {
            return size() > HELD_MAX;
        }
    };

    private record Held(Optional<Integration> integration, Instant until) {}

    /**
     * A stored integration as a person sees it.
     *
     * @param secrets the names of those that are set
     */
    public record Stored(
            String id,
            String organization,
            String platform,
            String title,
            @Nullable String baseUrl,
            Map<String, String> settings,
            boolean enabled,
            long version,
            Instant createdAt,
            Instant updatedAt,
            Set<String> secrets) {
        public Stored {
            settings = Map.copyOf(settings);
            secrets = Set.copyOf(secrets);
        }

        /** Whether its secrets are sent elsewhere after a change. */
        public boolean isMovedBy(Change change) {
            return !Integration.addresses(baseUrl, settings)
                    .equals(Integration.addresses(change.baseUrl(), change.settings()));
        }
    }

    /** @param uses told of every secret that is opened */
    public IntegrationStore(
            Database database, Vault vault, CredentialUses uses, AuditTrail trail, Ids ids, Clock clock) {
        this.database = database;
        this.vault = vault;
        this.uses = uses;
        this.trail = trail;
        this.ids = ids;
        this.clock = clock;
    }

    @Override
    public boolean isAtHand(String platform, String id) {
        if (!Integrations.ID.matcher(id).matches()) {
            return true;
        }
        Held known = held(platform, id);
        return known != null
                && known.integration().map(one -> one.signing().areAtHand()).orElse(true);
    }

    private @Nullable Held held(String platform, String id) {
        synchronized (held) {
            Held known = held.get(platform + '/' + id);
            return known != null && clock.instant().isBefore(known.until()) ? known : null;
        }
    }

    @Override
    public Optional<Integration> find(String platform, String id) {
        Held known = held(platform, id);
        if (known != null) {
            return known.integration();
        }
        Optional<Integration> read =
                stored(id).filter(one -> one.platform().equals(platform)).map(this::integration);
        synchronized (held) {
            held.put(platform + '/' + id, new Held(read, clock.instant().plus(HELD_FOR)));
        }
        return read;
    }

    private void forget(String platform, String id) {
        synchronized (held) {
            held.remove(platform + '/' + id);
        }
    }

    @Override
    public List<Integration> after(String platform, String id, int limit) {
        List<Stored> part = database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(PART)) {
                select.setString(1, platform);
                select.setString(2, id);
                select.setInt(3, limit);
                return read(connection, select);
            }
        });
        return part.stream().map(this::integration).toList();
    }

    @Override
    public List<Integration> of(String platform, String organization) {
        List<Stored> all = database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(OF_ORGANIZATION)) {
                select.setString(1, organization);
                select.setString(2, platform);
                return read(connection, select);
            }
        });
        return all.stream().map(this::integration).toList();
    }

    @Override
    public boolean isAnyWith(String platform, String setting) {
        if (!SETTING.matcher(setting).matches()) {
            throw new IllegalArgumentException("No setting is named " + setting);
        }
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(ANY_WITH.formatted(setting))) {
                select.setString(1, platform);
                try (ResultSet rows = select.executeQuery()) {
                    return rows.next();
                }
            }
        });
    }

    private Integration integration(Stored stored) {
        Secrets secrets = Secrets.of(stored.secrets(), (name, purpose) -> open(stored, name, purpose));
        return new Integration(
                stored.id(),
                stored.organization(),
                stored.platform(),
                SigningSecrets.opened(() -> signing(secrets)),
                secrets,
                stored.baseUrl(),
                stored.settings(),
                Integration.Origin.STORED,
                stored.enabled(),
                stored.version());
    }

    private static List<String> signing(Secrets secrets) {
        List<String> signing = new ArrayList<>();
        for (String name : List.of(Secrets.WEBHOOK_SECRET, Secrets.WEBHOOK_SECRET_PREVIOUS)) {
            secrets.text(name, "webhook").ifPresent(signing::add);
        }
        return signing;
    }

    private Optional<char[]> open(Stored stored, String name, String purpose) {
        Optional<Sealed> sealed = database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(SECRET)) {
                select.setString(1, stored.platform());
                select.setString(2, stored.id());
                select.setString(3, name);
                try (ResultSet row = select.executeQuery()) {
                    return row.next()
                            ? Optional.of(new Sealed(row.getLong("generation"), row.getBytes("sealed")))
                            : Optional.empty();
                }
            }
        });
        if (sealed.isEmpty()) {
            return Optional.empty();
        }
        uses.used(stored.organization(), stored.platform(), stored.id(), purpose + ':' + name);
        byte[] bytes = vault.open(place(stored, name), sealed.get());
        try {
            return Optional.of(characters(bytes));
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    private static SecretPlace place(Stored stored, String name) {
        return new SecretPlace(stored.organization(), stored.platform(), stored.id(), name);
    }

    static char[] characters(byte[] utf8) {
        CharBuffer decoded = StandardCharsets.UTF_8.decode(ByteBuffer.wrap(utf8));
        char[] characters = new char[decoded.remaining()];
        decoded.get(characters);
        Arrays.fill(decoded.array(), '\0');
        return characters;
    }

    static byte[] bytes(char[] characters) {
        ByteBuffer encoded = StandardCharsets.UTF_8.encode(CharBuffer.wrap(characters));
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        Arrays.fill(encoded.array(), (byte) 0);
        return bytes;
    }

    // --- for administrators ---------------------------------------------------------------------------------------

    /** One of them, as it is stored now. */
    public Optional<Stored> stored(String id) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(FIND)) {
                select.setString(1, id);
                return read(connection, select).stream().findFirst();
            }
        });
    }

    /**
     * A part of the list, by id.
     *
     * @param after only greater ids
     * @param organization null for all
     * @param platform null for all
     */
    public List<Stored> list(String after, @Nullable String organization, @Nullable String platform, int limit) {
        String sql = "SELECT " + COLUMNS + " FROM integrations WHERE id > ?"
                + (organization == null ? "" : " AND organization = ?") + (platform == null ? "" : " AND platform = ?")
                + " ORDER BY id LIMIT ?";
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                int index = 1;
                select.setString(index++, after);
                if (organization != null) {
                    select.setString(index++, organization);
                }
                if (platform != null) {
                    select.setString(index++, platform);
                }
                select.setInt(index, limit);
                return read(connection, select);
            }
        });
    }

    private static List<Stored> read(Connection connection, PreparedStatement select) throws SQLException {
        List<Stored> found = new ArrayList<>();
        try (ResultSet row = select.executeQuery();
                PreparedStatement names = connection.prepareStatement(SECRET_NAMES)) {
            while (row.next()) {
                String id = row.getString("id");
                String platform = row.getString("platform");
                found.add(new Stored(
                        id,
                        row.getString("organization"),
                        platform,
                        row.getString("title"),
                        row.getString("base_url"),
                        settings(row.getString("settings")),
                        row.getBoolean("enabled"),
                        row.getLong("version"),
                        Instant.ofEpochMilli(row.getLong("created_at")),
                        Instant.ofEpochMilli(row.getLong("updated_at")),
                        names(names, platform, id)));
            }
        }
        return found;
    }

    private static Set<String> names(PreparedStatement select, String platform, String id) throws SQLException {
        select.setString(1, platform);
        select.setString(2, id);
        Set<String> names = new TreeSet<>();
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return names;
    }

    private static Map<String, String> settings(String json) throws SQLException {
        try {
            return JSON.readValue(json, TEXTS);
        } catch (JsonProcessingException e) {
            throw new SQLException("The stored settings of an integration are not JSON", e);
        }
    }

    private static String json(Map<String, String> settings) {
        try {
            return JSON.writeValueAsString(new TreeMap<>(settings));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * What is to be stored.
     *
     * @param secrets name to secret; empty to remove one. Overwritten once it is stored.
     */
    public record Change(
            String title,
            @Nullable String baseUrl,
            Map<String, String> settings,
            boolean enabled,
            Map<String, char[]> secrets) {
        @Override
        public String toString() {
            return "Change[" + title + ", secrets " + secrets.keySet() + "]";
        }
    }

    /**
     * Stores a new one.
     *
     * @param id null for one that is made up
     * @return the id; empty where it is taken
     */
    public Optional<String> create(
            @Nullable String id, String organization, String platform, Change change, String actor) {
        String given = id == null ? Ids.format(ids.next()).toLowerCase(java.util.Locale.ROOT) : id;
        Map<String, Sealed> sealed = seal(organization, platform, given, change.secrets());
        boolean created = database.write(connection -> {
            long now = clock.millis();
            try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
                insert.setString(1, given);
                insert.setString(2, organization);
                insert.setString(3, platform);
                insert.setString(4, change.title());
                insert.setString(5, change.baseUrl());
                insert.setString(6, json(change.settings()));
                insert.setBoolean(7, change.enabled());
                insert.setLong(8, 1);
                insert.setLong(9, now);
                insert.setLong(10, now);
                if (insert.executeUpdate() == 0) {
                    return false;
                }
            }
            putSecrets(connection, organization, platform, given, sealed);
            trail.record(
                    connection,
                    entry(organization, actor, "integration.create", platform, given, differences(null, change)));
            return true;
        });
        forget(platform, given);
        return created ? Optional.of(given) : Optional.empty();
    }

    /**
     * Changes it. One whose addresses change loses the tokens that it was given, and the consents that were begun.
     *
     * @return whether it was still as it was read; if not, nothing is changed
     */
    public boolean update(Stored before, Change change, String actor) {
        Map<String, Sealed> sealed = seal(before.organization(), before.platform(), before.id(), change.secrets());
        Sealed noTokens = before.isMovedBy(change)
                ? vault.seal(
                        place(before, TokenStore.TOKENS),
                        TokenStore.Row.none().tokens().json())
                : null;
        boolean updated = database.write(connection -> {
            try (PreparedStatement update = connection.prepareStatement(UPDATE)) {
                update.setString(1, change.title());
                update.setString(2, change.baseUrl());
                update.setString(3, json(change.settings()));
                update.setBoolean(4, change.enabled());
                update.setLong(5, clock.millis());
                update.setString(6, before.id());
                update.setLong(7, before.version());
                if (update.executeUpdate() == 0) {
                    return false;
                }
            }
            try (PreparedStatement delete = connection.prepareStatement(DELETE_SECRET)) {
                for (String name : change.secrets().keySet()) {
                    if (!sealed.containsKey(name)) {
                        delete.setString(1, before.platform());
                        delete.setString(2, before.id());
                        delete.setString(3, name);
                        delete.executeUpdate();
                    }
                }
            }
            putSecrets(connection, before.organization(), before.platform(), before.id(), sealed);
            if (noTokens != null) {
                dropTokens(connection, before, noTokens);
            }
            trail.record(
                    connection,
                    entry(
                            before.organization(),
                            actor,
                            "integration.change",
                            before.platform(),
                            before.id(),
                            differences(before, change)));
            return true;
        });
        forget(before.platform(), before.id());
        return updated;
    }

    private void dropTokens(Connection connection, Stored of, Sealed none) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(EMPTY_TOKENS);
                PreparedStatement delete = connection.prepareStatement(DELETE_STATES)) {
            update.setLong(1, none.generation());
            update.setBytes(2, none.bytes());
            update.setLong(3, clock.millis());
            update.setString(4, of.platform());
            update.setString(5, of.id());
            update.executeUpdate();
            delete.setString(1, of.platform());
            delete.setString(2, of.id());
            delete.executeUpdate();
        }
    }

    /** Forgets it with its secrets and tokens. */
    public void delete(Stored stored, String actor) {
        database.change(connection -> {
            for (String sql : DELETE_ALL_OF) {
                try (PreparedStatement delete = connection.prepareStatement(sql)) {
                    delete.setString(1, stored.platform());
                    delete.setString(2, stored.id());
                    delete.executeUpdate();
                }
            }
            try (PreparedStatement delete = connection.prepareStatement(DELETE)) {
                delete.setString(1, stored.id());
                delete.executeUpdate();
            }
            trail.record(
                    connection,
                    entry(
                            stored.organization(),
                            actor,
                            "integration.delete",
                            stored.platform(),
                            stored.id(),
                            Map.of("title", stored.title(), "settings", stored.settings())));
        });
        forget(stored.platform(), stored.id());
    }

    /** Notes what a person did about an integration. */
    public void audit(String organization, String actor, String action, String platform, String id) {
        trail.record(entry(organization, actor, action, platform, id, Map.of()));
    }

    private Map<String, Sealed> seal(String organization, String platform, String id, Map<String, char[]> secrets) {
        Map<String, Sealed> sealed = new TreeMap<>();
        secrets.forEach((name, secret) -> {
            if (secret.length > 0) {
                byte[] bytes = bytes(secret);
                sealed.put(name, vault.seal(new SecretPlace(organization, platform, id, name), bytes));
                Arrays.fill(bytes, (byte) 0);
                Arrays.fill(secret, '\0');
            }
        });
        return sealed;
    }

    private void putSecrets(
            Connection connection, String organization, String platform, String id, Map<String, Sealed> sealed)
            throws SQLException {
        try (PreparedStatement put = connection.prepareStatement(PUT_SECRET)) {
            for (Map.Entry<String, Sealed> secret : sealed.entrySet()) {
                put.setString(1, platform);
                put.setString(2, id);
                put.setString(3, secret.getKey());
                put.setString(4, organization);
                put.setLong(5, secret.getValue().generation());
                put.setBytes(6, secret.getValue().bytes());
                put.setLong(7, clock.millis());
                put.executeUpdate();
            }
        }
    }

    private static AuditEntry entry(
            String organization, String actor, String action, String platform, String id, Map<String, ?> changes) {
        Map<String, Object> all = new TreeMap<>(changes);
        all.put("platform", platform);
        all.put("integration", id);
        return AuditEntry.act(organization, actor, action, "integration", platform + '/' + id)
                .changing(all);
    }

    /** What a change does to the one before, secrets by name only: field to before and after. */
    private static Map<String, Object> differences(@Nullable Stored before, Change after) {
        Map<String, Object> differences = new TreeMap<>();
        differ(differences, "title", before == null ? null : before.title(), after.title());
        differ(differences, "baseUrl", before == null ? null : before.baseUrl(), after.baseUrl());
        differ(differences, "settings", before == null ? null : before.settings(), after.settings());
        differ(differences, "enabled", before == null ? null : before.enabled(), after.enabled());
        if (!after.secrets().isEmpty()) {
            differences.put(
                    "secrets", String.join(", ", new TreeSet<>(after.secrets().keySet())));
        }
        return differences;
    }

    private static void differ(
            Map<String, Object> differences, String name, @Nullable Object before, @Nullable Object after) {
        if (!Objects.equals(before, after)) {
            differences.put(name, Arrays.asList(before, after));
        }
    }
}
