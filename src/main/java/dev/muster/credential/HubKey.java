package dev.muster.credential;

import com.google.crypto.tink.subtle.Hkdf;
import dev.muster.audit.AuditSeal;
import dev.muster.db.Database;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Clock;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * One key of the hub from which others are derived: what they make has to be found again years later, so it does not rotate. It
 * is in the database under the outer key's seal, and that seal does rotate.
 */
public final class HubKey {
    private static final String NAME = "hub";
    private static final int KEY_BYTES = 32;
    private static final String HMAC = "HmacSHA256";
    private static final byte[] LABEL = "muster hub key".getBytes(StandardCharsets.US_ASCII);

    private static final String FIND = "SELECT wrapped, kek FROM hub_keys WHERE name = ?";
    private static final String INSERT = "INSERT INTO hub_keys (name, wrapped, kek, created_at) VALUES (?, ?, ?, ?)"
            + " ON CONFLICT (name) DO NOTHING";
    private static final String REWRAP = "UPDATE hub_keys SET wrapped = ?, kek = ? WHERE name = ?";

    private final Database database;
    private final List<OuterKey> outerKeys;
    private final byte[] key;

    private HubKey(Database database, List<OuterKey> outerKeys, byte[] key) {
        this.database = database;
        this.outerKeys = outerKeys;
        this.key = key;
    }

    private record Wrapped(byte[] bytes, String kek) {}

    /**
     * Opens the stored key; makes one where there is none.
     *
     * @param outerKeys the one that seals first; see {@link OuterKey#of}
     * @throws IllegalArgumentException if it was sealed under a key that this hub has not
     */
    public static HubKey open(Database database, Clock clock, List<OuterKey> outerKeys) {
        Optional<Wrapped> stored = find(database);
        if (stored.isEmpty()) {
            make(database, clock, outerKeys.get(0));
            stored = find(database);
        }
        return new HubKey(database, List.copyOf(outerKeys), unwrapped(stored.orElseThrow(), outerKeys));
    }

    private static Optional<Wrapped> find(Database database) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(FIND)) {
                select.setString(1, NAME);
                try (ResultSet row = select.executeQuery()) {
                    return row.next()
                            ? Optional.of(new Wrapped(row.getBytes("wrapped"), row.getString("kek")))
                            : Optional.empty();
                }
            }
        });
    }

    /** Two hubs may do it at once: one of their keys stays, and both use that. */
    private static void make(Database database, Clock clock, OuterKey outer) {
        byte[] fresh = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(fresh);
        byte[] wrapped = wrapped(fresh, outer);
        Arrays.fill(fresh, (byte) 0);
        database.change(connection -> {
            try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
                insert.setString(1, NAME);
                insert.setBytes(2, wrapped);
                insert.setString(3, outer.fingerprint());
                insert.setLong(4, clock.millis());
                insert.executeUpdate();
            }
        });
    }

    private static byte[] wrapped(byte[] key, OuterKey outer) {
        try {
            return outer.aead().encrypt(key, LABEL);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("The hub's key could not be sealed", e);
        }
    }

    private static byte[] unwrapped(Wrapped wrapped, List<OuterKey> outerKeys) {
        for (OuterKey outer : outerKeys) {
            if (outer.fingerprint().equals(wrapped.kek())) {
                try {
                    return outer.aead().decrypt(wrapped.bytes(), LABEL);
                } catch (GeneralSecurityException e) {
                    throw new IllegalArgumentException(
                            "The hub's key in the table hub_keys was changed: restore that table from a backup");
                }
            }
        }
        throw new IllegalArgumentException("This database belongs to another ENCRYPTION_KEY (" + wrapped.kek()
                + ", this hub has " + outerKeys + "): give this hub the one that was in use, as ENCRYPTION_KEY or"
                + " ENCRYPTION_KEY_PREVIOUS, and start it again");
    }

    /** Seals the stored key with the outer key that is first now. */
    public void rewrap() {
        OuterKey outer = outerKeys.get(0);
        byte[] wrapped = wrapped(key, outer);
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement(REWRAP)) {
                update.setBytes(1, wrapped);
                update.setString(2, outer.fingerprint());
                update.setString(3, NAME);
                update.executeUpdate();
            }
        });
    }

    /**
     * A key for one purpose and organization, always the same.
     *
     * @param organization empty for the whole hub
     */
    byte[] derived(String purpose, String organization, int bytes) {
        try {
            return Hkdf.computeHkdf(
                    HMAC,
                    key,
                    LABEL,
                    (purpose.length() + " " + purpose + ' ' + organization).getBytes(StandardCharsets.UTF_8),
                    bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HKDF is not to be had on this JVM", e);
        }
    }

    /** What seals the ends of the audit log's chains. */
    public AuditSeal auditSeal() {
        SecretKeySpec mac = new SecretKeySpec(derived("audit", "", KEY_BYTES), HMAC);
        return new AuditSeal() {
            @Override
            public String seal(byte[] content) {
                return HexFormat.of().formatHex(code(mac, content));
            }

            @Override
            public boolean holds(byte[] content, String code) {
                return MessageDigest.isEqual(
                        seal(content).getBytes(StandardCharsets.US_ASCII), code.getBytes(StandardCharsets.UTF_8));
            }
        };
    }

    static byte[] code(SecretKeySpec key, byte[] content) {
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(key);
            return mac.doFinal(content);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java has HMAC-SHA-256, but this one has not", e);
        }
    }

    @Override
    public String toString() {
        return "HubKey";
    }
}
