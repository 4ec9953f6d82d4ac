package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.canonical.FieldSeal;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Ids;
import dev.muster.decide.FieldOverride;
import dev.muster.decide.IdentityRuling;
import dev.muster.decide.Settlement;
import dev.muster.decide.SourceRecord;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A person's act before the decider: it is checked and put into the matter while the organization is locked, and then decided
 * about like any batch of statements.
 */
final class Hearing implements Decider.Work<Map<Long, GoldenRecord>> {
    private final Ids ids;
    private final String organization;
    private final Cause cause;
    private final boolean seesSecrets;
    private final Plea plea;
    private final Matter matter;
    private final Decision decision;

    /** What a person wants. */
    @FunctionalInterface
    interface Plea {
        /**
         * Reads what it is about, and says it.
         *
         * @return what is to be done when it is known who is who; throws a {@link Refusal} where that is not what was wanted
         */
        Runnable put(Hearing hearing) throws SQLException;
    }

    Hearing(Heart heart, String organization, ByWhom who, Plea plea) {
        this.ids = heart.ids();
        this.organization = organization;
        this.cause = new Cause(organization, who.name(), null, who.reason());
        this.seesSecrets = who.seesSecrets();
        this.plea = plea;
        this.matter = new Matter(cause);
        this.decision = new Decision(heart, matter);
    }

    @Override
    public void read(Connection connection) throws SQLException {
        decision.open(connection, Set.of(organization));
        Runnable then = plea.put(this);
        decision.identify();
        then.run();
        decision.read();
    }

    @Override
    public void decide() {
        decision.decide();
    }

    /** @return the golden records that the act was about, as they are now */
    @Override
    public Map<Long, GoldenRecord> write(Connection connection) throws SQLException {
        decision.write(connection);
        return new TreeMap<>(matter.spoken.after);
    }

    // --- what a plea can ask ------------------------------------------------------------------------------------

    Connection connection() {
        return decision.connection();
    }

    Instant now() {
        return decision.now();
    }

    RulingStore rulings() {
        return decision.rulings();
    }

    Spoken spoken() {
        return matter.spoken;
    }

    /**
     * A golden record of the organization that has its own sources.
     *
     * @param version which one the person has seen; null where that does not matter
     * @throws Refusal 404 where there is none, 409 where it is merged away, 412 where it has changed since
     */
    GoldenRecord living(Entity entity, long goldenId, @Nullable Long version) throws SQLException {
        GoldenRecord record = known(entity, goldenId);
        Long into = record.mergedInto();
        if (into != null) {
            throw new Refusal(
                    FailureCode.CONFLICTING_STATE,
                    409,
                    "The " + entity.id() + " " + Ids.format(goldenId) + " was merged into " + Ids.format(into)
                            + ": act on that one, or unmerge it first");
        }
        if (version != null && version != record.version()) {
            throw new Refusal(
                    FailureCode.CONFLICTING_STATE,
                    412,
                    "The " + entity.id() + " " + Ids.format(goldenId) + " is at version " + record.version()
                            + " now, not at " + version + ": look at it again");
        }
        return record;
    }

    /** The same of one that may be merged away. */
    GoldenRecord known(Entity entity, long goldenId) throws SQLException {
        GoldenRecord record = decision.reads().byIds(Map.of(goldenId, entity)).get(goldenId);
        if (record == null || !record.organization().equals(organization)) {
            throw new Refusal(FailureCode.NOT_FOUND, 404, "There is no " + entity.id() + " " + Ids.format(goldenId));
        }
        return record;
    }

    /** The sources of a golden record, which is to be resolved anew. */
    SortedSet<RecordKey> sourcesOf(Entity entity, long goldenId) throws SQLException {
        Map<RecordKey, SourceRecord> found = new HashMap<>();
        decision.sources().byGoldenIds(List.of(goldenId), found);
        matter.known.putAll(found);
        touch(entity, goldenId);
        return new TreeSet<>(found.keySet());
    }

    /** Those of some sources that exist, each with all others of its golden record. */
    SortedSet<RecordKey> withNeighbours(Collection<RecordKey> keys) throws SQLException {
        Map<RecordKey, SourceRecord> found = new HashMap<>();
        decision.sources().byKeys(keys, found);
        SortedSet<RecordKey> all = new TreeSet<>();
        for (long goldenId : goldenIds(found)) {
            all.addAll(sourcesOf(Entity.MEMBER, goldenId));
        }
        return all;
    }

    private static Set<Long> goldenIds(Map<RecordKey, SourceRecord> sources) {
        Set<Long> goldenIds = new TreeSet<>();
        sources.values().forEach(source -> goldenIds.add(source.goldenId()));
        return goldenIds;
    }

    /** The golden records that these sources belong to as far as is known by now. */
    Set<Long> goldenIds(Collection<RecordKey> keys) {
        Set<Long> goldenIds = new TreeSet<>();
        keys.forEach(key -> goldenIds.add(matter.source(key).goldenId()));
        return goldenIds;
    }

    List<SourceRecord> sources(Collection<RecordKey> keys) {
        return keys.stream().map(matter::source).toList();
    }

    Words words(Entity entity, long goldenId) throws SQLException {
        return Words.read(decision.reads(), Map.of(goldenId, entity));
    }

    Map<String, GoldenReads.OpenConflict> openConflicts(long goldenId) throws SQLException {
        return decision.reads().openConflicts(List.of(goldenId)).getOrDefault(goldenId, Map.of());
    }

    // --- what it can say ----------------------------------------------------------------------------------------

    /** Resolve this golden record anew. */
    void touch(Entity entity, long goldenId) {
        matter.touch(goldenId, entity, cause);
    }

    /** An entry of the audit log. */
    long act(long goldenId, String action, Map<String, Object> details, Set<String> fields) {
        long id = ids.next();
        matter.spoken.act(goldenId, new Spoken.Act(id, action, details, fields));
        return id;
    }

    /**
     * A person's value as it is kept.
     *
     * @throws Refusal 403 where it is one of a secret field, and they may not see those
     */
    Object sealed(Entity entity, String field, Object value) {
        Object kept = decision.survivorship().sealed(organization, entity, field, value);
        if (!seesSecrets && FieldSeal.isSealed(kept)) {
            throw new Refusal(
                    FailureCode.FORBIDDEN,
                    403,
                    "'" + field
                            + "' is a secret field: only who may see its values (permission erase) may name one. Keep the"
                            + " current value, or choose a rival by its place");
        }
        return kept;
    }

    FieldOverride override(String field, Object value) {
        String reason = cause.reason();
        return new FieldOverride(field, value, cause.actor(), now(), reason == null ? "" : reason);
    }

    /** These people are looked at anew. */
    void lookAt(Collection<RecordKey> keys) {
        matter.people.addAll(keys);
    }

    /** These leave their golden record, and its id to the others of it. */
    void takeOut(Collection<RecordKey> keys) {
        matter.leaving.addAll(keys);
    }

    /** A ruling that is later than all others of these sources, by whatever clock those were made. */
    IdentityRuling rule(IdentityRuling.Kind kind, SortedSet<RecordKey> one, SortedSet<RecordKey> other)
            throws SQLException {
        Set<RecordKey> both = new TreeSet<>(one);
        both.addAll(other);
        Instant at = now();
        for (IdentityRuling earlier : rulings().about(both)) {
            Instant before = earlier.settlement().at();
            at = before.isBefore(at) ? at : before.plusMillis(1);
        }
        String reason = cause.reason();
        IdentityRuling ruling = new IdentityRuling(
                ids.next(), kind, one, other, new Settlement(cause.actor(), at, reason == null ? "" : reason));
        matter.spoken.made.add(ruling);
        return ruling;
    }
}
