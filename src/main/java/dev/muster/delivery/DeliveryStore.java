package dev.muster.delivery;

import dev.muster.db.Database;
import dev.muster.db.GroupCommit;
import dev.muster.db.Ids;
import dev.muster.db.JsonRows;
import dev.muster.db.RowStatement;
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
    private static final RowStatement INSERT_DELIVERY = RowStatement.of("""
            INSERT INTO deliveries (id, organization, platform, integration, received_at, kind, record_key, headers, body)
            SELECT r.id, r.organization, r.platform, r.integration, r.received_at, r.kind, r.record_key, r.headers, r.body
            FROM {id bigint, organization text, platform text, integration text, received_at bigint, kind text,
                  record_key text, headers text, body bytea} r""");

    private static final RowStatement INSERT_OPERATION = RowStatement.of("""
            INSERT INTO sync_operations (id, organization, platform, integration, type, status, rank, attempts,
                                         not_before, delivery_id, kind, record_key, created_at)
            SELECT r.id, r.organization, r.platform, r.integration, r.type, 0, 0, 0, r.not_before, r.delivery_id, r.kind,
                   r.record_key, r.created_at
            FROM {id bigint, organization text, platform text, integration text, type bigint, not_before bigint, delivery_id bigint,
                  kind text, record_key text, created_at bigint} r""");

    private static final String SEEN = """
            SELECT d.scope, d.unique_id, d.delivery_id FROM %s k
            JOIN delivery_ids d ON d.scope = k.value ->> 0 AND d.unique_id = k.value ->> 1""";

    private static final RowStatement INSERT_ID = RowStatement.of("""
            INSERT INTO delivery_ids (scope, unique_id, delivery_id)
            SELECT r.scope, r.unique_id, r.delivery_id FROM {scope text, unique_id text, delivery_id bigint} r WHERE true
            ON CONFLICT (scope, unique_id) DO NOTHING""");

    /** The type of the operations that webhooks set off. */
    private static final int WEBHOOK = 0;

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
        // To answer a sender is so little that handing it to another thread would cost more.
        this.commits = new GroupCommit<>(
                "accept", waitingMax, batchMax, 1, this::write, size -> meters.batch("accept", size), Runnable::run);
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
            try (RowStatement.Rows deliveries = INSERT_DELIVERY.open(connection, database.dialect());
                    RowStatement.Rows operations = INSERT_OPERATION.open(connection, database.dialect());
                    RowStatement.Rows uniqueIds = INSERT_ID.open(connection, database.dialect())) {
                for (Arrival arrival : batch) {
                    Long first = original(arrival, seen);
                    if (first != null) {
                        receipts.add(new Receipt(first, true));
                        continue;
                    }
                    long deliveryId = arrival.delivery().id();
                    add(arrival, WEBHOOK, deliveries, operations);
                    for (String id : uniqueIds(arrival)) {
                        if (seen.putIfAbsent(scope(arrival) + '\n' + id, deliveryId) == null) {
                            uniqueIds.add(scope(arrival), id, deliveryId);
                        }
                    }
                    receipts.add(new Receipt(deliveryId, false));
                }
                deliveries.write();
                operations.write();
                uniqueIds.write();
            }
            return receipts;
        });
    }

    /**
     * Stores what the hub fetched by itself, with its operation, within the caller's transaction.
     *
     * @param type of the operation, by its number
     */
    public void addWithin(Connection connection, Delivery delivery, int type) throws SQLException {
        try (RowStatement.Rows deliveries = INSERT_DELIVERY.open(connection, database.dialect());
                RowStatement.Rows operations = INSERT_OPERATION.open(connection, database.dialect())) {
            add(new Arrival(delivery, List.of(), Duration.ZERO), type, deliveries, operations);
            deliveries.write();
            operations.write();
        }
    }

    private void add(Arrival arrival, int type, RowStatement.Rows deliveries, RowStatement.Rows operations)
            throws SQLException {
        Delivery delivery = arrival.delivery();
        long receivedAt = delivery.receivedAt().toEpochMilli();
        String kind = Database.storable(delivery.kind());
        String recordKey = Database.storable(delivery.recordKey());
        deliveries.add(
                delivery.id(),
                delivery.organization(),
                delivery.platform(),
                delivery.integration(),
                receivedAt,
                kind,
                recordKey,
                HeadersJson.write(delivery.headers()),
                delivery.body());
        operations.add(
                ids.next(),
                delivery.organization(),
                delivery.platform(),
                delivery.integration(),
                (long) type,
                receivedAt + arrival.settle().toMillis(),
                delivery.id(),
                kind,
                recordKey,
                receivedAt);
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
