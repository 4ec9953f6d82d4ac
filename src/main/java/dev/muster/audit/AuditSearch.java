package dev.muster.audit;

import dev.muster.db.Database;
import dev.muster.db.Ids;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks into the audit log, newest entries first. What a part costs is bounded: one condition is served by an index, and all
 * others are asked of the {@value #WINDOW} entries that follow.
 */
public final class AuditSearch {
    private static final int WINDOW = 20_000;

    /** How far an entry's id may be from its time: ids are made by the hub's own clock. */
    private static final Duration ID_SLACK = Duration.ofMinutes(5);

    private static final String COLUMNS =
            "id, organization, seq, actor, action, entity, golden_id, subject, operation_id,"
                    + " reason, changes, created_at";
    private static final String CHAIN = "SELECT 1 - begun_after, seq FROM audit_chains WHERE organization = ?";
    private static final String AT = "SELECT created_at FROM audit_log WHERE organization = ? AND seq = ?";

    private final Database database;

    public AuditSearch(Database database) {
        this.database = database;
    }

    /**
     * What is looked for; null where it may be anything.
     *
     * @param from not before
     * @param to before
     */
    public record Question(
            @Nullable String organization,
            @Nullable String actor,
            @Nullable String action,
            @Nullable String entity,
            @Nullable Long recordId,
            @Nullable Long operationId,
            @Nullable Instant from,
            @Nullable Instant to) {}

    /**
     * An entry as it stands in the log.
     *
     * @param seq its place in its organization's chain; 0 and below before the chain
     */
    public record Found(long id, long seq, Instant at, AuditEntry entry) {
        /** Whether an erasure took its values. */
        public boolean isRedacted() {
            return entry.changes().equals(ChainLink.REDACTED);
        }
    }

    /**
     * A part of what was found.
     *
     * @param next where to go on; null where this was the last part
     */
    public record Part(List<Found> items, @Nullable Long next) {
        public Part {
            items = List.copyOf(items);
        }
    }

    /** @param before where to go on, of the part before; {@link Long#MAX_VALUE} to begin */
    public Part find(Question question, long before, int limit) {
        return database.read(connection -> {
            Way way = way(connection, question, before);
            return way == null ? new Part(List.of(), null) : read(connection, way, limit);
        });
    }

    /** The index that is walked, and what is asked of each entry on the way. */
    private record Way(
            String order, List<String> walked, List<Object> bounds, List<String> asked, List<Object> values) {
        static Way along(String order) {
            return new Way(order, new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }

        void walk(String condition, Object value) {
            walked.add(condition);
            bounds.add(value);
        }

        void ask(String condition, @Nullable Object value) {
            if (value != null) {
                asked.add(condition);
                values.add(value);
            }
        }

        String window(String columns) {
            return "SELECT " + columns + ", " + order + " AS place FROM audit_log WHERE " + String.join(" AND ", walked)
                    + " ORDER BY " + order + " DESC LIMIT " + WINDOW;
        }
    }

    private static @Nullable Way way(Connection connection, Question question, long before) throws SQLException {
        boolean byOrganization =
                question.organization() != null && question.recordId() == null && question.operationId() == null;
        Way way = Way.along(byOrganization ? "seq" : "id");
        if (question.operationId() != null) {
            way.walk("operation_id = ?", question.operationId());
            way.ask("golden_id = ?", question.recordId());
            way.ask("organization = ?", question.organization());
        } else if (question.recordId() != null) {
            way.walk("golden_id = ?", question.recordId());
            way.ask("organization = ?", question.organization());
        } else if (question.organization() != null) {
            way.walk("organization = ?", question.organization());
            if (!boundByTime(connection, question.organization(), question, way)) {
                return null;
            }
        } else {
            boundByTime(question, way);
        }
        way.walk(way.order() + " < ?", before);
        way.ask("actor = ?", question.actor());
        way.ask("action = ?", question.action());
        way.ask("entity = ?", question.entity());
        Instant from = question.from();
        Instant to = question.to();
        way.ask("created_at >= ?", from == null ? null : from.toEpochMilli());
        way.ask("created_at < ?", to == null ? null : to.toEpochMilli());
        return way;
    }

    private static void boundByTime(Question question, Way way) {
        if (question.from() != null) {
            way.walk("id >= ?", Ids.at(question.from().minus(ID_SLACK)));
        }
        if (question.to() != null) {
            way.walk("id < ?", Ids.at(question.to().plus(ID_SLACK)));
        }
    }

    /** Entries of one chain are in the order of their times, so that a moment is found by halving. */
    private static boolean boundByTime(Connection connection, String organization, Question question, Way way)
            throws SQLException {
        if (question.from() == null && question.to() == null) {
            return true;
        }
        long first;
        long last;
        try (PreparedStatement select = connection.prepareStatement(CHAIN)) {
            select.setString(1, organization);
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return false;
                }
                first = row.getLong(1);
                last = row.getLong(2);
            }
        }
        if (question.from() != null) {
            way.walk(
                    "seq >= ?",
                    place(connection, organization, first, last, question.from().minus(ID_SLACK)));
        }
        if (question.to() != null) {
            way.walk(
                    "seq < ?",
                    place(connection, organization, first, last, question.to().plus(ID_SLACK)));
        }
        return true;
    }

    /** The place of the first entry of that moment or later. */
    private static long place(Connection connection, String organization, long first, long last, Instant moment)
            throws SQLException {
        long low = first;
        long high = last + 1;
        try (PreparedStatement select = connection.prepareStatement(AT)) {
            while (low < high) {
                long middle = low + (high - low) / 2;
                select.setString(1, organization);
                select.setLong(2, middle);
                try (ResultSet row = select.executeQuery()) {
                    if (row.next() && row.getLong(1) >= moment.toEpochMilli()) {
                        high = middle;
                    } else {
                        low = middle + 1;
                    }
                }
            }
        }
        return low;
    }

    private static Part read(Connection connection, Way way, int limit) throws SQLException {
        List<Found> items = new ArrayList<>();
        Long last = null;
        String where = way.asked().isEmpty() ? "" : " WHERE " + String.join(" AND ", way.asked());
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT * FROM (" + way.window(COLUMNS) + ") w" + where + " ORDER BY place DESC LIMIT " + limit)) {
            int index = bind(select, 1, way.bounds());
            bind(select, index, way.values());
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    items.add(new Found(
                            row.getLong("id"),
                            row.getLong("seq"),
                            Instant.ofEpochMilli(row.getLong("created_at")),
                            entry(row.getString("organization"), row)));
                    last = row.getLong("place");
                }
            }
        }
        if (items.size() == limit) {
            return new Part(items, last);
        }
        return new Part(items, windowEnd(connection, way));
    }

    /** Where the window ended; null where the walk did. */
    private static @Nullable Long windowEnd(Connection connection, Way way) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("SELECT MIN(place), COUNT(*) FROM (" + way.window("id") + ") w")) {
            bind(select, 1, way.bounds());
            try (ResultSet row = select.executeQuery()) {
                return row.next() && row.getLong(2) == WINDOW ? Long.valueOf(row.getLong(1)) : null;
            }
        }
    }

    private static int bind(PreparedStatement statement, int from, List<Object> values) throws SQLException {
        int index = from;
        for (Object value : values) {
            statement.setObject(index++, value);
        }
        return index;
    }

    static AuditEntry entry(String organization, ResultSet row) throws SQLException {
        return new AuditEntry(
                null,
                organization,
                row.getString("actor"),
                row.getString("action"),
                row.getString("entity"),
                number(row, "golden_id"),
                row.getString("subject"),
                number(row, "operation_id"),
                row.getString("reason"),
                row.getString("changes"));
    }

    private static @Nullable Long number(ResultSet row, String column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? null : Long.valueOf(value);
    }
}
