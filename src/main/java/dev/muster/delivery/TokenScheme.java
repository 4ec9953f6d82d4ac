package dev.muster.delivery;

import dev.muster.delivery.SignatureCarrier.Carried;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A fixed token in a header, perhaps after {@code Bearer}; or, after {@code Basic} and in base64,
 * {@code user:password}. It proves who sends but not what is sent.
 */
final class TokenScheme implements SignatureScheme {
    private final SignatureCarrier carrier;
    private final @Nullable SignatureEncoding encoding;

    TokenScheme(SignatureSettings settings) {
        this.carrier = SignatureScheme.given(settings.carrier(), "a header");
        this.encoding = settings.encoding();
    }

    @Override
    public Verification verify(SignedRequest request, List<String> secrets, Instant now) {
        Carried carried = carrier.read(request);
        if (carried == null) {
            return Verification.MISSING;
        }
        if (carried.texts().isEmpty()) {
            return Verification.WRONG;
        }
        String text = carried.texts().get(0);
        byte @Nullable [] token = encoding == null ? text.getBytes(StandardCharsets.UTF_8) : encoding.decode(text);
        return isOneOf(token, secrets) ? Verification.VERIFIED : Verification.WRONG;
    }

    @Override
    public Optional<String> problemWith(String secret) {
        return Optional.ofNullable(SecretFormat.TEXT.problemWith(secret));
    }

    /** Compares with all secrets, so that the time taken does not tell which one came close. */
    static boolean isOneOf(byte @Nullable [] token, List<String> secrets) {
        if (token == null || token.length == 0) {
            return false;
        }
        boolean any = false;
        for (String secret : secrets) {
            any |= MessageDigest.isEqual(secret.getBytes(StandardCharsets.UTF_8), token);
        }
        return any;
    }
}
