package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.db.Costly;
import dev.muster.db.Database;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * How many golden records there are, for a gauge: as of the last count, which takes no more than a hundredth of the time.
 */
public final class GoldenCounts {
    private static final Duration AGE_MAX = Duration.ofMinutes(10);

    private final Database database;
    private final Costly<Counted> counted;

    private record Counted(Map<String, Long> records, long openConflicts) {}

    public GoldenCounts(Database database, Clock clock) {
        this.database = database;
        this.counted = new Costly<>(clock, Costly.A_HUNDREDTH, AGE_MAX, this::count);
    }

    /** Entity to its golden records, tombstones included. */
    public Map<String, Long> counts() {
        return counted.get().records();
    }

    /** Conflicts that wait for a person. */
    public long openConflicts() {
        return counted.get().openConflicts();
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

    private Counted count() {
        return database.read(connection -> {
            Map<String, Long> found = new HashMap<>();
            for (Entity entity : Entity.values()) {
                found.put(entity.id(), count(connection.prepareStatement("SELECT COUNT(*) FROM " + entity.table())));
            }
            return new Counted(
                    Map.copyOf(found),
                    count(connection.prepareStatement("SELECT COUNT(*) FROM sync_conflicts WHERE status = 'open'")));
        });
    }

    private static long count(PreparedStatement statement) throws SQLException {
        try (statement;
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }
}
