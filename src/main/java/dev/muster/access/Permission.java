package dev.muster.access;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a caller may be allowed. */
public enum Permission {
    /** See whatever there is to see of an organization. */
    READ,
    /** Settle conflicts and duplicates, set and lift overrides, merge. */
    DECIDE,
    /** Send operations and dead letters through once more. */
    REPLAY,
    /** Take back what was applied. */
    UNDO,
    /** Start and stop syncs and flows. */
    RUN,
    /** Connect accounts of platforms and the channels of alerts. */
    CONNECT,
    /** Erase a person, and hand out all that is known of one. */
    ERASE,
    /** Read the audit trail. */
    AUDIT,
    /** Make and revoke keys, make organizations. */
    ADMINISTER;

    private static final String SCOPE = "muster:";

    /** The name in the API and in the store, such as {@code read}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The name among the scopes of an issuer's token, such as {@code muster:read}. */
    public String scope() {
        return SCOPE + id();
    }

    /** @return empty where there is no such permission */
    public static Optional<Permission> of(String id) {
        return Arrays.stream(values())
                .filter(permission -> permission.id().equals(id))
                .findFirst();
    }

    /** @return empty where the scope is none of ours */
    static Optional<Permission> ofScope(String scope) {
        return scope.startsWith(SCOPE) ? of(scope.substring(SCOPE.length())) : Optional.empty();
    }
}
