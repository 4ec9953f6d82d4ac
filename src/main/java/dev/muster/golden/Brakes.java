package dev.muster.golden;

import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditTrail;
import dev.muster.canonical.Entity;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.operation.OperationStatus;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accounts that were stopped because they changed too much, and what people make of what is held. */
public final class Brakes {
    private static final Logger LOG = LoggerFactory.getLogger(Brakes.class);
    private static final int BATCH = 1_000;
    private static final int COUNT_MAX = 10_000;
    private static final Duration COUNTS_KEPT = Duration.ofDays(8);

    private static final String COLUMNS = """
            SELECT b.id, b.organization, b.platform, b.integration, b.entity, b.state, b.changed, b.allowed, b.window_millis,
                   b.decided_by, b.reason, b.exempt_until, b.created_at, b.decided_at, b.closed_at FROM brakes b""";

    /** The first of what one account has waiting. */
    private static final String HELD_OF = """
            SELECT o.id FROM sync_operations o
            WHERE %s AND o.organization = ? AND o.platform = ? AND o.integration = ? ORDER BY o.id LIMIT ?""";

    /** With its old place, so that what was first is first. */
    private static final String RELEASE = """
            UPDATE sync_operations SET status = 0, rank = 0, owner = NULL, attempts = 0, error = NULL, processed_at = NULL
            WHERE status = %d AND id IN (SELECT h.id FROM (%s) h)""";

    private static final String IGNORE = """
            UPDATE sync_operations SET status = 3, owner = NULL, error = ?, processed_at = ?
            WHERE status = %d AND id IN (SELECT h.id FROM (%s) h)""";

    private static final String DECIDE = """
            UPDATE brakes SET state = ?, decided_by = ?, reason = ?, decided_at = ?, exempt_until = ?
            WHERE id = ? AND state = 'held'""";

    private final Database database;
    private final Ids ids;
    private final Clock clock;
    private final AuditTrail trail;
    private final Consumer<String> arrived;
    private final String heldOf;

    /** @param arrived told the platform of which work has come back into the queue */
    public Brakes(Database database, Ids ids, Clock clock, AuditTrail trail, Consumer<String> arrived) {
        this.database = database;
        this.ids = ids;
        this.clock = clock;
        this.trail = trail;
        this.arrived = arrived;
        this.heldOf = HELD_OF.formatted(database.notable("o.status", OperationStatus.HELD));
    }

    /**
     * Cases, newest first.
     *
     * @param isOpen only those of which something is left to be done
     */
    public List<BrakeCase> list(@Nullable String organization, boolean isOpen, long before, int limit) {
        return database.read(connection -> {
            List<BrakeCase> cases = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement(COLUMNS + " WHERE "
                    + (isOpen ? "b.closed_at IS NULL AND " : "")
                    + "b.id < ? AND (b.organization = ? OR ? = '') ORDER BY b.id DESC LIMIT ?")) {
                select.setLong(1, before);
                select.setString(2, organization == null ? "" : organization);
                select.setString(3, organization == null ? "" : organization);
                select.setInt(4, limit);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        cases.add(read(connection, rows));
                    }
                }
            }
            return cases;
        });
    }

    /** @throws Refusal 404 where there is none, or none that they may see */
    public BrakeCase find(long id, ByWhom who) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(COLUMNS + " WHERE b.id = ?")) {
                select.setLong(1, id);
                try (ResultSet rows = select.executeQuery()) {
                    if (rows.next() && who.sees(rows.getString(2))) {
                        return read(connection, rows);
                    }
                }
            }
            throw new Refusal(FailureCode.NOT_FOUND, 404, "There is no brake " + Ids.format(id));
        });
    }

    /**
     * What is held goes on, in its order, and the account is not stopped again for as long as its window is.
     *
     * @throws Refusal 404 where there is none, 409 where somebody decided already
     */
    public BrakeCase approve(long id, ByWhom who) {
        return decide(id, who, "approved");
    }

    /**
     * What is held is ended as ignored. What was applied before can be undone.
     *
     * @throws Refusal 404 where there is none, 409 where somebody decided already
     */
    public BrakeCase reject(long id, ByWhom who) {
        return decide(id, who, "rejected");
    }

    private BrakeCase decide(long id, ByWhom who, String state) {
        BrakeCase before = find(id, who);
        Instant now = clock.instant();
        boolean isFirst = database.write(connection -> {
            try (PreparedStatement update = connection.prepareStatement(DECIDE)) {
                update.setString(1, state);
                update.setString(2, who.name());
                update.setString(3, Database.storable(who.reason()));
                update.setLong(4, now.toEpochMilli());
                update.setLong(
                        5, state.equals("approved") ? now.plus(before.window()).toEpochMilli() : now.toEpochMilli());
                update.setLong(6, id);
                if (update.executeUpdate() == 0) {
                    return false;
                }
            }
            audit(connection, before, who, state);
            return true;
        });
        if (!isFirst) {
            throw new Refusal(
                    FailureCode.CONFLICTING_STATE,
                    409,
                    "The brake " + Ids.format(id) + " was " + find(id, who).state() + " already");
        }
        work();
        return find(id, who);
    }

    private void audit(Connection connection, BrakeCase one, ByWhom who, String state) throws SQLException {
        trail.record(
                connection,
                new AuditEntry(
                        ids.next(),
                        one.organization(),
                        who.name(),
                        "brake_" + state,
                        one.entity().id(),
                        null,
                        one.platform() + '/' + one.integration(),
                        null,
                        who.reason(),
                        ValuesJson.write(Map.of(
                                "brake",
                                Ids.format(one.id()),
                                "platform",
                                one.platform(),
                                "integration",
                                one.integration(),
                                "held",
                                one.held()))));
    }

    /**
     * Goes on with what was decided, in batches; closes what is done. After a crash it goes on where it was.
     *
     * @return how many operations went on or were ended
     */
    public int work() {
        int done = 0;
        for (BrakeCase one : list(null, true, Long.MAX_VALUE, BATCH)) {
            if (one.state().equals("held")) {
                continue;
            }
            int own = work(one);
            if (own > 0) {
                LOG.info("The brake {} was {}: {} operations", Ids.format(one.id()), one.state(), own);
                arrived.accept(one.platform());
            }
            done += own;
        }
        return done;
    }

    private int work(BrakeCase one) {
        int done = 0;
        int batch;
        do {
            batch = database.write(connection -> batch(connection, one));
            done += batch;
        } while (batch == BATCH);
        if (isOver(one)) {
            do {
                batch = Decider.decide(database, new Ending(one));
                done += batch;
            } while (batch > 0);
        }
        return done;
    }

    /** Not as long as an approved account may not be stopped again. */
    private boolean isOver(BrakeCase one) {
        Instant exemptUntil = one.exemptUntil();
        return !isApproved(one) || exemptUntil == null || !clock.instant().isBefore(exemptUntil);
    }

    private static boolean isApproved(BrakeCase one) {
        return one.state().equals("approved");
    }

    private int batch(Connection connection, BrakeCase one) throws SQLException {
        return isApproved(one) ? release(connection, one) : ignore(connection, one);
    }

    /** The last of a brake, between two decisions: one that was under way when the brake was decided may have held more. */
    private final class Ending implements Decider.Work<Integer> {
        private final BrakeCase one;

        Ending(BrakeCase one) {
            this.one = one;
        }

        @Override
        public void read(Connection connection) throws SQLException {
            new GoldenReads(connection, database).lock(Set.of(one.organization()));
        }

        @Override
        public void decide() {}

        /** @return how many were left; none where it is closed now */
        @Override
        public Integer write(Connection connection) throws SQLException {
            int left = batch(connection, one);
            if (left == 0) {
                close(connection, one);
            }
            return left;
        }
    }

    private int release(Connection connection, BrakeCase one) throws SQLException {
        try (PreparedStatement update = prepared(connection, RELEASE)) {
            return heldOf(update, 1, one).executeUpdate();
        }
    }

    private int ignore(Connection connection, BrakeCase one) throws SQLException {
        try (PreparedStatement update = prepared(connection, IGNORE)) {
            String why = one.reason() == null || one.reason().isEmpty() ? "" : ": " + one.reason();
            update.setString(1, "Rejected by " + one.decidedBy() + " at the brake " + Ids.format(one.id()) + why);
            update.setLong(2, clock.millis());
            return heldOf(update, 3, one).executeUpdate();
        }
    }

    private PreparedStatement prepared(Connection connection, String end) throws SQLException {
        return connection.prepareStatement(end.formatted(OperationStatus.HELD.ordinal(), heldOf));
    }

    private static PreparedStatement heldOf(PreparedStatement statement, int index, BrakeCase one) throws SQLException {
        statement.setString(index, one.organization());
        statement.setString(index + 1, one.platform());
        statement.setString(index + 2, one.integration());
        statement.setInt(index + 3, BATCH);
        return statement;
    }

    private void close(Connection connection, BrakeCase one) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE brakes SET closed_at = ? WHERE id = ? AND closed_at IS NULL")) {
            update.setLong(1, clock.millis());
            update.setLong(2, one.id());
            update.executeUpdate();
        }
    }

    /** Forgets counts that no window reaches. */
    public void sweep() {
        long before = clock.instant().minus(COUNTS_KEPT).getEpochSecond() / 60;
        database.change(connection -> {
            try (PreparedStatement delete = connection.prepareStatement("DELETE FROM brake_counts WHERE minute < ?")) {
                delete.setLong(1, before);
                delete.executeUpdate();
            }
        });
    }

    private BrakeCase read(Connection connection, ResultSet rows) throws SQLException {
        String organization = rows.getString(2);
        String platform = rows.getString(3);
        String integration = rows.getString(4);
        long held = 0;
        if (time(rows, 15) == null) {
            try (PreparedStatement select =
                    connection.prepareStatement("SELECT COUNT(*) FROM (" + heldOf + ") counted")) {
                select.setString(1, organization);
                select.setString(2, platform);
                select.setString(3, integration);
                select.setInt(4, COUNT_MAX);
                try (ResultSet count = select.executeQuery()) {
                    held = count.next() ? count.getLong(1) : 0;
                }
            }
        }
        return new BrakeCase(
                rows.getLong(1),
                organization,
                platform,
                integration,
                Entity.of(rows.getString(5)).orElseThrow(),
                rows.getString(6),
                rows.getLong(7),
                rows.getLong(8),
                Duration.ofMillis(rows.getLong(9)),
                held,
                rows.getString(10),
                rows.getString(11),
                time(rows, 12),
                Instant.ofEpochMilli(rows.getLong(13)),
                time(rows, 14),
                time(rows, 15));
    }

    private static @Nullable Instant time(ResultSet rows, int column) throws SQLException {
        long millis = rows.getLong(column);
        return rows.wasNull() ? null : Instant.ofEpochMilli(millis);
    }
}
