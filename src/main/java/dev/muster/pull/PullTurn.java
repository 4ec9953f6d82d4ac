package dev.muster.pull;

import dev.muster.platform.Integration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A stream while this hub reads it: what a route carries from page to page. Of one exchange, one thread at a time. */
public final class PullTurn {
    private final StreamKey key;
    private final long number;
    private final long runId;
    private final RunKind kind;
    private final Stream stream;
    private final Integration integration;
    private final Traversal traversal;
    private final @Nullable String record;
    private final int failures;

    private Walk walk;
    private @Nullable String highWater;
    private long walkedMillis;
    private int pagesTaken;

    /** Calls are made on threads of the platform. */
    private final AtomicInteger callsMade = new AtomicInteger();

    private int callsNoted;
    private volatile String path;
    private volatile boolean underWay = true;

    /**
     * @param number by which it writes
     * @param backfillFrom where a backfill begins, ISO 8601; null for the other kinds
     * @param record the id of the one record that it reads; null for a list
     * @param failures in a row before this turn
     */
    PullTurn(
            StreamKey key,
            long number,
            long runId,
            RunKind kind,
            Stream stream,
            Integration integration,
            @Nullable String backfillFrom,
            @Nullable String record,
            int failures,
            Walk walk,
            @Nullable String highWater,
            long walkedMillis) {
        this.key = key;
        this.number = number;
        this.runId = runId;
        this.kind = kind;
        this.stream = stream;
        this.integration = integration;
        this.traversal = new Traversal(key.platform(), stream, kind, backfillFrom);
        this.record = record;
        this.failures = failures;
        this.walk = walk;
        this.highWater = highWater;
        this.walkedMillis = walkedMillis;
        this.path = stream.path();
    }

    /** Whether there is another page to read. */
    public boolean isUnderWay() {
        return underWay;
    }

    void ended() {
        underWay = false;
    }

    StreamKey key() {
        return key;
    }

    long number() {
        return number;
    }

    long runId() {
        return runId;
    }

    RunKind kind() {
        return kind;
    }

    Stream stream() {
        return stream;
    }

    Integration integration() {
        return integration;
    }

    Traversal traversal() {
        return traversal;
    }

    /** What the filter of a list's first request is given; empty for none. */
    String since() {
        return traversal.since(highWater, walkedMillis);
    }

    @Nullable
    String record() {
        return record;
    }

    /** In a row, up to the last page. */
    int failures() {
        return pagesTaken > 0 ? 0 : failures;
    }

    /** Whether nothing was read by this turn yet: its place is that of an earlier one. */
    boolean isFirstPage() {
        return pagesTaken == 0;
    }

    Walk walk() {
        return walk;
    }

    @Nullable
    String highWater() {
        return highWater;
    }

    long walkedMillis() {
        return walkedMillis;
    }

    /** A call to this path leaves now; again, where the first credential was refused. */
    void called(String to) {
        path = to;
        callsMade.incrementAndGet();
    }

    /** The calls that the run's history does not know of yet. */
    int callsToNote() {
        return callsMade.get() - callsNoted;
    }

    /** So many of them are in the run's history now. */
    void noted(int calls) {
        callsNoted += calls;
    }

    /** What was called last; before the first call, the stream's path as its file has it. */
    String path() {
        return path;
    }

    /** Where it begins, or begins anew. */
    void begun(Walk first) {
        walk = first;
    }

    /** A page is stored, and this is where the list goes on. */
    void advanced(Walk next, @Nullable String newHighWater, long newWalkedMillis) {
        walk = next;
        highWater = newHighWater;
        walkedMillis = newWalkedMillis;
        pagesTaken++;
    }

    @Override
    public String toString() {
        return key + ", page " + (walk.pages() + 1);
    }
}
