package dev.muster.demo;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives out OAuth tokens as a strict platform does: they end, a refresh token that rotates works once, and a code works
 * once, for the redirect and the verifier it was made for. Safe for use by several threads.
 */
final class TokenDesk {
    /** Whether a token opens the door. */
    enum Standing {
        VALID,
        EXPIRED,
        UNKNOWN
    }

    /** @param refreshToken null where the grant gives none */
    record Tokens(String accessToken, @Nullable String refreshToken, long lifetimeSeconds) {}

    private record Code(String redirect, @Nullable String challenge, Instant until) {}

    private static final Duration CODE_LIFETIME = Duration.ofMinutes(1);
    private static final int TOKEN_LENGTH = 40;

    private final Clock clock;
    private final Random random;
    private final Duration lifetime;
    private final boolean rotates;
    private final Map<String, Instant> accessTokens = new HashMap<>();
    private final Map<String, Code> codes = new HashMap<>();
    private final Set<String> refreshTokens = new HashSet<>();
    private final Set<String> spent = new HashSet<>();
    private long reuses;

    /** @param rotates whether each refresh ends the refresh token it was asked with, and gives another */
    TokenDesk(Clock clock, Random random, Duration lifetime, boolean rotates) {
        this.clock = clock;
        this.random = random;
        this.lifetime = lifetime;
        this.rotates = rotates;
    }

    /** New tokens. */
    synchronized Tokens issue(boolean refreshable) {
        String access = letters();
        accessTokens.put(access, clock.instant().plus(lifetime));
        String refresh = null;
        if (refreshable) {
            refresh = letters();
            refreshTokens.add(refresh);
        }
        return new Tokens(access, refresh, lifetime.toSeconds());
    }

    /** Nothing where the refresh token is unknown or was used before. */
    synchronized Optional<Tokens> refresh(String refreshToken) {
        if (spent.contains(refreshToken)) {
            reuses++;
            return Optional.empty();
        }
        if (!refreshTokens.contains(refreshToken)) {
            return Optional.empty();
        }
        if (rotates) {
            refreshTokens.remove(refreshToken);
            spent.add(refreshToken);
            return Optional.of(issue(true));
        }
        Tokens tokens = issue(false);
        return Optional.of(new Tokens(tokens.accessToken(), refreshToken, tokens.lifetimeSeconds()));
    }

    /** A code for somebody who agreed. */
    synchronized String code(String redirect, @Nullable String challenge) {
        String code = letters();
        codes.put(code, new Code(redirect, challenge, clock.instant().plus(CODE_LIFETIME)));
        return code;
    }

    /** Nothing where the code is unknown, used, too old, or was made for another redirect or verifier. */
    synchronized Optional<Tokens> redeem(String code, String redirect, @Nullable String verifier) {
        Code known = codes.remove(code);
        if (known == null
                || !known.redirect().equals(redirect)
                || clock.instant().isAfter(known.until())
                || known.challenge() != null
                        && (verifier == null || !known.challenge().equals(challenge(verifier)))) {
            return Optional.empty();
        }
        return Optional.of(issue(true));
    }

    synchronized Standing standing(String accessToken) {
        Instant until = accessTokens.get(accessToken);
        if (until == null) {
            return Standing.UNKNOWN;
        }
        return clock.instant().isBefore(until) ? Standing.VALID : Standing.EXPIRED;
    }

    /** From now on every access token given out so far has expired. */
    synchronized void expireAll() {
        accessTokens.replaceAll((token, until) -> Instant.EPOCH);
    }

    /** What the owner of the account does who removes the application: nothing that was given out works. */
    synchronized void revokeAll() {
        accessTokens.clear();
        spent.addAll(refreshTokens);
        refreshTokens.clear();
        codes.clear();
    }

    /** How often a refresh token came that had been used before. */
    synchronized long reuses() {
        return reuses;
    }

    /** The challenge of a verifier, as RFC 7636 makes it with S256. */
    static String challenge(String verifier) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This JDK has no SHA-256", e);
        }
    }

    private String letters() {
        StringBuilder token = new StringBuilder(TOKEN_LENGTH);
        while (token.length() < TOKEN_LENGTH) {
            token.append(Character.forDigit(random.nextInt(36), 36));
        }
        return token.toString();
    }
}
