package dev.muster.admin;

import dev.muster.db.Database;
import dev.muster.delivery.HttpAnswer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What became of the actions that were sent with an Idempotency-Key: kept for a day, and seen by all hubs. */
public final class IdempotencyStore {
    /** How long an answer is kept. */
    static final Duration KEPT = Duration.ofDays(1);

    /** After so long without an answer, the hub that took the first one is taken for gone. */
    static final Duration UNDER_WAY_MAX = Duration.ofMinutes(5);

    private static final int SWEPT_MAX = 1_000;

    private static final String BEGIN = """
            INSERT INTO idempotent_requests (caller, request_key, digest, created_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (caller, request_key) DO UPDATE SET created_at = excluded.created_at
            WHERE idempotent_requests.status IS NULL AND idempotent_requests.digest = excluded.digest
                AND idempotent_requests.created_at <= ?""";

    private static final String FIND =
            "SELECT digest, status, content_type, body FROM idempotent_requests WHERE caller = ? AND request_key = ?";

    private static final String END =
            "UPDATE idempotent_requests SET status = ?, content_type = ?, body = ? WHERE caller = ? AND request_key = ?";

    private static final String FORGET = "DELETE FROM idempotent_requests WHERE caller = ? AND request_key = ?";

    private static final String SWEEP = """
            DELETE FROM idempotent_requests WHERE (caller, request_key) IN
                (SELECT caller, request_key FROM idempotent_requests WHERE created_at < ? ORDER BY created_at LIMIT ?)""";

    private final Database database;
    private final Clock clock;

    public IdempotencyStore(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * What is known of a request.
     *
     * @param digest of the request that came first with this key
     * @param answer null while that is under way
     */
    record First(String digest, @Nullable HttpAnswer answer) {}

    /** @return empty where this request is the first with its key: it is to be done, and then {@link #end} or {@link #forget} */
    Optional<First> begin(String caller, String key, String digest) {
        long now = clock.millis();
        return database.write(connection -> {
            try (PreparedStatement insert = connection.prepareStatement(BEGIN)) {
                insert.setString(1, caller);
                insert.setString(2, key);
                insert.setString(3, digest);
                insert.setLong(4, now);
                insert.setLong(5, now - UNDER_WAY_MAX.toMillis());
                if (insert.executeUpdate() == 1) {
                    return Optional.empty();
                }
            }
            return Optional.of(find(connection, caller, key));
        });
    }

    private static First find(Connection connection, String caller, String key) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(FIND)) {
            select.setString(1, caller);
            select.setString(2, key);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    // forgotten in between: whoever asks again is the first
                    return new First("", null);
                }
                int status = row.getInt(2);
                HttpAnswer answer = row.wasNull()
                        ? null
                        : new HttpAnswer(
                                status, row.getString(3), row.getString(4), Map.of("Idempotency-Replayed", "true"));
                return new First(row.getString(1), answer);
            }
        }
    }

    void end(String caller, String key, HttpAnswer answer) {
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement(END)) {
                update.setInt(1, answer.status());
                update.setString(2, answer.contentType());
                update.setString(3, answer.body());
                update.setString(4, caller);
                update.setString(5, key);
                update.executeUpdate();
            }
        });
    }

    /** It was not done: with the same key it may be tried again. */
    void forget(String caller, String key) {
        database.change(connection -> {
            try (PreparedStatement delete = connection.prepareStatement(FORGET)) {
                delete.setString(1, caller);
                delete.setString(2, key);
                delete.executeUpdate();
            }
        });
    }

    /** Forgets what is older than a day, a bounded number in a transaction. */
    public void sweep() {
        int swept;
        do {
            swept = database.write(connection -> {
                try (PreparedStatement delete = connection.prepareStatement(SWEEP)) {
                    delete.setLong(1, clock.millis() - KEPT.toMillis());
                    delete.setInt(2, SWEPT_MAX);
                    return delete.executeUpdate();
                }
            });
        } while (swept == SWEPT_MAX);
    }
}
