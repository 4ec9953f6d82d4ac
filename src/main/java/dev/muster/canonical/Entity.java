package dev.muster.canonical;

import java.util.Locale;
import java.util.Optional;

/** The kinds of golden record. The lower-case name is the one used in configuration, keys, the API and the database. */
public enum Entity {
    MEMBER("members"),
    EVENT("events"),
    REGISTRATION("registrations"),
    MEMBERSHIP("memberships"),
    CAMPAIGN("campaigns"),
    TRANSACTION("transactions"),
    RECURRING_PLAN("recurring_plans");

    private final String table;
    private final String id;

    Entity(String table) {
        this.table = table;
        this.id = name().toLowerCase(Locale.ROOT);
    }

    /** The golden table that holds this entity. */
    public String table() {
        return table;
    }

    /** The lower-case name, such as {@code member}. */
    public String id() {
        return id;
    }

    /** @param id a lower-case name such as {@code member}; anything else is empty */
    public static Optional<Entity> of(String id) {
        for (Entity entity : values()) {
            if (entity.id().equals(id)) {
                return Optional.of(entity);
            }
        }
        return Optional.empty();
    }
}
