package dev.muster.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * When each platform learned of each edit that was made elsewhere, and the fewest records and calls by which they could have
 * learned the same in time. Values of edits are unique. Safe for many threads.
 *
 * <p>In time is: no later after an edit than the longest that anybody had to wait, and never less than the second in which the
 * hub gathers. What was sent is therefore one way of doing it, and no way takes fewer than {@link #fewestRecords} and
 * {@link #fewestCalls}. An edit that a platform was never told of, because another one came first, asks for nothing.
 */
final class SoakTally {
    static final int BATCH = 100;
    private static final long GATHER_MILLIS = 1_000;

    private final Map<String, Edit> edits = new HashMap<>();
    private final List<Lesson> lessons = new ArrayList<>();

    private record Edit(String platform, String email, long madeAt, Set<String> learnedBy) {}

    /** A platform learned of an edit. */
    private record Lesson(String platform, String email, long madeAt, long learnedAt) {
        long tookMillis() {
            return learnedAt - madeAt;
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
        return needed().stream().mapToLong(List::size).sum();
    }

    /** Each call has room for a batch of records, and is made when the first of them cannot wait any longer. */
    synchronized long fewestCalls() {
        long calls = 0;
        for (List<Long> times : needed()) {
            for (int i = 0; i < times.size(); calls++) {
                long latest = times.get(i) + patience();
                int end = i;
                while (end < times.size() && end - i < BATCH && times.get(end) <= latest) {
                    end++;
                }
                i = end;
            }
        }
        return calls;
    }

    synchronized long patience() {
        return lessons.stream().mapToLong(Lesson::tookMillis).reduce(GATHER_MILLIS, Math::max);
    }

    /**
     * By platform, from when on records are needed that nobody can spare: of one person, each edit is made after the one before
     * had to be told.
     */
    private List<List<Long>> needed() {
        long patience = patience();
        Map<String, List<Long>> times = new HashMap<>();
        Map<String, Long> until = new HashMap<>();
        lessons.sort(Comparator.comparingLong(Lesson::madeAt));
        for (Lesson lesson : lessons) {
            String person = lesson.platform() + ' ' + lesson.email();
            if (lesson.madeAt() > until.getOrDefault(person, Long.MIN_VALUE)) {
                until.put(person, lesson.madeAt() + patience);
                times.computeIfAbsent(lesson.platform(), name -> new ArrayList<>()).add(lesson.madeAt());
            }
        }
        return List.copyOf(times.values());
    }
}
