package dev.muster.credential;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.TinkProtoKeysetFormat;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import dev.muster.call.CredentialUnusable;
import dev.muster.db.Database;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
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
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seals secrets with AES-256-GCM. Every generation of the vault's key is in the database, sealed with the outer key; the
 * newest seals, all of them open, so that hubs which do not know of a new one yet go on.
 */
public final class Vault {
    private static final Logger LOG = LoggerFactory.getLogger(Vault.class);

    /** How soon other hubs seal with a new generation. */
    private static final Duration NEWEST_KNOWN_FOR = Duration.ofSeconds(5);

    /** A hub that knows only the older generation has sealed its last with it by then. */
    private static final Duration KEPT_AFTER_USE = Duration.ofHours(1);

    private static final int BATCH = 200;

    private static final String NEWEST = "SELECT MAX(generation) FROM vault_keys";
    private static final String KEY = "SELECT wrapped, kek FROM vault_keys WHERE generation = ?";
    private static final String INSERT =
            "INSERT INTO vault_keys (generation, wrapped, kek, created_at) VALUES (?, ?, ?, ?)"
                    + " ON CONFLICT (generation) DO NOTHING";
    private static final String DROP_UNUSED = "DELETE FROM vault_keys WHERE generation < ? AND created_at < ?"
            + " AND (SELECT created_at FROM vault_keys WHERE generation = ?) < ?"
            + " AND generation NOT IN (SELECT generation FROM integration_secrets)"
            + " AND generation NOT IN (SELECT generation FROM oauth_tokens)"
            + " AND generation NOT IN (SELECT generation FROM oauth_states)";

    private final Database database;
    private final Clock clock;
    private final List<OuterKey> outerKeys;
    private final Map<Long, Aead> generations = new ConcurrentHashMap<>();
    private volatile Newest newest = new Newest(0, Instant.EPOCH);

    private record Newest(long generation, Instant knownUntil) {}

    /** A table with sealed rows: what names its rows, and what its secrets are called. */
    private record SealedTable(String name, List<String> key, String secretName) {
        String columns() {
            return String.join(", ", key);
        }

        String sameRow() {
            return String.join(" = ? AND ", key) + " = ?";
        }
    }

    private static final List<SealedTable> TABLES = List.of(
            new SealedTable("integration_secrets", List.of("platform", "integration", "name"), ""),
            new SealedTable("oauth_tokens", List.of("platform", "integration"), TokenStore.TOKENS),
            new SealedTable("oauth_states", List.of("state_hash"), TokenStore.VERIFIER));

    /** @param outerKeys the one that seals first; see {@link OuterKey#of} */
    public Vault(Database database, Clock clock, List<OuterKey> outerKeys) {
        this.database = database;
        this.clock = clock;
        this.outerKeys = List.copyOf(outerKeys);
    }

    /** Says in the log where what is stored cannot be opened. */
    public void check() {
        try {
            long generation = database.read(Vault::newestStored);
            if (generation > 0) {
                aead(generation);
            }
        } catch (CredentialUnusable e) {
            LOG.error("{}", e.getMessage());
        }
    }

    Sealed seal(SecretPlace place, byte[] secret) {
        long generation = newest();
        try {
            return new Sealed(generation, aead(generation).encrypt(secret, place.associated()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("A secret could not be sealed", e);
        }
    }

    /**
     * The secret; the caller overwrites it after use.
     *
     * @throws CredentialUnusable if it was changed, belongs elsewhere, or its key is missing
     */
    byte[] open(SecretPlace place, Sealed sealed) {
        try {
            return aead(sealed.generation()).decrypt(sealed.bytes(), place.associated());
        } catch (GeneralSecurityException e) {
            throw new CredentialUnusable("The " + place.name() + " of " + place.platform() + '/' + place.integration()
                    + " does not open: the row was changed, or comes from another integration. Set it anew with"
                    + " ./muster integration set");
        }
    }

    private long newest() {
        Newest known = newest;
        if (known.generation() > 0 && clock.instant().isBefore(known.knownUntil())) {
            return known.generation();
        }
        long stored = database.read(Vault::newestStored);
        long generation = stored > 0 ? stored : add(1);
        newest = new Newest(generation, clock.instant().plus(NEWEST_KNOWN_FOR));
        return generation;
    }

    private static long newestStored(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(NEWEST);
                ResultSet rows = select.executeQuery()) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }

    /** Two hubs may do it at once: one of their keys stays, and both use that. */
    private long add(long generation) {
        OuterKey outer = outerKeys.get(0);
        byte[] wrapped;
        try {
            wrapped = TinkProtoKeysetFormat.serializeEncryptedKeyset(
                    KeysetHandle.generateNew(PredefinedAeadParameters.AES256_GCM), outer.aead(), label(generation));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("No key could be made", e);
        }
        database.change(connection -> {
            try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
                insert.setLong(1, generation);
                insert.setBytes(2, wrapped);
                insert.setString(3, outer.fingerprint());
                insert.setLong(4, clock.millis());
                insert.executeUpdate();
            }
        });
        return generation;
    }

    private static byte[] label(long generation) {
        return ("muster vault key " + generation).getBytes(StandardCharsets.US_ASCII);
    }

    private Aead aead(long generation) {
        Aead known = generations.get(generation);
        return known != null ? known : generations.computeIfAbsent(generation, this::unwrapped);
    }

    private record Wrapped(byte[] bytes, String kek) {}

    private Aead unwrapped(long generation) {
        Wrapped wrapped = database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(KEY)) {
                select.setLong(1, generation);
                try (ResultSet row = select.executeQuery()) {
                    return row.next()
                            ? new Wrapped(row.getBytes("wrapped"), row.getString("kek"))
                            : new Wrapped(new byte[0], "");
                }
            }
        });
        for (OuterKey outer : outerKeys) {
            if (outer.fingerprint().equals(wrapped.kek())) {
                try {
                    return TinkProtoKeysetFormat.parseEncryptedKeyset(wrapped.bytes(), outer.aead(), label(generation))
                            .getPrimitive(RegistryConfiguration.get(), Aead.class);
                } catch (GeneralSecurityException e) {
                    throw new CredentialUnusable("The vault's key " + generation
                            + " in the table vault_keys was changed: restore that table from a backup");
                }
            }
        }
        throw new CredentialUnusable(
                "Stored secrets were sealed under another key (" + wrapped.kek() + ", this hub has "
                        + outerKeys + "): give this hub the ENCRYPTION_KEY that was in use, as ENCRYPTION_KEY or"
                        + " ENCRYPTION_KEY_PREVIOUS, and start it again");
    }

    /**
     * Makes a new generation and seals everything with it, in transactions of {@value #BATCH} rows, while hubs go on
     * reading and writing. What other hubs seal with the older one meanwhile, {@link #upkeep} seals anew.
     *
     * @return how many secrets were sealed anew
     */
    public int rotate() {
        long generation = add(database.read(Vault::newestStored) + 1);
        newest = new Newest(generation, clock.instant().plus(NEWEST_KNOWN_FOR));
        int resealed = resealOlder(generation);
        LOG.info("The vault's key {} is in use; {} secrets were sealed anew", generation, resealed);
        return resealed;
    }

    /** Seals anew what a hub sealed with an older generation after a rotation, and forgets generations without use. */
    public void upkeep() {
        long generation = database.read(Vault::newestStored);
        if (generation <= 1) {
            return;
        }
        int resealed = resealOlder(generation);
        long before = clock.instant().minus(KEPT_AFTER_USE).toEpochMilli();
        if (resealed == 0) {
            generations.keySet().removeIf(older -> older < generation);
            database.change(connection -> {
                try (PreparedStatement delete = connection.prepareStatement(DROP_UNUSED)) {
                    delete.setLong(1, generation);
                    delete.setLong(2, before);
                    delete.setLong(3, generation);
                    delete.setLong(4, before);
                    delete.executeUpdate();
                }
            });
        }
    }

    private int resealOlder(long generation) {
        int resealed = 0;
        for (SealedTable table : TABLES) {
            int batch;
            do {
                batch = database.write(connection -> resealBatch(connection, table, generation));
                resealed += batch;
            } while (batch > 0);
        }
        return resealed;
    }

    private record Row(List<String> key, SecretPlace place, Sealed sealed) {}

    private int resealBatch(Connection connection, SealedTable table, long generation) throws SQLException {
        List<Row> rows = new ArrayList<>();
        String places =
                "organization, platform, integration" + (table.secretName().isEmpty() ? ", name" : "");
        // The row stays locked until it is written: a token that is stored meanwhile comes after, and stays.
        String lock = database.dialect() == Database.Dialect.POSTGRESQL ? " FOR UPDATE" : "";
        try (PreparedStatement select =
                connection.prepareStatement("SELECT " + table.columns() + ", " + places + ", generation, sealed FROM "
                        + table.name() + " WHERE generation < ? ORDER BY " + table.columns() + " LIMIT " + BATCH
                        + lock)) {
            select.setLong(1, generation);
            try (ResultSet found = select.executeQuery()) {
                while (found.next()) {
                    List<String> key = new ArrayList<>();
                    for (String column : table.key()) {
                        key.add(found.getString(column));
                    }
                    rows.add(new Row(
                            key,
                            new SecretPlace(
                                    found.getString("organization"),
                                    found.getString("platform"),
                                    found.getString("integration"),
                                    table.secretName().isEmpty() ? found.getString("name") : table.secretName()),
                            new Sealed(found.getLong("generation"), found.getBytes("sealed"))));
                }
            }
        }
        int written = 0;
        try (PreparedStatement update = connection.prepareStatement("UPDATE " + table.name()
                + " SET generation = ?, sealed = ? WHERE " + table.sameRow() + " AND generation = ?")) {
            for (Row row : rows) {
                Sealed anew;
                try {
                    anew = resealed(row, generation);
                } catch (CredentialUnusable e) {
                    LOG.error("Not sealed anew: {}", e.getMessage());
                    continue;
                }
                update.setLong(1, anew.generation());
                update.setBytes(2, anew.bytes());
                int index = 3;
                for (String part : row.key()) {
                    update.setString(index++, part);
                }
                update.setLong(index, row.sealed().generation());
                written += update.executeUpdate();
            }
        }
        return written;
    }

    private Sealed resealed(Row row, long generation) {
        byte[] secret = open(row.place(), row.sealed());
        try {
            return new Sealed(
                    generation, aead(generation).encrypt(secret, row.place().associated()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("A secret could not be sealed anew", e);
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }
}
