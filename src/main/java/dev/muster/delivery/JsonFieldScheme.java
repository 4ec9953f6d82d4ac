package dev.muster.delivery;

import com.fasterxml.jackson.core.JsonPointer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A fixed token inside the JSON body, for platforms that can do no better. */
final class JsonFieldScheme implements SignatureScheme {
    private final JsonPointer field;

    JsonFieldScheme(SignatureSettings settings) {
        this.field = SignatureScheme.given(settings.field(), "a field");
    }

    @Override
    public Verification verify(SignedRequest request, List<String> secrets, Instant now) {
        String token = request.body().scalar(field);
        if (token == null || token.isEmpty()) {
            return Verification.MISSING;
        }
        return TokenScheme.isOneOf(token.getBytes(StandardCharsets.UTF_8), secrets)
                ? Verification.VERIFIED
                : Verification.WRONG;
    }

    @Override
    public Optional<String> problemWith(String secret) {
        return Optional.ofNullable(SecretFormat.TEXT.problemWith(secret));
    }
}
