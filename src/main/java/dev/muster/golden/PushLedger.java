package dev.muster.golden;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Database;
import dev.muster.db.JsonRows;
import dev.muster.decide.Observation;
import dev.muster.decide.SourceRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What this hub itself wrote to the platforms that speak in one batch, by which it knows its own words when they come back.
 * A platform without a push target costs no read.
 */
final class PushLedger {
    private static final String EMAIL = "email";

    private static final String COLUMNS = """
            SELECT p.golden_id, p.target, p.integration, p.pushed, p.pushed_at, p.sending, p.sending_at, p.seen,
                   k.value ->> 0, k.value ->> 1, k.value ->> 2, k.value ->> 6""";

    static final String BY_RECORD = COLUMNS + """

            FROM %1$s k JOIN pushes p ON p.organization = k.value ->> 0 AND p.platform = k.value ->> 1
                AND p.entity = k.value ->> 2 AND p.integration = k.value ->> 3 AND p.external_id = k.value ->> 4
            UNION
            """ + COLUMNS + """

            FROM %1$s k JOIN pushes p ON p.organization = k.value ->> 0 AND p.platform = k.value ->> 1
                AND p.entity = k.value ->> 2 AND p.integration = k.value ->> 3 AND p.item_key = k.value ->> 5""";

    private final Map<RecordKey, List<Entry>> entries = new HashMap<>();
    private final Set<Entry> confirmed = new LinkedHashSet<>();

    private PushLedger() {}

    /** One row: what a target was told, is being told, and repeated. */
    private static final class Entry {
        private final long goldenId;
        private final String target;
        private final String integration;
        private final @Nullable Pushed pushed;
        private final Instant pushedAt;
        private final @Nullable Pushed sending;
        private final Instant sendingAt;
        private final Map<String, Long> seen;

        Entry(ResultSet row) throws SQLException {
            goldenId = row.getLong(1);
            target = row.getString(2);
            integration = row.getString(3);
            pushed = Pushed.of(row.getString(4));
            pushedAt = Instant.ofEpochMilli(row.getLong(5));
            sending = Pushed.of(row.getString(6));
            sendingAt = Instant.ofEpochMilli(row.getLong(7));
            seen = seen(row.getString(8));
        }

        private static Map<String, Long> seen(@Nullable String json) {
            Map<String, Long> times = new TreeMap<>();
            if (json != null) {
                ValuesJson.read(json).forEach((field, time) -> times.put(field, (Long) time));
            }
            return times;
        }

        /** Whether the platform only repeats us: it has not said anything else since. */
        boolean echoes(String field, Object value, Instant asOf, @Nullable Observation held) {
            return repeats(sending, sendingAt, field, value, held)
                    || repeats(pushed, pushedAt, field, value, held)
                    // Said before our next word had arrived, and heard after it.
                    || (sending != null && sending.said(field, value, asOf, Instant.MAX))
                    || (pushed != null && pushed.said(field, value, asOf, pushedAt));
        }

        private static boolean repeats(
                @Nullable Pushed told, Instant at, String field, Object value, @Nullable Observation held) {
            return told != null
                    && told.says(field, value)
                    && (held == null || !held.asOf().isAfter(at) || told.says(field, held.value()));
        }

        /** Whether the platform is known to have had our word at a later time than this is about. */
        boolean isStale(String field, Instant asOf) {
            return asOf.toEpochMilli() < seen.getOrDefault(field, Long.MIN_VALUE);
        }

        boolean confirm(String field, Instant asOf) {
            long before = seen.getOrDefault(field, Long.MIN_VALUE);
            seen.put(field, Math.max(before, asOf.toEpochMilli()));
            return asOf.toEpochMilli() > before;
        }
    }

    /**
     * What is new in a statement.
     *
     * @param rest the statement without what only repeats our own words
     * @param isNews whether anything is left to be joined
     * @param email the address that was left out, by which a record seen for the first time is still recognized; empty for
     *     none
     */
    record Heard(CanonicalRecord rest, boolean isNews, String email) {}

    /** Reads what was told to those who speak in this batch. */
    static PushLedger read(Connection connection, Database database, PushPlan plan, Collection<Joining.Statement> batch)
            throws SQLException {
        PushLedger ledger = new PushLedger();
        Map<RecordKey, List<String>> asked = new LinkedHashMap<>();
        for (Joining.Statement statement : batch) {
            for (CanonicalRecord record : statement.records()) {
                RecordKey key = record.key();
                if (plan.isTold(key.platform())) {
                    asked.put(
                            key,
                            List.of(
                                    key.organization(),
                                    key.platform(),
                                    key.entity().id(),
                                    statement.operation().integration(),
                                    statement.account().external(key.externalId()),
                                    record.fields().get(EMAIL) instanceof String email ? email : "",
                                    key.externalId()));
                }
            }
        }
        if (!asked.isEmpty()) {
            ledger.read(connection, database, asked);
        }
        return ledger;
    }

    private void read(Connection connection, Database database, Map<RecordKey, List<String>> asked)
            throws SQLException {
        Map<List<String>, RecordKey> keys = new HashMap<>();
        asked.keySet()
                .forEach(key -> keys.put(
                        List.of(key.organization(), key.platform(), key.entity().id(), key.externalId()), key));
        try (PreparedStatement select = connection.prepareStatement(BY_RECORD.formatted(database.rowsOfJson()))) {
            String rowsOfJson = JsonRows.of(asked.values());
            select.setString(1, rowsOfJson);
            select.setString(2, rowsOfJson);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    RecordKey key = keys.get(
                            List.of(rows.getString(9), rows.getString(10), rows.getString(11), rows.getString(12)));
                    if (key != null) {
                        entries.computeIfAbsent(key, unused -> new ArrayList<>(1))
                                .add(new Entry(rows));
                    }
                }
            }
        }
    }

    /**
     * Takes out of a statement what is our own word coming back, and what is older than its coming back.
     *
     * @param before what the platform has said of the record; null where nothing
     */
    Heard hear(CanonicalRecord record, @Nullable SourceRecord before) {
        List<Entry> told = entries.get(record.key());
        if (told == null || record.tombstone()) {
            return new Heard(record, true, "");
        }
        Map<String, Object> rest = new TreeMap<>(record.fields());
        String email = "";
        for (Map.Entry<String, Object> field : record.fields().entrySet()) {
            String name = field.getKey();
            Object value = field.getValue();
            Observation held = before == null ? null : before.fields().get(name);
            for (Entry entry : told) {
                boolean echo = entry.echoes(name, value, record.asOf(), held);
                if (echo && entry.confirm(name, record.asOf())) {
                    confirmed.add(entry);
                }
                if (echo || entry.isStale(name, record.asOf())) {
                    rest.remove(name);
                    if (name.equals(EMAIL) && value instanceof String text) {
                        email = text;
                    }
                }
            }
        }
        if (rest.size() == record.fields().size()) {
            return new Heard(record, true, "");
        }
        CanonicalRecord left = new CanonicalRecord(
                record.key(),
                rest,
                record.observedAt(),
                record.fieldTimes(),
                record.asOf(),
                record.arrival(),
                false,
                record.rejected());
        boolean isNews = before == null
                || before.removed()
                || !rest.isEmpty()
                || !record.rejected().isEmpty();
        return new Heard(left, isNews, before == null ? email : "");
    }

    /** The rows whose echo is newer than any before: golden id, target, integration, field to time. */
    List<@Nullable Object[]> confirmed() {
        List<@Nullable Object[]> rows = new ArrayList<>(confirmed.size());
        for (Entry entry : confirmed) {
            rows.add(new @Nullable Object[] {
                entry.goldenId, entry.target, entry.integration, ValuesJson.write(entry.seen)
            });
        }
        return rows;
    }
}
