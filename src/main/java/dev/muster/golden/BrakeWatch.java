package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.db.RowStatement;
import dev.muster.normalize.NormalizedOperation;
import dev.muster.operation.Operation;
import dev.muster.platform.BrakeSettings;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The brakes of one batch: whose statements are held is decided before any of them is applied, and what the others changed is
 * counted with them. An account oversteps what it may change by one batch at most.
 */
final class BrakeWatch {
    private static final String OPEN = """
            SELECT organization, platform, integration, state FROM brakes WHERE closed_at IS NULL""";

    private static final String COUNTED = """
            SELECT entity, SUM(changed) FROM brake_counts
            WHERE organization = ? AND platform = ? AND integration = ? AND minute > ? GROUP BY entity""";

    private static final RowStatement COUNT = RowStatement.of("""
            INSERT INTO brake_counts (organization, platform, integration, entity, minute, changed)
            SELECT r.organization, r.platform, r.integration, r.entity, r.minute, r.changed
            FROM {organization text, platform text, integration text, entity text, minute bigint, changed bigint} r WHERE true
            ON CONFLICT (organization, platform, integration, entity, minute)
            DO UPDATE SET changed = brake_counts.changed + excluded.changed""");

    private static final RowStatement STOP = RowStatement.of("""
            INSERT INTO brakes (id, organization, platform, integration, entity, state, changed, allowed, window_millis, created_at)
            SELECT r.id, r.organization, r.platform, r.integration, r.entity, 'held', r.changed, r.allowed, r.window_millis,
                   r.created_at
            FROM {id bigint, organization text, platform text, integration text, entity text, changed bigint, allowed bigint,
                  window_millis bigint, created_at bigint} r WHERE true
            ON CONFLICT DO NOTHING""");

    private final BrakeRules rules;
    private final Ids ids;
    private final Instant now;
    private final Map<Place, BrakeSettings> counted = new HashMap<>();
    private final Map<Place, String> held = new HashMap<>();
    private final List<@Nullable Object[]> stops = new ArrayList<>();

    /** An account. */
    record Place(String organization, String platform, String integration) {
        static Place of(Operation operation) {
            return new Place(operation.organization(), operation.platform(), operation.integration());
        }
    }

    BrakeWatch(BrakeRules rules, Ids ids, Instant now) {
        this.rules = rules;
        this.ids = ids;
        this.now = now;
    }

    /** @return the statements that are applied; the others are held */
    List<NormalizedOperation> released(Connection connection, List<NormalizedOperation> batch) throws SQLException {
        Map<Place, BrakeSettings> places = new LinkedHashMap<>();
        for (NormalizedOperation statement : batch) {
            BrakeSettings settings = rules.of(statement.operation());
            if (settings != null) {
                places.put(Place.of(statement.operation()), settings);
            }
        }
        if (places.isEmpty()) {
            return batch;
        }
        Map<Place, String> open = open(connection);
        for (Map.Entry<Place, BrakeSettings> entry : places.entrySet()) {
            String state = open.get(entry.getKey());
            if (state == null) {
                count(connection, entry.getKey(), entry.getValue());
            } else if (!state.equals("approved")) {
                held.put(entry.getKey(), "The brake holds " + told(entry.getKey()) + ": see ./muster brakes");
            }
        }
        return held.isEmpty()
                ? batch
                : batch.stream().filter(one -> reason(one.operation()) == null).toList();
    }

    private static String told(Place place) {
        return place.platform() + "/" + place.integration() + " of " + place.organization();
    }

    /** Why an operation is held; null where it is not. */
    @Nullable
    String reason(Operation operation) {
        return rules.of(operation) == null ? null : held.get(Place.of(operation));
    }

    private static Map<Place, String> open(Connection connection) throws SQLException {
        Map<Place, String> open = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement(OPEN);
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                open.put(new Place(rows.getString(1), rows.getString(2), rows.getString(3)), rows.getString(4));
            }
        }
        return open;
    }

    private void count(Connection connection, Place place, BrakeSettings settings) throws SQLException {
        counted.put(place, settings);
        Map<String, Long> sums = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement(COUNTED)) {
            select.setString(1, place.organization());
            select.setString(2, place.platform());
            select.setString(3, place.integration());
            select.setLong(4, minute(now.minus(settings.window())));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    sums.put(rows.getString(1), rows.getLong(2));
                }
            }
        }
        for (Map.Entry<String, Long> sum : sums.entrySet()) {
            Entity entity = Entity.of(sum.getKey()).orElseThrow();
            long changed = sum.getValue();
            if (changed <= settings.atLeast()) {
                continue;
            }
            long allowed = settings.allowed(total(connection, place, entity, (long) (changed / settings.share()) + 1));
            if (changed > allowed) {
                counted.remove(place);
                held.put(
                        place,
                        "The brake holds " + told(place) + ": it changed " + changed + " of the " + entity.table()
                                + " within " + settings.window() + ", " + allowed
                                + " are allowed. Approve or reject it: ./muster brakes");
                stops.add(new @Nullable Object[] {
                    ids.next(),
                    place.organization(),
                    place.platform(),
                    place.integration(),
                    entity.id(),
                    changed,
                    allowed,
                    settings.window().toMillis(),
                    now.toEpochMilli()
                });
                return;
            }
        }
    }

    /** No more are counted than matter: that many are enough for the share. */
    private static long total(Connection connection, Place place, Entity entity, long limit) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT COUNT(*) FROM (SELECT 1 FROM " + entity.table() + " WHERE organization = ? LIMIT ?) counted")) {
            select.setString(1, place.organization());
            select.setLong(2, limit);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next() ? rows.getLong(1) : 0;
            }
        }
    }

    private static long minute(Instant at) {
        return at.getEpochSecond() / Duration.ofMinutes(1).toSeconds();
    }

    /** Writes who is stopped, and what the others changed. */
    void write(
            Connection connection,
            Database database,
            List<NormalizedOperation> applied,
            Set<ChangedRecord> changed,
            Set<ChangedRecord> removed)
            throws SQLException {
        try (RowStatement.Rows rows = STOP.open(connection, database.dialect())) {
            for (@Nullable Object[] stop : stops) {
                rows.add(stop);
            }
            rows.write();
        }
        if (counted.isEmpty()) {
            return;
        }
        Map<Long, Operation> operations = new HashMap<>();
        applied.forEach(one -> operations.put(one.operation().id(), one.operation()));
        Map<Place, Map<Entity, Long>> sums = new LinkedHashMap<>();
        add(changed, false, operations, sums);
        add(removed, true, operations, sums);
        try (RowStatement.Rows rows = COUNT.open(connection, database.dialect())) {
            for (Map.Entry<Place, Map<Entity, Long>> place : sums.entrySet()) {
                for (Map.Entry<Entity, Long> sum : place.getValue().entrySet()) {
                    rows.add(
                            place.getKey().organization(),
                            place.getKey().platform(),
                            place.getKey().integration(),
                            sum.getKey().id(),
                            minute(now),
                            sum.getValue());
                }
            }
            rows.write();
        }
    }

    private void add(
            Set<ChangedRecord> records,
            boolean isRemoval,
            Map<Long, Operation> operations,
            Map<Place, Map<Entity, Long>> sums) {
        for (ChangedRecord record : records) {
            Operation operation = operations.get(record.operationId());
            BrakeSettings settings = operation == null ? null : counted.get(Place.of(operation));
            if (operation != null
                    && settings != null
                    && rules.of(operation) != null
                    && settings.removalsOnly() == isRemoval) {
                sums.computeIfAbsent(Place.of(operation), place -> new HashMap<>())
                        .merge(record.entity(), 1L, Long::sum);
            }
        }
    }

    /** A golden record that was there before, and which operation changed it. */
    record ChangedRecord(long operationId, Entity entity, long goldenId) {}
}
