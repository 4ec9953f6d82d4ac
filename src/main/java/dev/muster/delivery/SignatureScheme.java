package dev.muster.delivery;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a platform proves that a delivery is its own: a class per scheme, all parameters from the platform's file. Safe
 * for use by many threads. No input makes it throw: whatever cannot be read is a signature that is missing or wrong.
 */
public sealed interface SignatureScheme
        permits SignedMessageScheme, StandardWebhooksScheme, TokenScheme, PathScheme, JsonFieldScheme {

    /**
     * Compares in constant time, and looks at the time only after the signature holds.
     *
     * @param secrets those valid now, at least two during a rotation (public keys for Ed25519); any of them will do.
     *     Empty ones and ones in the wrong format fit nothing, and without any secret nothing is verified.
     * @param now the receiver's clock
     */
    Verification verify(SignedRequest request, List<String> secrets, Instant now);

    /** What is wrong with the form of a secret, without repeating it: to be asked when configuration is read. */
    Optional<String> problemWith(String secret);

    /** @param settings read and found good */
    static SignatureScheme of(SignatureSettings settings) {
        return switch (settings.scheme()) {
            case HMAC -> new HmacScheme(settings);
            case HASH -> new HashScheme(settings);
            case ED25519 -> new Ed25519Scheme(settings);
            case STANDARD_WEBHOOKS -> new StandardWebhooksScheme(settings);
            case TOKEN -> new TokenScheme(settings);
            case PATH -> new PathScheme();
            case JSON_FIELD -> new JsonFieldScheme(settings);
        };
    }

    /** @return the value, which the settings' reader promises for this scheme */
    static <T> T given(@Nullable T setting, String name) {
        if (setting == null) {
            throw new IllegalArgumentException("signature settings without " + name);
        }
        return setting;
    }
}
