package dev.muster.delivery;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Ed25519 public keys, read once. */
final class Ed25519Keys {
    static final int SIGNATURE_BYTES = 64;
    /** Each costs some 100 microseconds, and a sender without a key should not cost more than one with. */
    static final int SIGNATURES_MAX = 4;

    private static final int KEY_BYTES = 32;
    /** What a raw key needs in front of it to be an X.509 key. */
    private static final byte[] X509_PREFIX = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

    private static final int REMEMBERED_MAX = 1_000;

    private final SecretFormat format;
    private final Map<String, PublicKey> ready = new ConcurrentHashMap<>();

    Ed25519Keys(SecretFormat format) {
        this.format = format;
    }

    /** @return a verifier that waits for the message; null where the text is no public key */
    @Nullable
    Signature verifier(String publicKey) {
        try {
            PublicKey key = ready.get(publicKey);
            if (key == null) {
                key = read(publicKey);
                if (key == null) {
                    return null;
                }
                if (ready.size() >= REMEMBERED_MAX) {
                    ready.clear();
                }
                ready.put(publicKey, key);
            }
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(key);
            return verifier;
        } catch (GeneralSecurityException | RuntimeException e) {
            // 32 bytes that are no point of the curve: no key of anybody
            return null;
        }
    }

    private @Nullable PublicKey read(String publicKey) throws GeneralSecurityException {
        byte @Nullable [] raw = format.decode(publicKey);
        if (raw == null || raw.length != KEY_BYTES) {
            return null;
        }
        byte[] encoded = new byte[X509_PREFIX.length + KEY_BYTES];
        System.arraycopy(X509_PREFIX, 0, encoded, 0, X509_PREFIX.length);
        System.arraycopy(raw, 0, encoded, X509_PREFIX.length, KEY_BYTES);
        return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
    }

    /** Does the verifier's message have this signature? */
    static boolean holds(Signature verifier, byte[] signature) {
        try {
            return signature.length == SIGNATURE_BYTES && verifier.verify(signature);
        } catch (GeneralSecurityException | RuntimeException e) {
            return false;
        }
    }
}
