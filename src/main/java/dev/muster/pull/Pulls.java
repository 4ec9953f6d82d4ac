package dev.muster.pull;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.credential.AuthSettings;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.delivery.Delivery;
import dev.muster.delivery.DeliveryStore;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.normalize.Normalizer;
import dev.muster.operation.OperationStore;
import dev.muster.operation.OperationType;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import dev.muster.pull.CursorFormat.Mark;
import dev.muster.pull.CursorStore.Claim;
import dev.muster.pull.CursorStore.Standing;
import dev.muster.pull.RunStore.State;
import dev.muster.quota.QuotaSettings;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.StringJoiner;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bean behind the pull routes: says which streams are due, what to ask for, and what a page means. A page is stored with
 * its operation and the checkpoint in one transaction, so that a run which is cut off at any moment goes on with the page
 * that was not stored, and nothing is lost. Safe for many threads and for many hubs.
 */
public final class Pulls {
    private static final Logger LOG = LoggerFactory.getLogger(Pulls.class);
    private static final ObjectReader JSON = new ObjectMapper().reader();

    /** How long a stream waits that may not go on: for the queue, or for the streams before it. */
    private static final Duration ROOM_PAUSE = Duration.ofMillis(500);

    private static final Duration BEFORE_PAUSE = Duration.ofSeconds(2);
    private static final Duration PAUSE_MAX = Duration.ofHours(1);

    /** A value later than that was not observed: of a platform whose clock is wrong, everything after would be left out. */
    private static final Duration CLOCK_DIFFERENCE_MAX = Duration.ofDays(1);

    /** How far behind what was read a list is taken up again: what bears the same time may not all have been on a page. */
    private static final Duration SAME_MOMENT = Duration.ofSeconds(1);

    /** A single record that was not read by then is read by nobody. */
    private static final Duration ONE_LONGEST = Duration.ofHours(1);

    private static final int ID_LENGTH_MAX = 512;
    private static final int ERROR_LENGTH_MAX = 2_000;

    private final Database database;
    private final PlatformCatalog catalog;
    private final Integrations integrations;
    private final CursorStore cursors;
    private final RunStore runs;
    private final DeliveryStore deliveries;
    private final OperationStore operations;
    private final Ids ids;
    private final Clock clock;
    private final Settings settings;
    private final Consumer<String> arrived;
    private final BooleanSupplier stopping;

    private final Map<Long, PullTurn> underWay = new ConcurrentHashMap<>();
    private final Queue<PullTurn> prompt = new ConcurrentLinkedQueue<>();
    private final Set<StreamKey> known = ConcurrentHashMap.newKeySet();

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
        this.database = database;
        this.catalog = catalog;
        this.integrations = integrations;
        this.cursors = cursors;
        this.runs = runs;
        this.deliveries = deliveries;
        this.operations = operations;
        this.ids = ids;
        this.clock = clock;
        this.settings = settings;
        this.arrived = arrived;
        this.stopping = stopping;
    }

    // --- what is due --------------------------------------------------------------------------------------------

    /** Makes the streams of all integrations known, those that were added since the last time. */
    public void sow() {
        Map<StreamKey, Stream> added = new LinkedHashMap<>();
        for (PlatformDefinition definition : catalog.all()) {
            List<Stream> all = definition.section(Streams.class).all();
            if (!all.isEmpty()) {
                integrations.each(definition.id(), integration -> added.putAll(unsown(integration, all)));
            }
        }
        sow(added);
    }

    private Map<StreamKey, Stream> unsown(Integration integration, List<Stream> streams) {
        Map<StreamKey, Stream> added = new LinkedHashMap<>();
        for (Stream stream : streams) {
            StreamKey key = key(integration, stream.name());
            if (mayRead(integration) && missing(integration, stream).isEmpty() && known.add(key)) {
                added.put(key, stream);
            }
        }
        return added;
    }

    private void sow(Map<StreamKey, Stream> added) {
        if (!added.isEmpty()) {
            long now = clock.millis();
            cursors.sow(
                    added.keySet(),
                    key -> requireNonNull(added.get(key)).schedule() == null ? null : Long.valueOf(now));
        }
    }

    /** An account can be used, or can be used again: its streams are known, and what waited for it goes on now. */
    public void wake(Integration integration) {
        catalog.find(integration.platform())
                .ifPresent(definition -> sow(
                        unsown(integration, definition.section(Streams.class).all())));
        cursors.wake(integration.organization(), integration.platform(), integration.id(), clock.instant());
    }

    /** What this hub was reading when it stopped goes on. Once, before the routes start. */
    public void resume() {
        cursors.resume();
    }

    static StreamKey key(Integration integration, String stream) {
        return new StreamKey(integration.organization(), integration.platform(), integration.id(), stream);
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
        int room = settings.runsMax() - underWay.size();
        if (room <= 0) {
            return turns;
        }
        Instant now = clock.instant();
        List<Standing> due = cursors.due(now, room);
        if (due.isEmpty()) {
            return turns;
        }
        List<Claim> wanted = new ArrayList<>(due.size());
        List<Standing> full = new ArrayList<>();
        Map<Instant, List<Standing>> early = new HashMap<>();
        Map<Place, Boolean> crowded = new HashMap<>();
        // asked once: an account that is removed meanwhile must not cost the others their claims
        Map<StreamKey, Stream> streams = new HashMap<>();
        Map<StreamKey, Integration> accounts = new HashMap<>();
        for (Standing standing : due) {
            Optional<Stream> stream = stream(standing.key());
            Optional<Integration> account = integration(standing.key());
            stream.ifPresent(one -> streams.put(standing.key(), one));
            account.ifPresent(one -> accounts.put(standing.key(), one));
            String gone = gone(standing.key(), stream.orElse(null), account.orElse(null));
            if (gone != null) {
                cursors.abandon(standing, gone, now);
                known.remove(standing.key());
            } else if (crowded.computeIfAbsent(Place.of(standing.key()), this::isCrowded)) {
                full.add(standing);
            } else {
                Instant until = standing.checkpoint() == null
                        ? waitsForOthers(standing.key(), stream.orElseThrow(), now)
                        : null;
                if (until != null) {
                    early.computeIfAbsent(until, any -> new ArrayList<>()).add(standing);
                    continue;
                }
                Long runId = standing.runId();
                RunKind kind = standing.kind();
                boolean isNew = runId == null || kind == null;
                wanted.add(new Claim(
                        standing,
                        ids.next(),
                        isNew ? ids.next() : requireNonNull(runId),
                        isNew ? kind(standing, stream.orElseThrow(), now) : requireNonNull(kind),
                        isNew));
            }
        }
        cursors.putOff(full, now.plus(ROOM_PAUSE));
        early.forEach((until, standings) -> cursors.putOff(standings, until));
        if (!wanted.isEmpty()) {
            for (Claim claim : cursors.claim(wanted, leaseUntil(), now)) {
                StreamKey key = claim.standing().key();
                PullTurn turn = begin(claim, requireNonNull(streams.get(key)), requireNonNull(accounts.get(key)), now);
                if (turn != null) {
                    underWay.put(turn.number(), turn);
                    turns.add(turn);
                }
            }
        }
        return turns;
    }

    /** Why a stream cannot be read by anybody; null where it can. */
    private @Nullable String gone(StreamKey key, @Nullable Stream stream, @Nullable Integration account) {
        if (stream == null) {
            return "The stream " + key.stream() + " is gone: config/platforms/" + key.platform()
                    + ".yaml does not name it any more";
        }
        if (account == null) {
            return "The account " + key.platform() + "/" + key.integration() + " of " + key.organization()
                    + " is gone: it was deleted, switched off, or has lost its credential. Once it is back, its streams are"
                    + " read by their schedule, or by ./muster sync start";
        }
        List<String> missing = missing(account, stream);
        return missing.isEmpty()
                ? null
                : "The account " + key.platform() + "/" + key.integration() + " has lost the settings "
                        + String.join(", ", missing) + ", which this stream needs: set them again";
    }

    /** Where pages wait: one organization's do not hold up another's. */
    private record Place(String organization, String platform) {
        static Place of(StreamKey key) {
            return new Place(key.organization(), key.platform());
        }
    }

    private boolean isCrowded(Place place) {
        return operations.bulkWaiting(place.organization(), place.platform(), settings.waitingMax())
                >= settings.waitingMax();
    }

    /** Until when a stream waits because one that comes before is due or under way, or pages of it are not applied yet. */
    private @Nullable Instant waitsForOthers(StreamKey key, Stream stream, Instant now) {
        Instant soon = now.plus(BEFORE_PAUSE);
        Instant until = null;
        for (String name : stream.after()) {
            StreamKey before = new StreamKey(key.organization(), key.platform(), key.integration(), name);
            Standing standing = cursors.find(before).orElse(null);
            Long nextRunAt = standing == null ? null : standing.nextRunAt();
            if (standing != null && standing.runId() != null && nextRunAt != null) {
                // one that is put off holds up this one as long
                Instant next = Instant.ofEpochMilli(nextRunAt);
                until = standing.owner() == null && next.isAfter(soon) ? next : soon;
            } else if (standing != null
                            && standing.fullAt() == null
                            && nextRunAt != null
                            && nextRunAt <= now.toEpochMilli()
                    || operations.isUnderWay(key.platform(), key.integration(), Normalizer.PULLED + name)) {
                until = soon;
            }
        }
        return until;
    }

    private static RunKind kind(Standing standing, Stream stream, Instant now) {
        Instant fullAt = standing.fullAt();
        boolean fullDue = fullAt == null
                || stream.fullEvery() != null
                        && !fullAt.plus(stream.fullEvery()).isAfter(now);
        return stream.incremental() == null || standing.highWater() == null || fullDue
                ? RunKind.FULL
                : RunKind.INCREMENTAL;
    }

    private @Nullable PullTurn begin(Claim claim, Stream stream, Integration account, Instant now) {
        Standing standing = claim.standing();
        StreamKey key = standing.key();
        Walk walk = standing.checkpoint();
        if (walk == null) {
            walk = Walk.first(stream.paging().firstPlace(), "", now);
        }
        PullTurn turn = new PullTurn(
                key,
                claim.turn(),
                claim.runId(),
                claim.kind(),
                stream,
                account,
                standing.since(),
                null,
                standing.failures(),
                walk,
                standing.highWater(),
                standing.walkedMillis());
        if (standing.stopping()) {
            end(turn, State.STOPPED, null);
            return null;
        }
        if (standing.checkpoint() == null) {
            try {
                if (stream.each() == null) {
                    walk = Walk.first(stream.paging().firstPlace(), since(turn), now);
                } else {
                    Optional<CursorStore.Next> first = cursors.nextId(key, null);
                    if (first.isEmpty()) {
                        end(turn, State.DONE, null);
                        return null;
                    }
                    walk = ofRecord(turn, walk, first.get());
                }
            } catch (Defect wrong) {
                fail(turn, wrong);
                return null;
            }
            turn.begun(walk);
        }
        return turn;
    }

    private Walk ofRecord(PullTurn turn, Walk walk, CursorStore.Next next) {
        // what was not read before has no mark: another record's says nothing of it
        boolean all = !next.known() && turn.kind() == RunKind.INCREMENTAL;
        return walk.of(next.id(), next.known(), turn.stream().paging().firstPlace(), all ? "" : since(turn));
    }

    /** What the filter of a run's first request is given; empty for none. */
    private static String since(PullTurn turn) {
        Stream.Incremental incremental = turn.stream().incremental();
        if (incremental == null || turn.kind() == RunKind.FULL) {
            return "";
        }
        if (turn.kind() == RunKind.BACKFILL) {
            String from = requireNonNull(turn.backfillFrom());
            try {
                return incremental.format().isTime() ? incremental.format().written(Instant.parse(from)) : from;
            } catch (DateTimeException e) {
                throw new Defect(FailureCode.INTERNAL, "The date to fill back from is no time: " + from, e);
            }
        }
        String highWater = turn.highWater();
        Mark mark = highWater == null ? null : incremental.format().mark(highWater);
        return mark == null
                ? ""
                : incremental.format().since(mark, incremental.overlap().plusMillis(turn.walkedMillis()));
    }

    private Optional<Stream> stream(StreamKey key) {
        return catalog.find(key.platform())
                .flatMap(definition -> definition.section(Streams.class).find(key.stream()));
    }

    private Optional<Integration> integration(StreamKey key) {
        return integrations
                .find(key.platform(), key.integration())
                .filter(integration -> integration.organization().equals(key.organization()) && mayRead(integration));
    }

    /** The settings without which a stream cannot be asked for, as far as the integration has not got them. */
    private List<String> missing(Integration integration, Stream stream) {
        Set<String> needed = PageRequest.needed(stream);
        if (catalog.find(integration.platform()).orElseThrow().sections().get(AuthSettings.class)
                instanceof AuthSettings auth) {
            needed.addAll(auth.needed(integration.settings()));
        }
        return needed.stream()
                .filter(name -> integration.settings().getOrDefault(name, "").isBlank())
                .toList();
    }

    private static boolean mayRead(Integration integration) {
        return integration.enabled() && integration.hasCredential();
    }

    private Instant leaseUntil() {
        return clock.instant().plus(settings.lease());
    }

    // --- page by page -------------------------------------------------------------------------------------------

    /**
     * What to ask the platform for next.
     *
     * @throws Defect if it cannot be asked: a setting is missing, or the next page is said to be on another host
     */
    public PlatformRequest nextRequest(PullTurn turn) {
        return PageRequest.of(turn, baseUrl(turn));
    }

    /** Of whole addresses, as they were kept once. */
    private String baseUrl(PullTurn turn) {
        String own = turn.integration().baseUrl();
        return own != null
                ? own
                : catalog.find(turn.key().platform())
                        .map(PlatformDefinition::api)
                        .map(api -> api.baseUrl())
                        .orElse("");
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
            recordGone(turn);
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
            turn.begun(walk.anew(turn.stream().paging().firstPlace(), walk.id() == null ? since(turn) : walk.since()));
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
        Mark greatest = greatest(turn, items, answer.askedAt());
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
        store(turn, walk, items, greatest, step, delivery, answer.body().length);
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

    /** The greatest cursor so far: that of the run, and of this page. */
    private static @Nullable Mark greatest(PullTurn turn, JsonNode items, Instant askedAt) {
        Stream.Incremental incremental = turn.stream().incremental();
        if (incremental == null) {
            return null;
        }
        CursorFormat format = incremental.format();
        String sofar = turn.walk().max();
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
                    "None of " + items.size() + " items of " + turn.stream().name()
                            + " has a cursor that can be read, so that nobody could say what is new: look at"
                            + " incremental.cursor and incremental.format in config/platforms/"
                            + turn.key().platform() + ".yaml");
        }
        return greatest;
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

    private void store(
            PullTurn turn,
            Walk walk,
            JsonNode items,
            @Nullable Mark greatest,
            Paging.Step step,
            @Nullable Delivery delivery,
            int bytes) {
        String max = greatest == null ? null : greatest.text();
        boolean ordered = isOrdered(turn);
        Walk next = next(turn, walk, step, items.size(), greatest);
        int calls = turn.callsToNote();
        String highWater = ordered && (next == null || !isWithin(turn, next)) ? higher(turn, max) : turn.highWater();
        Stored stored = database.write(connection -> {
            Walk further = next;
            if (further == null && walk.id() != null) {
                CursorStore.idRead(connection, turn.key(), walk.id(), false);
                further = CursorStore.nextId(connection, turn.key(), walk.id())
                        .map(one -> ofRecord(turn, walk.withMax(max), one))
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
        if (stored.lost()) {
            lost(turn);
            return;
        }
        if (delivery != null) {
            arrived.accept(turn.key().platform());
        }
        turn.noted(calls);
        turn.advanced(requireNonNull(stored.walk()), highWater, turn.walkedMillis());
        if (stored.ended()) {
            done(turn);
        } else if (stopping.getAsBoolean()) {
            release(turn, Duration.ZERO, 0, null);
        } else if (isCrowded(Place.of(turn.key()))) {
            release(turn, ROOM_PAUSE, 0, null);
        }
    }

    /**
     * @param lost whether somebody else has the stream now
     * @param ended whether the run has
     */
    private record Stored(
            boolean lost, boolean ended, @Nullable Walk walk) {
        static final Stored LOST = new Stored(true, true, null);
    }

    /** Whether the mark may move with each page; else it moves at the end of the run. */
    private static boolean isOrdered(PullTurn turn) {
        Stream.Incremental incremental = turn.stream().incremental();
        return incremental != null
                && incremental.ordered()
                && turn.stream().each() == null
                && turn.kind() != RunKind.BACKFILL;
    }

    /** A mark never goes back. */
    private static @Nullable String higher(PullTurn turn, @Nullable String max) {
        Stream.Incremental incremental = turn.stream().incremental();
        if (incremental == null || max == null) {
            return turn.highWater();
        }
        String highWater = turn.highWater();
        Mark higher = Mark.greater(
                highWater == null ? null : incremental.format().mark(highWater),
                incremental.format().mark(max));
        return higher == null ? highWater : higher.text();
    }

    /**
     * Where a list goes on; null where it ends. Pages that are numbered move under the reader: what is changed meanwhile
     * goes to the end of the list, all behind it moves up by one, and one item would be read by nobody. So a list in the
     * order of its cursor is taken up again behind what was read, at its first page, wherever that leads on. Where more
     * bear one moment than a page holds, their pages are counted, and read once more from the last to the first: what
     * moves then comes towards the reader, and nothing passes it. The same is done with a list in no order of which the
     * number of items has changed while it was read.
     */
    private static @Nullable Walk next(PullTurn turn, Walk walk, Paging.Step step, int read, @Nullable Mark greatest) {
        Paging paging = turn.stream().paging();
        String max = greatest == null ? null : greatest.text();
        if (!paging.kind().isNumbered()) {
            return step.next() == null ? null : walk.on(step, read, max);
        }
        boolean counted = !walk.place().equals(paging.firstPlace());
        String before = counted ? paging.before(walk.place(), Math.max(read, walk.step())) : null;
        Walk narrowed = narrowed(turn, walk, greatest);
        if (walk.back()) {
            return before != null ? walk.backTo(before, read, max) : narrowed;
        }
        boolean over = step.next() == null || narrowed != null;
        boolean moved = isShifting(turn) || paging.tellsItems() && step.total() != walk.total();
        if (over && before != null && moved) {
            return walk.backTo(before, read, max);
        }
        return step.next() == null ? null : narrowed != null ? narrowed : walk.on(step, read, max);
    }

    /** Whether what is changed moves to the end of the list while it is read. */
    private static boolean isShifting(PullTurn turn) {
        Stream.Incremental incremental = turn.stream().incremental();
        return incremental != null
                && incremental.ordered()
                && incremental.format().isTime()
                && turn.stream().paging().kind().isNumbered();
    }

    /** At the first page behind what was read, less what may bear the same time; null where that leads no further. */
    private static @Nullable Walk narrowed(PullTurn turn, Walk walk, @Nullable Mark greatest) {
        Stream.Incremental incremental = turn.stream().incremental();
        if (incremental == null || greatest == null || !isShifting(turn)) {
            return null;
        }
        String further = incremental.format().since(greatest, SAME_MOMENT);
        Mark now = incremental.format().mark(walk.since());
        Mark moved = incremental.format().mark(further);
        return moved != null && (now == null || moved.time().isAfter(now.time()))
                ? walk.narrowed(turn.stream().paging().firstPlace(), further, greatest.text())
                : null;
    }

    /** Whether pages are being counted that have to be read back: the mark stays before them until then. */
    private static boolean isWithin(PullTurn turn, Walk walk) {
        return isShifting(turn)
                && (walk.back() || !walk.place().equals(turn.stream().paging().firstPlace()));
    }

    private void sowIds(Connection connection, PullTurn turn, JsonNode items) throws SQLException {
        Streams streams = catalog.find(turn.key().platform()).orElseThrow().section(Streams.class);
        for (Stream child : streams.eachOf(turn.stream().name())) {
            Set<String> found = new LinkedHashSet<>();
            for (JsonNode item : items) {
                JsonNode id = requireNonNull(child.each()).id().from(item);
                String text = id.isTextual() || id.isIntegralNumber() ? id.asText() : "";
                if (!text.isBlank() && text.length() <= ID_LENGTH_MAX && text.indexOf('\0') < 0) {
                    found.add(text);
                }
            }
            CursorStore.sowIds(connection, database, key(turn.integration(), child.name()), found);
        }
    }

    /** The record whose list this would be is gone, so its list is, too. */
    private void recordGone(PullTurn turn) {
        Walk walk = turn.walk();
        int calls = turn.callsToNote();
        Stored stored = database.write(connection -> {
            CursorStore.idRead(connection, turn.key(), requireNonNull(walk.id()), true);
            Optional<CursorStore.Next> one = CursorStore.nextId(connection, turn.key(), walk.id());
            Walk next = one.isPresent() ? ofRecord(turn, walk, one.get()) : walk;
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
        if (stored.lost()) {
            lost(turn);
            return;
        }
        turn.noted(calls);
        turn.advanced(requireNonNull(stored.walk()), turn.highWater(), turn.walkedMillis());
        if (stored.ended()) {
            done(turn);
        }
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
        Delivery delivery = delivery(turn, answer);
        database.change(connection -> {
            deliveries.addWithin(connection, delivery, OperationType.MANUAL.ordinal());
            RunStore.page(connection, turn.runId(), 1, 1, turn.callsToNote(), answer.body().length, 1);
            RunStore.end(connection, turn.runId(), State.DONE, null, clock.instant(), quota(turn));
        });
        arrived.accept(turn.key().platform());
        done(turn);
    }

    // --- how a turn ends ----------------------------------------------------------------------------------------

    private void finish(Connection connection, PullTurn turn, Walk walk, State state, @Nullable String error)
            throws SQLException {
        Instant now = clock.instant();
        boolean done = state == State.DONE;
        if (done && !isOrdered(turn)) {
            moveMark(connection, turn, walk, now);
        }
        Stream.Schedule schedule = turn.stream().schedule();
        Instant next = schedule == null ? null : schedule.next(walk.startedAt(), now);
        boolean full = done && turn.kind() == RunKind.FULL;
        if (CursorStore.finish(connection, turn.key(), turn.number(), next, full ? walk.startedAt() : null)) {
            RunStore.end(connection, turn.runId(), state, error, now, quota(turn));
        }
    }

    /** What limits the calls that a run makes; null where the platform's file is gone. */
    private @Nullable QuotaSettings quota(PullTurn turn) {
        return catalog.find(turn.key().platform())
                .map(platform -> platform.section(QuotaSettings.class).of(turn.path()))
                .orElse(null);
    }

    /**
     * At the end of a run whose order was another: what changed while it read may stand on a page that it had left. So next
     * time the margin is longer by the time that it took.
     */
    private void moveMark(Connection connection, PullTurn turn, Walk walk, Instant now) throws SQLException {
        Stream.Incremental incremental = turn.stream().incremental();
        if (incremental == null || !reachesBack(turn, incremental)) {
            return;
        }
        String highWater = higher(turn, walk.max());
        if (highWater != null && !highWater.equals(turn.highWater())) {
            long walked = Math.max(0, Duration.between(walk.startedAt(), now).toMillis());
            CursorStore.advance(connection, turn.key(), turn.number(), walk, highWater, walked, leaseUntil());
        }
    }

    /** A run that begins behind the mark leaves a gap, over which the mark must not jump. */
    private static boolean reachesBack(PullTurn turn, Stream.Incremental incremental) {
        if (turn.kind() != RunKind.BACKFILL) {
            return true;
        }
        String highWater = turn.highWater();
        Mark mark = highWater == null ? null : incremental.format().mark(highWater);
        Mark from = incremental.format().mark(since(turn));
        return mark != null && from != null && from.compareTo(mark) <= 0;
    }

    private void end(PullTurn turn, State state, @Nullable String error) {
        underWay.remove(turn.number());
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

    private void done(PullTurn turn) {
        underWay.remove(turn.number());
        turn.ended();
    }

    private void lost(PullTurn turn) {
        done(turn);
        LOG.info("{}: another hub has taken it over", turn);
    }

    private void release(PullTurn turn, Duration pause, int failures, @Nullable String why) {
        if (turn.record() != null) {
            end(turn, State.FAILED, why);
            return;
        }
        done(turn);
        Instant until = clock.instant().plus(pause);
        database.change(connection -> {
            RunStore.calls(connection, turn.runId(), turn.callsToNote());
            if (CursorStore.release(connection, turn.key(), turn.number(), until, failures) && why != null) {
                RunStore.waits(connection, turn.runId(), why);
            }
        });
    }

    /** A page could not be had now: it is tried again, later each time; after too many failures the run has failed. */
    public void retry(PullTurn turn, Throwable failure) {
        if (failure instanceof Transient known && known.code() == FailureCode.PUT_OFF) {
            // no call was made
            Duration asked = known.retryAfter();
            release(turn, asked == null ? settings.breakerPause() : asked, turn.failures(), told(failure));
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
        release(turn, pause.compareTo(PAUSE_MAX) > 0 ? PAUSE_MAX : pause, failures, told(failure));
    }

    /** The circuit breaker is open: nothing was tried. */
    public void putOff(PullTurn turn) {
        release(turn, settings.breakerPause(), turn.failures(), null);
    }

    /** The integration has to be connected anew: nothing was tried. Where it was switched off meanwhile, the run ends. */
    public void awaitConnection(PullTurn turn, Throwable failure) {
        if (integration(turn.key()).isEmpty()) {
            end(turn, State.FAILED, gone(turn.key(), turn.stream(), null));
            return;
        }
        release(turn, settings.credentialPause(), turn.failures(), told(failure));
    }

    /** Trying again cannot help: the run has failed, and the next one comes by the schedule. */
    public void fail(PullTurn turn, Throwable failure) {
        LOG.warn("{}: the run has failed: {}", turn, told(failure));
        end(turn, State.FAILED, told(failure));
    }

    private static String told(Throwable failure) {
        String message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return message.length() > ERROR_LENGTH_MAX ? message.substring(0, ERROR_LENGTH_MAX) : message;
    }

    // --- for people ---------------------------------------------------------------------------------------------

    /**
     * Which streams people speak of.
     *
     * @param organization null for all
     * @param integration null for all
     * @param stream null for all
     */
    public record Which(
            @Nullable String organization,
            String platform,
            @Nullable String integration,
            @Nullable String stream) {}

    /**
     * A stream as people see it.
     *
     * @param state idle, reading, waiting (a run that is put off, or for its turn), by-hand (no schedule), or which settings
     *     the integration needs before it is read at all
     * @param highWater null before the first run
     * @param nextRunAt null where only people start it
     * @param fullAt when the last full run began; null for never
     * @param runId of the run under way; null where none is
     */
    public record StreamStatus(
            String organization,
            String platform,
            String integration,
            String stream,
            String state,
            @Nullable String highWater,
            @Nullable Instant nextRunAt,
            @Nullable Instant fullAt,
            @Nullable Long runId) {
        private static StreamStatus needs(StreamKey key, Integration.Origin origin, List<String> missing) {
            StringJoiner needs = new StringJoiner(", ", "needs ", "");
            for (String name : missing) {
                needs.add(
                        origin == Integration.Origin.ENVIRONMENT
                                ? name + " (" + PageRequest.variable(key.platform(), name) + ")"
                                : name);
            }
            return new StreamStatus(
                    key.organization(),
                    key.platform(),
                    key.integration(),
                    key.stream(),
                    needs.toString(),
                    null,
                    null,
                    null,
                    null);
        }
    }

    /**
     * A run that was asked for.
     *
     * @param isNew false where one was under way, which goes on
     */
    public record Started(String organization, String integration, String stream, long runId, boolean isNew) {}

    /** The streams, as they stand. */
    public List<StreamStatus> streams(Which which) {
        List<StreamStatus> streams = new ArrayList<>();
        for (Standing standing : standings(which)) {
            Long next = standing.nextRunAt();
            String state = standing.owner() != null
                    ? "reading"
                    : standing.runId() != null ? "waiting" : next == null ? "by-hand" : "idle";
            streams.add(new StreamStatus(
                    standing.key().organization(),
                    standing.key().platform(),
                    standing.key().integration(),
                    standing.key().stream(),
                    state,
                    standing.highWater(),
                    next == null || standing.owner() != null ? null : Instant.ofEpochMilli(next),
                    standing.fullAt(),
                    standing.runId()));
        }
        streams.addAll(needy(which));
        return streams;
    }

    /** The streams that are not read because their integrations lack settings. */
    private List<StreamStatus> needy(Which which) {
        List<StreamStatus> needy = new ArrayList<>();
        List<Stream> all = catalog.find(which.platform())
                .map(definition -> definition.section(Streams.class).all())
                .orElse(List.of());
        each(which, integration -> {
            for (Stream stream : all) {
                if (which.stream() == null || which.stream().equals(stream.name())) {
                    List<String> missing = missing(integration, stream);
                    if (!missing.isEmpty()) {
                        needy.add(StreamStatus.needs(key(integration, stream.name()), integration.origin(), missing));
                    }
                }
            }
        });
        return needy;
    }

    private void each(Which which, Consumer<Integration> action) {
        Consumer<Integration> chosen = integration -> {
            String organization = which.organization();
            if (mayRead(integration) && (organization == null || organization.equals(integration.organization()))) {
                action.accept(integration);
            }
        };
        if (which.integration() != null) {
            integrations.find(which.platform(), which.integration()).ifPresent(chosen);
        } else {
            integrations.each(which.platform(), chosen);
        }
    }

    private List<Standing> standings(Which which) {
        return cursors.of(which.organization(), which.platform(), which.integration(), which.stream()).stream()
                .filter(standing -> {
                    Stream stream = stream(standing.key()).orElse(null);
                    return stream != null
                            && integration(standing.key())
                                    .filter(integration ->
                                            missing(integration, stream).isEmpty())
                                    .isPresent();
                })
                .toList();
    }

    /**
     * Starts runs as soon as may be. One that is put off, for an account that had to be connected or a platform that was away,
     * goes on at once.
     *
     * @param from from when a backfill goes, ISO 8601; null for the other kinds
     * @return one per stream; a backfill only of those whose platform can say what changed. Of the others an incremental run is a full
     *     one
     */
    public List<Started> start(Which which, RunKind kind, @Nullable Instant from) {
        sow();
        List<Started> started = new ArrayList<>();
        Instant now = clock.instant();
        for (Standing standing : standings(which)) {
            boolean isWhole = stream(standing.key()).orElseThrow().incremental() == null;
            if (isWhole && kind == RunKind.BACKFILL) {
                continue;
            }
            RunKind own =
                    kind == RunKind.INCREMENTAL && (isWhole || standing.highWater() == null) ? RunKind.FULL : kind;
            long runId = ids.next();
            boolean isNew = database.write(connection -> {
                boolean wanted = CursorStore.want(connection, standing.key(), runId, now);
                if (wanted) {
                    String since = from == null ? null : from.toString();
                    RunStore.insert(connection, runId, standing.key(), own, State.WAITING, since, now);
                }
                return wanted;
            });
            if (!isNew) {
                cursors.goOn(standing.key(), now);
            }
            Long other = standing.runId();
            started.add(new Started(
                    standing.key().organization(),
                    standing.key().integration(),
                    standing.key().stream(),
                    isNew || other == null ? runId : other,
                    isNew));
        }
        return started;
    }

    /** The pages of a run that were read and will not be applied, unless somebody replays them. */
    public RunStore.Lost lost(long runId) {
        return runs.lost(runId);
    }

    /** Stops runs that are under way or wait; answers how many. What is stored stays. */
    public int stop(Which which) {
        int stopped = 0;
        for (Standing standing : standings(which)) {
            if (cursors.stop(standing.key(), clock.instant())) {
                stopped++;
            }
        }
        return stopped;
    }

    /**
     * Reads one record now, before all that waits.
     *
     * @return the run; empty where there is no such integration, or a stream that cannot read one record
     */
    public Optional<Long> readOne(String platform, String integration, String stream, String record) {
        Integration account =
                integrations.find(platform, integration).filter(Pulls::mayRead).orElse(null);
        Stream known = catalog.find(platform)
                .flatMap(definition -> definition.section(Streams.class).find(stream))
                .orElse(null);
        if (account == null || known == null || known.onePath() == null) {
            return Optional.empty();
        }
        long runId = ids.next();
        StreamKey key = key(account, stream);
        Instant now = clock.instant();
        runs.insert(runId, key, RunKind.ONE, now);
        prompt.add(new PullTurn(
                key, runId, runId, RunKind.ONE, known, account, null, record, 0, Walk.first("", "", now), null, 0));
        return Optional.of(runId);
    }

    // --- by the clock -------------------------------------------------------------------------------------------

    /** This hub lives, and reads what it has claimed. */
    public void beat() {
        List<Long> turns = List.copyOf(underWay.keySet());
        if (!turns.isEmpty()) {
            cursors.renew(turns, leaseUntil());
        }
    }

    /** Forgets runs that ended long ago, and ends those whose hub died; answers how many are forgotten. */
    public int sweep() {
        Instant now = clock.instant();
        runs.endForgotten(now.minus(ONE_LONGEST), now);
        return runs.sweep(clock.instant().minus(Duration.ofDays(settings.historyDays())));
    }
}
