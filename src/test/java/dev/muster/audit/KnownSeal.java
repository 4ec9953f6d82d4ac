package dev.muster.audit;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A seal whose key the test knows. */
public record KnownSeal(String key) implements AuditSeal {
    public static final AuditSeal SEAL = new KnownSeal("a key for tests");

    @Override
    public String seal(byte[] content) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(content));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public boolean holds(byte[] content, String mac) {
        return seal(content).equals(mac);
    }
}
