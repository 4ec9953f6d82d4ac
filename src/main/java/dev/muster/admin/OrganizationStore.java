package dev.muster.admin;

import dev.muster.db.Database;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The organizations that were made or named here, and those that are known by their accounts alone, configured ones too. */
final class OrganizationStore {
    static final int LIST_MAX = 10_000;

    private static final String LIST = """
            SELECT o.id, o.name, o.created_at FROM organizations o
            UNION SELECT i.organization, i.organization, NULL FROM integrations i
            WHERE NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = i.organization)
            ORDER BY 1 LIMIT ?""";

    private static final String FIND = """
            SELECT o.id, o.name, o.created_at FROM organizations o WHERE o.id = ?
            UNION SELECT i.organization, i.organization, NULL FROM integrations i
            WHERE i.organization = ? AND NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = i.organization)""";

    private static final String INSERT =
            "INSERT INTO organizations (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING";

    private static final String RENAME = """
            INSERT INTO organizations (id, name, created_at) VALUES (?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name""";

    /** Only where nothing belongs to it. */
    private static final String DELETE = """
            DELETE FROM organizations WHERE id = ?
                AND NOT EXISTS (SELECT 1 FROM integrations x WHERE x.organization = organizations.id)
                AND NOT EXISTS (SELECT 1 FROM source_accounts x WHERE x.organization = organizations.id)
                AND NOT EXISTS (SELECT 1 FROM api_keys x WHERE x.organization = organizations.id AND x.revoked_at IS NULL)""";

    private final Database database;
    private final Integrations integrations;
    private final Clock clock;

    OrganizationStore(Database database, Integrations integrations, Clock clock) {
        this.database = database;
        this.integrations = integrations;
        this.clock = clock;
    }

    /** @param createdAt null of one that is known by its accounts alone */
    record Organization(String id, String name, @Nullable Instant createdAt) {}

    /** By id, at most {@link #LIST_MAX} beside the configured ones. */
    List<Organization> list() {
        Map<String, Organization> all = new TreeMap<>();
        database.read(connection -> {
                    try (PreparedStatement select = connection.prepareStatement(LIST)) {
                        select.setInt(1, LIST_MAX);
                        return read(select);
                    }
                })
                .forEach(one -> all.put(one.id(), one));
        for (Integration configured : integrations.configured()) {
            all.putIfAbsent(configured.organization(), unnamed(configured.organization()));
        }
        return List.copyOf(all.values());
    }

    Optional<Organization> find(String id) {
        Optional<Organization> stored = database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(FIND)) {
                select.setString(1, id);
                select.setString(2, id);
                return read(select).stream().findFirst();
            }
        });
        return stored.or(() -> integrations.configured().stream()
                .filter(one -> one.organization().equals(id))
                .map(one -> unnamed(id))
                .findFirst());
    }

    private static Organization unnamed(String id) {
        return new Organization(id, id, null);
    }

    private static List<Organization> read(PreparedStatement select) throws SQLException {
        List<Organization> found = new ArrayList<>();
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                long createdAt = rows.getLong(3);
                Instant created = rows.wasNull() ? null : Instant.ofEpochMilli(createdAt);
                found.add(new Organization(rows.getString(1), rows.getString(2), created));
            }
        }
        return found;
    }

    /** @return whether there was none of this id */
    boolean create(String id, String name) {
        return database.write(connection -> write(connection, INSERT, id, name) == 1);
    }

    void rename(String id, String name) {
        database.change(connection -> write(connection, RENAME, id, name));
    }

    private int write(Connection connection, String sql, String id, String name) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, id);
            insert.setString(2, name);
            insert.setLong(3, clock.millis());
            return insert.executeUpdate();
        }
    }

    /** @return whether it is gone; not where something belongs to it */
    boolean delete(String id) {
        return database.write(connection -> {
            try (PreparedStatement delete = connection.prepareStatement(DELETE)) {
                delete.setString(1, id);
                return delete.executeUpdate() == 1;
            }
        });
    }
}
