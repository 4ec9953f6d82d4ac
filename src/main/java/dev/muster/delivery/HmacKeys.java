package dev.muster.delivery;

import java.security.GeneralSecurityException;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Ready message authentication codes, one per thread and secret: to set one up costs more than to run it over a
 * delivery of ordinary size.
 */
final class HmacKeys {
    /** Secrets remembered per thread; the one unused for longest is forgotten. */
    private static final int REMEMBERED_MAX = 256;

    private final SignatureDigest digest;
    private final SecretFormat format;
    private final ThreadLocal<Map<String, Mac>> ready =
            ThreadLocal.withInitial(() -> new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Mac> eldest) {
                    return size() > REMEMBERED_MAX;
                }
            });

    HmacKeys(SignatureDigest digest, SecretFormat format) {
        this.digest = digest;
        this.format = format;
    }

    /** @return a code without input, of this thread; null where the secret is no key */
    @Nullable
    Mac get(String secret) {
        Map<String, Mac> mine = ready.get();
        Mac mac = mine.get(secret);
        if (mac == null) {
            byte @Nullable [] key = format.decode(secret);
            if (key == null) {
                return null;
            }
            try {
                mac = Mac.getInstance(digest.hmac());
                mac.init(new SecretKeySpec(key, digest.hmac()));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("This Java has no " + digest.hmac(), e);
            }
            mine.put(secret, mac);
        } else {
            mac.reset();
        }
        return mac;
    }
}
