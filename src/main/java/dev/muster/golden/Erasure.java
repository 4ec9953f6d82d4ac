package dev.muster.golden;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditTrail;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.credential.PersonKeys;
import dev.muster.db.Database;
import dev.muster.db.Database.Dialect;
import dev.muster.db.Ids;
import dev.muster.decide.SourceRecord;
import dev.muster.delivery.HeadersJson;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Takes a person's values out of everything that is stored, and keeps the fact, the platforms that have to be told, and marks by
 * which the person does not come back. All in one transaction but for the raw deliveries, which {@link DeliverySweep} walks
 * through afterwards.
 */
public final class Erasure {
    private final Database database;
    private final Ids ids;
    private final Clock clock;
    private final AuditTrail trail;
    private final PersonKeys keys;
    private final Suppression suppression;
    private final Set<String> kept;

    /** @param kept the fields of a person's registrations, memberships, gifts and plans that stay for the books */
    public Erasure(
            Database database,
            Ids ids,
            Clock clock,
            AuditTrail trail,
            PersonKeys keys,
            Suppression suppression,
            Set<String> kept) {
        this.database = database;
        this.ids = ids;
        this.clock = clock;
        this.trail = trail;
        this.keys = keys;
        this.suppression = suppression;
        this.kept = Set.copyOf(kept);
    }

    /** Where a platform knows a person: the erasure has to be sent there. */
    public record KnownAs(String platform, String entity, String externalId) {}

    /**
     * A target that was told of a person.
     *
     * @param externalId what it calls them; null where it never said
     */
    public record PushedTo(
            String target,
            String platform,
            String integration,
            @Nullable String externalId) {}

    /**
     * What an erasure does, or did.
     *
     * @param id of the erasure; null where it was only asked what one would do
     * @param records how many golden records lose their values, those merged into the person and those that belong to them
     *     included
     * @param auditEntries how many entries of the audit log lost their values
     * @param marks how many marks keep the person out
     */
    public record Erased(
            @Nullable Long id,
            long memberId,
            String organization,
            int records,
            int auditEntries,
            int marks,
            List<KnownAs> platforms,
            List<PushedTo> targets) {
        public Erased {
            platforms = List.copyOf(platforms);
            targets = List.copyOf(targets);
        }
    }

    /**
     * What an erasure would do.
     *
     * @throws Refusal 404 where there is no such person, 409 where they were merged into another
     */
    public Erased preview(long memberId, ByWhom who) {
        return database.readAtOneMoment(connection -> {
            Person person = Person.read(connection, database, memberId, who);
            return new Erased(
                    null,
                    memberId,
                    person.organization(),
                    person.goldens().size(),
                    0,
                    0,
                    person.knownAs(),
                    person.pushedTo());
        });
    }

    /**
     * Erases a person.
     *
     * @throws Refusal as {@link #preview}
     */
    public Erased erase(long memberId, ByWhom who) {
        return Decider.decide(database, new Work(memberId, who));
    }

    /**
     * Lets a person who came back of their own will be heard again, from the next thing that a platform says of them.
     *
     * @return how many marks were lifted
     * @throws Refusal 404 where nobody was erased there, 400 without a reason
     */
    public int lift(long memberId, ByWhom who) {
        if (who.reason().isEmpty()) {
            throw new Refusal(FailureCode.BAD_REQUEST, 400, "Say why: 'reason' is kept in the audit log");
        }
        return database.write(connection -> {
            ErasureStore store = new ErasureStore(connection, database);
            String organization = store.organizationOf(memberId)
                    .filter(who::sees)
                    .orElseThrow(() -> new Refusal(
                            FailureCode.NOT_FOUND, 404, "No erasure of " + Ids.format(memberId) + " is known"));
            int lifted = store.lift(memberId, clock.millis());
            trail.record(
                    connection,
                    AuditEntry.act(organization, who.name(), "erase.lift", Entity.MEMBER.id(), "suppression")
                            .about(memberId)
                            .because(who.reason())
                            .changing(Map.of("marks", lifted)));
            return lifted;
        });
    }

    /**
     * The raw deliveries of a person that are still kept, as far as they are known by their records: with what in them is about
     * the person, newest first.
     *
     * @param operations those that changed their records
     */
    public List<Raw> deliveries(long memberId, ByWhom who, Collection<Long> operations) {
        return database.readAtOneMoment(connection -> {
            Person person = Person.read(connection, database, memberId, who);
            Set<Long> known = new TreeSet<>();
            person.sources().values().forEach(source -> source.fields()
                    .values()
                    .forEach(observation -> known.add(observation.deliveryId())));
            Traces traces = person.traces();
            List<Raw> found = new ArrayList<>();
            String ids = database.idsOfJson();
            try (PreparedStatement select = connection.prepareStatement("SELECT id, platform, integration, received_at,"
                    + " kind, record_key, headers, body FROM deliveries WHERE id IN " + ids
                    + " OR id IN (SELECT delivery_id FROM sync_operations WHERE id IN " + ids + ") ORDER BY id DESC")) {
                select.setString(1, Database.json(known));
                select.setString(2, Database.json(operations));
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        JsonNode them = traces.onlyThem(Traces.Raw.of(
                                row.getString("platform"),
                                row.getString("kind"),
                                row.getString("record_key"),
                                HeadersJson.read(row.getString("headers")).get("content-type"),
                                row.getBytes("body")));
                        if (them != null) {
                            found.add(new Raw(
                                    row.getLong("id"),
                                    row.getString("platform"),
                                    row.getString("integration"),
                                    Instant.ofEpochMilli(row.getLong("received_at")),
                                    row.getString("kind"),
                                    them));
                        }
                    }
                }
            }
            return found;
        });
    }

    /** What a delivery says of a person. */
    public record Raw(
            long id,
            String platform,
            String integration,
            Instant receivedAt,
            @Nullable String kind,
            JsonNode says) {}

    private final class Work implements Decider.Work<Erased> {
        private final long memberId;
        private final ByWhom who;
        private @Nullable Person person;

        Work(long memberId, ByWhom who) {
            this.memberId = memberId;
            this.who = who;
        }

        @Override
        public void read(Connection connection) throws SQLException {
            Person found = Person.read(connection, database, memberId, who);
            if (database.dialect() != Dialect.SQLITE) {
                new GoldenReads(connection, database).lock(Set.of(found.organization()));
                found = Person.read(connection, database, memberId, who);
            }
            person = found;
        }

        @Override
        public void decide() {
            // there is nothing to decide: everything goes
        }

        @Override
        public Erased write(Connection connection) throws SQLException {
            Person found = requireNonNull(person);
            long id = ids.next();
            ErasureStore store = new ErasureStore(connection, database);
            int marks = suppression.add(
                    connection, id, found.organization(), found.sources().keySet(), found.emails());
            store.clear(
                    found.organization(),
                    found.goldens().keySet(),
                    found.sources().keySet(),
                    found.emails());
            long now = clock.millis();
            found.goldens().forEach((goldenId, record) -> store.blank(record, kept, now));
            store.write();
            store.begin(
                    id,
                    found.organization(),
                    memberId,
                    who,
                    keys.seal(found.organization(), found.traces().json()),
                    ids.next(),
                    now);
            store.clearFormer(found.former());
            Set<Long> redactedRecords = new TreeSet<>(found.former());
            redactedRecords.addAll(found.goldens().keySet());
            int redacted = trail.redact(connection, redactedRecords);
            trail.record(connection, entries(found, marks));
            return new Erased(
                    id,
                    memberId,
                    found.organization(),
                    found.goldens().size(),
                    redacted,
                    marks,
                    found.knownAs(),
                    found.pushedTo());
        }

        private AuditEntry entry(Person found, long goldenId, String entity, Map<String, Object> changes) {
            return AuditEntry.act(found.organization(), who.name(), AuditTrail.ERASE, entity, "person")
                    .about(goldenId)
                    .because(who.reason())
                    .changing(changes);
        }

        /** One about each record, so that the redaction of its entries is accounted for. */
        private List<AuditEntry> entries(Person found, int marks) {
            List<AuditEntry> entries = new ArrayList<>();
            found.goldens().forEach((goldenId, record) -> {
                Map<String, Object> changes = new TreeMap<>();
                changes.put("erased", Ids.format(memberId));
                if (goldenId == memberId) {
                    changes.put("marks", marks);
                    changes.put("platforms", found.knownAs());
                    changes.put("targets", found.pushedTo());
                }
                entries.add(entry(found, goldenId, record.entity().id(), changes));
            });
            found.former()
                    .forEach(goldenId -> entries.add(
                            entry(found, goldenId, Entity.MEMBER.id(), Map.of("erased", Ids.format(memberId)))));
            return entries;
        }
    }

    /**
     * All that is stored of a person, as far as it has to be known to erase it.
     *
     * @param former others' golden records that a source of the person belonged to once, as after a wrong merge
     */
    record Person(
            String organization,
            Map<Long, GoldenRecord> goldens,
            Set<Long> former,
            Map<RecordKey, SourceRecord> sources,
            Set<String> emails,
            List<PushedTo> pushedTo,
            List<String> prefixes) {
        private static final String MERGED = "SELECT id FROM members WHERE merged_into IN %s";
        private static final String PUSHES =
                "SELECT target, platform, integration, external_id FROM pushes WHERE golden_id IN %s ORDER BY target";
        private static final String PREFIXES =
                "SELECT prefix FROM source_accounts WHERE organization = ? AND prefix <> ''";

        static Person read(Connection connection, Database database, long memberId, ByWhom who) throws SQLException {
            GoldenReads reads = new GoldenReads(connection, database);
            GoldenRecord member = reads.byIds(Map.of(memberId, Entity.MEMBER)).get(memberId);
            if (member == null || !who.sees(member.organization())) {
                throw new Refusal(FailureCode.NOT_FOUND, 404, "There is no member " + Ids.format(memberId));
            }
            Long into = member.mergedInto();
            if (into != null) {
                throw new Refusal(
                        FailureCode.CONFLICTING_STATE,
                        409,
                        "The member " + Ids.format(memberId) + " was merged into " + Ids.format(into)
                                + ": erase that one, and this goes with it");
            }
            Map<Long, Entity> people = new TreeMap<>(Map.of(memberId, Entity.MEMBER));
            Set<Long> frontier = Set.of(memberId);
            while (!frontier.isEmpty()) {
                Set<Long> merged = numbers(connection, MERGED.formatted(database.idsOfJson()), frontier);
                merged.removeAll(people.keySet());
                merged.forEach(id -> people.put(id, Entity.MEMBER));
                frontier = merged;
            }
            SourceStore store = new SourceStore(connection, database);
            Map<RecordKey, SourceRecord> sources = new HashMap<>();
            store.byGoldenIds(people.keySet(), sources);
            Map<Long, Entity> all = new TreeMap<>(people);
            ErasureStore related = new ErasureStore(connection, database);
            for (Entity entity : ErasureStore.RELATED) {
                related.relatedTo(entity, member.organization(), sources.keySet())
                        .forEach(id -> all.put(id, entity));
            }
            store.byGoldenIds(all.keySet(), sources);
            Map<Long, GoldenRecord> goldens = new TreeMap<>(reads.byIds(all));
            Set<Long> former = related.formerOf(member.organization(), sources.keySet(), all.keySet());
            former.removeAll(all.keySet());
            Set<String> emails = new TreeSet<>();
            sources.values().forEach(source -> source.emails().forEach(email -> emails.add(lower(email))));
            goldens.values().forEach(record -> {
                if (record.values().get("email") instanceof String email) {
                    emails.add(lower(email));
                }
            });
            return new Person(
                    member.organization(),
                    goldens,
                    former,
                    sources,
                    emails,
                    pushes(connection, database, all.keySet()),
                    prefixes(connection, member.organization()));
        }

        private static String lower(String email) {
            return email.strip().toLowerCase(Locale.ROOT);
        }

        private static Set<Long> numbers(Connection connection, String sql, Set<Long> of) throws SQLException {
            Set<Long> found = new TreeSet<>();
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setString(1, Database.json(of));
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        found.add(rows.getLong(1));
                    }
                }
            }
            return found;
        }

        private static List<PushedTo> pushes(Connection connection, Database database, Set<Long> goldens)
                throws SQLException {
            Set<PushedTo> found = new LinkedHashSet<>();
            try (PreparedStatement select = connection.prepareStatement(PUSHES.formatted(database.idsOfJson()))) {
                select.setString(1, Database.json(goldens));
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        found.add(new PushedTo(
                                rows.getString(1), rows.getString(2), rows.getString(3), rows.getString(4)));
                    }
                }
            }
            return List.copyOf(found);
        }

        private static List<String> prefixes(Connection connection, String organization) throws SQLException {
            List<String> found = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement(PREFIXES)) {
                select.setString(1, organization);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        found.add(rows.getString(1));
                    }
                }
            }
            return found;
        }

        List<KnownAs> knownAs() {
            return new TreeSet<>(sources.keySet())
                    .stream()
                            .map(key -> new KnownAs(key.platform(), key.entity().id(), key.externalId()))
                            .toList();
        }

        /** The platforms' own ids, without what keeps two accounts apart here. */
        Traces traces() {
            Map<String, Set<String>> ids = new TreeMap<>();
            for (RecordKey key : sources.keySet()) {
                Set<String> own = ids.computeIfAbsent(key.platform(), platform -> new TreeSet<>());
                own.add(key.externalId());
                for (String prefix : prefixes) {
                    if (key.externalId().startsWith(prefix)) {
                        own.add(key.externalId().substring(prefix.length()));
                    }
                }
            }
            return new Traces(emails, ids);
        }
    }
}
