package dev.muster.operation;

import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.meter.Meters;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Purges raw deliveries that are older than they are kept, with their ended operations, oldest first and {@value #PART} in a
 * transaction. What waits, is under way, failed or is a dead letter stays with its delivery, however old.
 */
public final class Retention {
    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
    private static final int PART = 500;

    /** The longest after which a platform is known to send a delivery once more; until then its ids are kept. */
    static final Duration REDELIVERIES = Duration.ofDays(35);

    private static final String OPERATIONS =
            "SELECT id, delivery_id, status FROM sync_operations WHERE id > ? AND id < ?" + " ORDER BY id LIMIT "
                    + PART;
    private static final String WAITING =
            "SELECT delivery_id FROM sync_operations WHERE status = ? AND delivery_id < ?";
    private static final String NOT_ENDED =
            "SELECT delivery_id FROM sync_operations WHERE status > 4 AND delivery_id IN %s";
    private static final List<String> OF_OPERATIONS =
            List.of("DELETE FROM sync_operations WHERE id IN %s", "DELETE FROM dead_letters WHERE operation_id IN %s");
    private static final String DELIVERIES = "DELETE FROM deliveries WHERE id IN %s";
    private static final String UNIQUE_IDS = "DELETE FROM delivery_ids WHERE delivery_id IN"
            + " (SELECT delivery_id FROM delivery_ids WHERE delivery_id < ? ORDER BY delivery_id LIMIT " + PART + ")";

    private final Database database;
    private final Clock clock;
    private final Duration kept;
    private final Meters meters;

    /** @param kept zero for ever */
    public Retention(Database database, Clock clock, Duration kept, Meters meters) {
        this.database = database;
        this.clock = clock;
        this.kept = kept;
        this.meters = meters;
        // at 0 from the start: a counter that begins at its first event shows no rise
        meters.purged(0);
    }

    /** Purges until nothing is left that may go; answers how many deliveries went. */
    public int purge() {
        if (kept.isZero()) {
            return 0;
        }
        Instant now = clock.instant();
        long bound = Ids.at(now.minus(kept));
        Set<Long> waiting = database.read(connection -> waiting(connection, bound));
        int purged = 0;
        long position = 0;
        while (true) {
            Part part = part(position, bound, waiting);
            purged += part.purged();
            meters.purged(part.purged());
            if (part.looked() < PART) {
                break;
            }
            position = part.last();
        }
        purgeUniqueIds(Ids.at(now.minus(kept.compareTo(REDELIVERIES) < 0 ? REDELIVERIES : kept)));
        if (purged > 0) {
            LOG.info("{} raw deliveries older than {} days were purged", purged, kept.toDays());
        }
        return purged;
    }

    private record Part(int looked, int purged, long last) {}

    /** Deliveries of before the bound that were queued once more and wait. */
    private static Set<Long> waiting(Connection connection, long bound) throws SQLException {
        Set<Long> found = new HashSet<>();
        try (PreparedStatement select = connection.prepareStatement(WAITING)) {
            for (OperationStatus status : List.of(OperationStatus.PENDING, OperationStatus.PROCESSING)) {
                select.setInt(1, status.ordinal());
                select.setLong(2, bound);
                read(select, found);
            }
        }
        return found;
    }

    private static void read(PreparedStatement select, Collection<Long> found) throws SQLException {
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                found.add(rows.getLong(1));
            }
        }
    }

    private Part part(long position, long bound, Set<Long> waiting) {
        return database.write(connection -> {
            List<Long> ended = new ArrayList<>();
            Set<Long> deliveries = new HashSet<>();
            long last = position;
            int looked = 0;
            try (PreparedStatement select = connection.prepareStatement(OPERATIONS)) {
                select.setLong(1, position);
                select.setLong(2, bound);
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        looked++;
                        last = row.getLong(1);
                        if (isEnded(row.getInt(3)) && !waiting.contains(row.getLong(2))) {
                            ended.add(last);
                            deliveries.add(row.getLong(2));
                        }
                    }
                }
            }
            Set<Long> held = new HashSet<>();
            try (PreparedStatement select = connection.prepareStatement(NOT_ENDED.formatted(database.idsOfJson()))) {
                select.setString(1, Database.json(deliveries));
                read(select, held);
            }
            deliveries.removeAll(held);
            // in the order in which an erasure goes through them
            int purged = delete(connection, DELIVERIES, deliveries);
            for (String sql : OF_OPERATIONS) {
                delete(connection, sql, ended);
            }
            return new Part(looked, purged, last);
        });
    }

    private static boolean isEnded(int status) {
        return status == OperationStatus.SUCCESS.ordinal()
                || status == OperationStatus.IGNORED.ordinal()
                || status == OperationStatus.CONFLICT.ordinal();
    }

    private int delete(Connection connection, String sql, Collection<Long> ids) throws SQLException {
        if (ids.isEmpty()) {
            return 0;
        }
        try (PreparedStatement delete = connection.prepareStatement(sql.formatted(database.idsOfJson()))) {
            delete.setString(1, Database.json(ids));
            return delete.executeUpdate();
        }
    }

    private void purgeUniqueIds(long bound) {
        int purged;
        do {
            purged = database.write(connection -> {
                try (PreparedStatement delete = connection.prepareStatement(UNIQUE_IDS)) {
                    delete.setLong(1, bound);
                    return delete.executeUpdate();
                }
            });
        } while (purged > 0);
    }

    /** Whether a delivery of this id would have been purged by now. */
    public boolean isPast(long deliveryId) {
        return !kept.isZero() && deliveryId < Ids.at(clock.instant().minus(kept));
    }

    /** How many days deliveries are kept; 0 for ever. */
    public long days() {
        return kept.toDays();
    }
}
