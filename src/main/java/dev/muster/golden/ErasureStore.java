package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.db.JsonRows;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What an erasure deletes and writes, in one transaction. */
final class ErasureStore {
    /** What belongs to a person: found by its reference to one of their sources. */
    static final List<Entity> RELATED =
            List.of(Entity.REGISTRATION, Entity.MEMBERSHIP, Entity.TRANSACTION, Entity.RECURRING_PLAN);

    private static final String RELATED_TO =
            "SELECT id FROM %s WHERE organization = ? AND member IN (SELECT k.value ->> 0 FROM %s k)";
    private static final List<String> OF_GOLDENS = List.of(
            "DELETE FROM field_provenance WHERE golden_id IN %s",
            "DELETE FROM field_overrides WHERE golden_id IN %s",
            "DELETE FROM field_overrides WHERE home IN %s",
            "DELETE FROM sync_conflicts WHERE golden_id IN %s",
            "DELETE FROM duplicate_candidates WHERE golden_a IN %s",
            "DELETE FROM duplicate_candidates WHERE golden_b IN %s",
            "DELETE FROM pushes WHERE golden_id IN %s",
            "DELETE FROM external_integrations WHERE golden_id IN %s");
    private static final String EMAILS = "DELETE FROM member_emails WHERE organization = ? AND platform = ?"
            + " AND external_id = ? AND email IN (SELECT k.value ->> 0 FROM %s k)";
    private static final String RULINGS = "UPDATE identity_rulings SET reason = '(erased)',"
            + " lifted_reason = CASE WHEN lifted_reason IS NULL THEN NULL ELSE '(erased)' END"
            + " WHERE id IN (SELECT ruling_id FROM identity_ruling_sources"
            + " WHERE organization = ? AND platform = ? AND external_id = ?)";
    private static final List<String> OF_SOURCE = List.of(
            "DELETE FROM identity_ruling_sources WHERE organization = ? AND platform = ? AND external_id = ?",
            "DELETE FROM former_golden_ids WHERE organization = ? AND platform = ? AND external_id = ?");
    private static final String FORMER = "SELECT DISTINCT f.golden_id FROM %s k JOIN former_golden_ids f"
            + " ON f.organization = ? AND f.platform = k.value ->> 0 AND f.external_id = k.value ->> 1";
    /** Who is emptied is told of with the record that all went into. */
    private static final String EMPTIED =
            "SELECT changes FROM audit_log WHERE golden_id IN %s AND changes LIKE '%%\"into\":\"%%'";

    private static final String CLOSED_CONFLICTS =
            "DELETE FROM sync_conflicts WHERE status <> 'open' AND golden_id IN %s";
    /** All at once: what there is of an organization is gone through once. */
    private static final String HISTORY =
            "DELETE FROM source_changes WHERE organization = ? AND (platform, entity, external_id)"
                    + " IN (SELECT k.value ->> 0, k.value ->> 1, k.value ->> 2 FROM %s k)";

    private static final String BEGIN = "INSERT INTO erasures (id, organization, record_id, erased_by, reason, sought,"
            + " position, until, deliveries, created_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0, ?)";
    private static final String ORGANIZATION = "SELECT organization FROM erasures WHERE record_id = ? LIMIT 1";
    private static final String LIFT =
            "DELETE FROM suppression_marks WHERE erasure_id IN" + " (SELECT id FROM erasures WHERE record_id = ?)";
    private static final String LIFTED = "UPDATE erasures SET lifted_at = ? WHERE record_id = ? AND lifted_at IS NULL";

    private final Connection connection;
    private final Database database;
    private final List<GoldenRecord> blanks = new ArrayList<>();

    ErasureStore(Connection connection, Database database) {
        this.connection = connection;
        this.database = database;
    }

    /** The records of one kind that belong to any of these sources. */
    Set<Long> relatedTo(Entity entity, String organization, Collection<RecordKey> members) throws SQLException {
        List<List<String>> references = members.stream()
                .filter(key -> key.entity() == Entity.MEMBER)
                .map(key -> List.of(key.reference()))
                .toList();
        Set<Long> found = new TreeSet<>();
        try (PreparedStatement select =
                connection.prepareStatement(RELATED_TO.formatted(entity.table(), database.rowsOfJson()))) {
            select.setString(1, organization);
            select.setString(2, JsonRows.of(references));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    found.add(rows.getLong(1));
                }
            }
        }
        return found;
    }

    /** The golden records that any of these sources belonged to once, or that any of these records was merged into. */
    Set<Long> formerOf(String organization, Collection<RecordKey> members, Set<Long> goldens) throws SQLException {
        List<List<String>> keys = members.stream()
                .filter(key -> key.entity() == Entity.MEMBER)
                .map(key -> List.of(key.platform(), key.externalId()))
                .toList();
        Set<Long> found = new TreeSet<>();
        try (PreparedStatement select = connection.prepareStatement(FORMER.formatted(database.rowsOfJson()))) {
            select.setString(1, JsonRows.of(keys));
            select.setString(2, organization);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    found.add(rows.getLong(1));
                }
            }
        }
        try (PreparedStatement select = connection.prepareStatement(EMPTIED.formatted(database.idsOfJson()))) {
            select.setString(1, Database.json(goldens));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    Ids.parse(ValuesJson.tree(rows.getString(1)).path("into").asText(""))
                            .ifPresent(found::add);
                }
            }
        }
        return found;
    }

    /** Of records that are others' now: what was closed may have been about values of the person. */
    void clearFormer(Set<Long> goldens) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(CLOSED_CONFLICTS.formatted(database.idsOfJson()))) {
            delete.setString(1, Database.json(goldens));
            delete.executeUpdate();
        }
    }

    /** Deletes whatever holds values, but for the golden records themselves. */
    void clear(String organization, Set<Long> goldens, Set<RecordKey> sources, Set<String> emails) throws SQLException {
        for (String sql : OF_GOLDENS) {
            try (PreparedStatement delete = connection.prepareStatement(sql.formatted(database.idsOfJson()))) {
                delete.setString(1, Database.json(goldens));
                delete.executeUpdate();
            }
        }
        try (PreparedStatement delete = connection.prepareStatement(HISTORY.formatted(database.rowsOfJson()))) {
            delete.setString(1, organization);
            delete.setString(
                    2,
                    JsonRows.of(sources.stream()
                            .map(key -> List.of(key.platform(), key.entity().id(), key.externalId()))
                            .toList()));
            delete.executeUpdate();
        }
        String addresses = JsonRows.of(emails.stream().map(List::of).toList());
        try (PreparedStatement deleteEmails = connection.prepareStatement(EMAILS.formatted(database.rowsOfJson()))) {
            for (RecordKey key : sources) {
                if (key.entity() == Entity.MEMBER) {
                    of(deleteEmails, organization, key);
                    deleteEmails.setString(4, addresses);
                    deleteEmails.executeUpdate();
                    update(RULINGS, organization, key);
                    for (String sql : OF_SOURCE) {
                        update(sql, organization, key);
                    }
                }
            }
        }
    }

    private void update(String sql, String organization, RecordKey key) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            of(update, organization, key);
            update.executeUpdate();
        }
    }

    private static void of(PreparedStatement statement, String organization, RecordKey key) throws SQLException {
        statement.setString(1, organization);
        statement.setString(2, key.platform());
        statement.setString(3, key.externalId());
    }

    /** The record without values: of one that belongs to a person, what the books need stays. */
    void blank(GoldenRecord record, Set<String> kept, long now) {
        Map<String, Object> values = new TreeMap<>(record.values());
        values.keySet().removeIf(field -> record.entity() == Entity.MEMBER || !kept.contains(field));
        Instant deletedAt = record.deletedAt();
        boolean isMember = record.entity() == Entity.MEMBER;
        blanks.add(new GoldenRecord(
                record.id(),
                record.organization(),
                record.entity(),
                values,
                record.version() + 1,
                record.createdAt(),
                Instant.ofEpochMilli(now),
                isMember && deletedAt == null ? Instant.ofEpochMilli(now) : deletedAt,
                record.mergedInto()));
    }

    void write() throws SQLException {
        for (GoldenRecord record : blanks) {
            GoldenTable table = GoldenTable.of(record.entity());
            try (dev.muster.db.RowStatement.Rows rows = table.upsert().open(connection, database.dialect())) {
                rows.add(GoldenRows.row(table, record));
                rows.write();
            }
        }
    }

    /** @param until the last delivery that can be there */
    void begin(long id, String organization, long recordId, ByWhom who, byte[] sought, long until, long now)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(BEGIN)) {
            insert.setLong(1, id);
            insert.setString(2, organization);
            insert.setLong(3, recordId);
            insert.setString(4, who.name());
            insert.setString(5, who.reason());
            insert.setBytes(6, sought);
            insert.setLong(7, until);
            insert.setLong(8, now);
            insert.executeUpdate();
        }
    }

    Optional<String> organizationOf(long recordId) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(ORGANIZATION)) {
            select.setLong(1, recordId);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
            }
        }
    }

    int lift(long recordId, long now) throws SQLException {
        try (PreparedStatement lifted = connection.prepareStatement(LIFTED);
                PreparedStatement delete = connection.prepareStatement(LIFT)) {
            lifted.setLong(1, now);
            lifted.setLong(2, recordId);
            lifted.executeUpdate();
            delete.setLong(1, recordId);
            return delete.executeUpdate();
        }
    }
}
