package dev.muster.bench;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * When each platform learned of each edit that was made elsewhere, and the fewest records and calls by which they could have
 * learned the same in time. Values of edits are unique. Safe for many threads.
 *
 * <p>In time is: no later than it did, or than a second after the edit where that is later; a hub that waits for nothing is
 * measured by one that gathers for a second. What was sent is therefore one way of doing it, and no way takes fewer than
 * {@link #fewestRecords} and {@link #fewestCalls}. An edit that a platform was never told of, because another one came first,
 * asks for nothing.
 */
final class SoakTally {
    static final int BATCH = 100;
    private static final long GATHER_MILLIS = 1_000;
    private static final Comparator<Lesson> BY_LATEST = Comparator.comparingLong(Lesson::latest);

    private final Map<String, Edit> edits = new HashMap<>();
    private final List<Lesson> lessons = new ArrayList<>();

    private record Edit(String platform, String email, long madeAt, Set<String> learnedBy) {}

    /** A platform learned of an edit. */
    private record Lesson(String platform, String email, long madeAt, long learnedAt) {
        long tookMillis() {
            return learnedAt - madeAt;
        }

        long latest() {
            return Math.max(learnedAt, madeAt + GATHER_MILLIS);
        }
    }

    /** Before the platform tells of it. */
    synchronized void edited(String platform, String email, String field, String value) {
        edits.put(key(field, value), new Edit(platform, email, System.currentTimeMillis(), new HashSet<>()));
    }

    synchronized void told(String platform, String email, String field, String value) {
        Edit edit = edits.get(key(field, value));
        if (edit != null
                && edit.email().equals(email)
                && !edit.platform().equals(platform)
                && edit.learnedBy().add(platform)) {
            lessons.add(new Lesson(platform, email, edit.madeAt(), System.currentTimeMillis()));
        }
    }

    private static String key(String field, String value) {
        return field + ' ' + value.toLowerCase(Locale.ROOT);
    }

    /** How many times one of two platforms was not told of an edit. */
    synchronized long untold() {
        return edits.size() * 2L - lessons.size();
    }

    /** How long it took until an edit was told to another platform, the shortest first. */
    synchronized long[] tookMillis() {
        return lessons.stream().mapToLong(Lesson::tookMillis).sorted().toArray();
    }

    synchronized long fewestRecords() {
        return needed().values().stream().mapToLong(List::size).sum();
    }

    /**
     * Each call is made when one record cannot wait any longer, and takes those along that can wait the least: a later call, or
     * others in it, would do no better.
     */
    synchronized long fewestCalls() {
        return needed().values().stream().mapToLong(SoakTally::calls).sum();
    }

    private static long calls(List<Lesson> needed) {
        Deque<Lesson> coming = new ArrayDeque<>(
                needed.stream().sorted(Comparator.comparingLong(Lesson::madeAt)).toList());
        PriorityQueue<Lesson> waiting = new PriorityQueue<>(BY_LATEST);
        long calls = 0;
        while (!coming.isEmpty() || !waiting.isEmpty()) {
            if (waiting.isEmpty()) {
                waiting.add(coming.remove());
            }
            while (!coming.isEmpty() && coming.element().madeAt() <= waiting.element().latest()) {
                waiting.add(coming.remove());
            }
            for (int i = 0; i < BATCH && !waiting.isEmpty(); i++) {
                waiting.remove();
            }
            calls++;
        }
        return calls;
    }

    /** By platform, what takes a record of its own: of one person, each edit is made after the one before had to be told. */
    private Map<String, List<Lesson>> needed() {
        Map<String, List<Lesson>> needed = new HashMap<>();
        Map<String, Long> until = new HashMap<>();
        lessons.sort(BY_LATEST);
        for (Lesson lesson : lessons) {
            String person = lesson.platform() + ' ' + lesson.email();
            if (lesson.madeAt() > until.getOrDefault(person, Long.MIN_VALUE)) {
                until.put(person, lesson.latest());
                needed.computeIfAbsent(lesson.platform(), name -> new ArrayList<>()).add(lesson);
            }
        }
        return needed;
    }
}
