package dev.muster.golden;

import static java.util.Objects.requireNonNull;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Database;
import dev.muster.db.JsonRows;
import dev.muster.decide.IdentityRuling;
import dev.muster.decide.Settlement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What people ruled of who is who, and whose sources were before; of one transaction. */
final class RulingStore {
    private static final String RULING = """
            SELECT r.id, r.organization, r.kind, r.made_by, r.made_at, r.reason, p.platform, p.external_id, p.side
            FROM identity_rulings r JOIN identity_ruling_sources p ON p.ruling_id = r.id
            WHERE r.lifted_at IS NULL AND""";

    static final String BY_KEYS = RULING + """
             r.id IN (
                SELECT q.ruling_id FROM %s k JOIN identity_ruling_sources q ON q.organization = k.value ->> 0
                    AND q.platform = k.value ->> 1 AND q.external_id = k.value ->> 2)
            ORDER BY r.id""";

    private static final String BY_ID = RULING + " r.id = ?";

    /** The golden records that no source belongs to now, each with the sources that belonged to it; latest left first. */
    static final String VACANT = """
            SELECT f.organization, f.platform, f.external_id, f.golden_id FROM %s k
            JOIN former_golden_ids f ON f.organization = k.value ->> 0 AND f.platform = k.value ->> 1
                AND f.external_id = k.value ->> 2
            WHERE NOT EXISTS (SELECT 1 FROM external_integrations s WHERE s.golden_id = f.golden_id)
            ORDER BY f.place DESC""";

    /** Latest left first. */
    static final String FORMER = """
            SELECT f.organization, f.platform, f.external_id, f.place FROM %s k
            JOIN former_golden_ids f ON f.organization = k.value ->> 0 AND f.platform = k.value ->> 1
                AND f.external_id = k.value ->> 2
            WHERE f.golden_id = ? ORDER BY f.place DESC""";

    private final Connection connection;
    private final Database database;

    RulingStore(Connection connection, Database database) {
        this.connection = connection;
        this.database = database;
    }

    /** The standing rulings about any of these members. */
    List<IdentityRuling> about(Collection<RecordKey> keys) throws SQLException {
        if (keys.isEmpty()) {
            return List.of();
        }
        try (PreparedStatement select = connection.prepareStatement(BY_KEYS.formatted(database.rowsOfJson()))) {
            select.setString(1, rows(keys));
            return read(select);
        }
    }

    /** The ruling, as long as it stands; none or one. */
    List<IdentityRuling> standing(long id) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(BY_ID)) {
            select.setLong(1, id);
            return read(select);
        }
    }

    private static String rows(Collection<RecordKey> keys) {
        List<List<String>> rows = new ArrayList<>(keys.size());
        keys.forEach(key -> rows.add(List.of(key.organization(), key.platform(), key.externalId())));
        return JsonRows.of(rows);
    }

    /** A ruling under way. */
    private record Sides(IdentityRuling.Kind kind, Settlement settlement, Set<RecordKey> one, Set<RecordKey> other) {}

    private static List<IdentityRuling> read(PreparedStatement select) throws SQLException {
        Map<Long, Sides> byId = new LinkedHashMap<>();
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                long id = rows.getLong(1);
                Sides sides = byId.get(id);
                if (sides == null) {
                    IdentityRuling.Kind kind = rows.getString(3).equals(IdentityRuling.Kind.SAME.id())
                            ? IdentityRuling.Kind.SAME
                            : IdentityRuling.Kind.APART;
                    Settlement settlement =
                            new Settlement(rows.getString(4), Instant.ofEpochMilli(rows.getLong(5)), rows.getString(6));
                    sides = new Sides(kind, settlement, new HashSet<>(), new HashSet<>());
                    byId.put(id, sides);
                }
                RecordKey key = new RecordKey(rows.getString(2), rows.getString(7), Entity.MEMBER, rows.getString(8));
                (rows.getInt(9) == 0 ? sides.one() : sides.other()).add(key);
            }
        }
        // of which one side was erased, a ruling says nothing any more
        byId.values().removeIf(sides -> sides.one().isEmpty() || sides.other().isEmpty());
        List<IdentityRuling> rulings = new ArrayList<>(byId.size());
        byId.forEach((id, sides) -> rulings.add(new IdentityRuling(
                id, sides.kind(), new TreeSet<>(sides.one()), new TreeSet<>(sides.other()), sides.settlement())));
        return rulings;
    }

    /** Source to the golden id that it had last of those that nobody has now. */
    Map<RecordKey, Set<Long>> vacant(Collection<RecordKey> keys) throws SQLException {
        Map<RecordKey, Set<Long>> vacant = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement(VACANT.formatted(database.rowsOfJson()))) {
            select.setString(1, rows(keys));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    RecordKey key = new RecordKey(
                            requireNonNull(rows.getString(1)), rows.getString(2), Entity.MEMBER, rows.getString(3));
                    vacant.putIfAbsent(key, Set.of(rows.getLong(4)));
                }
            }
        }
        return vacant;
    }

    /** Those of these sources that belonged to a golden record when it was emptied last. */
    Set<RecordKey> formerSources(long goldenId, Collection<RecordKey> keys) throws SQLException {
        Set<RecordKey> former = new TreeSet<>();
        try (PreparedStatement select = connection.prepareStatement(FORMER.formatted(database.rowsOfJson()))) {
            select.setString(1, rows(keys));
            select.setLong(2, goldenId);
            try (ResultSet rows = select.executeQuery()) {
                long last = Long.MIN_VALUE;
                while (rows.next() && rows.getLong(4) >= last) {
                    last = rows.getLong(4);
                    former.add(new RecordKey(rows.getString(1), rows.getString(2), Entity.MEMBER, rows.getString(3)));
                }
            }
        }
        return former;
    }
}
