package dev.muster.pull;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.pull.CursorFormat.Mark;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a run goes through a list: from where on it asks, where the list goes on behind a page, and how far the mark may move,
 * up to which everything is stored. Knows no store and no clock.
 *
 * @param from where a backfill begins, ISO 8601; null for the other kinds
 */
record Traversal(
        String platform,
        Stream stream,
        RunKind kind,
        @Nullable String from) {
    /** A value later than that was not observed: of a platform whose clock is wrong, everything after would be left out. */
    private static final Duration CLOCK_DIFFERENCE_MAX = Duration.ofDays(1);

    /** How far behind what was read a list is taken up again: what bears the same time may not all have been on a page. */
    private static final Duration SAME_MOMENT = Duration.ofSeconds(1);

    /**
     * What the filter of a run's first request is given; empty for none.
     *
     * @param walkedMillis how long the run took by which the mark was found
     * @throws Defect if the date to fill back from is none
     */
    String since(@Nullable String highWater, long walkedMillis) {
        Stream.Incremental incremental = stream.incremental();
        if (incremental == null || kind == RunKind.FULL) {
            return "";
        }
        if (kind == RunKind.BACKFILL) {
            return backfillSince(incremental);
        }
        Mark mark = highWater == null ? null : incremental.format().mark(highWater);
        return mark == null
                ? ""
                : incremental.format().since(mark, incremental.overlap().plusMillis(walkedMillis));
    }

    private String backfillSince(Stream.Incremental incremental) {
        String date = requireNonNull(from);
        try {
            return incremental.format().isTime() ? incremental.format().written(Instant.parse(date)) : date;
        } catch (DateTimeException e) {
            throw new Defect(FailureCode.INTERNAL, "The date to fill back from is no time: " + date, e);
        }
    }

    /** At the first page of a record's list. */
    Walk ofRecord(Walk walk, CursorStore.Next next, String since) {
        // what was not read before has no mark: another record's says nothing of it
        boolean all = !next.known() && kind == RunKind.INCREMENTAL;
        return walk.of(next.id(), next.known(), stream.paging().firstPlace(), all ? "" : since);
    }

    // --- where the list goes on ---------------------------------------------------------------------------------

    /**
     * Where a list goes on; null where it ends. Pages that are numbered move under the reader: what is changed meanwhile
     * goes to the end of the list, all behind it moves up by one, and one item would be read by nobody. So a list in the
     * order of its cursor is taken up again behind what was read, at its first page, wherever that leads on. Where more
     * bear one moment than a page holds, their pages are counted, and read once more from the last to the first: what
     * moves then comes towards the reader, and nothing passes it. The same is done with a list in no order of which the
     * number of items has changed while it was read.
     *
     * @param read items on the page
     * @param greatest see {@link #greatest}
     */
    @Nullable
    Walk next(Walk walk, Paging.Step step, int read, @Nullable Mark greatest) {
        Paging paging = stream.paging();
        String max = greatest == null ? null : greatest.text();
        if (!paging.kind().isNumbered()) {
            return step.next() == null ? null : walk.on(step, read, max);
        }
        boolean counted = !walk.place().equals(paging.firstPlace());
        String before = counted ? paging.before(walk.place(), Math.max(read, walk.step())) : null;
        Walk narrowed = narrowed(walk, greatest);
        if (walk.back()) {
            return before != null ? walk.backTo(before, read, max) : narrowed;
        }
        boolean over = step.next() == null || narrowed != null;
        boolean moved = isShifting() || paging.tellsItems() && step.total() != walk.total();
        if (over && before != null && moved) {
            return walk.backTo(before, read, max);
        }
        return step.next() == null ? null : narrowed != null ? narrowed : walk.on(step, read, max);
    }

    /** Whether what is changed moves to the end of the list while it is read. */
    private boolean isShifting() {
        Stream.Incremental incremental = stream.incremental();
        return incremental != null
                && incremental.ordered()
                && incremental.format().isTime()
                && stream.paging().kind().isNumbered();
    }

    /** At the first page behind what was read, less what may bear the same time; null where that leads no further. */
    private @Nullable Walk narrowed(Walk walk, @Nullable Mark greatest) {
        Stream.Incremental incremental = stream.incremental();
        if (incremental == null || greatest == null || !isShifting()) {
            return null;
        }
        String further = incremental.format().since(greatest, SAME_MOMENT);
        Mark now = incremental.format().mark(walk.since());
        Mark moved = incremental.format().mark(further);
        return moved != null && (now == null || moved.time().isAfter(now.time()))
                ? walk.narrowed(stream.paging().firstPlace(), further, greatest.text())
                : null;
    }

    // --- how far the mark may move ------------------------------------------------------------------------------

    /**
     * The greatest cursor so far: that of the run, and of this page.
     *
     * @param sofar of the run; null before the first
     * @param askedAt when the page was asked for, by our clock
     * @throws Defect if there are items, and none has a cursor that can be read
     */
    @Nullable
    Mark greatest(@Nullable String sofar, JsonNode items, Instant askedAt) {
        Stream.Incremental incremental = stream.incremental();
        if (incremental == null) {
            return null;
        }
        CursorFormat format = incremental.format();
        Mark greatest = sofar == null ? null : format.mark(sofar);
        int read = 0;
        Instant latest = askedAt.plus(CLOCK_DIFFERENCE_MAX);
        for (JsonNode item : items) {
            Mark mark = format.mark(incremental.cursor().from(item));
            if (mark != null) {
                read++;
                if (!format.isTime() || !mark.time().isAfter(latest)) {
                    greatest = Mark.greater(greatest, mark);
                }
            }
        }
        if (read == 0 && !items.isEmpty()) {
            throw new Defect(
                    FailureCode.MALFORMED_PAYLOAD,
                    "None of " + items.size() + " items of " + stream.name()
                            + " has a cursor that can be read, so that nobody could say what is new: look at"
                            + " incremental.cursor and incremental.format in config/platforms/"
                            + platform + ".yaml");
        }
        return greatest;
    }

    /**
     * The mark with a page stored: of a list in the order of its cursor, it moves with each.
     *
     * @param next where the list goes on; null where it ends
     */
    @Nullable
    String markAfterPage(@Nullable String highWater, @Nullable Walk next, @Nullable String max) {
        return isMarkedByPage() && (next == null || !isWithin(next)) ? higher(highWater, max) : highWater;
    }

    /** The mark with the list read to its end: where the order was another, it moves only now. */
    @Nullable
    String markAtEnd(@Nullable String highWater, @Nullable String max) {
        Stream.Incremental incremental = stream.incremental();
        return incremental == null || isMarkedByPage() || !reachesBack(incremental, highWater)
                ? highWater
                : higher(highWater, max);
    }

    private boolean isMarkedByPage() {
        Stream.Incremental incremental = stream.incremental();
        return incremental != null && incremental.ordered() && stream.each() == null && kind != RunKind.BACKFILL;
    }

    /** Whether pages are being counted that have to be read back: the mark stays before them until then. */
    private boolean isWithin(Walk walk) {
        return isShifting()
                && (walk.back() || !walk.place().equals(stream.paging().firstPlace()));
    }

    /** A run that begins behind the mark leaves a gap, over which the mark must not jump. */
    private boolean reachesBack(Stream.Incremental incremental, @Nullable String highWater) {
        if (kind != RunKind.BACKFILL) {
            return true;
        }
        Mark mark = highWater == null ? null : incremental.format().mark(highWater);
        Mark begun = incremental.format().mark(backfillSince(incremental));
        return mark != null && begun != null && begun.compareTo(mark) <= 0;
    }

    /** A mark never goes back. */
    private @Nullable String higher(@Nullable String highWater, @Nullable String max) {
        Stream.Incremental incremental = stream.incremental();
        if (incremental == null || max == null) {
            return highWater;
        }
        Mark higher = Mark.greater(
                highWater == null ? null : incremental.format().mark(highWater),
                incremental.format().mark(max));
        return higher == null ? highWater : higher.text();
    }
}
