package dev.muster.access;

import dev.muster.db.Ids;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key to the API, without its secret.
 *
 * @param organization the only one it sees; null where it sees all
 * @param createdBy the name of the caller who made it
 * @param expiresAt null where it does not
 * @param revokedAt null where it was not
 * @param lastUsedAt up to a minute old; null where it never was
 */
public record ApiKey(
        long id,
        String name,
        @Nullable String organization,
        Set<Permission> permissions,
        String createdBy,
        Instant createdAt,
        @Nullable Instant expiresAt,
        @Nullable Instant revokedAt,
        @Nullable Instant lastUsedAt) {

    public ApiKey {
        permissions = Set.copyOf(permissions);
    }

    /** Whether it opens anything at a moment. */
    public boolean isGood(Instant now) {
        return revokedAt == null && (expiresAt == null || expiresAt.isAfter(now));
    }

    Caller caller() {
        String readable = Ids.format(id);
        // keys of one name are told apart by whoever reads what they did
        return new Caller("key:" + readable, "key " + name + " (" + readable + ")", permissions, organization);
    }
}
