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

    /** Smaller than every real statement, so that the first one, of whatever time, replaces it. */
    private static final Observation NEVER_STATED =
            new Observation(false, Instant.MIN, Instant.MIN, Instant.MIN, Long.MAX_VALUE);

    private static final int CONTENT_HASH_BYTES = 16;

    private final RecordKey key;
    private final SortedMap<String, Observation> fields;
    private final SortedMap<String, Instant> firstSeen;
    private final Observation tombstone;
    private final SortedSet<String> emails;
    private final SortedMap<String, Observation> rejected;
    private final long goldenId;

    /** The maps become this record's own: callers in this package hand them over and forget them. */
    SourceRecord(
            RecordKey key,
            SortedMap<String, Observation> fields,
            SortedMap<String, Instant> firstSeen,
            Observation tombstone,
            SortedSet<String> emails,
            SortedMap<String, Observation> rejected,
            long goldenId) {
        this.key = requireNonNull(key, "key");
        this.fields = fields;
        this.firstSeen = firstSeen;
        this.tombstone = requireNonNull(tombstone, "tombstone");
        this.emails = emails;
        this.rejected = rejected;
        this.goldenId = goldenId;
    }

    /** A record of which nothing has been told yet. */
    public static SourceRecord unseen(RecordKey key) {
        return new SourceRecord(
                key, new TreeMap<>(), new TreeMap<>(), NEVER_STATED, new TreeSet<>(), new TreeMap<>(), NO_GOLDEN_ID);
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
        return id == goldenId ? this : new SourceRecord(key, fields, firstSeen, tombstone, emails, rejected, id);
    }

    /**
     * The same record, recognized by an address that it did not state itself: a person whom this hub told the platform of,
     * and whose address coming back is no statement.
     */
    public SourceRecord knownBy(String email) {
        SortedSet<String> all = new TreeSet<>(emails);
        return all.add(normalizedEmail(email))
                ? new SourceRecord(key, fields, firstSeen, tombstone, all, rejected, goldenId)
                : this;
    }

    /** Whether two canonical values say the same to a person: letter case, spacing, width and a list's order aside. */
    public static boolean sameMeaning(Object a, Object b) {
        return CanonicalText.sameMeaning(a, b);
    }

    /** Whether this is what the platform has for the field now, however it is spelt. */
    public boolean holds(String field, Object value) {
        Observation observation = fields.get(field);
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

    /** The current text of a field; empty where it has none. */
    String text(String field) {
        Observation observation = fields.get(field);
        return observation != null && observation.value() instanceof String text ? text : "";
    }

    /**
     * Joins one more statement. Blank and missing fields change nothing; nor does anything older than what is held.
     *
     * @return this same instance where the statement changes nothing, so that it need not be written again
     * @throws IllegalArgumentException where the statement is about another record, or holds a value that is not
     *     canonical
     */
    @SuppressWarnings("ReferenceEquality") // an unchanged part is the same object
    public SourceRecord absorb(CanonicalRecord record, long deliveryId) {
        if (!record.key().equals(key)) {
            throw new IllegalArgumentException("A statement about " + record.key() + " was given to " + key);
        }
        SortedMap<String, Observation> newFields = fields;
        SortedMap<String, Instant> newFirstSeen = firstSeen;
        SortedSet<String> newEmails = emails;
        boolean hasEmails = key.entity() == Entity.MEMBER;
        for (Map.Entry<String, Object> entry : record.fields().entrySet()) {
            String field = entry.getKey();
            Object value = CanonicalText.held(entry.getValue());
            if (value == null) {
                continue;
            }
            Observation held = fields.get(field);
            Observation stated =
                    new Observation(value, record.observedAt(field), record.asOf(), record.arrival(), deliveryId);
            if (held == null || stated.compareTo(held) > 0) {
                newFields = newFields == fields ? new TreeMap<>(fields) : newFields;
                newFields.put(field, stated);
            }
            Instant seen = firstSeen.get(field);
            if (seen == null || record.seenAt().isBefore(seen)) {
                newFirstSeen = newFirstSeen == firstSeen ? new TreeMap<>(firstSeen) : newFirstSeen;
                newFirstSeen.put(field, record.seenAt());
            }
            if (hasEmails && value instanceof String text && field.equals(EMAIL)) {
                String email = normalizedEmail(text);
                if (!emails.contains(email)) {
                    newEmails = new TreeSet<>(emails);
                    newEmails.add(email);
                }
            }
        }
        Observation newTombstone = tombstone.join(
                new Observation(record.tombstone(), record.observedAt(), record.asOf(), record.arrival(), deliveryId));
        SortedMap<String, Observation> newRejected = joinRejected(record, deliveryId, newFields, newTombstone);
        if (newFields == fields
                && newFirstSeen == firstSeen
                && newEmails == emails
                && newTombstone.equals(tombstone)
                && newRejected == rejected) {
            return this;
        }
        return new SourceRecord(key, newFields, newFirstSeen, newTombstone, newEmails, newRejected, goldenId);
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
                        && rejected.equals(that.rejected));
    }

    @Override
    public int hashCode() {
        return 31 * key.hashCode() + fields.hashCode();
    }

    @Override
    public String toString() {
        return key.reference() + " " + fields.keySet() + (removed() ? " removed" : "") + " golden " + goldenId;
    }
}
