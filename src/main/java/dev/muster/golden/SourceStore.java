package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Database;
import dev.muster.db.JsonRows;
import dev.muster.db.RowStatement;
import dev.muster.decide.SourceCodec;
import dev.muster.decide.SourceRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Source records in one transaction: read by key, by golden record, or by e-mail, always in batches. */
public final class SourceStore {
    private static final String COLUMNS =
            "s.organization, s.platform, s.entity, s.external_id, s.golden_id, s.body, s.ruled";

    private static final String BY_KEYS = "SELECT " + COLUMNS + """

            FROM %s k JOIN external_integrations s ON s.organization = k.value ->> 0 AND s.platform = k.value ->> 1
                AND s.entity = k.value ->> 2 AND s.external_id = k.value ->> 3""";

    private static final String BY_GOLDEN =
            "SELECT " + COLUMNS + " FROM external_integrations s WHERE s.golden_id IN %s";

    /** Each address's sources, or only that they are too many: the count ends there. */
    private static final String KEYS_BY_GOLDEN = """
            SELECT s.organization, s.platform, s.entity, s.external_id FROM external_integrations s
            WHERE s.golden_id IN %s""";

    private static final String BY_EMAILS = """
            WITH asked AS MATERIALIZED (
                SELECT k.value ->> 0 AS organization, k.value ->> 1 AS email, (
                    SELECT COUNT(*) FROM (SELECT 1 FROM member_emails c
                        WHERE c.organization = k.value ->> 0 AND c.email = k.value ->> 1 LIMIT %2$d) counted) AS sources
                FROM %1$s k)
            SELECT a.organization, a.email, a.sources, e.platform, e.external_id FROM asked a
            LEFT JOIN member_emails e ON a.sources < %2$d AND e.organization = a.organization AND e.email = a.email
            WHERE a.sources > 0""";

    private static final RowStatement UPSERT = RowStatement.of("""
            INSERT INTO external_integrations (organization, platform, entity, external_id, golden_id, content_hash, body,
                                               updated_at)
            SELECT r.organization, r.platform, r.entity, r.external_id, r.golden_id, r.content_hash, r.body, r.updated_at
            FROM {organization text, platform text, entity text, external_id text, golden_id bigint, content_hash text,
                  body text, updated_at bigint} r WHERE true
            ON CONFLICT (organization, platform, entity, external_id) DO UPDATE SET golden_id = excluded.golden_id,
                content_hash = excluded.content_hash, body = excluded.body, updated_at = excluded.updated_at""");

    private static final RowStatement INSERT_EMAIL = RowStatement.of("""
            INSERT INTO member_emails (organization, email, platform, external_id)
            SELECT r.organization, r.email, r.platform, r.external_id
            FROM {organization text, email text, platform text, external_id text} r WHERE true
            ON CONFLICT DO NOTHING""");

    private static final RowStatement DELETE_EMAIL = RowStatement.of("""
            DELETE FROM member_emails WHERE (organization, email, platform, external_id) IN (
                SELECT r.organization, r.email, r.platform, r.external_id
                FROM {organization text, email text, platform text, external_id text} r)""");

    private final Connection connection;
    private final Database database;
    private final Set<RecordKey> ruled = new HashSet<>();

    public SourceStore(Connection connection, Database database) {
        this.connection = connection;
        this.database = database;
    }

    /** Those of all read here about which somebody ruled, now or once. */
    Set<RecordKey> ruled() {
        return ruled;
    }

    /** An e-mail address as one organization knows it. */
    record OrganizationEmail(String organization, String email) {}

    /** An e-mail address that a member source showed for the first time. */
    record EmailSeen(RecordKey key, String email) {}

    /** Adds those that exist to {@code found}. */
    void byKeys(Collection<RecordKey> keys, Map<RecordKey, SourceRecord> found) throws SQLException {
        if (keys.isEmpty()) {
            return;
        }
        List<List<String>> rows = new ArrayList<>(keys.size());
        for (RecordKey key : keys) {
            rows.add(List.of(key.organization(), key.platform(), key.entity().id(), key.externalId()));
        }
        try (PreparedStatement select = connection.prepareStatement(BY_KEYS.formatted(database.rowsOfJson()))) {
            select.setString(1, JsonRows.of(rows));
            read(select, found);
        }
    }

    /** Adds every source of these golden records to {@code found}. */
    public void byGoldenIds(Collection<Long> goldenIds, Map<RecordKey, SourceRecord> found) throws SQLException {
        if (goldenIds.isEmpty()) {
            return;
        }
        try (PreparedStatement select = connection.prepareStatement(BY_GOLDEN.formatted(database.idsOfJson()))) {
            select.setString(1, Database.json(goldenIds));
            read(select, found);
        }
    }

    /** The keys of every source of these golden records. */
    List<RecordKey> keysByGoldenIds(Collection<Long> goldenIds) throws SQLException {
        List<RecordKey> keys = new ArrayList<>(goldenIds.size());
        if (goldenIds.isEmpty()) {
            return keys;
        }
        try (PreparedStatement select = connection.prepareStatement(KEYS_BY_GOLDEN.formatted(database.idsOfJson()))) {
            select.setString(1, Database.json(goldenIds));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    keys.add(key(rows));
                }
            }
        }
        return keys;
    }

    private static RecordKey key(ResultSet rows) throws SQLException {
        return new RecordKey(
                rows.getString(1),
                rows.getString(2),
                Entity.of(rows.getString(3)).orElseThrow(),
                rows.getString(4));
    }

    private void read(PreparedStatement select, Map<RecordKey, SourceRecord> found) throws SQLException {
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                RecordKey key = key(rows);
                found.put(key, SourceCodec.decode(key, rows.getLong(5), rows.getString(6)));
                if (rows.getInt(7) == 1) {
                    ruled.add(key);
                }
            }
        }
    }

    /**
     * The sources that ever showed an address.
     *
     * @param count how many there are, at most one more than were asked for
     * @param keys all of them; empty where they are more
     */
    record EmailSources(long count, List<RecordKey> keys) {}

    /** Sources by address; addresses that nobody showed are absent. */
    Map<OrganizationEmail, EmailSources> byEmails(Collection<OrganizationEmail> emails, int max) throws SQLException {
        List<List<String>> wanted = new ArrayList<>(emails.size());
        for (OrganizationEmail email : emails) {
            wanted.add(List.of(email.organization(), email.email()));
        }
        Map<OrganizationEmail, EmailSources> found = new LinkedHashMap<>();
        try (PreparedStatement select =
                connection.prepareStatement(BY_EMAILS.formatted(database.rowsOfJson(), max + 1))) {
            select.setString(1, JsonRows.of(wanted));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    String organization = rows.getString(1);
                    long count = rows.getLong(3);
                    EmailSources one = found.computeIfAbsent(
                            new OrganizationEmail(organization, rows.getString(2)),
                            email -> new EmailSources(count, new ArrayList<>(2)));
                    String platform = rows.getString(4);
                    if (platform != null) {
                        one.keys().add(new RecordKey(organization, platform, Entity.MEMBER, rows.getString(5)));
                    }
                }
            }
        }
        return found;
    }

    /** A record as it is written. */
    static @Nullable Object[] row(SourceRecord record, Instant now) {
        RecordKey key = record.key();
        return new @Nullable Object[] {
            key.organization(),
            key.platform(),
            key.entity().id(),
            key.externalId(),
            record.goldenId(),
            record.contentHash(),
            SourceCodec.encode(record),
            now.toEpochMilli()
        };
    }

    /** @param records as {@link #row} makes them */
    void write(Collection<@Nullable Object[]> records) throws SQLException {
        try (RowStatement.Rows rows = UPSERT.open(connection, database.dialect())) {
            for (@Nullable Object[] record : records) {
                rows.add(record);
            }
            rows.write();
        }
    }

    /** @param changes as {@link SourceHistory#rows} makes them */
    void writeHistory(Collection<@Nullable Object[]> changes) throws SQLException {
        if (changes.isEmpty()) {
            return;
        }
        try (RowStatement.Rows rows = SourceHistory.INSERT.open(connection, database.dialect())) {
            for (@Nullable Object[] change : changes) {
                rows.add(change);
            }
            rows.write();
        }
    }

    void writeEmails(Collection<EmailSeen> emails) throws SQLException {
        write(INSERT_EMAIL, emails);
    }

    void removeEmails(Collection<EmailSeen> emails) throws SQLException {
        write(DELETE_EMAIL, emails);
    }

    private void write(RowStatement statement, Collection<EmailSeen> emails) throws SQLException {
        if (emails.isEmpty()) {
            return;
        }
        try (RowStatement.Rows rows = statement.open(connection, database.dialect())) {
            for (EmailSeen seen : emails) {
                rows.add(
                        seen.key().organization(),
                        seen.email(),
                        seen.key().platform(),
                        seen.key().externalId());
            }
            rows.write();
        }
    }
}
