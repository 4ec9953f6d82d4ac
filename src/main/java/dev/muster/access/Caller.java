package dev.muster.access;

import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who asks.
 *
 * @param id tells the caller from every other, whatever both are called; no secret
 * @param name as the audit trail and people read it; no secret
 * @param organization the only one it sees; null where it sees all
 */
public record Caller(
        String id,
        String name,
        Set<Permission> permissions,
        @Nullable String organization) {
    /** Has shown nothing, may do nothing, sees nothing. */
    public static final Caller NOBODY = new Caller("nobody", "nobody", Set.of(), "");

    public Caller {
        permissions = Set.copyOf(permissions);
    }

    public boolean may(Permission permission) {
        return permissions.contains(permission);
    }

    /** Whether what belongs to this organization is there for the caller. */
    public boolean sees(String organization) {
        return this.organization == null || this.organization.equals(organization);
    }

    /** @throws Refusal 403 where the caller may not */
    public void require(Permission permission) {
        if (!may(permission)) {
            throw new Refusal(
                    FailureCode.FORBIDDEN,
                    403,
                    name + " may not do this: it needs the permission '" + permission.id()
                            + "'. Use a key that has it, or ask whoever gives out the keys",
                    Map.of(
                            "WWW-Authenticate",
                            "Bearer error=\"insufficient_scope\", scope=\"" + permission.scope() + "\""));
        }
    }
}
