package dev.muster.push;

import dev.muster.canonical.Entity;
import dev.muster.db.Database;
import dev.muster.db.Database.Dialect;
import dev.muster.db.RowStatement;
import dev.muster.failure.FailureCode;
import dev.muster.golden.Pushed;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The outbox: rows are claimed by one hub, and settled. A claim is held by the hub's heartbeat. Safe to call from many
 * threads and from many hubs on one PostgreSQL.
 */
public final class PushStore {
    private static final String COLUMNS = "golden_id, target, integration, organization, version, attempts, forced,"
            + " external_id, item_key, pushed, pushed_at, sending, contested";

    private static final String NEXT_LANE = """
            SELECT target, integration FROM pushes WHERE status = 1 AND (target, integration) > (?, ?)
            ORDER BY target, integration LIMIT 1""";

    static final String BACKLOG =
            "SELECT target, COUNT(*), MIN(not_before) FROM pushes WHERE status = 1 GROUP BY target";

    private static final String READY = """
            SELECT golden_id FROM pushes
            WHERE status = 1 AND target = ? AND integration = ? AND rank = ? AND not_before <= ?
            ORDER BY not_before, golden_id LIMIT ?""";

    /** The same with what would be due soon: what waits after a try in vain, or for another target, keeps its time. */
    private static final String CLAIMABLE = """
            SELECT golden_id FROM pushes
            WHERE status = 1 AND target = ? AND integration = ? AND rank = ? AND not_before <= ?
                AND (not_before <= ? OR attempts = 0 AND error IS NULL)
            ORDER BY not_before, golden_id LIMIT ?""";

    /** Names the ranks, so that the index of what is due leads to the rows. */
    static final String WAKE = """
            UPDATE pushes SET not_before = ?
            WHERE status = 1 AND target = ? AND integration = ? AND rank IN (0, 1) AND not_before > ?""";

    private static final String CLAIM = """
            WITH ready AS MATERIALIZED (%s%s)
            UPDATE pushes SET status = 2, owner = ?, updated_at = ?
            WHERE status = 1 AND target = ? AND integration = ? AND golden_id IN (SELECT golden_id FROM ready)
            RETURNING\s""" + COLUMNS;

    static final RowStatement BEGIN = RowStatement.of("""
            UPDATE pushes SET sending = r.sending, sending_at = r.sending_at, item_key = COALESCE(pushes.item_key, r.item_key)
            FROM {golden_id bigint, target text, integration text, sending text, sending_at bigint, item_key text} r
            WHERE pushes.golden_id = r.golden_id AND pushes.target = r.target AND pushes.integration = r.integration""");

    /**
     * What changed while it was under way is due again at the time that the change set. Found by its key: the sum keeps
     * planners from walking everything that is claimed.
     */
    static final RowStatement SETTLE = RowStatement.of("""
            UPDATE pushes SET
                status = CASE WHEN pushes.version > r.version THEN 1 ELSE r.status END,
                rank = CASE WHEN pushes.version > r.version OR r.status = 1 THEN pushes.rank ELSE 1 END,
                not_before = CASE WHEN r.status = 1 AND r.not_before > pushes.not_before THEN r.not_before
                                  ELSE pushes.not_before END,
                attempts = r.attempts, owner = NULL, forced = CASE WHEN r.status = 1 THEN pushes.forced ELSE 0 END,
                error_code = r.error_code, error = r.error,
                external_id = COALESCE(r.external_id, pushes.external_id),
                item_key = COALESCE(r.item_key, pushes.item_key),
                pushed = COALESCE(r.pushed, pushes.pushed), pushed_at = COALESCE(r.pushed_at, pushes.pushed_at),
                sending = r.sending, updated_at = r.updated_at,
                contested = CASE WHEN r.status = 0 THEN NULL ELSE COALESCE(r.contested, pushes.contested) END
            FROM {golden_id bigint, target text, integration text, version bigint, status bigint, not_before bigint,
                  attempts bigint, error_code text, error text, external_id text, item_key text, pushed text,
                  pushed_at bigint, sending text, updated_at bigint, owner text, contested text} r
            WHERE pushes.golden_id = r.golden_id AND pushes.target = r.target AND pushes.integration = r.integration
                AND pushes.status + 0 = 2 AND pushes.owner = r.owner""");

    private static final RowStatement ENQUEUE = RowStatement.of("""
            INSERT INTO pushes (golden_id, target, integration, organization, platform, entity, status, rank, version,
                                attempts, not_before, forced, created_at, updated_at)
            SELECT r.golden_id, r.target, r.integration, r.organization, r.platform, r.entity, 1, 1, 1, 0, r.now, 0,
                   r.now, r.now
            FROM {golden_id bigint, target text, integration text, organization text, platform text, entity text,
                  now bigint} r WHERE true
            ON CONFLICT (golden_id, target, integration) DO UPDATE SET version = pushes.version + 1,
                status = CASE WHEN pushes.status = 2 THEN 2 ELSE 1 END,
                attempts = CASE WHEN pushes.status IN (1, 2) THEN pushes.attempts ELSE 0 END,
                not_before = CASE WHEN pushes.status = 1 THEN pushes.not_before ELSE excluded.not_before END""");

    private static final String REPLAY = """
            UPDATE pushes SET status = CASE WHEN status = 2 THEN 2 ELSE 1 END, version = version + 1, attempts = 0,
                   forced = ?, not_before = ?, updated_at = ?
            WHERE golden_id = ? AND target = ? AND integration = ?""";

    /** Due only when nothing is left to be asked; not where it has been asked anew meanwhile. */
    private static final String CHOOSE = """
            UPDATE pushes SET contested = ?, status = ?, version = version + 1, attempts = 0, not_before = ?, updated_at = ?
            WHERE golden_id = ? AND target = ? AND integration = ? AND status = 4 AND contested = ?""";

    private static final String RETURN_CLAIMS = "UPDATE pushes SET status = 1, owner = NULL WHERE status = 2 AND ";

    private final Database database;
    private final Clock clock;
    private final String owner;
    private final Backlogs backlog;

    /** @param owner this hub's name, the same after a restart */
    public PushStore(Database database, Clock clock, String owner) {
        this.database = database;
        this.clock = clock;
        this.owner = owner;
        this.backlog = new Backlogs(database, clock, BACKLOG);
    }

    /**
     * Where work can be: one account and what it is told of.
     *
     * @param target the target's name
     */
    public record Lane(String target, String integration) {
        /** Comes before every other. */
        public static final Lane FIRST = new Lane("", "");
    }

    /** The next places with rows that are due, now or later, behind the given one in a fixed order. */
    public List<Lane> lanes(Lane after, int limit) {
        return database.read(connection -> {
            List<Lane> lanes = new ArrayList<>();
            Lane last = after;
            try (PreparedStatement select = connection.prepareStatement(NEXT_LANE)) {
                while (lanes.size() < limit) {
                    select.setString(1, last.target());
                    select.setString(2, last.integration());
                    try (ResultSet rows = select.executeQuery()) {
                        if (!rows.next()) {
                            return lanes;
                        }
                        last = new Lane(rows.getString(1), rows.getString(2));
                        lanes.add(last);
                    }
                }
            }
            return lanes;
        });
    }

    /** What waits, by target; of very many, as of the last count. Reads the index of rows that are due only. */
    Map<String, Backlog> backlog() {
        return backlog.all();
    }

    /** Rows that wait for a person. */
    public record Resting(long failed, long held) {}

    /** How many rows wait for a person, by platform. */
    public Map<String, Resting> resting() {
        return database.read(connection -> {
            Map<String, Resting> resting = new HashMap<>();
            try (PreparedStatement select = connection.prepareStatement("SELECT platform, COUNT(*),"
                            + " SUM(CASE WHEN status = " + PushStatus.HELD.ordinal() + " THEN 1 ELSE 0 END)"
                            + " FROM pushes WHERE status > 2 GROUP BY platform");
                    ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    long held = rows.getLong(3);
                    resting.put(rows.getString(1), new Resting(rows.getLong(2) - held, held));
                }
            }
            return resting;
        });
    }

    /** What a lane put off is due now. */
    void wake(Lane lane) {
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement(WAKE)) {
                update.setLong(1, clock.millis());
                update.setString(2, lane.target());
                update.setString(3, lane.integration());
                update.setLong(4, clock.millis());
                update.executeUpdate();
            }
        });
    }

    /** Whether a lane has a row that may be claimed now. */
    public boolean isReady(Lane lane) {
        return database.read(connection -> isReady(connection, lane, 0) || isReady(connection, lane, 1));
    }

    /** Whether a lane has a withdrawal of consent that may be claimed now, or a full batch. */
    boolean isUrgent(Lane lane, int batch, Duration ahead) {
        return database.read(connection -> {
            if (isReady(connection, lane, 0)) {
                return true;
            }
            try (PreparedStatement select =
                    connection.prepareStatement("SELECT COUNT(*) FROM (" + CLAIMABLE + ") claimable")) {
                claimable(select, lane, 1, clock.millis(), ahead, batch);
                try (ResultSet rows = select.executeQuery()) {
                    return rows.next() && rows.getInt(1) >= batch;
                }
            }
        });
    }

    private boolean isReady(Connection connection, Lane lane, long rank) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(READY)) {
            select.setString(1, lane.target());
            select.setString(2, lane.integration());
            select.setLong(3, rank);
            select.setLong(4, clock.millis());
            select.setInt(5, 1);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next();
            }
        }
    }

    private static void claimable(
            PreparedStatement statement, Lane lane, long rank, long now, Duration ahead, int limit)
            throws SQLException {
        statement.setString(1, lane.target());
        statement.setString(2, lane.integration());
        statement.setLong(3, rank);
        statement.setLong(4, now + ahead.toMillis());
        statement.setLong(5, now);
        statement.setInt(6, limit);
    }

    static String claimText(Dialect dialect) {
        return CLAIM.formatted(CLAIMABLE, dialect == Dialect.POSTGRESQL ? " FOR UPDATE SKIP LOCKED" : "");
    }

    /**
     * Claims rows of one lane: withdrawals of consent first, then by the time since when they are due.
     *
     * @param ahead changes that would be due within that time are taken along where a call is made anyway
     */
    List<Push> claim(Lane lane, int limit, Duration ahead) {
        return database.writeUnforced(connection -> {
            List<Push> claimed = new ArrayList<>();
            String sql = claimText(database.dialect());
            long now = clock.millis();
            for (long rank = 0; rank <= 1 && claimed.size() < limit; rank++) {
                if (!isReady(connection, lane, rank)) {
                    continue;
                }
                try (PreparedStatement claim = connection.prepareStatement(sql)) {
                    claimable(claim, lane, rank, now, ahead, limit - claimed.size());
                    claim.setString(7, owner);
                    claim.setLong(8, now);
                    claim.setString(9, lane.target());
                    claim.setString(10, lane.integration());
                    try (ResultSet rows = claim.executeQuery()) {
                        while (rows.next()) {
                            claimed.add(read(rows));
                        }
                    }
                }
            }
            return claimed;
        });
    }

    private static Push read(ResultSet row) throws SQLException {
        return new Push(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getLong(5),
                row.getInt(6),
                row.getInt(7) == 1,
                row.getString(8),
                row.getString(9),
                Pushed.of(row.getString(10)),
                Instant.ofEpochMilli(row.getLong(11)),
                Pushed.of(row.getString(12)),
                Contested.of(row.getString(13)));
    }

    /** Which of them a lane has still to be told of for the first time, and how that stands. */
    Map<Long, PushStatus> untold(Lane lane, Collection<Long> goldenIds) {
        return database.read(connection -> {
            Map<Long, PushStatus> found = new HashMap<>();
            try (PreparedStatement select = connection.prepareStatement("SELECT golden_id, status FROM pushes WHERE"
                    + " target = ? AND integration = ? AND pushed IS NULL AND status <> 0 AND golden_id IN "
                    + database.idsOfJson())) {
                select.setString(1, lane.target());
                select.setString(2, lane.integration());
                select.setString(3, Database.json(goldenIds));
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        found.put(rows.getLong(1), PushStatus.values()[rows.getInt(2)]);
                    }
                }
            }
            return found;
        });
    }

    /** What the outbox holds of these records for one lane, by golden id. */
    Map<Long, Push> rows(Lane lane, Collection<Long> goldenIds) {
        return database.read(connection -> {
            Map<Long, Push> found = new HashMap<>();
            try (PreparedStatement select = connection.prepareStatement("SELECT " + COLUMNS
                    + " FROM pushes WHERE target = ? AND integration = ? AND golden_id IN " + database.idsOfJson())) {
                select.setString(1, lane.target());
                select.setString(2, lane.integration());
                select.setString(3, Database.json(goldenIds));
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        Push push = read(rows);
                        found.put(push.goldenId(), push);
                    }
                }
            }
            return found;
        });
    }

    /** What is about to be said of a claimed row. */
    record Beginning(Push push, Pushed sending, @Nullable String key) {}

    /**
     * Notes what is about to be sent, before it is: an echo may be faster than the answer.
     *
     * @param durably whether it has to survive a power failure, because sending it twice would do harm
     */
    void begin(List<Beginning> beginnings, boolean durably) {
        Database.Work<Boolean> work = connection -> {
            try (RowStatement.Rows rows = BEGIN.open(connection, database.dialect())) {
                for (Beginning one : beginnings) {
                    rows.add(
                            one.push().goldenId(),
                            one.push().target(),
                            one.push().integration(),
                            one.sending().json(),
                            clock.millis(),
                            one.key());
                }
                rows.write();
            }
            return true;
        };
        if (durably) {
            database.write(work);
        } else {
            database.writeUnforced(work);
        }
    }

    /** Ends claims. One that was lost meanwhile is left alone. */
    void settle(List<Settlement> settlements) {
        if (settlements.isEmpty()) {
            return;
        }
        long now = clock.millis();
        database.change(connection -> {
            try (RowStatement.Rows rows = SETTLE.open(connection, database.dialect())) {
                for (Settlement one : settlements) {
                    rows.add(row(one, now));
                }
                rows.write();
            }
        });
    }

    private @Nullable Object[] row(Settlement one, long now) {
        FailureCode code = one.code();
        Pushed pushed = one.pushed();
        Pushed sending = one.sending();
        return new @Nullable Object[] {
            one.push().goldenId(),
            one.push().target(),
            one.push().integration(),
            one.push().version(),
            (long) one.status().ordinal(),
            one.notBefore().toEpochMilli(),
            (long) one.attempts(),
            code == null ? null : code.id(),
            one.error(),
            one.externalId(),
            one.key(),
            pushed == null ? null : pushed.json(),
            pushed == null || !one.wasTold() ? null : Long.valueOf(now),
            sending == null ? null : sending.json(),
            now,
            owner,
            Contested.json(one.contested())
        };
    }

    /** Puts claimed rows back as they were. */
    void release(List<Push> pushes, Duration pause) {
        Instant notBefore = clock.instant().plus(pause);
        settle(pushes.stream()
                .map(push -> Settlement.later(push, push.attempts(), notBefore, null, push.sending()))
                .toList());
    }

    /** Takes up again what this hub was doing when it ended. */
    public int resume() {
        return returnClaims("owner = ?", statement -> statement.setString(1, owner));
    }

    /** Takes back the claims of hubs whose heartbeat stopped. */
    public int returnLost(Duration lease) {
        return returnClaims(
                "owner <> ? AND owner NOT IN (SELECT owner FROM hubs WHERE heartbeat_at >= ?)", statement -> {
                    statement.setString(1, owner);
                    statement.setLong(2, clock.millis() - lease.toMillis());
                });
    }

    /** Sets parameters. */
    @FunctionalInterface
    private interface Binding {
        void bind(PreparedStatement statement) throws SQLException;
    }

    private int returnClaims(String whose, Binding binding) {
        return database.write(connection -> {
            try (PreparedStatement update = connection.prepareStatement(RETURN_CLAIMS + whose)) {
                binding.bind(update);
                return update.executeUpdate();
            }
        });
    }

    /** Makes records due for a lane, as if they had changed. */
    void enqueue(PushTarget target, String integration, String organization, Collection<Long> goldenIds) {
        Entity entity = target.entity();
        database.change(connection -> {
            try (RowStatement.Rows rows = ENQUEUE.open(connection, database.dialect())) {
                for (Long id : goldenIds) {
                    rows.add(
                            id,
                            target.name(),
                            integration,
                            organization,
                            target.platform(),
                            entity.id(),
                            clock.millis());
                }
                rows.write();
            }
        });
    }

    /** Has what a person had to decide about these records judged again. */
    void reconsider(Lane lane, Collection<Long> goldenIds) {
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement("UPDATE pushes SET status = 1,"
                    + " version = version + 1, not_before = ?, updated_at = ? WHERE status = "
                    + PushStatus.HELD.ordinal() + " AND target = ? AND integration = ? AND golden_id IN "
                    + database.idsOfJson())) {
                update.setLong(1, clock.millis());
                update.setLong(2, clock.millis());
                update.setString(3, lane.target());
                update.setString(4, lane.integration());
                update.setString(5, Database.json(goldenIds));
                update.executeUpdate();
            }
        });
    }

    /**
     * Makes one row due again.
     *
     * @param forced whether the golden record's values are sent whatever the target has
     * @return whether there is such a row
     */
    boolean replay(Connection connection, long goldenId, Lane lane, boolean forced) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(REPLAY)) {
            update.setInt(1, forced ? 1 : 0);
            update.setLong(2, clock.millis());
            update.setLong(3, clock.millis());
            update.setLong(4, goldenId);
            update.setString(5, lane.target());
            update.setString(6, lane.integration());
            return update.executeUpdate() == 1;
        }
    }

    /** How a person's word was taken. */
    enum Chosen {
        /** The push is due: nothing is left to be asked. */
        DUE,
        /** Of other fields nothing was said yet. */
        HELD,
        /** It is not held, or not by this field. */
        NOT_ASKED,
        /** It was asked anew, or somebody else said something, at this moment. */
        CHANGED
    }

    /** Takes a person's word about one field of a push that is held. */
    Chosen choose(Connection connection, long goldenId, Lane lane, String field, Contested.Choice choice)
            throws SQLException {
        String asked = contested(connection, goldenId, lane);
        Map<String, Contested> fields = Contested.of(asked);
        Contested one = fields.get(field);
        if (one == null) {
            return Chosen.NOT_ASKED;
        }
        fields.put(field, new Contested(one.there(), one.here(), choice));
        boolean isDecided = fields.values().stream().allMatch(other -> other.choice() != null);
        PushStatus status = isDecided ? PushStatus.DUE : PushStatus.HELD;
        try (PreparedStatement update = connection.prepareStatement(CHOOSE)) {
            update.setString(1, Contested.json(fields));
            update.setInt(2, status.ordinal());
            update.setLong(3, clock.millis());
            update.setLong(4, clock.millis());
            update.setLong(5, goldenId);
            update.setString(6, lane.target());
            update.setString(7, lane.integration());
            update.setString(8, asked);
            boolean isTaken = update.executeUpdate() == 1;
            return !isTaken ? Chosen.CHANGED : isDecided ? Chosen.DUE : Chosen.HELD;
        }
    }

    private static @Nullable String contested(Connection connection, long goldenId, Lane lane) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT contested FROM pushes WHERE golden_id = ?"
                + " AND target = ? AND integration = ? AND status = 4")) {
            select.setLong(1, goldenId);
            select.setString(2, lane.target());
            select.setString(3, lane.integration());
            try (ResultSet rows = select.executeQuery()) {
                return rows.next() ? rows.getString(1) : null;
            }
        }
    }
}
