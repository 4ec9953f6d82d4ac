package dev.muster.alert;

import dev.muster.alert.Alert.State;
import dev.muster.alert.Alert.Subject;
import dev.muster.alert.Evaluation.Tiding;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Keeps the alerts, what people have to be told of them, and which hub looks. Safe to call from several hubs. */
public final class AlertStore {
    private static final String WATCH = """
            INSERT INTO alert_watch (id, hub, until) VALUES (1, ?, ?)
            ON CONFLICT (id) DO UPDATE SET hub = excluded.hub, until = excluded.until
            WHERE alert_watch.hub = excluded.hub OR alert_watch.until < ?""";

    private static final String HOLD = "UPDATE alert_watch SET until = until WHERE id = 1 AND hub = ?";

    private static final String COLUMNS = "id, rule, severity, organization, platform, state, since, value, fired_at,"
            + " told_at, right_since, resolved_at, acknowledged_by, acknowledged_at";

    private static final String OPEN = "SELECT " + COLUMNS + " FROM alerts WHERE resolved_at IS NULL";

    private static final String FIND = "SELECT " + COLUMNS + " FROM alerts WHERE id = ?";

    private static final String LIST = "SELECT " + COLUMNS + """
             FROM alerts WHERE id < ? AND (CAST(? AS TEXT) IS NULL OR organization = ?)
            AND (CAST(? AS TEXT) IS NULL OR state = ?) AND (CAST(? AS TEXT) IS NOT NULL OR fired_at IS NOT NULL)
            ORDER BY id DESC LIMIT ?""";

    private static final String INSERT = """
            INSERT INTO alerts (rule, severity, organization, platform, state, since, value, fired_at, told_at, right_since,
                                resolved_at, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""";

    // Who acknowledged it is written by people alone.
    private static final String UPDATE = """
            UPDATE alerts SET rule = ?, severity = ?, organization = ?, platform = ?, state = ?, since = ?, value = ?,
            fired_at = ?, told_at = ?, right_since = ?, resolved_at = ? WHERE id = ?""";

    private static final String DELETE = "DELETE FROM alerts WHERE id = ?";

    private static final String ACKNOWLEDGE = """
            UPDATE alerts SET acknowledged_by = ?, acknowledged_at = ? WHERE id = ? AND state = 'firing'
            AND acknowledged_at IS NULL""";

    private static final String NOTICE_COLUMNS =
            "id, alert_id, channel, kind, severity, rule, organization, platform, title, text, created_at, attempts,"
                    + " next_at, sent_at, given_up_at, error";

    private static final String ADD_NOTICE = "INSERT INTO alert_notices (" + NOTICE_COLUMNS
            + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, NULL, NULL, NULL)";

    // Of each channel its first: a later one waits until that is told or given up.
    private static final String NEXT = "SELECT " + NOTICE_COLUMNS + """
             FROM alert_notices n WHERE next_at <= ? AND NOT EXISTS (
                SELECT 1 FROM alert_notices earlier
                WHERE earlier.channel = n.channel AND earlier.next_at IS NOT NULL AND earlier.id < n.id)
            ORDER BY next_at, id LIMIT 1""";

    private static final String CLAIM =
            "UPDATE alert_notices SET next_at = ?, attempts = attempts + 1 WHERE id = ? AND next_at = ?";

    private static final String SENT =
            "UPDATE alert_notices SET next_at = NULL, sent_at = ?, error = NULL WHERE id = ?";

    private static final String LATER = "UPDATE alert_notices SET next_at = ?, error = ? WHERE id = ?";

    private static final String GIVE_UP =
            "UPDATE alert_notices SET next_at = NULL, given_up_at = ?, error = ? WHERE id = ?";

    private static final String NOTICES =
            "SELECT " + NOTICE_COLUMNS + " FROM alert_notices WHERE alert_id = ? ORDER BY id DESC LIMIT 200";

    private static final String OLD = "SELECT id FROM alerts WHERE resolved_at < ? LIMIT 500";

    private static final String DELETE_NOTICES = "DELETE FROM alert_notices WHERE alert_id = ?";

    /** How long what is resolved is remembered. */
    private static final Duration KEPT = Duration.ofDays(400);

    /** Of an error's text, so much is kept. */
    private static final int ERROR_MAX = 500;

    private final Database database;
    private final Ids ids;

    public AlertStore(Database database, Ids ids) {
        this.database = database;
        this.ids = ids;
    }

    // --- looking

    /** Whether this hub is to look at the rules until then: one at a time does. */
    boolean watch(String hub, Instant now, Instant until) {
        return database.writeUnforced(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(WATCH)) {
                statement.setString(1, hub);
                statement.setLong(2, until.toEpochMilli());
                statement.setLong(3, now.toEpochMilli());
                return statement.executeUpdate() > 0;
            }
        });
    }

    /**
     * Evaluates and keeps what came of it, with what people have to be told, in one transaction.
     *
     * @param evaluation of the alerts that are open
     * @param notices of one tiding, with an id each
     * @return false where another hub looks meanwhile; then nothing was done
     */
    boolean keep(String hub, Function<List<Alert>, Evaluation> evaluation, Function<Tiding, List<Notice>> notices) {
        return database.write(connection -> {
            try (PreparedStatement hold = connection.prepareStatement(HOLD)) {
                hold.setString(1, hub);
                if (hold.executeUpdate() == 0) {
                    return false;
                }
            }
            Evaluation result = evaluation.apply(alerts(connection.prepareStatement(OPEN)));
            Map<Subject, Alert> stored = write(connection, result);
            try (PreparedStatement add = connection.prepareStatement(ADD_NOTICE)) {
                for (Tiding tiding : result.tidings()) {
                    Alert alert = stored.getOrDefault(tiding.subject(), tiding.alert());
                    for (Notice notice :
                            notices.apply(new Tiding(tiding.kind(), tiding.subject(), alert, tiding.rule()))) {
                        bind(add, notice);
                        add.addBatch();
                    }
                }
                add.executeBatch();
            }
            return true;
        });
    }

    private Map<Subject, Alert> write(Connection connection, Evaluation result) throws SQLException {
        Map<Subject, Alert> stored = new HashMap<>();
        try (PreparedStatement insert = connection.prepareStatement(INSERT);
                PreparedStatement update = connection.prepareStatement(UPDATE);
                PreparedStatement delete = connection.prepareStatement(DELETE)) {
            for (Alert forgotten : result.forgotten()) {
                delete.setLong(1, forgotten.id());
                delete.addBatch();
            }
            for (Alert alert : result.alerts()) {
                boolean isNew = alert.id() == 0;
                Alert kept = isNew ? alert.stored(ids.next()) : alert;
                stored.put(kept.subject(), kept);
                PreparedStatement statement = isNew ? insert : update;
                bind(statement, kept);
                statement.addBatch();
            }
            delete.executeBatch();
            insert.executeBatch();
            update.executeBatch();
        }
        return stored;
    }

    private static void bind(PreparedStatement statement, Alert alert) throws SQLException {
        statement.setString(1, alert.rule());
        statement.setString(2, alert.severity().id());
        statement.setString(3, alert.organization());
        statement.setString(4, alert.platform());
        statement.setString(5, alert.state().id());
        statement.setLong(6, alert.since().toEpochMilli());
        statement.setDouble(7, alert.value());
        bind(statement, 8, alert.firedAt());
        bind(statement, 9, alert.toldAt());
        bind(statement, 10, alert.rightSince());
        bind(statement, 11, alert.resolvedAt());
        statement.setLong(12, alert.id());
    }

    private static void bind(PreparedStatement statement, Notice notice) throws SQLException {
        statement.setLong(1, notice.id());
        statement.setLong(2, notice.alertId());
        statement.setString(3, notice.channel());
        statement.setString(4, notice.kind());
        statement.setString(5, notice.severity());
        statement.setString(6, notice.rule());
        statement.setString(7, notice.organization());
        statement.setString(8, notice.platform());
        statement.setString(9, notice.title());
        statement.setString(10, notice.text());
        statement.setLong(11, notice.createdAt().toEpochMilli());
        bind(statement, 12, notice.nextAt());
    }

    private static void bind(PreparedStatement statement, int index, @Nullable Instant at) throws SQLException {
        if (at == null) {
            statement.setNull(index, Types.BIGINT);
        } else {
            statement.setLong(index, at.toEpochMilli());
        }
    }

    // --- people

    /**
     * Those that fired, the newest first.
     *
     * @param organization null for all
     * @param state null for all that somebody was told of
     * @param before only ids below it
     */
    public List<Alert> list(@Nullable String organization, @Nullable State state, long before, int limit) {
        String named = state == null ? null : state.id();
        return database.read(connection -> {
            PreparedStatement select = connection.prepareStatement(LIST);
            select.setLong(1, before);
            select.setString(2, organization);
            select.setString(3, organization);
            select.setString(4, named);
            select.setString(5, named);
            select.setString(6, named);
            select.setInt(7, limit);
            return alerts(select);
        });
    }

    public Optional<Alert> find(long id) {
        return database.read(connection -> {
            PreparedStatement select = connection.prepareStatement(FIND);
            select.setLong(1, id);
            return alerts(select).stream().findFirst();
        });
    }

    /**
     * Somebody looks after it: no reminder comes any more.
     *
     * @return false where it is not firing, or somebody did before
     */
    public boolean acknowledge(long id, String by, Instant now) {
        return database.write(connection -> {
            try (PreparedStatement update = connection.prepareStatement(ACKNOWLEDGE)) {
                update.setString(1, by);
                update.setLong(2, now.toEpochMilli());
                update.setLong(3, id);
                return update.executeUpdate() > 0;
            }
        });
    }

    /** What was told of an alert, the newest first; at most 200. */
    public List<Notice> notices(long alertId) {
        return database.read(connection -> {
            PreparedStatement select = connection.prepareStatement(NOTICES);
            select.setLong(1, alertId);
            return notices(select);
        });
    }

    // --- telling

    /**
     * Takes the next notice that is due; nobody else takes it before then. A channel is told one after the other, in the
     * order in which things happened: never that it is over before that it began.
     *
     * @param until when it is due again, should this hub die meanwhile
     */
    Optional<Notice> next(Instant now, Instant until) {
        // Almost always there is none, and a look is cheaper than a transaction.
        if (database.read(connection -> due(connection, now)).isEmpty()) {
            return Optional.empty();
        }
        return database.writeUnforced(connection -> {
            Notice due = due(connection, now).orElse(null);
            if (due == null || due.nextAt() == null) {
                return Optional.empty();
            }
            try (PreparedStatement claim = connection.prepareStatement(CLAIM)) {
                claim.setLong(1, until.toEpochMilli());
                claim.setLong(2, due.id());
                claim.setLong(3, due.nextAt().toEpochMilli());
                return claim.executeUpdate() > 0 ? Optional.of(due) : Optional.empty();
            }
        });
    }

    private static Optional<Notice> due(Connection connection, Instant now) throws SQLException {
        PreparedStatement select = connection.prepareStatement(NEXT);
        select.setLong(1, now.toEpochMilli());
        return notices(select).stream().findFirst();
    }

    void sent(Notice notice, Instant now) {
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement(SENT)) {
                update.setLong(1, now.toEpochMilli());
                update.setLong(2, notice.id());
                update.executeUpdate();
            }
        });
    }

    /** It is tried again then; what else waits for its channel waits behind it. */
    void later(Notice notice, Instant at, String error) {
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement(LATER)) {
                update.setLong(1, at.toEpochMilli());
                update.setString(2, cut(error));
                update.setLong(3, notice.id());
                update.executeUpdate();
            }
        });
    }

    void giveUp(Notice notice, Instant now, String error) {
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement(GIVE_UP)) {
                update.setLong(1, now.toEpochMilli());
                update.setString(2, cut(error));
                update.setLong(3, notice.id());
                update.executeUpdate();
            }
        });
    }

    private static @Nullable String cut(String error) {
        return Database.storable(error.length() > ERROR_MAX ? error.substring(0, ERROR_MAX) : error);
    }

    /** Forgets what was resolved long ago, at most 500 alerts at a time. */
    void forget(Instant now) {
        database.writeUnforced(connection -> {
            List<Long> old = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement(OLD)) {
                select.setLong(1, now.minus(KEPT).toEpochMilli());
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        old.add(rows.getLong(1));
                    }
                }
            }
            for (String sql : List.of(DELETE_NOTICES, DELETE)) {
                try (PreparedStatement delete = connection.prepareStatement(sql)) {
                    for (Long id : old) {
                        delete.setLong(1, id);
                        delete.addBatch();
                    }
                    delete.executeBatch();
                }
            }
            return true;
        });
    }

    // --- rows

    private static List<Alert> alerts(PreparedStatement select) throws SQLException {
        List<Alert> alerts = new ArrayList<>();
        try (select;
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                alerts.add(new Alert(
                        rows.getLong(1),
                        rows.getString(2),
                        Severity.valueOf(rows.getString(3).toUpperCase(Locale.ROOT)),
                        rows.getString(4),
                        rows.getString(5),
                        State.valueOf(rows.getString(6).toUpperCase(Locale.ROOT)),
                        Instant.ofEpochMilli(rows.getLong(7)),
                        rows.getDouble(8),
                        instant(rows, 9),
                        instant(rows, 10),
                        instant(rows, 11),
                        instant(rows, 12),
                        rows.getString(13),
                        instant(rows, 14)));
            }
        }
        return alerts;
    }

    private static List<Notice> notices(PreparedStatement select) throws SQLException {
        List<Notice> notices = new ArrayList<>();
        try (select;
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                notices.add(new Notice(
                        rows.getLong(1),
                        rows.getLong(2),
                        rows.getString(3),
                        rows.getString(4),
                        rows.getString(5),
                        rows.getString(6),
                        rows.getString(7),
                        rows.getString(8),
                        rows.getString(9),
                        rows.getString(10),
                        Instant.ofEpochMilli(rows.getLong(11)),
                        rows.getInt(12),
                        instant(rows, 13),
                        instant(rows, 14),
                        instant(rows, 15),
                        rows.getString(16)));
            }
        }
        return notices;
    }

    private static @Nullable Instant instant(ResultSet rows, int column) throws SQLException {
        long millis = rows.getLong(column);
        return rows.wasNull() ? null : Instant.ofEpochMilli(millis);
    }
}
