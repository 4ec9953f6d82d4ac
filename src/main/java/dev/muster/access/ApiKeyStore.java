package dev.muster.access;

import dev.muster.db.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The table {@code api_keys}. */
final class ApiKeyStore {
    private static final String COLUMNS =
            "id, name, organization, permissions, created_by, created_at, expires_at, revoked_at, last_used_at";
    private static final String ADD = """
            INSERT INTO api_keys (id, name, organization, permissions, created_by, created_at, expires_at, secret_hash)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)""";
    private static final String COUNT = "SELECT COUNT(*) FROM api_keys WHERE revoked_at IS NULL";
    private static final String FIND = "SELECT " + COLUMNS + ", secret_hash FROM api_keys WHERE id = ?";
    private static final String LIST = "SELECT " + COLUMNS + " FROM api_keys WHERE id < ? ORDER BY id DESC LIMIT ?";
    static final String LIST_OF_ORGANIZATION =
            "SELECT " + COLUMNS + " FROM api_keys WHERE organization = ? AND id < ? ORDER BY id DESC LIMIT ?";
    private static final String REVOKE = "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL";
    private static final String USED =
            "UPDATE api_keys SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)";

    private final Database database;

    ApiKeyStore(Database database) {
        this.database = database;
    }

    /** A key and the SHA-256 of its secret. */
    record Row(ApiKey key, byte[] secretHash) {}

    /** @return false where there are so many already that nothing was added */
    boolean add(ApiKey key, byte[] secretHash, int most) {
        return database.write(connection -> {
            try (PreparedStatement count = connection.prepareStatement(COUNT);
                    ResultSet counted = count.executeQuery()) {
                if (!counted.next() || counted.getInt(1) >= most) {
                    return false;
                }
            }
            try (PreparedStatement insert = connection.prepareStatement(ADD)) {
                insert.setLong(1, key.id());
                insert.setString(2, key.name());
                insert.setString(3, key.organization());
                insert.setString(4, text(key.permissions()));
                insert.setString(5, key.createdBy());
                insert.setLong(6, key.createdAt().toEpochMilli());
                setTime(insert, 7, key.expiresAt());
                insert.setBytes(8, secretHash);
                insert.executeUpdate();
            }
            return true;
        });
    }

    Optional<Row> find(long id) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(FIND)) {
                select.setLong(1, id);
                try (ResultSet rows = select.executeQuery()) {
                    return rows.next()
                            ? Optional.of(new Row(key(rows), rows.getBytes("secret_hash")))
                            : Optional.empty();
                }
            }
        });
    }

    /**
     * From the newest to the oldest.
     *
     * @param organization null for those of all, and those that see all
     */
    List<ApiKey> list(@Nullable String organization, long before, int limit) {
        return database.read(connection -> {
            try (PreparedStatement select =
                    connection.prepareStatement(organization == null ? LIST : LIST_OF_ORGANIZATION)) {
                int at = 1;
                if (organization != null) {
                    select.setString(at++, organization);
                }
                select.setLong(at++, before);
                select.setInt(at, limit);
                try (ResultSet rows = select.executeQuery()) {
                    List<ApiKey> keys = new ArrayList<>();
                    while (rows.next()) {
                        keys.add(key(rows));
                    }
                    return keys;
                }
            }
        });
    }

    /** In the transaction that also ends what was opened with it. A key that is revoked stays so since when it was. */
    static void revoke(Connection connection, long id, Instant now) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(REVOKE)) {
            update.setLong(1, now.toEpochMilli());
            update.setLong(2, id);
            update.executeUpdate();
        }
    }

    /** @param uses key to its last use, in milliseconds */
    void used(Map<Long, Long> uses) {
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement(USED)) {
                for (Map.Entry<Long, Long> use : uses.entrySet()) {
                    update.setLong(1, use.getValue());
                    update.setLong(2, use.getKey());
                    update.setLong(3, use.getValue());
                    update.addBatch();
                }
                update.executeBatch();
            }
        });
    }

    private static ApiKey key(ResultSet row) throws SQLException {
        Set<Permission> permissions = EnumSet.noneOf(Permission.class);
        // what a newer hub knows and this one does not is not allowed here
        Arrays.stream(row.getString("permissions").split(" "))
                .map(Permission::of)
                .forEach(found -> found.ifPresent(permissions::add));
        return new ApiKey(
                row.getLong("id"),
                row.getString("name"),
                row.getString("organization"),
                permissions,
                row.getString("created_by"),
                Instant.ofEpochMilli(row.getLong("created_at")),
                time(row, "expires_at"),
                time(row, "revoked_at"),
                time(row, "last_used_at"));
    }

    private static String text(Set<Permission> permissions) {
        return permissions.stream().sorted().map(Permission::id).collect(Collectors.joining(" "));
    }

    private static @Nullable Instant time(ResultSet row, String column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? null : Instant.ofEpochMilli(millis);
    }

    private static void setTime(PreparedStatement statement, int at, @Nullable Instant time) throws SQLException {
        if (time == null) {
            statement.setNull(at, Types.BIGINT);
        } else {
            statement.setLong(at, time.toEpochMilli());
        }
    }
}
