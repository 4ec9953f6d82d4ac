package dev.muster.decide;

import static java.util.Objects.requireNonNull;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.canonical.RejectedValue;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All that one platform has told of one record: per field the greatest {@link Observation}. Immutable.
 *
 * <p>Every part of it grows only by a join (greatest observation, earliest sight, union of e-mails), so the same
 * deliveries give the same source record in whatever order, however often and however batched they come.
 */
public final class SourceRecord {
    /** The golden id of a source that belongs to no golden record yet. */
    public static final long NO_GOLDEN_ID = 0;

    static final String EMAIL = "email";
    static final String FIRST_NAME = "firstName";
    static final String LAST_NAME = "lastName";

    /** Stands for the tombstone among what was taken back. */
    static final String TOMBSTONE = "";

    /** How many values of one field stay taken back; of more, the earliest are forgotten. */
    static final int RETRACTIONS_MAX = 50;

    /** Smaller than every real statement, so that the first one, of whatever time, replaces it. */
    static final Observation NEVER_STATED =
            new Observation(false, Instant.MIN, Instant.MIN, Instant.MIN, Long.MAX_VALUE);

    private static final int CONTENT_HASH_BYTES = 16;

    private final RecordKey key;
    private final SortedMap<String, Observation> fields;
    private final SortedMap<String, Instant> firstSeen;
    private final Observation tombstone;
    private final SortedSet<String> emails;
    private final SortedMap<String, Observation> rejected;
    private final SortedMap<String, List<Retraction>> retracted;
    private final long goldenId;

    /** The maps become this record's own: callers in this package hand them over and forget them. */
    SourceRecord(
            RecordKey key,
            SortedMap<String, Observation> fields,
            SortedMap<String, Instant> firstSeen,
            Observation tombstone,
            SortedSet<String> emails,
            SortedMap<String, Observation> rejected,
            SortedMap<String, List<Retraction>> retracted,
            long goldenId) {
        this.key = requireNonNull(key, "key");
        this.fields = fields;
        this.firstSeen = firstSeen;
        this.tombstone = requireNonNull(tombstone, "tombstone");
        this.emails = emails;
        this.rejected = rejected;
        this.retracted = retracted;
        this.goldenId = goldenId;
    }

    /** A record of which nothing has been told yet. */
    public static SourceRecord unseen(RecordKey key) {
        return new SourceRecord(
                key,
                new TreeMap<>(),
                new TreeMap<>(),
                NEVER_STATED,
                new TreeSet<>(),
                new TreeMap<>(),
                new TreeMap<>(),
                NO_GOLDEN_ID);
    }

    /** Whose record it is, and where. */
    public RecordKey key() {
        return key;
    }

    /** Per field the greatest observation; sorted, unmodifiable. */
    public SortedMap<String, Observation> fields() {
        return Collections.unmodifiableSortedMap(fields);
    }

    /** Per field the earliest {@link CanonicalRecord#seenAt} of any statement that had a value for it; sorted, unmodifiable. */
    public SortedMap<String, Instant> firstSeen() {
        return Collections.unmodifiableSortedMap(firstSeen);
    }

    /** The greatest statement of whether the record is removed there: a {@link Boolean} value. */
    public Observation tombstone() {
        return tombstone;
    }

    /** Whether the platform's latest word is that the record was removed. */
    public boolean removed() {
        return Boolean.TRUE.equals(tombstone.value());
    }

    /** Every e-mail address ever observed here, in lower case; only members have any. Sorted, unmodifiable. */
    public SortedSet<String> emails() {
        return Collections.unmodifiableSortedSet(emails);
    }

    /** What did not validate and has not been superseded by a later valid value, by field. */
    public List<RejectedValue> rejected() {
        List<RejectedValue> values = new ArrayList<>(rejected.size());
        for (Map.Entry<String, Observation> entry : rejected.entrySet()) {
            List<?> valueAndReason = (List<?>) entry.getValue().value();
            values.add(
                    new RejectedValue(entry.getKey(), (String) valueAndReason.get(0), (String) valueAndReason.get(1)));
        }
        return List.copyOf(values);
    }

    /** The golden record it belongs to, or {@link #NO_GOLDEN_ID}. */
    public long goldenId() {
        return goldenId;
    }

    /** The same record, pointing at another golden record: the one thing here that no delivery changes. */
    public SourceRecord withGoldenId(long id) {
        return id == goldenId
                ? this
                : new SourceRecord(key, fields, firstSeen, tombstone, emails, rejected, retracted, id);
    }

    /**
     * The same record, recognized by an address that it did not state itself: a person whom this hub told the platform of,
     * and whose address coming back is no statement.
     */
    public SourceRecord knownBy(String email) {
        SortedSet<String> all = new TreeSet<>(emails);
        return all.add(normalizedEmail(email))
                ? new SourceRecord(key, fields, firstSeen, tombstone, all, rejected, retracted, goldenId)
                : this;
    }

    /** Whether two canonical values say the same to a person: letter case, spacing, width and a list's order aside. */
    public static boolean sameMeaning(Object a, Object b) {
        return CanonicalText.sameMeaning(a, b);
    }

    /** Whether this is what the platform has for the field now, however it is spelt, and whoever took it back. */
    public boolean holds(String field, Object value) {
        Observation observation = told().get(field);
        return observation != null && CanonicalText.sameMeaning(observation.value(), value);
    }

    @Nullable
    Observation observation(String field) {
        return fields.get(field);
    }

    /** When the field first had a value here. */
    Instant firstSeen(String field, Observation current) {
        Instant seen = firstSeen.get(field);
        return seen == null ? current.asOf() : seen;
    }

    SortedMap<String, Observation> rejectedObservations() {
        return rejected;
    }

    /** What a person took back and the platform has not replaced since, by field. */
    SortedMap<String, List<Retraction>> retractions() {
        return retracted;
    }

    /** Whether all that was ever stated here was taken back: then it is no part of any golden record. */
    public boolean isWithdrawn() {
        return fields.isEmpty() && !retracted.isEmpty();
    }

    /** Per field what the platform has by its own latest word, though a person may have taken that back. Sorted. */
    public SortedMap<String, Observation> told() {
        if (retracted.isEmpty()) {
            return fields();
        }
        SortedMap<String, Observation> told = new TreeMap<>(fields);
        retracted.forEach((field, taken) -> {
            if (!field.equals(TOMBSTONE)) {
                taken.forEach(one -> told.merge(field, one.told(), Observation::join));
            }
        });
        return told;
    }

    /**
     * Takes back what one delivery stated, field by field where nobody wrote since. What is taken back stays so: it is passed
     * over when it is stated again, until another value of a later time is.
     *
     * @param change what that delivery made of this record
     */
    public Undone undo(SourceChange change, long deliveryId) {
        return new SourceUndo(this, change).undo(deliveryId);
    }

    /**
     * Puts back what was taken back, where nothing else was stated since.
     *
     * @param change what taking it back made of this record
     */
    public Undone restore(SourceChange change) {
        return new SourceUndo(this, change).restore();
    }

    /** Without the values that these deliveries stated, as if they were to be heard anew. */
    public SourceRecord without(Set<Long> deliveries) {
        SortedMap<String, Observation> others = new TreeMap<>(fields);
        others.values().removeIf(observation -> deliveries.contains(observation.deliveryId()));
        Observation tombstoneElse = deliveries.contains(tombstone.deliveryId()) ? NEVER_STATED : tombstone;
        return new SourceRecord(key, others, firstSeen, tombstoneElse, emails, rejected, retracted, goldenId);
    }

    /** Without those retractions that are void because the same value stands all the same. */
    public SourceRecord settled() {
        if (retracted.isEmpty()) {
            return this;
        }
        SortedMap<String, List<Retraction>> left = new TreeMap<>();
        retracted.forEach((field, taken) -> {
            Observation standing = field.equals(TOMBSTONE) ? tombstone : fields.get(field);
            List<Retraction> others = standing == null
                    ? taken
                    : taken.stream().filter(one -> !one.isOf(standing.value())).toList();
            if (!others.isEmpty()) {
                left.put(field, others);
            }
        });
        return new SourceRecord(key, fields, firstSeen, tombstone, emails, rejected, left, goldenId);
    }

    /** The current text of a field; empty where it has none. */
    String text(String field) {
        Observation observation = fields.get(field);
        return observation != null && observation.value() instanceof String text ? text : "";
    }

    /**
     * Joins one more statement. Blank and missing fields change nothing; nor does anything older than what is held, nor what
     * a person took back.
     *
     * @return this same instance where the statement changes nothing, so that it need not be written again
     * @throws IllegalArgumentException where the statement is about another record, or holds a value that is not
     *     canonical
     */
    public SourceRecord absorb(CanonicalRecord record, long deliveryId) {
        return absorb(record, deliveryId, false);
    }

    /**
     * The same.
     *
     * @param force whether it is heard even where a person took the same back: a person says so
     */
    @SuppressWarnings("ReferenceEquality") // an unchanged part is the same object
    public SourceRecord absorb(CanonicalRecord record, long deliveryId, boolean force) {
        if (!record.key().equals(key)) {
            throw new IllegalArgumentException("A statement about " + record.key() + " was given to " + key);
        }
        SortedMap<String, Observation> newFields = fields;
        SortedMap<String, Instant> newFirstSeen = firstSeen;
        SortedMap<String, List<Retraction>> newRetracted = retracted;
        SortedSet<String> newEmails = emails;
        boolean hasEmails = key.entity() == Entity.MEMBER;
        for (Map.Entry<String, Object> entry : record.fields().entrySet()) {
            String field = entry.getKey();
            Object value = CanonicalText.held(entry.getValue());
            if (value == null) {
                continue;
            }
            Observation held = fields.get(field);
            Instant seen = firstSeen.get(field);
            Observation stated =
                    new Observation(value, record.observedAt(field), record.asOf(), record.arrival(), deliveryId);
            FieldHearing hearing = hearing(field, held, seen, stated, record, force);
            Observation heard = hearing == null ? join(held, stated) : hearing.held();
            if (heard != null && !heard.equals(held)) {
                newFields = newFields == fields ? new TreeMap<>(fields) : newFields;
                newFields.put(field, heard);
            }
            Instant seenNow = hearing == null ? earlier(seen, record.seenAt()) : hearing.firstSeen();
            if (seenNow != null && !seenNow.equals(seen)) {
                newFirstSeen = newFirstSeen == firstSeen ? new TreeMap<>(firstSeen) : newFirstSeen;
                newFirstSeen.put(field, seenNow);
            }
            if (hearing != null && !hearing.retractions().equals(retracted.get(field))) {
                newRetracted = retracted(newRetracted, field, hearing);
            }
            if (hasEmails && field.equals(EMAIL)) {
                newEmails = withEmails(newEmails, hearing == null ? List.of(value) : hearing.released());
            }
        }
        Observation stated =
                new Observation(record.tombstone(), record.observedAt(), record.asOf(), record.arrival(), deliveryId);
        FieldHearing hearing = hearing(TOMBSTONE, tombstone, null, stated, record, force);
        Observation newTombstone = requireNonNull(hearing == null ? tombstone.join(stated) : hearing.held());
        if (hearing != null && !hearing.retractions().equals(retracted.get(TOMBSTONE))) {
            newRetracted = retracted(newRetracted, TOMBSTONE, hearing);
        }
        SortedMap<String, Observation> newRejected = joinRejected(record, deliveryId, newFields, newTombstone);
        if (newFields == fields
                && newFirstSeen == firstSeen
                && newEmails == emails
                && newTombstone.equals(tombstone)
                && newRetracted == retracted
                && newRejected == rejected) {
            return this;
        }
        return new SourceRecord(
                key, newFields, newFirstSeen, newTombstone, newEmails, newRejected, newRetracted, goldenId);
    }

    /** Where something of the field was taken back; null for all others. */
    private @Nullable FieldHearing hearing(
            String field,
            @Nullable Observation held,
            @Nullable Instant seen,
            Observation stated,
            CanonicalRecord record,
            boolean force) {
        List<Retraction> taken = retracted.get(field);
        if (taken == null) {
            return null;
        }
        FieldHearing hearing = new FieldHearing(held, seen, taken);
        hearing.tell(stated, record.seenAt(), force);
        return hearing;
    }

    private SortedMap<String, List<Retraction>> retracted(
            SortedMap<String, List<Retraction>> all, String field, FieldHearing hearing) {
        SortedMap<String, List<Retraction>> changed = new TreeMap<>(all);
        if (hearing.retractions().isEmpty()) {
            changed.remove(field);
        } else {
            changed.put(field, hearing.retractions());
        }
        return changed;
    }

    private static Observation join(@Nullable Observation held, Observation stated) {
        return held == null ? stated : held.join(stated);
    }

    private static Instant earlier(@Nullable Instant seen, Instant at) {
        return seen == null || at.isBefore(seen) ? at : seen;
    }

    private static SortedSet<String> withEmails(SortedSet<String> emails, List<Object> values) {
        SortedSet<String> all = emails;
        for (Object value : values) {
            if (value instanceof String text && !all.contains(normalizedEmail(text))) {
                all = new TreeSet<>(all);
                all.add(normalizedEmail(text));
            }
        }
        return all;
    }

    /**
     * Whether a later reading found everything as it was: the same values, nothing removed that was there, nothing refused
     * that was not. Fields of which it says nothing are left alone, as always.
     */
    public boolean agreesWith(CanonicalRecord record) {
        if (record.tombstone() != removed() || !List.copyOf(record.rejected()).equals(rejected())) {
            return false;
        }
        for (Map.Entry<String, Object> entry : record.fields().entrySet()) {
            Object value = CanonicalText.held(entry.getValue());
            if (value == null) {
                continue;
            }
            Observation held = fields.get(entry.getKey());
            Instant own = record.fieldTimes().get(entry.getKey());
            if (held == null
                    || !held.value().equals(value)
                    || held.asOf().isAfter(record.asOf())
                    || own != null && !own.equals(held.observedAt())) {
                return false;
            }
        }
        return true;
    }

    /**
     * The rejected values after this statement. One is kept until a later statement has a valid value for its field;
     * what is dropped now would be dropped in any other order too, since the field's observation only grows.
     */
    private SortedMap<String, Observation> joinRejected(
            CanonicalRecord record,
            long deliveryId,
            SortedMap<String, Observation> newFields,
            Observation newTombstone) {
        if (record.rejected().isEmpty() && rejected.isEmpty()) {
            return rejected;
        }
        SortedMap<String, Observation> joined = new TreeMap<>(rejected);
        for (RejectedValue value : record.rejected()) {
            Observation stated = new Observation(
                    List.of(value.value(), value.reason()),
                    record.observedAt(value.field()),
                    record.asOf(),
                    record.arrival(),
                    deliveryId);
            joined.merge(value.field(), stated, Observation::join);
        }
        joined.entrySet().removeIf(entry -> {
            // the record's time is no field; whatever is stated later has another
            Observation valid =
                    entry.getKey().equals(CanonicalRecord.OBSERVED_AT) ? newTombstone : newFields.get(entry.getKey());
            return valid != null && entry.getValue().compareTimes(valid) < 0;
        });
        return joined.equals(rejected) ? rejected : joined;
    }

    static String normalizedEmail(String email) {
        return email.strip().toLowerCase(Locale.ROOT);
    }

    /**
     * A fingerprint of what the platform holds: the values and whether the record is removed, not when or by which
     * delivery it was said. Two records with the same content have the same one on every machine and in every version.
     *
     * @return 32 hexadecimal digits
     */
    public String contentHash() {
        StringBuilder content = new StringBuilder(256);
        content.append(removed() ? '-' : '+');
        for (Map.Entry<String, Observation> entry : fields.entrySet()) {
            String text = CanonicalText.of(entry.getValue().value());
            content.append(entry.getKey()).append('=');
            content.append(text.length()).append(':').append(text);
        }
        byte[] digest = sha256(content.toString().getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest, 0, CONTENT_HASH_BYTES);
    }

    private static byte[] sha256(byte[] content) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(content);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256, but this one has not", e);
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof SourceRecord that
                        && goldenId == that.goldenId
                        && key.equals(that.key)
                        && fields.equals(that.fields)
                        && firstSeen.equals(that.firstSeen)
                        && tombstone.equals(that.tombstone)
                        && emails.equals(that.emails)
                        && rejected.equals(that.rejected)
                        && retracted.equals(that.retracted));
    }

    @Override
    public int hashCode() {
        return 31 * key.hashCode() + fields.hashCode();
    }

    @Override
    public String toString() {
        return key.reference() + " " + fields.keySet() + (removed() ? " removed" : "")
                + (retracted.isEmpty() ? "" : " taken back " + retracted.keySet()) + " golden " + goldenId;
    }
}
