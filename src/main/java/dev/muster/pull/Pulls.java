package dev.muster.pull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.delivery.Delivery;
import dev.muster.delivery.DeliveryStore;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.normalize.Normalizer;
import dev.muster.operation.OperationStore;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.pull.CursorFormat.Mark;
import dev.muster.pull.RunStore.State;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bean behind the pull routes: what this hub reads, what it asks for next, and what an answer means. A page is stored with
 * its operation and the checkpoint in one transaction, so that a run which is cut off at any moment goes on with the page
 * that was not stored, and nothing is lost. Safe for many threads and for many hubs.
 */
public final class Pulls {
    private static final Logger LOG = LoggerFactory.getLogger(Pulls.class);
    private static final ObjectReader JSON = new ObjectMapper().reader();

    private static final Duration PAUSE_MAX = Duration.ofHours(1);

    /** A single record that was not read by then is read by nobody. */
    private static final Duration ONE_LONGEST = Duration.ofHours(1);

    private final StreamDirectory directory;
    private final CursorStore cursors;
    private final RunStore runs;
    private final Checkpoints checkpoints;
    private final DueStreams due;
    private final Ids ids;
    private final Clock clock;
    private final Settings settings;
    private final Consumer<String> arrived;
    private final BooleanSupplier stopping;

    /** Those that have ended go at the next look. */
    private final Map<Long, PullTurn> underWay = new ConcurrentHashMap<>();

    private final Queue<PullTurn> prompt = new ConcurrentLinkedQueue<>();

    /**
     * @param runsMax streams that one hub reads at once
     * @param waitingMax pulled pages of one organization and platform that may wait in the queue; above that its streams
     *     there pause
     * @param lease for how long a stream is a hub's without a sign of life
     * @param retryPause the first pause after a failure; each next is twice as long, up to an hour
     * @param retryAttempts failures in a row after which a run has failed
     * @param breakerPause how long a stream waits while the circuit breaker of its platform is open
     * @param credentialPause how long it waits while its integration's credential cannot be used
     * @param historyDays how long ended runs are remembered
     */
    public record Settings(
            int runsMax,
            int waitingMax,
            Duration lease,
            Duration retryPause,
            int retryAttempts,
            Duration breakerPause,
            Duration credentialPause,
            int historyDays) {}

    /**
     * @param arrived told the platform of which work has come into the queue
     * @param stopping whether this hub is about to stop: its streams give way after the page that they are at
     */
    public Pulls(
            Database database,
            PlatformCatalog catalog,
            Integrations integrations,
            CursorStore cursors,
            RunStore runs,
            DeliveryStore deliveries,
            OperationStore operations,
            Ids ids,
            Clock clock,
            Settings settings,
            Consumer<String> arrived,
            BooleanSupplier stopping) {
        this.directory = new StreamDirectory(catalog, integrations);
        this.cursors = cursors;
        this.runs = runs;
        this.checkpoints = new Checkpoints(database, directory, deliveries, clock, settings.lease());
        this.due = new DueStreams(directory, cursors, operations, checkpoints, ids, clock, settings.waitingMax());
        this.ids = ids;
        this.clock = clock;
        this.settings = settings;
        this.arrived = arrived;
        this.stopping = stopping;
    }

    // --- what this hub reads ------------------------------------------------------------------------------------

    /** What this hub was reading when it stopped goes on. Once, before the routes start. */
    public void resume() {
        cursors.resume();
    }

    /** Makes the streams of all integrations known, those that were added since the last time. */
    public void sow() {
        due.sow();
    }

    /** An account can be used, or can be used again: its streams are known, and what waited for it goes on now. */
    public void wake(Integration integration) {
        due.wake(integration);
    }

    /** A single record goes before all that waits. */
    void readFirst(PullTurn one) {
        prompt.add(one);
    }

    /** Claims streams that are due, at most as many as this hub has room for. */
    public List<PullTurn> claim() {
        List<PullTurn> turns = new ArrayList<>();
        if (stopping.getAsBoolean()) {
            return turns;
        }
        for (PullTurn one = prompt.poll(); one != null; one = prompt.poll()) {
            turns.add(one);
        }
        forgetEnded();
        int room = settings.runsMax() - underWay.size();
        if (room > 0) {
            for (PullTurn turn : due.claim(room)) {
                underWay.put(turn.number(), turn);
                turns.add(turn);
            }
        }
        return turns;
    }

    /** This hub lives, and reads what it has claimed. */
    public void beat() {
        forgetEnded();
        List<Long> turns = List.copyOf(underWay.keySet());
        if (!turns.isEmpty()) {
            cursors.renew(turns, checkpoints.leaseUntil());
        }
    }

    private void forgetEnded() {
        underWay.values().removeIf(turn -> !turn.isUnderWay());
    }

    /** Forgets runs that ended long ago, and ends those whose hub died; answers how many are forgotten. */
    public int sweep() {
        Instant now = clock.instant();
        runs.endForgotten(now.minus(ONE_LONGEST), now);
        return runs.sweep(clock.instant().minus(Duration.ofDays(settings.historyDays())));
    }

    // --- page by page -------------------------------------------------------------------------------------------

    /**
     * What to ask the platform for next.
     *
     * @throws Defect if it cannot be asked: a setting is missing, or the next page is said to be on another host
     */
    public PlatformRequest nextRequest(PullTurn turn) {
        return PageRequest.of(turn, directory.baseUrl(turn.integration()));
    }

    /**
     * Takes a page: stores it with its operation and the checkpoint, in one transaction. Afterwards the turn goes on, has
     * ended, or was given back because the queue is full.
     *
     * @throws Defect if the answer is not a page as the platform's file says
     * @throws Transient if it is not whole
     */
    public void take(PullTurn turn, PlatformAnswer answer) {
        if (turn.record() != null) {
            takeOne(turn, answer);
        } else if (turn.stream().each() != null && answer.isGone()) {
            checkpoints.recordGone(turn);
        } else if (!answer.isSuccess()) {
            refused(turn, answer);
        } else {
            takePage(turn, answer);
        }
    }

    private void refused(PullTurn turn, PlatformAnswer answer) {
        Walk walk = turn.walk();
        boolean forgotten =
                answer.status() == 400 || answer.status() == 404 || answer.status() == 410 || answer.status() == 422;
        if (forgotten
                && turn.isFirstPage()
                && !walk.again()
                && turn.stream().paging().kind().isToken()
                && !walk.place().isEmpty()) {
            LOG.info(
                    "{}: the platform does not know the place any more ({}); the list is read anew",
                    turn,
                    answer.status());
            turn.begun(walk.anew(turn.stream().paging().firstPlace(), walk.id() == null ? turn.since() : walk.since()));
            return;
        }
        throw new Defect(
                FailureCode.FETCH_REFUSED,
                turn.key().platform() + " answered " + answer.status() + " to page " + (walk.pages() + 1) + " of "
                        + turn.stream().name()
                        + (answer.status() == 401 || answer.status() == 403
                                ? ": the credential of '" + turn.key().integration()
                                        + "' lacks a permission, or is wrong; replace it, then start the stream again"
                                : ": compare path, query and incremental of the stream in config/platforms/"
                                        + turn.key().platform() + ".yaml with what the platform expects"));
    }

    private void takePage(PullTurn turn, PlatformAnswer answer) {
        Stream stream = turn.stream();
        Walk walk = turn.walk();
        JsonNode page = tree(turn, answer);
        JsonNode items = stream.items().from(page);
        if (!items.isArray()) {
            throw new Defect(
                    FailureCode.MALFORMED_PAYLOAD,
                    "Page " + (walk.pages() + 1) + " of " + stream.name() + " has no list at items, but "
                            + items.getNodeType().name().toLowerCase(java.util.Locale.ROOT)
                            + ": look at the stream in config/platforms/"
                            + turn.key().platform() + ".yaml");
        }
        Mark greatest = turn.traversal().greatest(walk.max(), items, answer.askedAt());
        Paging.Step step = stream.paging().after(walk.place(), page, answer, items.size(), walk.items() + items.size());
        if (walk.pages() + 1 >= stream.paging().pagesMax() && step.next() != null) {
            throw new Defect(
                    FailureCode.MALFORMED_PAYLOAD,
                    stream.name() + " goes on after " + (walk.pages() + 1)
                            + " pages: more are taken for a list without an end. Raise paging.pagesMax if that is right");
        }
        if (stream.paging().kind().isAddress()) {
            // now: which host the account is at is known with the answer, as some name it with the token
            step = step.below(answer.baseUrl());
        }
        Delivery delivery = items.isEmpty() ? null : delivery(turn, answer);
        boolean stored = checkpoints.page(turn, items, greatest, step, delivery, answer.body().length);
        if (stored && delivery != null) {
            arrived.accept(turn.key().platform());
        }
        if (!turn.isUnderWay()) {
            return;
        }
        if (stopping.getAsBoolean()) {
            checkpoints.release(turn, Duration.ZERO, 0, null);
        } else if (due.isCrowded(turn.key())) {
            checkpoints.release(turn, DueStreams.ROOM_PAUSE, 0, null);
        }
    }

    private static JsonNode tree(PullTurn turn, PlatformAnswer answer) {
        try {
            JsonNode tree = JSON.readTree(answer.body());
            if (tree != null && !tree.isMissingNode()) {
                return tree;
            }
        } catch (IOException e) {
            throw new Transient(
                    FailureCode.PLATFORM_UNAVAILABLE,
                    turn.key().platform() + " answered " + answer.status() + " to page "
                            + (turn.walk().pages() + 1) + " of " + turn.stream().name()
                            + " with something that is not JSON",
                    e);
        }
        throw new Transient(
                FailureCode.PLATFORM_UNAVAILABLE,
                turn.key().platform() + " answered page " + (turn.walk().pages() + 1) + " of "
                        + turn.stream().name() + " with an empty body",
                null);
    }

    private Delivery delivery(PullTurn turn, PlatformAnswer answer) {
        boolean one = turn.record() != null;
        return new Delivery(
                ids.next(),
                turn.key().organization(),
                turn.key().platform(),
                turn.key().integration(),
                answer.askedAt(),
                Map.of(Delivery.RUN, Long.toString(turn.runId())),
                answer.body(),
                (one ? Normalizer.PULLED_ONE : Normalizer.PULLED)
                        + turn.stream().name(),
                null);
    }

    private void takeOne(PullTurn turn, PlatformAnswer answer) {
        if (!answer.isSuccess()) {
            throw new Defect(
                    answer.isGone() ? FailureCode.NOT_FOUND : FailureCode.FETCH_REFUSED,
                    turn.key().platform() + " answered " + answer.status() + " to "
                            + turn.stream().name() + " "
                            + turn.record()
                            + (answer.isGone()
                                    ? ": there is no such record there"
                                    : ": look at one.path of the stream"));
        }
        tree(turn, answer);
        checkpoints.record(turn, delivery(turn, answer), answer.body().length);
        arrived.accept(turn.key().platform());
    }

    // --- when it cannot be had ----------------------------------------------------------------------------------

    /** A page could not be had now: it is tried again, later each time; after too many failures the run has failed. */
    public void retry(PullTurn turn, Throwable failure) {
        if (failure instanceof Transient known && known.code() == FailureCode.PUT_OFF) {
            // no call was made
            Duration asked = known.retryAfter();
            checkpoints.release(turn, asked == null ? settings.breakerPause() : asked, turn.failures(), failure);
            return;
        }
        int failures = turn.failures() + 1;
        if (failures > settings.retryAttempts()) {
            fail(turn, failure);
            return;
        }
        Duration pause = settings.retryPause().multipliedBy(1L << Math.min(failures - 1, 20));
        if (failure instanceof Transient known && known.retryAfter() != null) {
            pause = known.retryAfter().compareTo(pause) > 0 ? known.retryAfter() : pause;
        }
        checkpoints.release(turn, pause.compareTo(PAUSE_MAX) > 0 ? PAUSE_MAX : pause, failures, failure);
    }

    /** The circuit breaker is open: nothing was tried. */
    public void putOff(PullTurn turn) {
        checkpoints.release(turn, settings.breakerPause(), turn.failures(), null);
    }

    /** The integration has to be connected anew: nothing was tried. Where it was switched off meanwhile, the run ends. */
    public void awaitConnection(PullTurn turn, Throwable failure) {
        if (directory.account(turn.key()).isEmpty()) {
            checkpoints.end(turn, State.FAILED, directory.gone(turn.key(), turn.stream(), null));
            return;
        }
        checkpoints.release(turn, settings.credentialPause(), turn.failures(), failure);
    }

    /** Trying again cannot help: the run has failed, and the next one comes by the schedule. */
    public void fail(PullTurn turn, Throwable failure) {
        checkpoints.fail(turn, failure);
    }
}
