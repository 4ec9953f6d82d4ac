package dev.muster.golden;

import dev.muster.credential.PersonKeys;
import dev.muster.db.Database;
import dev.muster.delivery.Delivery;
import dev.muster.delivery.HeadersJson;
import dev.muster.operation.Operation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes people who were erased out of the raw deliveries, in parts that stop nobody: of a pulled page their items go, of any
 * other delivery the whole body. What still waits is left to the moment at which it ends: the marks keep the person out there, and
 * the delivery is forgotten then, or by the next walk.
 */
public final class DeliverySweep {
    private static final Logger LOG = LoggerFactory.getLogger(DeliverySweep.class);
    private static final int PART = 200;
    private static final long NOTHING_WAITS = Long.MAX_VALUE;

    private static final String UNDER_WAY =
            "SELECT id, organization, sought, position, until FROM erasures" + " WHERE swept_at IS NULL ORDER BY id";
    private static final String DELIVERIES = "SELECT id, platform, kind, record_key, headers,"
            + " CASE WHEN organization = ? THEN body END AS body FROM deliveries WHERE id > ? AND id <= ?"
            + " ORDER BY id LIMIT " + PART;
    private static final String WAITS =
            "SELECT 1 FROM sync_operations WHERE status = ? AND platform = ? AND delivery_id = ? LIMIT 1";
    private static final String FORGET = "UPDATE deliveries SET headers = ?, body = ?, record_key = NULL WHERE id = ?";
    private static final String FORGET_COALESCED = "UPDATE deliveries SET headers = ?, body = ?, record_key = NULL"
            + " WHERE id IN (SELECT delivery_id FROM sync_operations WHERE id IN %s)";
    private static final String FORGET_ERRORS = "UPDATE sync_operations SET record_key = NULL,"
            + " error = CASE WHEN error IS NULL THEN NULL ELSE '(erased)' END WHERE delivery_id = ? AND status > 2";
    private static final String FORGET_CAUSES = "UPDATE dead_letters SET cause = '(erased)', stack = ''"
            + " WHERE operation_id IN (SELECT id FROM sync_operations WHERE delivery_id = ? AND status > 2)";
    /** What went well is found by its id alone. */
    private static final String OPERATIONS =
            "SELECT id, platform, record_key FROM sync_operations WHERE id > ? AND id <= ?"
                    + " AND status > 1 AND organization = ? AND record_key IS NOT NULL ORDER BY id LIMIT " + PART;

    private static final String FORGET_KEYS = "UPDATE sync_operations SET record_key = NULL WHERE id IN %s";
    private static final String MOVE = "UPDATE erasures SET position = ?, deliveries = deliveries + ? WHERE id = ?";
    private static final String END = "UPDATE erasures SET sought = NULL, swept_at = ? WHERE id = ?";

    private final Database database;
    private final PersonKeys keys;
    private final Clock clock;

    public DeliverySweep(Database database, PersonKeys keys, Clock clock) {
        this.database = database;
        this.keys = keys;
        this.clock = clock;
    }

    private record Walk(long id, String organization, byte[] sought, long position, long until) {}

    private record Forgotten(long delivery, String headers, byte[] body) {}

    /** What was found among some deliveries; waiting is the first of the person's that is not decided yet. */
    private record Part(long upTo, boolean last, List<Forgotten> forgotten, long waiting) {}

    /** Walks through the deliveries of every erasure under way; answers how many lost something. */
    public int sweep() {
        int all = 0;
        for (Walk walk : database.read(DeliverySweep::underWay)) {
            all += walk(walk);
        }
        return all;
    }

    private static List<Walk> underWay(Connection connection) throws SQLException {
        List<Walk> walks = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(UNDER_WAY);
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                walks.add(new Walk(
                        row.getLong("id"),
                        row.getString("organization"),
                        row.getBytes("sought"),
                        row.getLong("position"),
                        row.getLong("until")));
            }
        }
        return walks;
    }

    /** To the end; what waits may die instead of being decided about, so the walk begins there again until nothing waits. */
    private int walk(Walk walk) {
        Traces traces = Traces.of(keys.open(walk.organization(), walk.sought()));
        int all = 0;
        long at = walk.position();
        long waiting = NOTHING_WAITS;
        boolean ended = false;
        while (!ended) {
            Part part = part(walk, at, traces);
            if (part.waiting() == walk.position() + 1) {
                return all; // the one that it came back for waits still
            }
            waiting = Math.min(waiting, part.waiting());
            ended = part.last();
            List<Long> operations = operations(walk.organization(), at, ended ? walk.until() : part.upTo(), traces);
            write(walk, part, operations, Math.min(part.upTo(), waiting - 1), ended && waiting == NOTHING_WAITS);
            all += part.forgotten().size();
            at = part.upTo();
        }
        return all;
    }

    private Part part(Walk walk, long from, Traces traces) {
        List<Forgotten> forgotten = new ArrayList<>();
        long[] looked = {from, 0, NOTHING_WAITS};
        database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(DELIVERIES)) {
                select.setString(1, walk.organization());
                select.setLong(2, from);
                select.setLong(3, walk.until());
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        looked[0] = row.getLong("id");
                        looked[1]++;
                        if (!look(connection, row, traces, forgotten)) {
                            looked[2] = Math.min(looked[2], looked[0]);
                        }
                    }
                }
            }
            return forgotten;
        });
        return new Part(looked[0], looked[1] < PART, forgotten, looked[2]);
    }

    private void write(Walk walk, Part part, List<Long> operations, long position, boolean isOver) {
        database.change(connection -> {
            forgetKeys(connection, database, operations);
            for (Forgotten one : part.forgotten()) {
                forget(connection, one);
            }
            try (PreparedStatement move = connection.prepareStatement(MOVE)) {
                move.setLong(1, position);
                move.setLong(2, part.forgotten().size());
                move.setLong(3, walk.id());
                move.executeUpdate();
            }
            if (isOver) {
                try (PreparedStatement end = connection.prepareStatement(END)) {
                    end.setLong(1, clock.millis());
                    end.setLong(2, walk.id());
                    end.executeUpdate();
                }
            }
        });
        if (isOver) {
            LOG.info("The raw deliveries of an erasure of {} were walked through", walk.organization());
        }
    }

    /** The ended operations among these whose record is named by the person. */
    private List<Long> operations(String organization, long from, long upTo, Traces traces) {
        List<Long> found = new ArrayList<>();
        long[] looked = {from, PART};
        while (looked[1] == PART) {
            looked[1] = 0;
            database.read(connection -> {
                try (PreparedStatement select = connection.prepareStatement(OPERATIONS)) {
                    select.setLong(1, looked[0]);
                    select.setLong(2, upTo);
                    select.setString(3, organization);
                    try (ResultSet row = select.executeQuery()) {
                        while (row.next()) {
                            looked[0] = row.getLong("id");
                            looked[1]++;
                            if (traces.names(row.getString("platform"), row.getString("record_key"))) {
                                found.add(looked[0]);
                            }
                        }
                    }
                }
                return found;
            });
        }
        return found;
    }

    private static void forgetKeys(Connection connection, Database database, List<Long> operations)
            throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(FORGET_KEYS.formatted(database.idsOfJson()))) {
            update.setString(1, Database.json(operations));
            update.executeUpdate();
        }
    }

    /** Whether it is done with: not where the person is in it and it waits. */
    private static boolean look(Connection connection, ResultSet row, Traces traces, List<Forgotten> forgotten)
            throws SQLException {
        byte[] body = row.getBytes("body");
        if (body == null || body.length == 0) {
            return true;
        }
        String platform = row.getString("platform");
        Traces.Raw raw = Traces.Raw.of(
                platform,
                row.getString("kind"),
                row.getString("record_key"),
                HeadersJson.read(row.getString("headers")).get("content-type"),
                body);
        long id = row.getLong("id");
        if (!traces.mayBeIn(raw)) {
            return true;
        }
        Optional<byte[]> left = traces.takenOut(raw);
        if (left.isPresent() && waits(connection, platform, id)) {
            return false;
        }
        if (left.isPresent()) {
            forgotten.add(new Forgotten(id, headers(row.getString("headers"), left.get()), left.get()));
        }
        return true;
    }

    private static boolean waits(Connection connection, String platform, long delivery) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(WAITS)) {
            for (int status = 0; status <= 1; status++) {
                select.setInt(1, status);
                select.setString(2, platform);
                select.setLong(3, delivery);
                try (ResultSet row = select.executeQuery()) {
                    if (row.next()) {
                        return true;
                    }
                }
            }
            return false;
        }
    }

    /** Headers can hold anything, so only what the hub itself goes by stays. */
    private static String headers(String before, byte[] body) {
        Map<String, String> known = HeadersJson.read(before);
        Map<String, String> left = new HashMap<>();
        left.put(Delivery.ERASED, body.length == 0 ? "whole" : "part");
        for (String name : List.of("content-type", Delivery.RUN)) {
            String value = known.get(name);
            if (value != null) {
                left.put(name, value);
            }
        }
        return HeadersJson.write(left);
    }

    private static void forget(Connection connection, Forgotten one) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(FORGET)) {
            update.setString(1, one.headers());
            update.setBytes(2, one.body());
            update.setLong(3, one.delivery());
            update.executeUpdate();
        }
        for (String sql : List.of(FORGET_ERRORS, FORGET_CAUSES)) {
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                update.setLong(1, one.delivery());
                update.executeUpdate();
            }
        }
    }

    /**
     * Within the transaction that ends an operation: what it brought of people who were erased does not stay. Where nothing is found
     * in a single record's delivery it is dropped all the same: the mapping found somebody in it.
     */
    static void forget(Connection connection, Database database, Operation operation, Traces traces)
            throws SQLException {
        Delivery delivery = operation.delivery();
        byte[] left = traces.takenOut(Traces.Raw.of(delivery)).orElse(Traces.NOTHING);
        String headers = headers(HeadersJson.write(delivery.headers()), left);
        forget(connection, new Forgotten(delivery.id(), headers, left));
        forgetKeys(connection, database, operation.ids());
        if (operation.coalesced().isEmpty()) {
            return;
        }
        try (PreparedStatement update = connection.prepareStatement(FORGET_COALESCED.formatted(database.idsOfJson()))) {
            update.setString(1, headers);
            update.setBytes(2, Traces.NOTHING);
            update.setString(3, Database.json(operation.coalesced()));
            update.executeUpdate();
        }
    }
}
