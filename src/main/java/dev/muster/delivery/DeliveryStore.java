package dev.muster.delivery;

import dev.muster.db.Database;
import dev.muster.db.GroupCommit;
import dev.muster.db.Ids;
import dev.muster.db.JsonRows;
import dev.muster.meter.Meters;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Makes deliveries durable, many in one commit, each with the operation that will work on it. A future that completes
 * means that the bytes survive a crash of the process and a loss of power.
 */
public final class DeliveryStore implements AutoCloseable {
    private static final String INSERT_DELIVERY = """
            INSERT INTO deliveries (id, organization, platform, integration, received_at, kind, record_key, headers, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""";

    private static final String INSERT_OPERATION = """
            INSERT INTO sync_operations (id, organization, platform, integration, type, status, rank, attempts,
                                         not_before, delivery_id, kind, record_key, created_at)
            VALUES (?, ?, ?, ?, 0, 0, 0, 0, ?, ?, ?, ?, ?)""";

    private static final String SEEN = """
            SELECT d.scope, d.unique_id, d.delivery_id FROM %s k
            JOIN delivery_ids d ON d.scope = k.value ->> 0 AND d.unique_id = k.value ->> 1""";

    private static final String INSERT_ID = """
            INSERT INTO delivery_ids (scope, unique_id, delivery_id) VALUES (?, ?, ?)
            ON CONFLICT (scope, unique_id) DO NOTHING""";

    private final Database database;
    private final Ids ids;
    private final GroupCommit<Arrival, Receipt> commits;

    /**
     * @param waitingMax deliveries that may wait for their commit; more are answered 503
     * @param batchMax the most deliveries in one commit
     */
    public DeliveryStore(Database database, Ids ids, Meters meters, int waitingMax, int batchMax) {
        this.database = database;
        this.ids = ids;
        this.commits =
                new GroupCommit<>("accept", waitingMax, batchMax, 1, this::write, size -> meters.batch("accept", size));
    }

    /**
     * A delivery about to be stored.
     *
     * @param uniqueIds ids that the platform's contract calls unique; when every one was seen, it is a duplicate
     * @param settle how long its operation waits before it may be claimed, so that a burst is worked on once
     */
    public record Arrival(Delivery delivery, List<String> uniqueIds, Duration settle) {}

    /**
     * What became of an arrival.
     *
     * @param deliveryId its own, or that of the delivery it repeats
     * @param duplicate whether it was dropped as a repetition
     */
    public record Receipt(long deliveryId, boolean duplicate) {}

    /** Stores a delivery; the future completes after the commit. A full queue fails it at once. */
    public CompletableFuture<Receipt> append(Arrival arrival) {
        return commits.submit(arrival);
    }

    /** How many arrivals wait for their commit. */
    public int waiting() {
        return commits.waiting();
    }

    private List<Receipt> write(List<Arrival> batch) {
        return database.write(connection -> {
            Map<String, Long> seen = seen(connection, batch);
            List<Receipt> receipts = new ArrayList<>(batch.size());
            try (PreparedStatement delivery = connection.prepareStatement(INSERT_DELIVERY);
                    PreparedStatement operation = connection.prepareStatement(INSERT_OPERATION);
                    PreparedStatement uniqueId = connection.prepareStatement(INSERT_ID)) {
                boolean anyUniqueId = false;
                for (Arrival arrival : batch) {
                    Long first = original(arrival, seen);
                    if (first != null) {
                        receipts.add(new Receipt(first, true));
                        continue;
                    }
                    add(arrival, delivery, operation);
                    for (String id : uniqueIds(arrival)) {
                        if (seen.putIfAbsent(
                                        scope(arrival) + '\n' + id,
                                        arrival.delivery().id())
                                == null) {
                            uniqueId.setString(1, scope(arrival));
                            uniqueId.setString(2, id);
                            uniqueId.setLong(3, arrival.delivery().id());
                            uniqueId.addBatch();
                            anyUniqueId = true;
                        }
                    }
                    receipts.add(new Receipt(arrival.delivery().id(), false));
                }
                delivery.executeBatch();
                operation.executeBatch();
                if (anyUniqueId) {
                    uniqueId.executeBatch();
                }
            }
            return receipts;
        });
    }

    private void add(Arrival arrival, PreparedStatement insertDelivery, PreparedStatement insertOperation)
            throws SQLException {
        Delivery delivery = arrival.delivery();
        long receivedAt = delivery.receivedAt().toEpochMilli();
        insertDelivery.setLong(1, delivery.id());
        insertDelivery.setString(2, delivery.organization());
        insertDelivery.setString(3, delivery.platform());
        insertDelivery.setString(4, delivery.integration());
        insertDelivery.setLong(5, receivedAt);
        insertDelivery.setString(6, Database.storable(delivery.kind()));
        insertDelivery.setString(7, Database.storable(delivery.recordKey()));
        insertDelivery.setString(8, HeadersJson.write(delivery.headers()));
        insertDelivery.setBytes(9, delivery.body());
        insertDelivery.addBatch();
        insertOperation.setLong(1, ids.next());
        insertOperation.setString(2, delivery.organization());
        insertOperation.setString(3, delivery.platform());
        insertOperation.setString(4, delivery.integration());
        insertOperation.setLong(5, receivedAt + arrival.settle().toMillis());
        insertOperation.setLong(6, delivery.id());
        insertOperation.setString(7, Database.storable(delivery.kind()));
        insertOperation.setString(8, Database.storable(delivery.recordKey()));
        insertOperation.setLong(9, receivedAt);
        insertOperation.addBatch();
    }

    /** The delivery this one repeats, or null where it brings at least one id that was not seen. */
    private static @Nullable Long original(Arrival arrival, Map<String, Long> seen) {
        if (arrival.uniqueIds().isEmpty()) {
            return null;
        }
        Long first = null;
        for (String id : uniqueIds(arrival)) {
            Long delivery = seen.get(scope(arrival) + '\n' + id);
            if (delivery == null) {
                return null;
            }
            first = first == null ? delivery : Long.valueOf(Math.min(first, delivery));
        }
        return first;
    }

    private static List<String> uniqueIds(Arrival arrival) {
        List<String> storable = arrival.uniqueIds();
        for (String id : arrival.uniqueIds()) {
            if (id.indexOf('\0') >= 0) {
                storable = arrival.uniqueIds().stream()
                        .map(one -> one.replace('\0', '\uFFFD'))
                        .toList();
            }
        }
        return storable;
    }

    /** Ids are unique within one integration of one platform. */
    private static String scope(Arrival arrival) {
        return arrival.delivery().platform() + '/' + arrival.delivery().integration();
    }

    private Map<String, Long> seen(Connection connection, List<Arrival> batch) throws SQLException {
        Map<String, Long> seen = new HashMap<>();
        List<List<String>> keys = new ArrayList<>();
        for (Arrival arrival : batch) {
            for (String id : uniqueIds(arrival)) {
                keys.add(List.of(scope(arrival), id));
            }
        }
        if (keys.isEmpty()) {
            return seen;
        }
        try (PreparedStatement select = connection.prepareStatement(SEEN.formatted(database.rowsOfJson()))) {
            select.setString(1, JsonRows.of(keys));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    seen.put(rows.getString(1) + '\n' + rows.getString(2), rows.getLong(3));
                }
            }
        }
        return seen;
    }

    /** Stores what waits, then stops. */
    @Override
    public void close() {
        commits.close();
    }
}
