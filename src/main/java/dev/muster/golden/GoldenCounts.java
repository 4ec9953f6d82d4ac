package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.db.Database;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * How many golden records there are, for a gauge. Small tables are counted; once counting takes long, it is done seldom, so
 * that a gauge never costs more than a hundredth of the time.
 */
public final class GoldenCounts {
    private static final int SHARE = 100;

    private final Database database;
    private final Clock clock;
    private Map<String, Long> counts = Map.of();
    private long conflicts;
    private Instant nextAt = Instant.MIN;

    public GoldenCounts(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** Entity to its golden records, tombstones included; as of the last count. */
    public synchronized Map<String, Long> counts() {
        if (!clock.instant().isBefore(nextAt)) {
            Instant start = clock.instant();
            count();
            nextAt = clock.instant()
                    .plus(Duration.between(start, clock.instant()).multipliedBy(SHARE));
        }
        return counts;
    }

    /** Conflicts that wait for a person, as of the last count. */
    public synchronized long openConflicts() {
        return conflicts;
    }

    /** Conflicts that wait for a person now, by organization; one without any is not among them. */
    public Map<String, Long> openConflictsByOrganization() {
        return database.read(connection -> {
            Map<String, Long> found = new HashMap<>();
            try (PreparedStatement select = connection.prepareStatement(
                            "SELECT organization, COUNT(*) FROM sync_conflicts WHERE status = 'open' GROUP BY organization");
                    ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    found.put(rows.getString(1), rows.getLong(2));
                }
            }
            return found;
        });
    }

    private void count() {
        database.read(connection -> {
            Map<String, Long> found = new HashMap<>();
            for (Entity entity : Entity.values()) {
                found.put(entity.id(), count(connection.prepareStatement("SELECT COUNT(*) FROM " + entity.table())));
            }
            counts = Map.copyOf(found);
            conflicts = count(connection.prepareStatement("SELECT COUNT(*) FROM sync_conflicts WHERE status = 'open'"));
            return true;
        });
    }

    private static long count(PreparedStatement statement) throws SQLException {
        try (statement;
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }
}
