package dev.muster.access;

import static dev.muster.access.Permission.DECIDE;
import static dev.muster.access.Permission.READ;
import static dev.muster.access.Permission.REPLAY;
import static dev.muster.access.Permission.RUN;
import static dev.muster.access.Permission.UNDO;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Permissions that go together. A role is a word for making keys: what a key has is its permissions. */
public enum Role {
    VIEWER(EnumSet.of(READ)),
    OPERATOR(EnumSet.of(READ, DECIDE, REPLAY, UNDO, RUN)),
    ADMIN(EnumSet.allOf(Permission.class));

    private final Set<Permission> permissions;

    Role(Set<Permission> permissions) {
        this.permissions = Set.copyOf(permissions);
    }

    public Set<Permission> permissions() {
        return permissions;
    }

    /** The name in the API, such as {@code viewer}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @return empty where there is no such role */
    public static Optional<Role> of(String id) {
        return Arrays.stream(values()).filter(role -> role.id().equals(id)).findFirst();
    }
}
