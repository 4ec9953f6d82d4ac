package dev.muster.golden;

import static java.util.Objects.requireNonNull;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.decide.SourceRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What one transaction of the heart is about, whoever brings it: filled first, and then decided. */
final class Matter {
    /** Every source record it has to do with, as it will be. */
    final Map<RecordKey, SourceRecord> known = new HashMap<>();

    /** The source records that are written, and on whose account. */
    final Map<RecordKey, Cause> changed = new LinkedHashMap<>();

    /** The people of whom it may have to be said anew who they are. */
    final Set<RecordKey> people = new LinkedHashSet<>();

    /** The golden records whose sources may be several people by now, whatever addresses they show. */
    final Set<Long> parting = new TreeSet<>();

    /** The sources that leave the golden id to the others where theirs falls apart. */
    final Set<RecordKey> leaving = new HashSet<>();

    final List<SourceStore.EmailSeen> newEmails = new ArrayList<>();

    /** What was taken back with the statements that showed it. */
    final List<SourceStore.EmailSeen> goneEmails = new ArrayList<>();

    /** What the changed source records were before. */
    final SourceHistory history = new SourceHistory();

    /** The golden records that are resolved anew, in the order in which they came up. */
    final Map<Long, Entity> touched = new LinkedHashMap<>();

    /** What a person says in it. */
    final Spoken spoken = new Spoken();

    private final Map<Long, Cause> touchedBy = new HashMap<>();
    private final Map<Long, Cause> byDelivery = new HashMap<>();
    private final @Nullable Cause act;

    /** Of a batch of statements. */
    Matter() {
        this(null);
    }

    /** @param act on whose account everything happens; null where each statement has its own */
    Matter(@Nullable Cause act) {
        this.act = act;
    }

    @Nullable
    Cause act() {
        return act;
    }

    SourceRecord source(RecordKey key) {
        return requireNonNull(known.get(key));
    }

    /** The addresses of a source, those that were just taken back with them: who shared one is looked at. */
    Collection<String> emails(SourceRecord source) {
        if (goneEmails.isEmpty()) {
            return source.emails();
        }
        Set<String> all = new TreeSet<>(source.emails());
        goneEmails.stream().filter(gone -> gone.key().equals(source.key())).forEach(gone -> all.add(gone.email()));
        return all;
    }

    /** What a source says now, and by which delivery. */
    void heard(SourceRecord after, long deliveryId, Cause cause) {
        known.put(after.key(), after);
        changed.put(after.key(), cause);
        byDelivery.put(deliveryId, cause);
    }

    void touch(long goldenId, Entity entity, Cause cause) {
        touched.put(goldenId, entity);
        touchedBy.put(goldenId, cause);
    }

    Cause touchedBy(long goldenId) {
        return requireNonNull(touchedBy.get(goldenId));
    }

    /** The cause of what a delivery stated; null where it is none of this transaction's. */
    @Nullable
    Cause ofDelivery(long deliveryId) {
        return byDelivery.get(deliveryId);
    }
}
