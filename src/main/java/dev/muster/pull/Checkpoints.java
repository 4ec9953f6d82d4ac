package dev.muster.pull;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.db.Database;
import dev.muster.delivery.Delivery;
import dev.muster.delivery.DeliveryStore;
import dev.muster.operation.OperationType;
import dev.muster.pull.CursorFormat.Mark;
import dev.muster.pull.RunStore.State;
import dev.muster.quota.QuotaSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what a turn has read, and where it stands, in one transaction: a page with its operation and its checkpoint, and how
 * a turn ends. What another hub has taken over meanwhile is not written.
 */
final class Checkpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);
    private static final int ERROR_LENGTH_MAX = 2_000;

    private final Database database;
    private final StreamDirectory directory;
    private final DeliveryStore deliveries;
    private final Clock clock;
    private final Duration lease;

    /** @param lease for how long a stream is a hub's without a sign of life */
    Checkpoints(Database database, StreamDirectory directory, DeliveryStore deliveries, Clock clock, Duration lease) {
        this.database = database;
        this.directory = directory;
        this.deliveries = deliveries;
        this.clock = clock;
        this.lease = lease;
    }

    Instant leaseUntil() {
        return clock.instant().plus(lease);
    }

    // --- what was read ------------------------------------------------------------------------------------------

    /**
     * Stores a page; afterwards the turn goes on, or has ended.
     *
     * @param greatest cursor of the run so far
     * @param delivery null for a page without items
     * @param bytes of the page
     * @return false where another hub has the stream now, and nothing was stored
     */
    boolean page(
            PullTurn turn,
            JsonNode items,
            @Nullable Mark greatest,
            Paging.Step step,
            @Nullable Delivery delivery,
            int bytes) {
        Walk walk = turn.walk();
        Traversal traversal = turn.traversal();
        String max = greatest == null ? null : greatest.text();
        Walk next = traversal.next(walk, step, items.size(), greatest);
        int calls = turn.callsToNote();
        String highWater = traversal.markAfterPage(turn.highWater(), next, max);
        Stored stored = database.write(connection -> {
            Walk further = next;
            if (further == null && walk.id() != null) {
                CursorStore.idRead(connection, turn.key(), walk.id(), false);
                further = CursorStore.nextId(connection, turn.key(), walk.id())
                        .map(one -> traversal.ofRecord(walk.withMax(max), one, turn.since()))
                        .orElse(null);
            }
            Walk checkpoint = further == null ? walk.withMax(max) : further;
            Boolean stopping = CursorStore.advance(
                    connection, turn.key(), turn.number(), checkpoint, highWater, turn.walkedMillis(), leaseUntil());
            if (stopping == null) {
                return Stored.LOST;
            }
            if (delivery != null) {
                deliveries.addWithin(connection, delivery, OperationType.BULK_SYNC.ordinal());
                sowIds(connection, turn, items);
            }
            RunStore.page(connection, turn.runId(), 1, items.size(), calls, bytes, step.total());
            if (further == null) {
                finish(connection, turn, checkpoint, State.DONE, null);
            } else if (stopping) {
                finish(connection, turn, checkpoint, State.STOPPED, null);
            }
            return new Stored(false, further == null || stopping, checkpoint);
        });
        return advanced(turn, stored, highWater, calls);
    }

    private void sowIds(Connection connection, PullTurn turn, JsonNode items) throws SQLException {
        Streams streams = directory.of(turn.key().platform()).orElseThrow();
        for (Stream child : streams.eachOf(turn.stream().name())) {
            CursorStore.sowIds(
                    connection,
                    database,
                    StreamKey.of(turn.integration(), child.name()),
                    requireNonNull(child.each()).ids(items));
        }
    }

    /** The record whose list this would be is gone, so its list is, too. */
    void recordGone(PullTurn turn) {
        Walk walk = turn.walk();
        int calls = turn.callsToNote();
        Stored stored = database.write(connection -> {
            CursorStore.idRead(connection, turn.key(), requireNonNull(walk.id()), true);
            Optional<CursorStore.Next> one = CursorStore.nextId(connection, turn.key(), walk.id());
            Walk next = one.isPresent() ? turn.traversal().ofRecord(walk, one.get(), turn.since()) : walk;
            Boolean stopping = CursorStore.advance(
                    connection, turn.key(), turn.number(), next, turn.highWater(), turn.walkedMillis(), leaseUntil());
            if (stopping == null) {
                return Stored.LOST;
            }
            RunStore.calls(connection, turn.runId(), calls);
            if (one.isEmpty() || stopping) {
                finish(connection, turn, next, one.isEmpty() ? State.DONE : State.STOPPED, null);
            }
            return new Stored(false, one.isEmpty() || stopping, next);
        });
        advanced(turn, stored, turn.highWater(), calls);
    }

    /**
     * @param lost whether somebody else has the stream now
     * @param ended whether the run has
     */
    private record Stored(
            boolean lost, boolean ended, @Nullable Walk walk) {
        static final Stored LOST = new Stored(true, true, null);
    }

    private static boolean advanced(PullTurn turn, Stored stored, @Nullable String highWater, int calls) {
        if (stored.lost()) {
            turn.ended();
            LOG.info("{}: another hub has taken it over", turn);
            return false;
        }
        turn.noted(calls);
        turn.advanced(requireNonNull(stored.walk()), highWater, turn.walkedMillis());
        if (stored.ended()) {
            turn.ended();
        }
        return true;
    }

    /** Stores the one record that a turn was for, which ends it. */
    void record(PullTurn turn, Delivery delivery, int bytes) {
        database.change(connection -> {
            deliveries.addWithin(connection, delivery, OperationType.MANUAL.ordinal());
            RunStore.page(connection, turn.runId(), 1, 1, turn.callsToNote(), bytes, 1);
            RunStore.end(connection, turn.runId(), State.DONE, null, clock.instant(), quota(turn));
        });
        turn.ended();
    }

    // --- how a turn ends ----------------------------------------------------------------------------------------

    private void finish(Connection connection, PullTurn turn, Walk walk, State state, @Nullable String error)
            throws SQLException {
        Instant now = clock.instant();
        boolean done = state == State.DONE;
        if (done) {
            moveMark(connection, turn, walk, now);
        }
        Stream.Schedule schedule = turn.stream().schedule();
        Instant next = schedule == null ? null : schedule.next(walk.startedAt(), now);
        boolean full = done && turn.kind() == RunKind.FULL;
        if (CursorStore.finish(connection, turn.key(), turn.number(), next, full ? walk.startedAt() : null)) {
            RunStore.end(connection, turn.runId(), state, error, now, quota(turn));
        }
    }

    private @Nullable QuotaSettings quota(PullTurn turn) {
        return directory.quota(turn.key().platform(), turn.path());
    }

    /**
     * At the end of a run whose order was another: what changed while it read may stand on a page that it had left. So next
     * time the margin is longer by the time that it took.
     */
    private void moveMark(Connection connection, PullTurn turn, Walk walk, Instant now) throws SQLException {
        String highWater = turn.traversal().markAtEnd(turn.highWater(), walk.max());
        if (highWater != null && !highWater.equals(turn.highWater())) {
            long walked = Math.max(0, Duration.between(walk.startedAt(), now).toMillis());
            CursorStore.advance(connection, turn.key(), turn.number(), walk, highWater, walked, leaseUntil());
        }
    }

    /** Ends the run. */
    void end(PullTurn turn, State state, @Nullable String error) {
        turn.ended();
        database.change(connection -> {
            RunStore.calls(connection, turn.runId(), turn.callsToNote());
            if (turn.record() != null) {
                RunStore.end(connection, turn.runId(), state, error, clock.instant(), quota(turn));
            } else {
                finish(connection, turn, turn.walk(), state, error);
            }
        });
    }

    /** The run has failed, and the next one comes by the schedule. */
    void fail(PullTurn turn, Throwable failure) {
        LOG.warn("{}: the run has failed: {}", turn, told(failure));
        end(turn, State.FAILED, told(failure));
    }

    /**
     * Gives the stream back: its run goes on later, with the page that was not stored. The run of a single record has
     * failed, as nobody would take it up.
     *
     * @param failures in a row
     * @param why it waits; null where that is nothing to tell
     */
    void release(PullTurn turn, Duration pause, int failures, @Nullable Throwable why) {
        String told = why == null ? null : told(why);
        if (turn.record() != null) {
            end(turn, State.FAILED, told);
            return;
        }
        turn.ended();
        Instant until = clock.instant().plus(pause);
        database.change(connection -> {
            RunStore.calls(connection, turn.runId(), turn.callsToNote());
            if (CursorStore.release(connection, turn.key(), turn.number(), until, failures) && told != null) {
                RunStore.waits(connection, turn.runId(), told);
            }
        });
    }

    private static String told(Throwable failure) {
        String message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return message.length() > ERROR_LENGTH_MAX ? message.substring(0, ERROR_LENGTH_MAX) : message;
    }
}
