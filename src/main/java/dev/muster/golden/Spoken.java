package dev.muster.golden;

import dev.muster.decide.FieldOverride;
import dev.muster.decide.IdentityRuling;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a person says in one transaction; of a batch of statements it is empty. */
final class Spoken {
    /** The entries of the audit log that tell of it, by golden record. */
    final Map<Long, List<Act>> acts = new HashMap<>();

    final List<Word> words = new ArrayList<>();

    /** Rulings on identity that begin with this transaction, and those that end. */
    final List<IdentityRuling> made = new ArrayList<>();

    final List<IdentityRuling> lifted = new ArrayList<>();

    /** Which duplicate candidates a ruling decides: {@code merged} or {@code rejected}. */
    final Map<GoldenPair, String> decided = new LinkedHashMap<>();

    /** Golden record to field to the resolved conflict that is open again if the sources still disagree. */
    final Map<Long, Map<String, Long>> reopened = new HashMap<>();

    /** The golden records of the acts, as they will be. */
    final Map<Long, GoldenRecord> after = new HashMap<>();

    /**
     * What somebody did to a golden record, for the audit log.
     *
     * @param id the entry's
     * @param details said beside the fields
     * @param fields whose values before and after are told, whether or not they differ
     */
    record Act(long id, String action, Map<String, Object> details, Set<String> fields) {}

    /**
     * A word about a field.
     *
     * @param override the word; null where none is said: it is lifted, or what stands is left standing
     * @param lifts whether the standing word is lifted
     * @param choice what is said of the field's conflict; null where it is lifted
     * @param act the entry of the audit log
     */
    record Word(
            long goldenId,
            String field,
            @Nullable FieldOverride override,
            boolean lifts,
            @Nullable String choice,
            long act) {}

    void act(long goldenId, Act act) {
        acts.computeIfAbsent(goldenId, id -> new ArrayList<>(1)).add(act);
    }

    List<Act> acts(long goldenId) {
        return acts.getOrDefault(goldenId, List.of());
    }

    Set<Long> liftedIds() {
        Set<Long> ids = new HashSet<>();
        lifted.forEach(ruling -> ids.add(ruling.id()));
        return ids;
    }
}
