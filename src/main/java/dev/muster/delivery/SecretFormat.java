package dev.muster.delivery;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * How a secret's text becomes key bytes.
 *
 * @param prefix removed first where the secret begins with it, such as {@code whsec_}
 */
record SecretFormat(Kind kind, String prefix) {
    static final SecretFormat TEXT = new SecretFormat(Kind.UTF_8, "");

    enum Kind {
        UTF_8,
        HEX,
        BASE64
    }

    /** @return null where the secret is not of this format or empty */
    byte @Nullable [] decode(String secret) {
        String text = secret.startsWith(prefix) ? secret.substring(prefix.length()) : secret;
        byte @Nullable [] key =
                switch (kind) {
                    case UTF_8 -> text.getBytes(StandardCharsets.UTF_8);
                    case HEX -> SignatureEncoding.HEX.decode(text);
                    case BASE64 -> SignatureEncoding.BASE64.decode(text);
                };
        return key == null || key.length == 0 ? null : key;
    }

    /** What is wrong with a secret, without repeating it; null where nothing is. */
    @Nullable
    String problemWith(String secret) {
        if (secret.isBlank()) {
            return "the secret is empty";
        }
        if (decode(secret) != null) {
            return null;
        }
        return switch (kind) {
            case UTF_8 -> "the secret is empty";
            case HEX -> "the secret is not an even number of hex digits";
            case BASE64 -> "the secret is not base64" + (prefix.isEmpty() ? "" : " after " + prefix);
        };
    }
}
