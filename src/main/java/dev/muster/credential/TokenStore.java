package dev.muster.credential;

import dev.muster.db.Database;
import dev.muster.platform.Integration;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tokens under seal, who renews them, and the consents that were begun. */
final class TokenStore {
    /** The name under which an integration's tokens are sealed. */
    static final String TOKENS = "tokens";

    /** The name under which a consent's PKCE verifier is sealed. */
    static final String VERIFIER = "verifier";

    private static final Duration USES_KEPT = Duration.ofDays(400);

    private static final String COLUMNS = "organization, platform, integration, generation, sealed, refused, version,"
            + " expires_at, renew_at, base_url, lease_owner, lease_from, lease_until, test, tested_at";
    private static final String ROW = " WHERE platform = ? AND integration = ?";
    private static final String FIND = "SELECT " + COLUMNS + " FROM oauth_tokens" + ROW;
    private static final String BEGIN =
            "INSERT INTO oauth_tokens (platform, integration, organization, generation, sealed,"
                    + " version, updated_at) VALUES (?, ?, ?, ?, ?, 0, ?) ON CONFLICT (platform, integration) DO NOTHING";
    private static final String LEASE = "UPDATE oauth_tokens SET lease_owner = ?, lease_until = ?,"
            + " lease_from = COALESCE(lease_from, ?)" + ROW
            + " AND version = ? AND (lease_until IS NULL OR lease_until <= ? OR lease_owner = ?)";
    private static final String RELEASE = "UPDATE oauth_tokens SET lease_until = NULL, lease_owner = NULL,"
            + " lease_from = CASE WHEN ? THEN lease_from ELSE NULL END" + ROW + " AND lease_owner = ?";
    private static final String KEEP = "UPDATE oauth_tokens SET organization = ?, generation = ?, sealed = ?,"
            + " refused = NULL, version = version + 1, expires_at = ?, renew_at = ?, sweep_at = ?,"
            + " base_url = COALESCE(?, base_url), lease_owner = NULL, lease_from = NULL, lease_until = NULL,"
            + " updated_at = ?" + ROW + " AND version = ?";
    private static final String REFUSE = "UPDATE oauth_tokens SET organization = ?, generation = ?, sealed = ?,"
            + " refused = ?, sweep_at = NULL, lease_owner = NULL, lease_until = NULL, updated_at = ?" + ROW
            + " AND version = ?";
    private static final String ACCEPT = "UPDATE oauth_tokens SET refused = NULL, lease_from = NULL" + ROW;
    private static final String TEST = "UPDATE oauth_tokens SET test = ?, tested_at = ?" + ROW;
    private static final String DUE = "SELECT platform, integration FROM oauth_tokens WHERE sweep_at IS NOT NULL"
            + " AND sweep_at <= ? ORDER BY sweep_at LIMIT ?";
    private static final String PUT_OFF = "UPDATE oauth_tokens SET sweep_at = ?" + ROW + " AND sweep_at IS NOT NULL";
    private static final String REFUSED =
            "SELECT organization, platform, COUNT(*) FROM oauth_tokens WHERE refused IS NOT NULL"
                    + " GROUP BY organization, platform";
    private static final String ADD_STATE = "INSERT INTO oauth_states (state_hash, platform, integration, organization,"
            + " generation, sealed, redirect_uri, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    private static final String FIND_STATE = "SELECT platform, integration, organization, generation, sealed,"
            + " redirect_uri, expires_at FROM oauth_states WHERE state_hash = ?";
    private static final String TAKE_STATE = "DELETE FROM oauth_states WHERE state_hash = ?";
    private static final String DROP_STATES = "DELETE FROM oauth_states WHERE expires_at < ?";
    private static final String DROP_USES = "DELETE FROM credential_uses WHERE hour < ?";

    private final Database database;
    private final Vault vault;
    private final CredentialUses uses;
    private final Clock clock;

    TokenStore(Database database, Vault vault, CredentialUses uses, Clock clock) {
        this.database = database;
        this.vault = vault;
        this.uses = uses;
        this.clock = clock;
    }

    /**
     * How an integration's credential stands.
     *
     * @param refused why a person has to connect it anew; null where it is taken
     * @param version rises with every renewal
     * @param renewalBegan when a renewal began of which the end is not known; null where there is none
     * @param leaseUntil until when somebody may be renewing it; null where nobody is
     */
    record Row(
            Tokens tokens,
            @Nullable String refused,
            long version,
            @Nullable Instant expiresAt,
            @Nullable Instant renewAt,
            @Nullable String baseUrl,
            @Nullable Instant renewalBegan,
            @Nullable Instant leaseUntil,
            @Nullable String test,
            @Nullable Instant testedAt) {

        static Row none() {
            return new Row(new Tokens("", "", "", ""), null, 0, null, null, null, null, null, null, null);
        }
    }

    /** Of one or none stored, with its tokens opened. */
    Row find(Integration integration) {
        Optional<Map.Entry<Row, Sealed>> found = read(integration);
        if (found.isEmpty()) {
            return Row.none();
        }
        Row row = found.get().getKey();
        Sealed sealed = found.get().getValue();
        uses.used(integration.organization(), integration.platform(), integration.id(), "call:" + TOKENS);
        byte[] json = vault.open(place(integration), sealed);
        try {
            return new Row(
                    Tokens.of(json),
                    row.refused(),
                    row.version(),
                    row.expiresAt(),
                    row.renewAt(),
                    row.baseUrl(),
                    row.renewalBegan(),
                    row.leaseUntil(),
                    row.test(),
                    row.testedAt());
        } finally {
            Arrays.fill(json, (byte) 0);
        }
    }

    /** The same without its tokens: for showing. */
    Row glance(Integration integration) {
        return read(integration).map(Map.Entry::getKey).orElseGet(Row::none);
    }

    private Optional<Map.Entry<Row, Sealed>> read(Integration integration) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(FIND)) {
                key(select, 1, integration);
                try (ResultSet row = select.executeQuery()) {
                    if (!row.next()) {
                        return Optional.empty();
                    }
                    return Optional.of(Map.entry(
                            new Row(
                                    Row.none().tokens(),
                                    row.getString("refused"),
                                    row.getLong("version"),
                                    time(row, "expires_at"),
                                    time(row, "renew_at"),
                                    row.getString("base_url"),
                                    time(row, "lease_from"),
                                    time(row, "lease_until"),
                                    row.getString("test"),
                                    time(row, "tested_at")),
                            new Sealed(row.getLong("generation"), row.getBytes("sealed"))));
                }
            }
        });
    }

    private static @Nullable Instant time(ResultSet row, String column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? null : Instant.ofEpochMilli(millis);
    }

    private static void key(PreparedStatement statement, int index, Integration integration) throws SQLException {
        statement.setString(index, integration.platform());
        statement.setString(index + 1, integration.id());
    }

    private static SecretPlace place(Integration integration) {
        return new SecretPlace(integration.organization(), integration.platform(), integration.id(), TOKENS);
    }

    private Sealed sealed(Integration integration, Tokens tokens) {
        byte[] json = tokens.json();
        try {
            return vault.seal(place(integration), json);
        } finally {
            Arrays.fill(json, (byte) 0);
        }
    }

    /**
     * Takes the right to renew. The row that says so is also the note that a renewal was begun.
     *
     * @param version as it was read: a credential that was renewed meanwhile is not renewed again
     * @param owner who has it already may take it again: a hub that was killed and is back
     */
    boolean lease(Integration integration, Tokens tokens, long version, String owner, Duration life) {
        Sealed sealed = sealed(integration, tokens);
        Instant now = clock.instant();
        return database.write(connection -> {
            begin(connection, integration, sealed);
            try (PreparedStatement update = connection.prepareStatement(LEASE)) {
                update.setString(1, owner);
                update.setLong(2, now.plus(life).toEpochMilli());
                update.setLong(3, now.toEpochMilli());
                key(update, 4, integration);
                update.setLong(6, version);
                update.setLong(7, now.toEpochMilli());
                update.setString(8, owner);
                return update.executeUpdate() == 1;
            }
        });
    }

    private void begin(Connection connection, Integration integration, Sealed sealed) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(BEGIN)) {
            key(insert, 1, integration);
            insert.setString(3, integration.organization());
            insert.setLong(4, sealed.generation());
            insert.setBytes(5, sealed.bytes());
            insert.setLong(6, clock.millis());
            insert.executeUpdate();
        }
    }

    /** @param unsure whether the platform may have renewed it nevertheless: the note stays */
    void release(Integration integration, String owner, boolean unsure) {
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement(RELEASE)) {
                update.setBoolean(1, unsure);
                key(update, 2, integration);
                update.setString(4, owner);
                update.executeUpdate();
            }
        });
    }

    /**
     * Stores what the platform gave, durably.
     *
     * @param sweepAt when housekeeping renews it; null for by use only
     * @return whether nobody else stored another since {@code version} was read
     */
    boolean keep(
            Integration integration,
            Tokens tokens,
            long version,
            @Nullable Instant expiresAt,
            @Nullable Instant renewAt,
            @Nullable Instant sweepAt,
            @Nullable String baseUrl) {
        Sealed sealed = sealed(integration, tokens);
        return database.write(connection -> {
            begin(connection, integration, sealed);
            try (PreparedStatement update = connection.prepareStatement(KEEP)) {
                update.setString(1, integration.organization());
                update.setLong(2, sealed.generation());
                update.setBytes(3, sealed.bytes());
                millis(update, 4, expiresAt);
                millis(update, 5, renewAt);
                millis(update, 6, sweepAt);
                update.setString(7, baseUrl);
                update.setLong(8, clock.millis());
                key(update, 9, integration);
                update.setLong(11, version);
                return update.executeUpdate() == 1;
            }
        });
    }

    private static void millis(PreparedStatement statement, int index, @Nullable Instant at) throws SQLException {
        if (at == null) {
            statement.setNull(index, java.sql.Types.BIGINT);
        } else {
            statement.setLong(index, at.toEpochMilli());
        }
    }

    /** @return false where it was renewed meanwhile */
    boolean refuse(Integration integration, Tokens tokens, long version, String reason) {
        Sealed sealed = sealed(integration, tokens);
        return database.write(connection -> {
            begin(connection, integration, sealed);
            try (PreparedStatement update = connection.prepareStatement(REFUSE)) {
                update.setString(1, integration.organization());
                update.setLong(2, sealed.generation());
                update.setBytes(3, sealed.bytes());
                update.setString(4, reason);
                update.setLong(5, clock.millis());
                key(update, 6, integration);
                update.setLong(8, version);
                return update.executeUpdate() == 1;
            }
        });
    }

    /** The platform takes it after all, or a person says that it is to be tried. */
    void accept(Integration integration) {
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement(ACCEPT)) {
                key(update, 1, integration);
                update.executeUpdate();
            }
        });
    }

    void noteTest(Integration integration, String json) {
        Sealed sealed = sealed(integration, Row.none().tokens());
        database.change(connection -> {
            begin(connection, integration, sealed);
            try (PreparedStatement update = connection.prepareStatement(TEST)) {
                update.setString(1, json);
                update.setLong(2, clock.millis());
                key(update, 3, integration);
                update.executeUpdate();
            }
        });
    }

    /** Platform and id of those that have to be renewed though nobody calls. */
    List<String[]> due(int limit) {
        return database.read(connection -> {
            List<String[]> due = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement(DUE)) {
                select.setLong(1, clock.millis());
                select.setInt(2, limit);
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        due.add(new String[] {row.getString(1), row.getString(2)});
                    }
                }
            }
            return due;
        });
    }

    void putOff(String platform, String integration, Instant until) {
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement(PUT_OFF)) {
                update.setLong(1, until.toEpochMilli());
                update.setString(2, platform);
                update.setString(3, integration);
                update.executeUpdate();
            }
        });
    }

    /** How many need a person. */
    List<CredentialUpkeep.Refused> refused() {
        return database.read(connection -> {
            List<CredentialUpkeep.Refused> counts = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement(REFUSED);
                    ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    counts.add(new CredentialUpkeep.Refused(row.getString(1), row.getString(2), row.getLong(3)));
                }
            }
            return counts;
        });
    }

    /** A consent that was begun. */
    record Begun(String platform, String integration, String organization, String verifier, String redirectUri) {
        @Override
        public String toString() {
            return "Begun[" + platform + '/' + integration + "]";
        }
    }

    void begin(String stateHash, Begun begun, Instant expiresAt) {
        Sealed sealed =
                vault.seal(place(begun), IntegrationStore.bytes(begun.verifier().toCharArray()));
        database.change(connection -> {
            try (PreparedStatement insert = connection.prepareStatement(ADD_STATE)) {
                insert.setString(1, stateHash);
                insert.setString(2, begun.platform());
                insert.setString(3, begun.integration());
                insert.setString(4, begun.organization());
                insert.setLong(5, sealed.generation());
                insert.setBytes(6, sealed.bytes());
                insert.setString(7, begun.redirectUri());
                insert.setLong(8, expiresAt.toEpochMilli());
                insert.executeUpdate();
            }
        });
    }

    private static SecretPlace place(Begun begun) {
        return new SecretPlace(begun.organization(), begun.platform(), begun.integration(), VERIFIER);
    }

    /** Answers a state once; empty where it is unknown, was used, or is too old. */
    Optional<Begun> take(String stateHash) {
        record Found(Begun begun, Sealed sealed, long expiresAt) {}
        Optional<Found> found = database.write(connection -> {
            Optional<Found> read;
            try (PreparedStatement select = connection.prepareStatement(FIND_STATE)) {
                select.setString(1, stateHash);
                try (ResultSet row = select.executeQuery()) {
                    read = row.next()
                            ? Optional.of(new Found(
                                    new Begun(
                                            row.getString("platform"),
                                            row.getString("integration"),
                                            row.getString("organization"),
                                            "",
                                            row.getString("redirect_uri")),
                                    new Sealed(row.getLong("generation"), row.getBytes("sealed")),
                                    row.getLong("expires_at")))
                            : Optional.empty();
                }
            }
            try (PreparedStatement delete = connection.prepareStatement(TAKE_STATE)) {
                delete.setString(1, stateHash);
                // of two that come at once, one has it
                return delete.executeUpdate() == 1 ? read : Optional.empty();
            }
        });
        return found.filter(one -> one.expiresAt() >= clock.millis()).map(one -> {
            Begun begun = one.begun();
            String verifier = new String(IntegrationStore.characters(vault.open(place(begun), one.sealed())));
            return new Begun(
                    begun.platform(), begun.integration(), begun.organization(), verifier, begun.redirectUri());
        });
    }

    /** Forgets consents that nobody ended, and uses of long ago. */
    void sweep() {
        database.change(connection -> {
            try (PreparedStatement delete = connection.prepareStatement(DROP_STATES)) {
                delete.setLong(1, clock.millis());
                delete.executeUpdate();
            }
            try (PreparedStatement delete = connection.prepareStatement(DROP_USES)) {
                delete.setLong(1, clock.instant().minus(USES_KEPT).toEpochMilli());
                delete.executeUpdate();
            }
        });
    }
}
