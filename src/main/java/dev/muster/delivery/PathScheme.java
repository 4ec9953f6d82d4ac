package dev.muster.delivery;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A secret in the path, for platforms that sign nothing: the body is a hint only, to be fetched back. */
final class PathScheme implements SignatureScheme {
    /** Shorter ones can be guessed through an open door. */
    private static final int SECRET_LENGTH_MIN = 16;

    @Override
    public Verification verify(SignedRequest request, List<String> secrets, Instant now) {
        @Nullable String given = request.pathSecret();
        if (given == null || given.isEmpty()) {
            return Verification.MISSING;
        }
        return TokenScheme.isOneOf(given.getBytes(StandardCharsets.UTF_8), secrets)
                ? Verification.VERIFIED
                : Verification.WRONG;
    }

    @Override
    public Optional<String> problemWith(String secret) {
        return secret.length() < SECRET_LENGTH_MIN
                ? Optional.of("the secret in the path is shorter than " + SECRET_LENGTH_MIN
                        + " characters; take 32 random bytes, for instance: openssl rand -hex 32")
                : Optional.empty();
    }
}
