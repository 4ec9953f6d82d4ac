package dev.muster.credential;

import dev.muster.platform.Integration;
import dev.muster.platform.Secrets;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How an integration's credential stands: as it is stored, or as it was configured where nothing is, or where a person has
 * configured another since.
 *
 * @param refused why a person has to connect it anew; null where it is taken, and where its secrets are others since
 * @param secrets a fingerprint of all the secrets that are configured
 */
record CredentialState(
        Integration integration,
        TokenStore.Row row,
        @Nullable String refused,
        String secrets) {
    /** A token that ends sooner may end on its way. */
    private static final Duration MARGIN = Duration.ofSeconds(30);

    static CredentialState of(Integration integration, TokenStore.Row row) {
        Secrets configured = integration.secrets();
        String access = configured
                .text(Secrets.ACCESS_TOKEN, "call")
                .or(() -> configured.text(Secrets.API_KEY, "call"))
                .orElse("");
        String refresh = configured.text(Secrets.REFRESH_TOKEN, "call").orElse("");
        String seed = digest(List.of(access, refresh));
        String all = fingerprint(integration);
        boolean stored = !row.tokens().access().isEmpty() && row.tokens().seed().equals(seed);
        boolean refused = row.refused() != null && row.tokens().secrets().equals(all);
        TokenStore.Row standing = stored
                ? row
                : new TokenStore.Row(
                        new Tokens(access, refresh, seed, all),
                        row.refused(),
                        row.version(),
                        null,
                        null,
                        row.baseUrl(),
                        row.renewalBegan(),
                        row.leaseUntil(),
                        row.test(),
                        row.testedAt());
        return new CredentialState(integration, standing, refused ? row.refused() : null, all);
    }

    /** Of all its secrets; a stored one has its version for that. */
    private static String fingerprint(Integration integration) {
        if (integration.origin() == Integration.Origin.STORED) {
            return "v" + integration.version();
        }
        List<String> all = new ArrayList<>();
        for (String name : new TreeSet<>(integration.secrets().names())) {
            all.add(name);
            all.add(integration.secrets().text(name, "call").orElse(""));
        }
        return digest(all);
    }

    private static String digest(List<String> parts) {
        if (parts.stream().allMatch(String::isEmpty)) {
            return "";
        }
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String part : parts) {
                digest.update((part.length() + ":" + part).getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    Tokens tokens() {
        return row.tokens();
    }

    boolean hasToken() {
        return !tokens().access().isEmpty();
    }

    /** Rises with every renewal, and with every change of the integration. */
    long version() {
        return row.version() + integration.version();
    }

    boolean isDue(Instant now) {
        Instant renewAt = row.renewAt();
        return renewAt != null && !now.isBefore(renewAt);
    }

    /** Whether its token can still be shown to the platform. */
    boolean isAlive(Instant now) {
        Instant end = row.expiresAt();
        return end == null || now.plus(MARGIN).isBefore(end);
    }

    /** Shows neither a token nor a fingerprint. */
    @Override
    public String toString() {
        return "CredentialState[" + integration + ", version=" + version() + "]";
    }
}
