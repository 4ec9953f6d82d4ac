package dev.muster.delivery;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;

/** Signs what the hub sends, by Standard Webhooks 1.0 ({@code v1}): what {@link StandardWebhooksScheme} verifies. */
public final class StandardWebhooks {
    private static final SecretFormat FORMAT = new SecretFormat(SecretFormat.Kind.BASE64, "whsec_");
    private static final HmacKeys KEYS = new HmacKeys(SignatureDigest.SHA256, FORMAT);

    /** The standard's own bound: a shorter key can be guessed. */
    private static final int KEY_BYTES_LEAST = 24;

    private StandardWebhooks() {}

    /**
     * The headers of one attempt.
     *
     * @param id the same for every attempt
     * @param secret without a {@link #problemWith problem}
     */
    public static Map<String, String> headers(String id, Instant now, byte[] body, String secret) {
        String timestamp = Long.toString(now.getEpochSecond());
        Mac mac = requireNonNull(KEYS.get(secret), "the secret is no key");
        mac.update((id + '.' + timestamp + '.').getBytes(StandardCharsets.UTF_8));
        String signature = Base64.getEncoder().encodeToString(mac.doFinal(body));
        return Map.of("webhook-id", id, "webhook-timestamp", timestamp, "webhook-signature", "v1," + signature);
    }

    /** What is wrong with a secret, without repeating it. */
    public static Optional<String> problemWith(String secret) {
        byte[] key = FORMAT.decode(secret);
        return key == null || key.length < KEY_BYTES_LEAST
                ? Optional.of("what the variable holds is not whsec_ and the base64 of at least " + KEY_BYTES_LEAST
                        + " bytes")
                : Optional.empty();
    }
}
