package dev.muster.operation;

import dev.muster.db.Database;
import dev.muster.db.Database.Dialect;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What was given up, with its cause, until somebody or the day's redrive tries it again. */
public final class DeadLetterStore {
    private static final String BURY = """
            INSERT INTO dead_letters (operation_id, organization, platform, code, cause, digest, stack, attempts,
                                      first_died_at, died_at, redrives, redrive_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)
            ON CONFLICT (operation_id) DO UPDATE SET code = excluded.code, cause = excluded.cause,
                digest = excluded.digest, stack = excluded.stack, attempts = excluded.attempts,
                died_at = excluded.died_at,
                redrive_at = CASE WHEN dead_letters.redrives < ? THEN excluded.redrive_at ELSE NULL END""";

    private static final String GROUPS = """
            SELECT g.organization, g.platform, d.code, g.digest, d.cause, g.letters, g.first_died_at, d.died_at
            FROM (SELECT d.organization, d.platform, d.digest, COUNT(*) AS letters, MIN(d.first_died_at) AS first_died_at,
                         MAX(w.id) AS newest
                  FROM (SELECT id FROM sync_operations WHERE %s
                        ORDER BY id DESC LIMIT 5000) w
                  %s
                  WHERE ? = '' OR d.platform = ?
                  GROUP BY d.organization, d.platform, d.digest) g
            JOIN dead_letters d ON d.operation_id = g.newest
            ORDER BY g.letters DESC, g.newest DESC LIMIT 500""";

    private static final String THEIR_LETTERS = "JOIN dead_letters d ON d.operation_id = w.id";

    /** Else it reads all dead letters, to find these. */
    private static final String THEIR_LETTERS_IN_POSTGRESQL =
            "CROSS JOIN LATERAL (SELECT * FROM dead_letters l WHERE l.operation_id = w.id LIMIT 1) d";

    private static final String REVIVE = """
            UPDATE sync_operations SET status = 0, rank = 1, attempts = 0, not_before = ?, owner = NULL,
                   forced = CASE WHEN ? = 1 THEN 1 ELSE forced END
            WHERE status = 6 AND id IN %s""";

    private static final String REDRIVEN = """
            UPDATE dead_letters SET redrives = redrives + 1, redrive_at = NULL WHERE operation_id IN %s""";

    /** One redrive a day, for a stated number of days. */
    private static final Duration REDRIVE_EVERY = Duration.ofDays(1);

    private final Database database;
    private final Clock clock;
    private final int redrivesMax;
    private final String isDead;
    private final String theirLetters;

    /** @param redrivesMax how many days in a row a dead letter is tried again by itself */
    public DeadLetterStore(Database database, Clock clock, int redrivesMax) {
        this.database = database;
        this.clock = clock;
        this.redrivesMax = redrivesMax;
        this.isDead = database.notable("status", OperationStatus.DEAD);
        this.theirLetters = database.dialect() == Dialect.SQLITE ? THEIR_LETTERS : THEIR_LETTERS_IN_POSTGRESQL;
    }

    /** Gives an operation up, keeping why. Its delivery stays; it can be replayed. */
    public void bury(Operation operation, DeadLetter letter) {
        Instant now = clock.instant();
        database.change(connection -> {
            try (PreparedStatement insert = connection.prepareStatement(BURY)) {
                for (Long id : operation.ids()) {
                    insert.setLong(1, id);
                    insert.setString(2, operation.organization());
                    insert.setString(3, operation.platform());
                    insert.setString(4, letter.code());
                    insert.setString(5, Database.storable(letter.cause()));
                    insert.setString(6, letter.digest());
                    insert.setString(7, Database.storable(letter.stack()));
                    insert.setInt(8, operation.attempts() + letter.attempts());
                    insert.setLong(9, now.toEpochMilli());
                    insert.setLong(10, now.toEpochMilli());
                    if (redrivesMax > 0) {
                        insert.setLong(11, now.plus(REDRIVE_EVERY).toEpochMilli());
                    } else {
                        insert.setNull(11, Types.BIGINT);
                    }
                    insert.setInt(12, redrivesMax);
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            OperationStore.end(
                    connection,
                    database.dialect(),
                    List.of(operation.tried(letter.attempts() - 1)),
                    OperationStatus.DEAD,
                    letter.code(),
                    letter.cause(),
                    now);
        });
    }

    /**
     * @param force whether what they say is heard even where somebody took the same back
     * @return how many of these were dead letters; they are pending again
     */
    public int replay(Connection connection, List<Long> operationIds, boolean force) throws SQLException {
        return operationIds.isEmpty() ? 0 : revive(connection, operationIds, force);
    }

    /**
     * Dead letters of one cause.
     *
     * @param cause of the newest
     * @param firstDiedAt of the one that died first
     * @param diedAt of the newest
     */
    public record Group(
            String organization,
            String platform,
            String code,
            String digest,
            String cause,
            long count,
            Instant firstDiedAt,
            Instant diedAt) {}

    /**
     * The newest 5,000 dead letters, of one organization or of all, by their cause, the largest group first.
     *
     * @param organization only its own; null for all
     * @param platform only those of it; null for all
     */
    public List<Group> groups(@Nullable String organization, @Nullable String platform) {
        return database.read(connection -> {
            List<Group> groups = new ArrayList<>();
            String which = isDead + (organization == null ? "" : " AND organization = ?");
            try (PreparedStatement select = connection.prepareStatement(GROUPS.formatted(which, theirLetters))) {
                int index = 1;
                if (organization != null) {
                    select.setString(index++, organization);
                }
                select.setString(index++, platform == null ? "" : platform);
                select.setString(index, platform == null ? "" : platform);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        groups.add(new Group(
                                rows.getString(1),
                                rows.getString(2),
                                rows.getString(3),
                                rows.getString(4),
                                rows.getString(5),
                                rows.getLong(6),
                                Instant.ofEpochMilli(rows.getLong(7)),
                                Instant.ofEpochMilli(rows.getLong(8))));
                    }
                }
            }
            return groups;
        });
    }

    /** Puts every dead letter back into the queue whose day has come. Answers how many. */
    public int redriveDue() {
        return database.write(connection -> {
            List<Long> due = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement(
                    "SELECT operation_id FROM dead_letters WHERE redrive_at <= ? ORDER BY redrive_at LIMIT 1000")) {
                select.setLong(1, clock.millis());
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        due.add(rows.getLong(1));
                    }
                }
            }
            if (due.isEmpty()) {
                return 0;
            }
            try (PreparedStatement update = connection.prepareStatement(REDRIVEN.formatted(database.idsOfJson()))) {
                update.setString(1, Database.json(due));
                update.executeUpdate();
            }
            return revive(connection, due, false);
        });
    }

    private int revive(Connection connection, List<Long> operations, boolean force) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(REVIVE.formatted(database.idsOfJson()))) {
            update.setLong(1, clock.millis());
            update.setInt(2, force ? 1 : 0);
            update.setString(3, Database.json(operations));
            return update.executeUpdate();
        }
    }

    /** Dead letters, per platform. */
    public Map<String, Long> count() {
        return database.read(connection -> {
            Map<String, Long> dead = new HashMap<>();
            try (PreparedStatement select = connection.prepareStatement(
                            "SELECT platform, COUNT(*) FROM sync_operations WHERE " + isDead + " GROUP BY platform");
                    ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    dead.put(rows.getString(1), rows.getLong(2));
                }
            }
            return dead;
        });
    }
}
