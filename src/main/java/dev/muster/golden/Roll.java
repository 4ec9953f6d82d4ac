package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Database;
import dev.muster.db.JsonRows;
import dev.muster.decide.FieldExplanation;
import dev.muster.decide.FieldOverride;
import dev.muster.decide.IdentityRuling;
import dev.muster.decide.SourceRecord;
import dev.muster.decide.Survivorship;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The roll as it is read by people: golden records with their sources, lists of them, and why each field is as it is. */
public final class Roll {
    /** How many people of one address are looked at. */
    private static final int BY_EMAIL_MAX = 500;

    /** A filter without an index looks at this many records for one page, then says where to go on. */
    static final String MEMBERS_WITH = """
            SELECT email, id FROM members WHERE organization = ? AND email IN (SELECT k.value ->> 0 FROM %s k)
            AND merged_into IS NULL AND deleted_at IS NULL ORDER BY id""";

    static final String OF_MEMBER = """
            SELECT id FROM %s WHERE organization = ? AND member IN (SELECT k.value ->> 0 FROM %s k) AND id < ?
            ORDER BY id DESC LIMIT ?""";

    static final String IDS_OF = "SELECT id, merged_into FROM %s WHERE " + Database.WHOSE
            + " = ? AND id < ? ORDER BY id DESC LIMIT " + Roll.WINDOW;

    private static final int WINDOW = 5_000;

    /** Organizations are few: each is found by one step in the index, so that an address needs no organization. */
    static final String ORGANIZATIONS = """
            WITH RECURSIVE organization(name) AS (
                SELECT MIN(organization) FROM %1$s
                UNION ALL
                SELECT (SELECT MIN(organization) FROM %1$s WHERE organization > o.name) FROM organization o
                WHERE o.name IS NOT NULL)
            """;

    private static final String BY_GOLDEN_EMAIL = ORGANIZATIONS.formatted("members") + """
            SELECT m.id FROM organization o JOIN members m ON m.organization = o.name AND m.email = ?
            WHERE m.merged_into IS NULL AND (o.name = ? OR ? = '') ORDER BY m.id DESC LIMIT ?""";

    private static final String BY_SOURCE_EMAIL = ORGANIZATIONS.formatted("member_emails") + """
            SELECT DISTINCT s.golden_id FROM organization o
            JOIN member_emails e ON e.organization = o.name AND e.email = ?
            JOIN external_integrations s ON s.organization = e.organization AND s.platform = e.platform
                AND s.entity = 'member' AND s.external_id = e.external_id
            WHERE (o.name = ? OR ? = '')
            ORDER BY s.golden_id DESC LIMIT ?""";

    private final Database database;
    private final Supplier<Survivorship> survivorship;

    /** @param survivorship the rules as they are now: an explanation tells what they say today */
    public Roll(Database database, Supplier<Survivorship> survivorship) {
        this.database = database;
        this.survivorship = survivorship;
    }

    /** The rules as they are now. */
    public Survivorship survivorship() {
        return survivorship.get();
    }

    /**
     * A golden record and what it was made of.
     *
     * @param sources its source records, by key
     * @param overrides a person's word, by the field it is about
     */
    public record Entry(GoldenRecord record, List<SourceRecord> sources, Map<String, FieldOverride> overrides) {}

    /**
     * Part of a list, newest first.
     *
     * @param before where the next part begins; null where this was the last
     */
    public record Part(List<Entry> entries, @Nullable Long before) {}

    /** A golden record by its id; one that was merged too. */
    public Optional<Entry> find(Entity entity, long id) {
        return database.readAtOneMoment(connection -> {
            List<Entry> found = entries(connection, entity, List.of(id));
            return found.isEmpty() ? Optional.empty() : Optional.of(found.get(0));
        });
    }

    /** Golden records by their ids, in that order; those that do not exist are left out. */
    public List<Entry> find(Entity entity, Collection<Long> ids) {
        return ids.isEmpty() ? List.of() : database.readAtOneMoment(connection -> entries(connection, entity, ids));
    }

    /** Golden records alone, without what they were made of, by id. */
    public Map<Long, GoldenRecord> records(Entity entity, Collection<Long> ids) {
        return ids.isEmpty() ? Map.of() : database.read(connection -> records(connection, entity, ids));
    }

    /**
     * Which of these are still on the roll and have opted in: asked of whole batches just before they leave, so nothing
     * else is read.
     *
     * @param consent the canonical field of the channel, such as {@code consentEmail}
     */
    public Set<Long> optedIn(Entity entity, String consent, Collection<Long> ids) {
        String sql = "SELECT id FROM " + entity.table() + " WHERE merged_into IS NULL AND deleted_at IS NULL AND "
                + GoldenTable.of(entity).column(consent) + " = '" + PushPlan.OPTED_IN + "' AND id IN "
                + database.idsOfJson();
        return database.read(connection -> {
            Set<Long> found = new HashSet<>();
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setString(1, Database.json(ids));
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        found.add(rows.getLong(1));
                    }
                }
            }
            return found;
        });
    }

    private Map<Long, GoldenRecord> records(Connection connection, Entity entity, Collection<Long> ids)
            throws SQLException {
        GoldenTable table = GoldenTable.of(entity);
        Map<Long, GoldenRecord> records = new HashMap<>();
        try (PreparedStatement select =
                connection.prepareStatement(table.select() + " WHERE id IN " + database.idsOfJson())) {
            select.setString(1, Database.json(ids));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    GoldenRecord record = GoldenReads.read(table, rows);
                    records.put(record.id(), record);
                }
            }
        }
        return records;
    }

    /** Under which ids the records of one account are kept. */
    public AccountIds accountIds(String organization, String platform, String integration) {
        return database.read(connection -> {
            SourceAccounts accounts = SourceAccounts.read(connection, database, List.of(organization));
            return accounts.of(organization, platform, integration);
        });
    }

    /** The values of the registrations or memberships of many members, by the member's id; removed ones left out. */
    public Map<Long, List<Map<String, Object>>> valuesOfMembers(Entity entity, Collection<Long> members) {
        GoldenTable table = GoldenTable.of(entity);
        String sql = "SELECT x.*, s.golden_id AS of_member FROM external_integrations s JOIN (" + table.select()
                + ") x ON x.organization = s.organization AND x.member = s.platform || '/member/' || s.external_id"
                + " WHERE s.entity = 'member' AND x.deleted_at IS NULL AND x.merged_into IS NULL AND s.golden_id IN "
                + database.idsOfJson() + " ORDER BY x.id";
        return database.read(connection -> {
            Map<Long, List<Map<String, Object>>> found = new HashMap<>();
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setString(1, Database.json(members));
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        found.computeIfAbsent(rows.getLong("of_member"), id -> new ArrayList<>(2))
                                .add(GoldenReads.read(table, rows).values());
                    }
                }
            }
            return found;
        });
    }

    /** The members of an organization who have one of these addresses, oldest first, those merged away or removed left out. */
    public Map<String, List<Long>> membersOf(String organization, Collection<String> emails) {
        if (emails.isEmpty()) {
            return Map.of();
        }
        List<List<String>> wanted = new ArrayList<>();
        emails.forEach(email -> wanted.add(List.of(email)));
        return database.read(connection -> {
            Map<String, List<Long>> found = new HashMap<>();
            try (PreparedStatement select =
                    connection.prepareStatement(MEMBERS_WITH.formatted(database.rowsOfJson()))) {
                select.setString(1, organization);
                select.setString(2, JsonRows.of(wanted));
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        found.computeIfAbsent(rows.getString(1), email -> new ArrayList<>(1))
                                .add(rows.getLong(2));
                    }
                }
            }
            return found;
        });
    }

    /**
     * Ids of golden records of an organization, the newest first, those merged away left out. A page can hold fewer than
     * asked for, even none, and still say where to go on.
     */
    public IdPage ids(Entity entity, String organization, long before, int limit) {
        return database.read(connection -> {
            List<Long> ids = new ArrayList<>();
            Long next = null;
            try (PreparedStatement select = connection.prepareStatement(IDS_OF.formatted(entity.table()))) {
                select.setString(1, organization);
                select.setLong(2, before);
                try (ResultSet rows = select.executeQuery()) {
                    int looked = 0;
                    while (ids.size() < limit && rows.next()) {
                        looked++;
                        next = rows.getLong(1);
                        rows.getLong(2);
                        if (rows.wasNull()) {
                            ids.add(next);
                        }
                    }
                    if (looked < WINDOW && ids.size() < limit) {
                        next = null;
                    }
                }
            }
            return new IdPage(ids, next);
        });
    }

    /** @param before where the next part begins; null where this was the last */
    public record IdPage(List<Long> ids, @Nullable Long before) {}

    /** Every member who has this address, or of whom a source ever showed it; newest first, at most 500. */
    public List<Entry> membersByEmail(String email, @Nullable String organization) {
        return database.readAtOneMoment(connection -> {
            TreeSet<Long> ids = new TreeSet<>(Comparator.reverseOrder());
            for (String sql : List.of(BY_GOLDEN_EMAIL, BY_SOURCE_EMAIL)) {
                try (PreparedStatement select = connection.prepareStatement(sql)) {
                    select.setString(1, email);
                    select.setString(2, organization == null ? "" : organization);
                    select.setString(3, organization == null ? "" : organization);
                    select.setInt(4, BY_EMAIL_MAX);
                    readIds(select, ids);
                }
            }
            return entries(
                    connection, Entity.MEMBER, ids.stream().limit(BY_EMAIL_MAX).toList());
        });
    }

    /**
     * One part of the members who may be meant by what somebody typed: the beginning of a name, an address or a phone number, or
     * an id. Of each at most 500 are looked at.
     *
     * @param organization only its members; null for those of all
     */
    public Part search(String typed, @Nullable String organization, long before, int limit) {
        return database.readAtOneMoment(connection -> {
            TreeSet<Long> found = new TreeSet<>(Comparator.reverseOrder());
            new MemberSearch(connection, database, organization, found).find(typed);
            // one more than are asked for says whether there are more
            List<Long> ids =
                    found.stream().filter(id -> id < before).limit(limit + 1L).toList();
            boolean more = ids.size() > limit;
            List<Entry> entries = entries(connection, Entity.MEMBER, more ? ids.subList(0, limit) : ids).stream()
                    .filter(entry -> entry.record().mergedInto() == null
                            && (organization == null
                                    || entry.record().organization().equals(organization)))
                    .toList();
            return new Part(entries, more ? ids.get(limit - 1) : null);
        });
    }

    /**
     * One part of all golden records of an entity, those that were merged away left out.
     *
     * @param organization only its records; null for all
     * @param before only those with a smaller id
     */
    public Part list(Entity entity, @Nullable String organization, long before, int limit) {
        return database.readAtOneMoment(connection -> {
            String window =
                    " FROM " + entity.table() + " WHERE " + (organization == null ? "" : Database.WHOSE + " = ? AND ")
                            + "id < ? ORDER BY id DESC LIMIT " + WINDOW;
            List<Long> ids = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement("SELECT id FROM (SELECT id, merged_into"
                    + window + ") w WHERE merged_into IS NULL ORDER BY id DESC LIMIT ?")) {
                int index = bind(select, organization, before);
                select.setInt(index, limit);
                readIds(select, ids);
            }
            Long next = null;
            if (ids.size() == limit) {
                next = ids.get(limit - 1);
            } else {
                try (PreparedStatement select =
                        connection.prepareStatement("SELECT MIN(id), COUNT(*) FROM (SELECT id" + window + ") w")) {
                    bind(select, organization, before);
                    try (ResultSet rows = select.executeQuery()) {
                        if (rows.next() && rows.getLong(2) == WINDOW) {
                            next = rows.getLong(1);
                        }
                    }
                }
            }
            return new Part(entries(connection, entity, ids), next);
        });
    }

    /** Answers the next index. */
    private static int bind(PreparedStatement select, @Nullable String organization, long before) throws SQLException {
        int index = 1;
        if (organization != null) {
            select.setString(index++, organization);
        }
        select.setLong(index++, before);
        return index;
    }

    /** The registrations or memberships of one member: found by the references of the member's sources. */
    public Part ofMember(Entity entity, Entry member, long before, int limit) {
        return database.readAtOneMoment(connection -> {
            List<List<String>> references = new ArrayList<>();
            member.sources()
                    .forEach(source -> references.add(List.of(source.key().reference())));
            List<Long> ids = new ArrayList<>();
            if (!references.isEmpty()) {
                try (PreparedStatement select =
                        connection.prepareStatement(OF_MEMBER.formatted(entity.table(), database.rowsOfJson()))) {
                    select.setString(1, member.record().organization());
                    select.setString(2, JsonRows.of(references));
                    select.setLong(3, before);
                    select.setInt(4, limit);
                    readIds(select, ids);
                }
            }
            return new Part(entries(connection, entity, ids), ids.size() == limit ? ids.get(limit - 1) : null);
        });
    }

    /** Why each field of a golden record is as it is, by field. */
    public List<FieldExplanation> explain(Entry entry) {
        return survivorship.get().explain(entry.record().entity(), entry.sources(), entry.overrides());
    }

    /**
     * What people ruled of who is who among its sources, oldest first, as far as it stands: by what it was joined, and from
     * whom it is held apart.
     */
    public List<IdentityRuling> identity(Entry entry) {
        if (entry.record().entity() != Entity.MEMBER || entry.sources().isEmpty()) {
            return List.of();
        }
        List<RecordKey> keys = entry.sources().stream().map(SourceRecord::key).toList();
        return database.readAtOneMoment(connection -> new RulingStore(connection, database).about(keys));
    }

    private static void readIds(PreparedStatement select, Collection<Long> ids) throws SQLException {
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                ids.add(rows.getLong(1));
            }
        }
    }

    /** In the order of the ids. */
    private List<Entry> entries(Connection connection, Entity entity, Collection<Long> ids) throws SQLException {
        if (ids.isEmpty()) {
            return List.of();
        }
        Map<Long, GoldenRecord> records = records(connection, entity, ids);
        Map<RecordKey, SourceRecord> found = new HashMap<>();
        new SourceStore(connection, database).byGoldenIds(ids, found);
        Map<Long, List<SourceRecord>> sources = new HashMap<>();
        found.values().stream().filter(source -> !source.isWithdrawn()).forEach(source -> sources.computeIfAbsent(
                        source.goldenId(), id -> new ArrayList<>())
                .add(source));
        Map<Long, Map<String, FieldOverride>> overrides = Words.standing(new GoldenReads(connection, database), ids);
        List<Entry> entries = new ArrayList<>(ids.size());
        for (Long id : ids) {
            GoldenRecord record = records.get(id);
            if (record != null) {
                List<SourceRecord> own = sources.getOrDefault(id, new ArrayList<>());
                own.sort(Comparator.comparing(SourceRecord::key));
                entries.add(new Entry(record, own, overrides.getOrDefault(id, Map.of())));
            }
        }
        return entries;
    }
}
