package dev.muster.quota;

import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.quota.Lane.Waiting;
import dev.muster.quota.QuotaStore.Ask;
import dev.muster.quota.QuotaStore.Grant;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who may call when: never more calls in any window than its quota allows, with all hubs on the same database together.
 * A call counts from when it is allowed until it was answered, and then for the length of each window: whenever in between
 * it reached the platform, no window there holds more than we count. Waiting costs no thread.
 */
public final class Quotas implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Quotas.class);
    private static final long BEAT_MILLIS = 1_000;
    private static final long FORGOTTEN_MILLIS = 60_000;
    private static final long STORE_AWAY_MILLIS = 1_000;
    /** Longer than any window. */
    private static final Duration LEDGER_KEPT = Duration.ofDays(35);

    private static final Duration CROWDED = Duration.ofSeconds(10);

    private final QuotaStore store;
    private final Clock clock;
    private final Later later;
    private final @Nullable ScheduledThreadPoolExecutor timer;
    private final BiConsumer<String, Duration> waited;
    private final int callsMax;
    private final int waitingMax;
    private final Map<String, Lane> lanes = new HashMap<>();
    private final Map<String, Integer> underWay = new HashMap<>();
    /** By platform: the credentials that wait for nothing but a seat, in turn. */
    private final Map<String, Set<Lane>> seatless = new HashMap<>();

    private final Set<Lane> due = new LinkedHashSet<>();
    private int waiting;
    private boolean settling;
    private boolean beating;
    private boolean stopped;

    /** Who waits longer holds up what else its flow has to do. A window of a minute that a dead hub has used is waited for. */
    private static final long PATIENCE_MILLIS = 90_000;

    /** @param turn null for one that is put off for {@code pause} */
    private record Given(Waiting to, @Nullable Turn turn, Duration pause) {}

    /**
     * @param waited told of each turn: for which platform, after how long
     * @param callsMax calls to one platform under way at once on this hub
     * @param waitingMax calls that may wait in all
     */
    public Quotas(QuotaStore store, Clock clock, BiConsumer<String, Duration> waited, int callsMax, int waitingMax) {
        this(store, clock, waited, callsMax, waitingMax, timer(), null);
    }

    /** With a clock and a timer of a test's own. */
    Quotas(QuotaStore store, Clock clock, Later later, int callsMax, int waitingMax) {
        this(store, clock, (platform, time) -> {}, callsMax, waitingMax, null, later);
    }

    private Quotas(
            QuotaStore store,
            Clock clock,
            BiConsumer<String, Duration> waited,
            int callsMax,
            int waitingMax,
            @Nullable ScheduledThreadPoolExecutor timer,
            @Nullable Later later) {
        this.store = store;
        this.clock = clock;
        this.waited = waited;
        this.callsMax = callsMax;
        this.waitingMax = waitingMax;
        this.timer = timer;
        this.later = later == null ? this::onTimer : later;
    }

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "quotas");
            thread.setDaemon(true);
            return thread;
        });
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // every task tells its own failures
    private void onTimer(Runnable task, long millis) {
        if (timer != null && !timer.isShutdown()) {
            timer.schedule(task, millis, TimeUnit.MILLISECONDS);
        }
    }

    /**
     * A turn for one call, when its time has come. Cancelled, it is given up.
     *
     * @return fails with {@link Transient}: {@code PUT_OFF} where too many wait, or its turn comes in more than a minute and a half,
     *     with when to ask again; {@code STOPPING} when the hub stops. In either case no call was made
     */
    public CompletableFuture<Turn> turn(PlatformRequest request, QuotaSettings whole) {
        QuotaSettings settings = whole.of(request.path());
        CompletableFuture<Turn> future = new CompletableFuture<>();
        List<Given> given = new ArrayList<>();
        synchronized (this) {
            if (stopped) {
                return CompletableFuture.failedFuture(stopping());
            }
            if (waiting >= waitingMax) {
                return CompletableFuture.failedFuture(new Transient(
                        FailureCode.PUT_OFF,
                        waitingMax + " calls wait for their turn (MUSTER_CALLS_WAITING_MAX): " + request
                                + " is put off. Is a quota too small for the work, or a platform throttling us?",
                        null,
                        CROWDED));
            }
            long now = clock.millis();
            Lane lane = lanes.computeIfAbsent(
                    settings.key(request.platform(), request.integration()),
                    key -> new Lane(key, request.platform(), settings));
            lane.settings = settings;
            lane.usedAt = now;
            lane.join(new Waiting(request, future, now));
            waiting++;
            dispatch(lane, given);
            beat();
        }
        hand(given);
        return future;
    }

    private static Transient stopping() {
        return new Transient(FailureCode.STOPPING, "The hub stops: the call was not made", null);
    }

    /** Lets go whoever may, and asks the store for more where somebody is left. Held under the lock. */
    private void dispatch(Lane lane, List<Given> given) {
        long now = clock.millis();
        int before = lane.waiting();
        boolean seats = true;
        while (seats) {
            seats = underWay.getOrDefault(lane.platform, 0) < callsMax;
            Waiting next = seats ? lane.admit(now) : null;
            if (next == null) {
                break;
            }
            underWay.merge(lane.platform, 1, Integer::sum);
            given.add(new Given(next, new Taken(lane), Duration.ZERO));
            waited.accept(lane.platform, Duration.ofMillis(Math.max(0, now - next.since())));
        }
        long again = lane.pausedUntil() > now ? lane.pausedUntil() : lane.nextAt(now);
        if (lane.waiting() > 0 && again - now > PATIENCE_MILLIS) {
            Duration pause = Duration.ofMillis(again - now);
            for (Waiting one = lane.dismiss(); one != null; one = lane.dismiss()) {
                given.add(new Given(one, null, pause));
            }
        } else if (!seats && lane.waiting() > 0) {
            seatless.computeIfAbsent(lane.platform, platform -> new LinkedHashSet<>())
                    .add(lane);
        } else if (seats && lane.isShort(now)) {
            ask(lane);
        } else if (lane.waiting() > 0) {
            wake(lane, again, now);
        }
        waiting -= before - lane.waiting();
    }

    private void hand(List<Given> given) {
        for (Given one : given) {
            Turn turn = one.turn();
            if (turn == null) {
                one.to().future().completeExceptionally(putOff(one));
            } else if (!one.to().future().complete(turn)) {
                turn.unused();
            }
        }
    }

    private static Transient putOff(Given one) {
        return new Transient(
                FailureCode.PUT_OFF,
                one.to().request()
                        + " is put off: the quota, or a pause that the platform asked for, allows no call for "
                        + one.pause().toSeconds() + " s",
                null,
                one.pause());
    }

    private void ask(Lane lane) {
        if (!lane.asking && due.add(lane) && !settling) {
            settling = true;
            later.run(this::settle, 0);
        }
    }

    private void wake(Lane lane, long at, long now) {
        if (at <= now || lane.wakeAt > now && lane.wakeAt <= at) {
            return;
        }
        lane.wakeAt = at;
        later.run(
                () -> {
                    List<Given> given = new ArrayList<>();
                    synchronized (this) {
                        if (lane.wakeAt == at) {
                            lane.wakeAt = 0;
                        }
                        if (!stopped) {
                            dispatch(lane, given);
                        }
                    }
                    hand(given);
                },
                Math.max(1, at - now));
    }

    /** One transaction for all lanes that have something to settle. */
    private void settle() {
        List<Lane> asking = new ArrayList<>();
        List<Ask> asks = new ArrayList<>();
        long now;
        synchronized (this) {
            settling = false;
            now = clock.millis();
            for (Lane lane : due) {
                asking.add(lane);
                asks.add(lane.ask(now));
            }
            due.clear();
        }
        if (asks.isEmpty()) {
            return;
        }
        Map<String, Grant> grants;
        try {
            grants = store.settle(asks, now);
        } catch (RuntimeException e) {
            LOG.warn(
                    "{} quotas were not settled, so that their calls wait; the next try is in {} ms: {}",
                    asks.size(),
                    STORE_AWAY_MILLIS,
                    e.getMessage());
            synchronized (this) {
                for (int i = 0; i < asks.size(); i++) {
                    Lane lane = asking.get(i);
                    lane.notSettled(asks.get(i), now + STORE_AWAY_MILLIS);
                    wake(lane, now + STORE_AWAY_MILLIS, now);
                }
            }
            return;
        }
        List<Given> given = new ArrayList<>();
        synchronized (this) {
            for (int i = 0; i < asks.size(); i++) {
                Ask ask = asks.get(i);
                Lane lane = asking.get(i);
                Grant grant = grants.get(ask.key());
                if (grant == null) {
                    throw new IllegalStateException("The store settled nothing for " + ask.key());
                }
                lane.granted(ask, grant, now);
                if (!stopped) {
                    dispatch(lane, given);
                }
            }
        }
        hand(given);
    }

    /** Renews what is held, gives back what is not needed, forgets the idle. */
    private void beat() {
        if (beating || stopped) {
            return;
        }
        beating = true;
        later.run(
                () -> {
                    synchronized (this) {
                        beating = false;
                        long now = clock.millis();
                        lanes.values()
                                .removeIf(lane -> !lane.isOpen()
                                        && lane.waiting() == 0
                                        && !lane.asking
                                        && now - lane.usedAt > FORGOTTEN_MILLIS);
                        lanes.values().stream().filter(Lane::isOpen).forEach(this::ask);
                        if (!lanes.isEmpty()) {
                            beat();
                        }
                    }
                },
                BEAT_MILLIS);
    }

    private final class Taken implements Turn {
        private final Lane lane;

        Taken(Lane lane) {
            this.lane = lane;
        }

        @Override
        public void answered(PlatformAnswer answer) {
            end(true, answer);
        }

        @Override
        public void unanswered() {
            end(true, null);
        }

        @Override
        public void unused() {
            end(false, null);
        }

        private void end(boolean made, @Nullable PlatformAnswer answer) {
            List<Given> given = new ArrayList<>();
            synchronized (Quotas.this) {
                long now = clock.millis();
                if (made) {
                    lane.used(now);
                } else {
                    lane.unused();
                }
                underWay.merge(lane.platform, -1, (held, minus) -> held + minus == 0 ? null : held + minus);
                if (answer != null && lane.hear(answer, now)) {
                    ask(lane);
                }
                if (!stopped) {
                    seat(lane.platform, given);
                    dispatch(lane, given);
                }
            }
            hand(given);
        }
    }

    /** A seat of the platform is free: credentials that waited for that alone take turns, however much one has to do. */
    private void seat(String platform, List<Given> given) {
        Set<Lane> line = seatless.getOrDefault(platform, Set.of());
        for (Lane next : List.copyOf(line)) {
            if (underWay.getOrDefault(platform, 0) >= callsMax) {
                return;
            }
            line.remove(next);
            dispatch(next, given);
        }
        seatless.remove(platform, Set.of());
    }

    /** Forgets what was spent long ago with credentials that are not called any more; answers how many rows. */
    public int sweep() {
        return store.sweep(clock.millis() - LEDGER_KEPT.toMillis());
    }

    /** How things are with the quotas of a platform: by their keys, those that were used lately. */
    public synchronized Map<String, Usage> of(String platform) {
        Map<String, Usage> usages = new TreeMap<>();
        long now = clock.millis();
        lanes.values().forEach(lane -> {
            if (lane.platform.equals(platform)) {
                usages.put(lane.key, usage(lane, now));
            }
        });
        return usages;
    }

    /** How things are with the quota of an integration; nothing used where it made no calls lately. */
    public synchronized Usage usage(String platform, String integration, QuotaSettings settings) {
        Lane lane = lanes.get(settings.key(platform, integration));
        return lane == null ? new Usage(List.of(), 0, 0, Duration.ZERO) : usage(lane, clock.millis());
    }

    private static Usage usage(Lane lane, long now) {
        return new Usage(
                lane.windows(),
                lane.waiting(),
                lane.inFlight(),
                Duration.ofMillis(Math.max(0, lane.pausedUntil() - now)));
    }

    /**
     * How much of a quota is used.
     *
     * @param windows what is used of each, as it was settled last, by all hubs together
     * @param waiting calls that wait on this hub
     * @param underWay calls on this hub
     * @param pausedFor what is left of a pause that the platform asked for
     */
    public record Usage(List<Used> windows, int waiting, int underWay, Duration pausedFor) {
        /** Of the fullest window; 1 is full. */
        public double used() {
            return windows.stream().mapToDouble(Used::share).max().orElse(0);
        }
    }

    /** Calls that count for a window now. */
    public record Used(QuotaSettings.Window window, int calls) {
        double share() {
            return calls / (double) window.calls();
        }
    }

    /** Nobody waits any longer: each call that waits fails at once, and none is begun. */
    public void stop() {
        List<Waiting> dismissed = new ArrayList<>();
        synchronized (this) {
            stopped = true;
            for (Lane lane : lanes.values()) {
                for (Waiting one = lane.dismiss(); one != null; one = lane.dismiss()) {
                    dismissed.add(one);
                }
            }
            waiting = 0;
        }
        dismissed.forEach(one -> one.future().completeExceptionally(stopping()));
    }

    /** Settles what was used, so that a hub that starts next need not assume the worst. */
    @Override
    public void close() {
        stop();
        if (timer != null) {
            timer.shutdown();
        }
        synchronized (this) {
            lanes.values().stream()
                    .filter(lane -> lane.isOpen() && !lane.asking)
                    .forEach(due::add);
        }
        settle();
    }
}
