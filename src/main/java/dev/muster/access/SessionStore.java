package dev.muster.access;

import dev.muster.db.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** The table {@code sessions}. */
final class SessionStore {
    private static final String ADD =
            "INSERT INTO sessions (id_hash, opened_by, opened_at, expires_at, ends_at) VALUES (?, ?, ?, ?, ?)";
    private static final String FIND = "SELECT opened_by, expires_at, ends_at FROM sessions WHERE id_hash = ?";
    private static final String END = "DELETE FROM sessions WHERE id_hash = ?";
    private static final String END_ALL = "DELETE FROM sessions WHERE opened_by = ?";
    private static final String END_OLDEST = """
            DELETE FROM sessions WHERE id_hash IN
                (SELECT id_hash FROM sessions WHERE opened_by = ? ORDER BY opened_at DESC LIMIT 1000 OFFSET ?)""";
    private static final String SEEN = "UPDATE sessions SET expires_at = ? WHERE id_hash = ? AND expires_at < ?";
    private static final String SWEEP = "DELETE FROM sessions WHERE expires_at <= ?";

    private final Database database;

    SessionStore(Database database) {
        this.database = database;
    }

    /**
     * @param openedBy the key's id, or which admin token
     * @param expiresAt unless it is used before
     * @param endsAt however much it is used
     */
    record Row(String openedBy, Instant expiresAt, Instant endsAt) {}

    /** Adds one; of those with the same opener the oldest end where there are too many. */
    void add(String idHash, Row row, Instant openedAt, int most) {
        database.change(connection -> {
            try (PreparedStatement delete = connection.prepareStatement(END_OLDEST)) {
                delete.setString(1, row.openedBy());
                delete.setInt(2, most - 1);
                delete.executeUpdate();
            }
            try (PreparedStatement insert = connection.prepareStatement(ADD)) {
                insert.setString(1, idHash);
                insert.setString(2, row.openedBy());
                insert.setLong(3, openedAt.toEpochMilli());
                insert.setLong(4, row.expiresAt().toEpochMilli());
                insert.setLong(5, row.endsAt().toEpochMilli());
                insert.executeUpdate();
            }
        });
    }

    Optional<Row> find(String idHash) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(FIND)) {
                select.setString(1, idHash);
                try (ResultSet row = select.executeQuery()) {
                    return row.next()
                            ? Optional.of(new Row(
                                    row.getString("opened_by"),
                                    Instant.ofEpochMilli(row.getLong("expires_at")),
                                    Instant.ofEpochMilli(row.getLong("ends_at"))))
                            : Optional.empty();
                }
            }
        });
    }

    void end(String idHash) {
        database.change(connection -> delete(connection, END, idHash));
    }

    static void endAllOf(Connection connection, String openedBy) throws SQLException {
        delete(connection, END_ALL, openedBy);
    }

    /** @param expiries session to when it expires now that it was used, in milliseconds */
    void seen(Map<String, Long> expiries) {
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement(SEEN)) {
                for (Map.Entry<String, Long> expiry : expiries.entrySet()) {
                    update.setLong(1, expiry.getValue());
                    update.setString(2, expiry.getKey());
                    update.setLong(3, expiry.getValue());
                    update.addBatch();
                }
                update.executeBatch();
            }
        });
    }

    void sweep(Instant now) {
        database.change(connection -> {
            try (PreparedStatement delete = connection.prepareStatement(SWEEP)) {
                delete.setLong(1, now.toEpochMilli());
                delete.executeUpdate();
            }
        });
    }

    private static void delete(Connection connection, String sql, String which) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(sql)) {
            delete.setString(1, which);
            delete.executeUpdate();
        }
    }
}
