package dev.muster.operation;

import dev.muster.db.Database;
import dev.muster.db.Database.Dialect;
import dev.muster.db.Ids;
import dev.muster.db.RowStatement;
import dev.muster.delivery.Delivery;
import dev.muster.delivery.HeadersJson;
import dev.muster.meter.Backlog;
import dev.muster.meter.Backlogs;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The durable queue: operations wait, are claimed by one hub, and end. A claim is held by the hub's heartbeat; when that
 * stops, the claims return. Safe to call from many threads and from many hubs on one PostgreSQL.
 */
public final class OperationStore {
    /** The operations of one lane that may be worked on, in order; its type and rank are part of the text. */
    private static final String LANE = """
            SELECT id, %1$d FROM (SELECT o.id FROM sync_operations o
            WHERE o.platform = ? AND o.type = %2$d AND o.rank = %3$d AND o.status = 0 AND o.not_before <= ? %4$s
            ORDER BY o.not_before, o.id LIMIT ?) lane%1$d""";

    /** What waits out its settle window behind a claimed pointer to the same record belongs to the same burst. */
    private static final String BURST = """
            SELECT o.id FROM sync_operations o
            WHERE o.platform = ? AND o.type = 0 AND o.rank = 0 AND o.status = 0 AND o.not_before > ? AND o.not_before <= ?
            AND EXISTS (SELECT 1 FROM sync_operations r WHERE r.id IN %s AND r.record_key = o.record_key
                AND r.integration = o.integration) ORDER BY o.not_before, o.id LIMIT ?""";

    /** Another hub works on an earlier operation of the same record: order first. */
    private static final String NOT_HELD_ELSEWHERE = """
            AND NOT EXISTS (SELECT 1 FROM sync_operations h
            WHERE h.status = 1 AND h.record_key = o.record_key AND h.platform = o.platform AND h.owner <> ?)""";

    public static final String BULK_WAITING = """
            SELECT COUNT(*) FROM (SELECT 1 FROM sync_operations
                WHERE organization = ? AND platform = ? AND type = 2 AND status = 0 LIMIT ?) w""";

    /** Once for each of the indexes of what is not ended. */
    private static final String BULK_UNDER_WAY = """
            SELECT 1 WHERE EXISTS (SELECT 1 FROM sync_operations
                WHERE status = 0 AND platform = ? AND type = 2 AND integration = ? AND kind = ?)
            OR EXISTS (SELECT 1 FROM sync_operations
                WHERE status = 1 AND owner IS NOT NULL AND platform = ? AND type = 2 AND integration = ? AND kind = ?)""";

    static final String CLAIM = """
            UPDATE sync_operations SET status = 1, owner = ? WHERE status = 0 AND id IN %s""";

    static final String CLAIMED = """
            SELECT o.id, o.type, o.attempts, d.id, d.organization, d.platform, d.integration, d.received_at, d.headers,
                   d.body, d.kind, d.record_key, o.forced
            FROM sync_operations o JOIN deliveries d ON d.id = o.delivery_id
            WHERE o.id IN %s ORDER BY o.delivery_id""";

    private static final RowStatement END = RowStatement.of("""
            UPDATE sync_operations SET status = r.status, attempts = r.attempts, owner = NULL, error_code = r.error_code,
                                       error = r.error, processed_at = r.processed_at
            FROM {id bigint, status bigint, attempts bigint, error_code text, error text, processed_at bigint} r
            WHERE sync_operations.id = r.id""");

    /** Without a pause an operation takes its old place again. */
    private static final RowStatement RELEASE = RowStatement.of("""
            UPDATE sync_operations SET status = 0, owner = NULL, rank = r.rank, not_before = COALESCE(r.not_before, sync_operations.not_before),
                                       attempts = r.attempts
            FROM {id bigint, rank bigint, not_before bigint, attempts bigint} r
            WHERE sync_operations.id = r.id AND sync_operations.status = 1""");

    /** The order is that of the index, which alone is never longer than what was put off: SQLite would not choose it. */
    static final String ANY_PUT_OFF = """
            SELECT id FROM sync_operations WHERE status = 0 AND rank = 1 AND platform = ?
            ORDER BY integration, record_key, id LIMIT 1""";

    /** Of an operation just claimed: the earliest of its record that was put off, and when that may be worked on. */
    static final String PUT_OFF_BEFORE = """
            SELECT o.id, p.id, p.not_before
            FROM sync_operations o JOIN sync_operations p ON p.id = (
                SELECT e.id FROM sync_operations e
                WHERE e.status = 0 AND e.rank = 1 AND e.platform = o.platform AND e.integration = o.integration
                AND e.record_key = o.record_key ORDER BY e.id LIMIT 1)
            WHERE o.id IN %s AND p.id < o.id""";

    private static final RowStatement PUT_BEHIND = RowStatement.of("""
            UPDATE sync_operations SET status = 0, owner = NULL, rank = 1,
                   not_before = CASE WHEN sync_operations.not_before > r.not_before
                                     THEN sync_operations.not_before ELSE r.not_before END
            FROM {id bigint, not_before bigint} r WHERE sync_operations.id = r.id""");

    private static final String RETURN_CLAIMS = """
            UPDATE sync_operations SET status = 0, owner = NULL, rank = 1
            WHERE status = 1 AND owner = ?""";

    /** Each type's first tries, then its retries. */
    private static final int LANES = OperationType.values().length * 2;

    /** Of how many parts of the claims each lane below the first is promised one. */
    private static final int SHARES = 10;

    private static final int BURST_MAX = 1_000;

    /** How often a claim looks further when everything it found stands behind an operation that was put off. */
    private static final int LOOKS_MAX = 10;

    private static final String BACKLOG =
            "SELECT platform, COUNT(*), MIN(not_before) FROM sync_operations WHERE status = 0 GROUP BY platform";

    private final Database database;
    private final Ids ids;
    private final Clock clock;
    private final String owner;
    private final String ready;
    private final AtomicInteger claims = new AtomicInteger();
    private final Backlogs backlog;

    /** @param owner this hub's name, the same after a restart, so that it takes up at once what it was doing */
    public OperationStore(Database database, Ids ids, Clock clock, String owner) {
        this.database = database;
        this.ids = ids;
        this.clock = clock;
        this.owner = owner;
        this.ready = ready(database.dialect());
        this.backlog = new Backlogs(database, clock, BACKLOG);
    }

    /**
     * Claims up to {@code limit} operations of one platform, in the order in which they arrived. Webhooks come before
     * manual work before bulk, first tries before retries; each class keeps a share, so that none starves: a tenth of a
     * large claim, one in ten of small ones.
     */
    public List<Operation> claim(String platform, int limit) {
        return claim(platform, limit, Duration.ZERO);
    }

    /**
     * The same for a platform whose bursts are worked on once: with an operation come those of its record that are still
     * settling, so that one fetch serves all that had arrived when it began. They may be more than {@code limit}.
     *
     * @param settle how long each of its operations waits before it may be claimed
     */
    public List<Operation> claim(String platform, int limit, Duration settle) {
        return claim(platform, limit, limit, settle);
    }

    /**
     * The same with a bound for bulk work, of which one operation may hold a thousand records.
     *
     * @param bulkLimit the most of them that are bulk
     */
    public List<Operation> claim(String platform, int limit, int bulkLimit, Duration settle) {
        return database.writeUnforced(connection -> {
            if (database.dialect() == Dialect.POSTGRESQL) {
                lock(connection, platform);
            }
            for (int look = 0; look < LOOKS_MAX; look++) {
                List<Long> ready = ready(connection, platform, limit, bulkLimit);
                if (ready.isEmpty()) {
                    return List.of();
                }
                if (!settle.isZero()) {
                    ready = withBursts(connection, platform, ready, settle);
                }
                try (PreparedStatement claim = connection.prepareStatement(CLAIM.formatted(database.idsOfJson()))) {
                    claim.setString(1, owner);
                    claim.setString(2, Database.json(ready));
                    claim.executeUpdate();
                }
                List<Long> inTurn = withoutThoseBehind(connection, platform, ready);
                if (!inTurn.isEmpty()) {
                    return claimed(connection, Database.json(inTurn), inTurn.size());
                }
            }
            return List.of();
        });
    }

    /**
     * Order per record: what stands behind an operation that was put off waits as long, in the same lane. The claim itself
     * walks an index that knows no records; where nothing was put off, which is the rule, this is one look at an empty index.
     */
    private List<Long> withoutThoseBehind(Connection connection, String platform, List<Long> claimed)
            throws SQLException {
        if (!isAnyPutOff(connection, platform)) {
            return claimed;
        }
        Set<Long> inTurn = new LinkedHashSet<>(claimed);
        try (PreparedStatement select = connection.prepareStatement(PUT_OFF_BEFORE.formatted(database.idsOfJson()));
                RowStatement.Rows behind = PUT_BEHIND.open(connection, database.dialect())) {
            select.setString(1, Database.json(claimed));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    inTurn.remove(rows.getLong(1));
                    behind.add(rows.getLong(1), rows.getLong(3));
                }
            }
            behind.write();
        }
        return List.copyOf(inTurn);
    }

    private static boolean isAnyPutOff(Connection connection, String platform) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(ANY_PUT_OFF)) {
            select.setString(1, platform);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next();
            }
        }
    }

    private List<Long> withBursts(Connection connection, String platform, List<Long> ready, Duration settle)
            throws SQLException {
        List<Long> all = new ArrayList<>(ready);
        try (PreparedStatement select = connection.prepareStatement(BURST.formatted(database.idsOfJson()))) {
            select.setString(1, platform);
            select.setLong(2, clock.millis());
            select.setLong(3, clock.millis() + settle.toMillis());
            select.setString(4, Database.json(ready));
            select.setInt(5, BURST_MAX);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    all.add(rows.getLong(1));
                }
            }
        }
        return all;
    }

    /** Two hubs that claim at the same moment must see each other's claims, or the order of a record could break. */
    private static void lock(Connection connection, String platform) throws SQLException {
        try (PreparedStatement lock =
                connection.prepareStatement("SELECT pg_advisory_xact_lock(hashtext('claim ' || ?))")) {
            lock.setString(1, platform);
            lock.execute();
        }
    }

    private List<Long> ready(Connection connection, String platform, int limit, int bulkLimit) throws SQLException {
        List<List<Long>> lanes = lanes(connection, platform, limit, bulkLimit);
        int lower = LANES - 1;
        int turn = limit < SHARES ? claims.getAndIncrement() : 0;
        int promised = limit >= SHARES ? limit / SHARES : turn % SHARES == SHARES - 1 ? 1 : 0;
        int promisedInAll = limit >= SHARES ? promised * lower : promised;
        Set<Long> ready = new LinkedHashSet<>();
        for (int i = 0; i < lower && ready.size() < promisedInAll; i++) {
            List<Long> lane = lanes.get(1 + (turn / SHARES + i) % lower);
            ready.addAll(lane.subList(0, Math.min(promised, lane.size())));
        }
        // What is left is for the first in order.
        for (List<Long> lane : lanes) {
            for (Long id : lane) {
                if (ready.size() < limit) {
                    ready.add(id);
                }
            }
        }
        return List.copyOf(ready);
    }

    /** What is ready in each lane, the first lane first. */
    private List<List<Long>> lanes(Connection connection, String platform, int limit, int bulkLimit)
            throws SQLException {
        List<List<Long>> lanes = new ArrayList<>(LANES);
        for (int lane = 0; lane < LANES; lane++) {
            lanes.add(new ArrayList<>());
        }
        try (PreparedStatement select = connection.prepareStatement(ready)) {
            int index = 1;
            for (int lane = 0; lane < LANES; lane++) {
                select.setString(index++, platform);
                select.setLong(index++, clock.millis());
                if (database.dialect() == Dialect.POSTGRESQL) {
                    select.setString(index++, owner);
                }
                select.setInt(index++, isBulk(lane) ? Math.min(limit, bulkLimit) : limit);
            }
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    lanes.get(rows.getInt(2)).add(rows.getLong(1));
                }
            }
        }
        return lanes;
    }

    private static boolean isBulk(int lane) {
        return lane / 2 == OperationType.BULK_SYNC.ordinal();
    }

    /** How many operations of bulk work of one organization wait, counted up to a number. */
    public int bulkWaiting(String organization, String platform, int upTo) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(BULK_WAITING)) {
                select.setString(1, organization);
                select.setString(2, platform);
                select.setInt(3, upTo);
                try (ResultSet rows = select.executeQuery()) {
                    return rows.next() ? rows.getInt(1) : 0;
                }
            }
        });
    }

    /** Whether bulk work of a kind waits or is under way. */
    public boolean isUnderWay(String platform, String integration, String kind) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(BULK_UNDER_WAY)) {
                for (int i = 0; i < 2; i++) {
                    select.setString(3 * i + 1, platform);
                    select.setString(3 * i + 2, integration);
                    select.setString(3 * i + 3, kind);
                }
                try (ResultSet rows = select.executeQuery()) {
                    return rows.next();
                }
            }
        });
    }

    /** One statement for all lanes: most are empty, and each look costs a round trip. */
    static String ready(Dialect dialect) {
        StringJoiner all = new StringJoiner(" UNION ALL ");
        for (int lane = 0; lane < LANES; lane++) {
            all.add(LANE.formatted(lane, lane / 2, lane % 2, dialect == Dialect.POSTGRESQL ? NOT_HELD_ELSEWHERE : ""));
        }
        return all.toString();
    }

    private List<Operation> claimed(Connection connection, String json, int size) throws SQLException {
        List<Operation> operations = new ArrayList<>(size);
        try (PreparedStatement select = connection.prepareStatement(CLAIMED.formatted(database.idsOfJson()))) {
            select.setString(1, json);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    operations.add(operation(rows));
                }
            }
        }
        return operations;
    }

    private static Operation operation(ResultSet rows) throws SQLException {
        Delivery delivery = new Delivery(
                rows.getLong(4),
                rows.getString(5),
                rows.getString(6),
                rows.getString(7),
                Instant.ofEpochMilli(rows.getLong(8)),
                HeadersJson.read(rows.getString(9)),
                rows.getBytes(10),
                rows.getString(11),
                rows.getString(12));
        return new Operation(
                rows.getLong(1),
                OperationType.values()[rows.getInt(2)],
                rows.getInt(3),
                delivery,
                List.of(),
                rows.getInt(13) == 1);
    }

    /** Ends operations, and those coalesced with them, within the caller's transaction. */
    public static void end(
            Connection connection,
            Dialect dialect,
            Collection<Operation> operations,
            OperationStatus status,
            @Nullable String code,
            @Nullable String error,
            Instant now)
            throws SQLException {
        try (RowStatement.Rows rows = END.open(connection, dialect)) {
            for (Operation operation : operations) {
                for (Long id : operation.ids()) {
                    rows.add(
                            id,
                            (long) status.ordinal(),
                            operation.attempts() + 1L,
                            code,
                            Database.storable(error),
                            now.toEpochMilli());
                }
            }
            rows.write();
        }
    }

    /** Ends an operation that changes nothing, with the reason. */
    public void ignore(Operation operation, String reason) {
        database.change(connection -> {
            end(
                    connection,
                    database.dialect(),
                    List.of(operation),
                    OperationStatus.IGNORED,
                    null,
                    reason,
                    clock.instant());
        });
    }

    /**
     * Returns a claimed operation to the queue, where it yields to first tries.
     *
     * @param pause how long it stays there
     * @param attempted whether this counts as an attempt (an open breaker does not)
     */
    public void release(Operation operation, Duration pause, boolean attempted) {
        release(List.of(new Return(attempted ? operation.tried(1) : operation, pause)));
    }

    /**
     * A claimed operation on its way back into the queue.
     *
     * @param operation with the attempts that shall be kept with it
     * @param pause how long it stays there; without one and without an attempt it takes its old place
     */
    public record Return(Operation operation, Duration pause) {}

    /** Returns claimed operations to the queue, all in one transaction; leaves alone what has ended. */
    public void release(Collection<Return> returns) {
        database.change(connection -> {
            try (RowStatement.Rows rows = RELEASE.open(connection, database.dialect())) {
                for (Return one : returns) {
                    Operation operation = one.operation();
                    boolean isPause = !one.pause().isZero();
                    Long notBefore = isPause ? clock.millis() + one.pause().toMillis() : null;
                    for (Long id : operation.ids()) {
                        rows.add(
                                id,
                                isPause || operation.attempts() > 0 ? 1L : 0L,
                                notBefore,
                                Long.valueOf(operation.attempts()));
                    }
                }
                rows.write();
            }
        });
    }

    /** Queues a stored delivery once more, as manual work. Answers the new operation's id; empty for an unknown delivery. */
    public Optional<Long> requeue(Connection connection, long deliveryId, boolean force) throws SQLException {
        long id = ids.next();
        try (PreparedStatement insert = connection.prepareStatement("""
                INSERT INTO sync_operations (id, organization, platform, integration, type, status, rank, attempts,
                                             not_before, delivery_id, kind, record_key, created_at, forced)
                SELECT ?, organization, platform, integration, 1, 0, 0, 0, ?, id, kind, record_key, ?, ?
                FROM deliveries WHERE id = ?""")) {
            insert.setLong(1, id);
            insert.setLong(2, clock.millis());
            insert.setLong(3, clock.millis());
            insert.setInt(4, force ? 1 : 0);
            insert.setLong(5, deliveryId);
            return insert.executeUpdate() == 1 ? Optional.of(id) : Optional.empty();
        }
    }

    /** At start: what this hub had under way when it ended is pending again at once. Answers how many. */
    public int resume() {
        // Known to the others before its first claim, so that they take that back if this hub dies at once.
        database.change(this::announce);
        return returnClaims(owner);
    }

    private void announce(Connection connection) throws SQLException {
        try (PreparedStatement upsert = connection.prepareStatement("""
                INSERT INTO hubs (owner, heartbeat_at) VALUES (?, ?)
                ON CONFLICT (owner) DO UPDATE SET heartbeat_at = excluded.heartbeat_at""")) {
            upsert.setString(1, owner);
            upsert.setLong(2, clock.millis());
            upsert.executeUpdate();
        }
    }

    /** Tells the other hubs that this one lives, and takes back the claims of those that do not. */
    public int beat(Duration lease) {
        long now = clock.millis();
        List<String> lost = database.write(connection -> {
            announce(connection);
            List<String> gone = new ArrayList<>();
            try (PreparedStatement select =
                    connection.prepareStatement("SELECT owner FROM hubs WHERE heartbeat_at < ? AND owner <> ?")) {
                select.setLong(1, now - lease.toMillis());
                select.setString(2, owner);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        gone.add(rows.getString(1));
                    }
                }
            }
            return gone;
        });
        int returned = 0;
        for (String hub : lost) {
            returned += returnClaims(hub);
        }
        return returned;
    }

    private int returnClaims(String hub) {
        return database.write(connection -> {
            int returned;
            try (PreparedStatement update = connection.prepareStatement(RETURN_CLAIMS)) {
                update.setString(1, hub);
                returned = update.executeUpdate();
            }
            if (!hub.equals(owner)) {
                try (PreparedStatement delete = connection.prepareStatement("DELETE FROM hubs WHERE owner = ?")) {
                    delete.setString(1, hub);
                    delete.executeUpdate();
                }
            }
            return returned;
        });
    }

    /** What waits, per platform; of very many, as of the last count. Reads the index of waiting operations only. */
    public Map<String, Backlog> backlog() {
        return backlog.all();
    }
}
