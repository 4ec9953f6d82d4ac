package dev.muster.credential;

import com.google.crypto.tink.subtle.AesGcmJce;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.spec.SecretKeySpec;

/** What is kept of people who were erased, so that whoever reads the database learns nobody's name. Safe for many threads. */
public final class PersonKeys {
    private static final int KEY_BYTES = 32;
    private static final int ORGANIZATIONS_MAX = 10_000;

    private final HubKey hub;
    private final Map<String, SecretKeySpec> marking = new ConcurrentHashMap<>();

    public PersonKeys(HubKey hub) {
        this.hub = hub;
    }

    /** A code of a text, always the same in one organization and another in every other. */
    public String mark(String organization, String text) {
        if (marking.size() > ORGANIZATIONS_MAX) {
            marking.clear();
        }
        SecretKeySpec key = marking.computeIfAbsent(
                organization, name -> new SecretKeySpec(hub.derived("suppression", name, KEY_BYTES), "HmacSHA256"));
        return HexFormat.of().formatHex(HubKey.code(key, text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Seals what is known of a person while their raw deliveries are looked for. */
    public byte[] seal(String organization, String text) {
        try {
            return aead(organization)
                    .encrypt(text.getBytes(StandardCharsets.UTF_8), organization.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("What is known of a person could not be sealed", e);
        }
    }

    /** The opposite of {@link #seal}. */
    public String open(String organization, byte[] sealed) {
        try {
            return new String(
                    aead(organization).decrypt(sealed, organization.getBytes(StandardCharsets.UTF_8)),
                    StandardCharsets.UTF_8);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("A row of the table erasures was changed: erase that person once more", e);
        }
    }

    private AesGcmJce aead(String organization) throws GeneralSecurityException {
        return new AesGcmJce(hub.derived("erasure", organization, KEY_BYTES));
    }
}
