package dev.muster.golden;

import static java.util.Objects.requireNonNull;

import dev.muster.canonical.Entity;
import dev.muster.db.RowStatement;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Which canonical fields of an entity have a column of their own; all others share the JSON column {@code attributes},
 * so that a new field needs no migration.
 */
record GoldenTable(Entity entity, List<Column> columns, RowStatement upsert, String select) {

    /** A canonical field and its column. */
    record Column(String field, String name, boolean number) {}

    private static final Map<Entity, GoldenTable> TABLES = new EnumMap<>(Entity.class);

    static {
        define(
                Entity.MEMBER,
                text("email", "email"),
                text("firstName", "first_name"),
                text("lastName", "last_name"),
                text("phone", "phone"),
                text("birthDate", "birth_date"),
                text("addressLine1", "address_line1"),
                text("addressLine2", "address_line2"),
                text("city", "city"),
                text("region", "region"),
                text("postalCode", "postal_code"),
                text("country", "country"),
                text("consentEmail", "consent_email"),
                text("consentSms", "consent_sms"));
        define(
                Entity.EVENT,
                text("name", "name"),
                text("startsAt", "starts_at"),
                text("endsAt", "ends_at"),
                text("status", "status"));
        define(Entity.REGISTRATION, text("member", "member"), text("event", "event"), text("status", "status"));
        define(
                Entity.MEMBERSHIP,
                text("member", "member"),
                text("campaign", "campaign"),
                text("status", "status"),
                new Column("amount", "amount", true),
                text("currency", "currency"));
        define(Entity.CAMPAIGN, text("name", "name"), text("url", "url"));
        define(
                Entity.TRANSACTION,
                text("member", "member"),
                text("campaign", "campaign"),
                text("recurringPlan", "recurring_plan"),
                text("status", "status"),
                new Column("amount", "amount", true),
                text("currency", "currency"),
                text("occurredAt", "occurred_at"));
        define(
                Entity.RECURRING_PLAN,
                text("member", "member"),
                text("campaign", "campaign"),
                text("status", "status"),
                new Column("amount", "amount", true),
                text("currency", "currency"),
                text("startedAt", "started_at"),
                text("endedAt", "ended_at"));
    }

    static GoldenTable of(Entity entity) {
        return requireNonNull(TABLES.get(entity));
    }

    /** The column of a canonical field that has one. */
    String column(String field) {
        return columns.stream()
                .filter(column -> column.field().equals(field))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(entity.id() + " has no column for " + field))
                .name();
    }

    private static Column text(String field, String column) {
        return new Column(field, column, false);
    }

    private static void define(Entity entity, Column... columns) {
        StringBuilder names = new StringBuilder("id, organization");
        StringBuilder types = new StringBuilder("id bigint, organization text");
        StringBuilder updates = new StringBuilder();
        for (Column column : columns) {
            names.append(", ").append(column.name());
            types.append(", ").append(column.name()).append(column.number() ? " bigint" : " text");
            updates.append(column.name())
                    .append(" = excluded.")
                    .append(column.name())
                    .append(", ");
        }
        names.append(", attributes, version, created_at, updated_at, deleted_at, merged_into");
        types.append(", attributes text, version bigint, created_at bigint, updated_at bigint, deleted_at bigint,")
                .append(" merged_into bigint");
        RowStatement upsert = RowStatement.of("INSERT INTO " + entity.table() + " (" + names + ") SELECT " + names
                + " FROM {" + types + "} r WHERE true ON CONFLICT (id) DO UPDATE SET " + updates
                + "attributes = excluded.attributes, version = excluded.version, updated_at = excluded.updated_at,"
                + " deleted_at = excluded.deleted_at, merged_into = excluded.merged_into");
        String select = "SELECT " + names + " FROM " + entity.table();
        TABLES.put(entity, new GoldenTable(entity, List.of(columns), upsert, select));
    }
}
