package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.decide.FieldOverride;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * People's words about fields of the touched golden records, and where each stands: at the golden record it was said of, or
 * at the one that this is merged into. Where several meet, the one said of the record itself stands, else that of the
 * smallest home.
 */
final class Words {
    private final Map<Long, Map<String, List<Word>>> byGolden = new HashMap<>();

    /** Golden record to the one it is merged into, of all homes elsewhere. */
    private final Map<Long, Long> mergedInto = new HashMap<>();

    /**
     * One person's word.
     *
     * @param home the golden record it was said of
     */
    record Word(long home, FieldOverride override) {}

    /** A word that came to another golden record. */
    record Moved(Word word, long from, long into) {}

    private Words() {}

    /** Reads those that stand at golden records, and what the records they were said of are merged into. */
    static Words read(GoldenReads reads, Map<Long, Entity> touched) throws SQLException {
        Words words = new Words();
        Set<Long> homes = new HashSet<>();
        reads.words(touched.keySet())
                .forEach((goldenId, all) -> all.forEach(word -> {
                    words.put(goldenId, word);
                    if (word.home() != goldenId) {
                        homes.add(word.home());
                    }
                }));
        while (!homes.isEmpty()) {
            Map<Long, Long> found = reads.mergedInto(homes);
            words.mergedInto.putAll(found);
            homes.clear();
            homes.addAll(found.values());
            homes.removeAll(words.mergedInto.keySet());
        }
        return words;
    }

    /** What stands at golden records, by field. */
    static Map<Long, Map<String, FieldOverride>> standing(GoldenReads reads, Collection<Long> goldenIds)
            throws SQLException {
        Words words = new Words();
        reads.words(goldenIds).forEach((goldenId, all) -> all.forEach(word -> words.put(goldenId, word)));
        Map<Long, Map<String, FieldOverride>> standing = new HashMap<>();
        words.byGolden.keySet().forEach(goldenId -> standing.put(goldenId, words.of(goldenId)));
        return standing;
    }

    private void put(long goldenId, Word word) {
        byGolden.computeIfAbsent(goldenId, id -> new TreeMap<>())
                .computeIfAbsent(word.override().field(), field -> new ArrayList<>(1))
                .add(word);
    }

    boolean isEmpty() {
        return byGolden.isEmpty();
    }

    /** What stands, by field. */
    Map<String, FieldOverride> of(long goldenId) {
        Map<String, List<Word>> all = byGolden.get(goldenId);
        if (all == null) {
            return Map.of();
        }
        Map<String, FieldOverride> standing = new TreeMap<>();
        all.forEach(
                (field, words) -> standing.put(field, standing(goldenId, words).override()));
        return standing;
    }

    private static Word standing(long goldenId, List<Word> words) {
        return words.stream()
                .min(Comparator.comparing((Word word) -> word.home() != goldenId)
                        .thenComparingLong(Word::home))
                .orElseThrow();
    }

    /** The word that stands; null where there is none. */
    @Nullable
    Word standing(long goldenId, String field) {
        List<Word> words = byGolden.getOrDefault(goldenId, Map.of()).get(field);
        return words == null ? null : standing(goldenId, words);
    }

    /** The words that say otherwise than the one that stands. */
    List<FieldOverride> rivals(long goldenId, String field) {
        Word standing = standing(goldenId, field);
        List<FieldOverride> rivals = new ArrayList<>();
        if (standing != null) {
            byGolden.getOrDefault(goldenId, Map.of()).getOrDefault(field, List.of()).stream()
                    .sorted(Comparator.comparingLong(Word::home))
                    .filter(word ->
                            !word.override().value().equals(standing.override().value()))
                    .forEach(word -> rivals.add(word.override()));
        }
        return rivals;
    }

    /** A word said of this golden record itself, in place of the one before it. */
    void say(long goldenId, FieldOverride override) {
        remove(goldenId, override.field(), goldenId);
        put(goldenId, new Word(goldenId, override));
    }

    void remove(long goldenId, String field, long home) {
        Map<String, List<Word>> all = byGolden.getOrDefault(goldenId, new HashMap<>());
        List<Word> words = all.get(field);
        if (words != null) {
            words.removeIf(word -> word.home() == home);
            if (words.isEmpty()) {
                all.remove(field);
            }
        }
    }

    /**
     * Puts each word where its home's sources are now.
     *
     * @param merged golden records that are emptied now, each with the one its sources go to
     * @param lives whether a golden record has sources now; asked of touched ones and of homes
     */
    List<Moved> settle(Map<Long, Long> merged, LongPredicate lives) {
        List<Moved> moved = new ArrayList<>();
        new TreeMap<>(byGolden)
                .forEach((at, fields) -> new TreeMap<>(fields).values().forEach(words -> {
                    for (Word word : List.copyOf(words)) {
                        long place = place(word.home(), at, merged, lives);
                        if (place != at) {
                            moved.add(new Moved(word, at, place));
                        }
                    }
                }));
        for (Moved one : moved) {
            remove(one.from(), one.word().override().field(), one.word().home());
            put(one.into(), one.word());
        }
        return moved;
    }

    /** The first golden record with sources on the way from home; where it stands now if that has been left behind. */
    private long place(long home, long at, Map<Long, Long> merged, LongPredicate lives) {
        Set<Long> seen = new HashSet<>();
        Long place = home;
        while (place != null && seen.add(place)) {
            if (lives.test(place)) {
                return place;
            }
            Long next = merged.get(place);
            place = next == null ? mergedInto.get(place) : next;
        }
        Long into = merged.get(at);
        return into == null ? at : into;
    }
}
