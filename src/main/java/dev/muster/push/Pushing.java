package dev.muster.push;

import dev.muster.call.CallNotNeeded;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.failure.FailureCode;
import dev.muster.golden.AccountIds;
import dev.muster.golden.PushPlan;
import dev.muster.golden.Pushed;
import dev.muster.golden.Roll;
import dev.muster.meter.Backlog;
import dev.muster.meter.Meters;
import dev.muster.platform.Integration;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The bean behind the route of pushes: what claimed rows ask to be called, one request after the other, and what becomes of
 * each record by the answers.
 */
public final class Pushing {
    private static final Duration WAIT = Duration.ofSeconds(5);

    private final PushTargets targets;
    private final PushStore store;
    private final PushSubjects subjects;
    private final Roll roll;
    private final Meters meters;
    private final Clock clock;
    private final Settings settings;
    private final PushOutcomes outcomes;
    /** When a lane was last claimed, while that is recent: the next batch is full, or follows after a while. */
    private final Map<PushStore.Lane, Instant> begun = new ConcurrentHashMap<>();

    /**
     * @param attemptsMax after so many tries in vain a record is failed
     * @param awayPause how long work waits whose breaker is open or whose credential cannot be used
     */
    public record Settings(int attemptsMax, Duration awayPause) {}

    public Pushing(
            PushTargets targets,
            PushStore store,
            Roll roll,
            Supplier<Segments> segments,
            Meters meters,
            Clock clock,
            Settings settings) {
        this.targets = targets;
        this.store = store;
        this.subjects = new PushSubjects(roll, store, segments);
        this.roll = roll;
        this.meters = meters;
        this.clock = clock;
        this.settings = settings;
        this.outcomes = new PushOutcomes(clock, settings, roll);
    }

    /**
     * Claims what one lane has to do, up to one batch. Soon after another batch it has to be a full one, or to be urgent.
     *
     * @return empty where nothing is due, or nobody knows the target or the account any more: then it waits
     */
    public Optional<PushWork> claim(PushStore.Lane lane) {
        PushTarget target = targets.find(lane.target()).orElse(null);
        if (target == null || targets.account(target, lane.integration()).isEmpty() || !store.isReady(lane)) {
            return Optional.empty();
        }
        boolean together = target.batch() > 1 && !target.upsert().each();
        // Changes that are still gathered fill a call that is made anyway; one call for each record gains nothing by
        // them.
        Duration ahead = together ? PushPlan.GATHER : Duration.ZERO;
        Instant now = clock.instant();
        begun.values()
                .removeIf(at -> at.isAfter(now) || !at.plus(PushPlan.GATHER).isAfter(now));
        if (together && begun.containsKey(lane) && !store.isUrgent(lane, target.batch(), ahead)) {
            return Optional.empty();
        }
        List<Push> claimed = store.claim(lane, target.batch(), ahead);
        if (together && !claimed.isEmpty()) {
            begun.put(lane, now);
        }
        return claimed.isEmpty() ? Optional.empty() : Optional.of(new PushWork(lane, claimed));
    }

    /** What waits, by platform, as of the last count; rows of a target that is in no file any more wait for the file. */
    public Map<String, Backlog> backlog() {
        Map<String, Backlog> byPlatform = new TreeMap<>();
        store.backlog().forEach((name, one) -> targets.find(name)
                .ifPresent(target -> byPlatform.merge(target.platform(), one, Backlog::and)));
        return byPlatform;
    }

    /** An account can be used, or can be used again: what waited for it is due now. */
    public void wake(Integration integration) {
        targets.lookAgain(integration.organization());
        for (PushTarget target : targets.all()) {
            if (target.platform().equals(integration.platform())) {
                store.wake(new PushStore.Lane(target.name(), integration.id()));
            }
        }
    }

    /**
     * Puts back what is not settled. Whom the call was about that may have been made, the target is asked for first: its
     * answer may be what could not be kept.
     */
    public void release(PushWork work, Duration pause) {
        PushCall call = work.current();
        Instant notBefore = clock.instant().plus(pause);
        store.settle(work.unsettled().stream()
                .map(push -> Settlement.later(
                        push,
                        push.attempts(),
                        notBefore,
                        null,
                        call == null ? push.sending() : PushOutcomes.inDoubt(call, push)))
                .toList());
    }

    // --- what has to be called

    /** Judges every record: what needs no call is settled at once, the rest becomes calls. */
    public PushWork prepare(PushWork work) {
        PushTarget target = targets.find(work.lane().target()).orElse(null);
        Integration account = target == null
                ? null
                : targets.account(target, work.lane().integration()).orElse(null);
        if (target == null || account == null) {
            store.release(List.copyOf(work.unsettled()), settings.awayPause());
            work.settled(work.unsettled().stream()
                    .map(push -> Settlement.nothingToDo(push, ""))
                    .toList());
            return work;
        }
        work.about(target, account);
        Map<Long, Push> pushes = new LinkedHashMap<>();
        work.unsettled().forEach(push -> pushes.put(push.goldenId(), push));
        AccountIds ids = roll.accountIds(account.organization(), account.platform(), account.id());
        PushJudge judge = new PushJudge(
                target, account.settings(), ids, roll.survivorship().seal());
        List<PushVerdict> verdicts = new ArrayList<>(pushes.size());
        for (PushJudge.Subject subject : subjects.of(target, work.lane(), ids, pushes)) {
            PushVerdict verdict = judge.judge(subject);
            if (account.organization().equals(subject.golden().record().organization())) {
                verdicts.add(verdict);
                String freed = target.isOnePerEmail()
                        ? Namesakes.freed(verdict, subject.golden().record())
                        : null;
                if (freed != null) {
                    work.frees(verdict.push(), freed);
                }
            }
        }
        waitForOther(work, verdicts);
        settleWithoutCalls(work, verdicts);
        List<PushVerdict> open = new ArrayList<>();
        List<PushStore.Beginning> beginnings = new ArrayList<>();
        boolean durably = false;
        for (PushVerdict verdict : verdicts) {
            Pushed next = verdict.next();
            if (next != null && verdict.step() != PushStep.NONE) {
                open.add(verdict);
                durably |= !PushCalls.action(target, verdict.step()).idempotent();
                // Where the move fails, the record is still there by its old name, and has to be moved the next time.
                String key = verdict.step() == PushStep.MOVE ? null : verdict.key();
                beginnings.add(new PushStore.Beginning(verdict.push(), next, key));
            }
        }
        if (!open.isEmpty()) {
            store.begin(beginnings, durably);
            work.last(PushCalls.of(target, open));
        }
        return work;
    }

    /** Whom the target before this one has not been told of yet is not told to this one, and takes no call. */
    private void waitForOther(PushWork work, List<PushVerdict> verdicts) {
        PushTarget target = work.target();
        PushTarget other =
                target.after().isEmpty() ? null : targets.find(target.after()).orElse(null);
        if (other == null || !other.isTold(work.account())) {
            return;
        }
        PushStore.Lane lane = new PushStore.Lane(other.name(), work.lane().integration());
        List<Long> wanted = verdicts.stream()
                .filter(verdict -> PushCalls.order(verdict.step()) == PushStep.UPDATE)
                .map(verdict -> verdict.push().goldenId())
                .toList();
        Set<Long> unknown = new HashSet<>(wanted);
        unknown.removeAll(store.rows(lane, wanted).keySet());
        if (!unknown.isEmpty()) {
            store.enqueue(other, lane.integration(), work.account().organization(), unknown);
        }
        Map<Long, PushStatus> untold = store.untold(lane, wanted);
        List<Settlement> settlements = new ArrayList<>();
        verdicts.removeIf(verdict -> {
            PushStatus before = untold.get(verdict.push().goldenId());
            if (before == null || PushCalls.order(verdict.step()) != PushStep.UPDATE) {
                return false;
            }
            boolean isSoon = before == PushStatus.DUE || before == PushStatus.PROCESSING;
            settlements.add(Settlement.later(
                    verdict.push(),
                    verdict.push().attempts(),
                    clock.instant().plus(isSoon ? PushOutcomes.PAUSE : PushOutcomes.PAUSE_MAX),
                    "waits for " + other.name() + ", which is " + before.id(),
                    verdict.push().sending()));
            return true;
        });
        settle(work, settlements);
    }

    private void settleWithoutCalls(PushWork work, List<PushVerdict> verdicts) {
        List<Settlement> settlements = new ArrayList<>();
        Set<Long> judged = new HashSet<>();
        for (PushVerdict verdict : verdicts) {
            Push push = verdict.push();
            judged.add(push.goldenId());
            switch (verdict.step()) {
                case NONE -> {
                    Pushed entry = verdict.next();
                    settlements.add(
                            entry == null
                                    ? Settlement.nothingToDo(push, verdict.reason())
                                    : Settlement.agreed(push, entry, verdict.reason()));
                }
                case WAIT ->
                    settlements.add(Settlement.later(
                            push, push.attempts(), clock.instant().plus(WAIT), verdict.reason(), push.sending()));
                case HOLD -> settlements.add(Settlement.held(push, verdict.reason(), verdict.differences()));
                case UNMAPPABLE ->
                    settlements.add(Settlement.failed(
                            push,
                            FailureCode.MAPPING_FAILED,
                            "The mapping of " + push.target() + " makes nothing of it: " + verdict.reason()));
                default -> {}
            }
        }
        for (Push push : work.unsettled()) {
            if (!judged.contains(push.goldenId())) {
                settlements.add(Settlement.nothingToDo(push, "is not there any more"));
            }
        }
        settle(work, settlements);
    }

    /** Whether a call is left. Asked after a call that failed, too: then all of its records are put off. */
    public boolean isCallPending(PushWork work) {
        return work.current() != null && work.size() > 0;
    }

    /** The next request. */
    public PlatformRequest request(PushWork work) {
        return current(work).request(work.target(), work.account(), waited -> stillAllowed(work, waited));
    }

    /** Who withdrew while the request waited for its turn is taken out of it; it is judged anew who they are. */
    private PlatformRequest stillAllowed(PushWork work, PlatformRequest waited) {
        PushCall call = current(work);
        PushTarget target = work.target();
        String consent = target.consent();
        if (consent == null || call.verdicts().stream().allMatch(Pushing::isGoodbye)) {
            return waited;
        }
        Set<Long> optedIn = roll.optedIn(
                target.entity(),
                consent,
                call.verdicts().stream()
                        .map(verdict -> verdict.push().goldenId())
                        .toList());
        List<PushVerdict> allowed = new ArrayList<>();
        List<Settlement> others = new ArrayList<>();
        for (PushVerdict verdict : call.verdicts()) {
            Push push = verdict.push();
            if (optedIn.contains(push.goldenId()) || isGoodbye(verdict)) {
                allowed.add(verdict);
            } else {
                others.add(Settlement.later(push, push.attempts(), clock.instant(), null, push.sending()));
            }
        }
        if (others.isEmpty()) {
            return waited;
        }
        settle(work, others);
        if (allowed.isEmpty()) {
            throw new CallNotNeeded("Everybody whom it was about has withdrawn");
        }
        work.instead(new PushCall(call.action(), allowed, call.isQuestion()));
        return request(work);
    }

    private static boolean isGoodbye(PushVerdict verdict) {
        return verdict.step() == PushStep.WITHDRAW || verdict.step() == PushStep.REMOVE;
    }

    private static PushCall current(PushWork work) {
        PushCall call = work.current();
        if (call == null) {
            throw new IllegalStateException("No call is left for " + work.lane());
        }
        return call;
    }

    // --- what became of it

    /** Settles the records of the call that was made. */
    public PushWork settle(PushWork work, PlatformAnswer answer) {
        PushOutcomes.Outcome outcome = outcomes.of(work, current(work), answer);
        settle(work, outcome.settlements());
        work.made();
        work.next(outcome.next());
        return work;
    }

    /**
     * The call failed, or could not be made: its records are tried again later, or given up, and those behind it go back as
     * they were.
     */
    public void putOff(PushWork work, Throwable failure) {
        settle(work, outcomes.putOff(work, failure));
    }

    private void settle(PushWork work, Collection<Settlement> settlements) {
        store.settle(List.copyOf(settlements));
        work.settled(settlements);
        Set<String> freed = work.freed(settlements);
        if (!freed.isEmpty()) {
            // whoever waits for one of these addresses can have it now
            roll.membersOf(work.account().organization(), freed)
                    .values()
                    .forEach(ids -> store.reconsider(work.lane(), ids));
        }
        targets.find(work.lane().target()).ifPresent(target -> {
            Map<PushStatus, Integer> counts = new TreeMap<>();
            settlements.forEach(one -> counts.merge(one.status(), 1, Integer::sum));
            counts.forEach((status, count) ->
                    meters.pushed(work.account().organization(), target.platform(), status.id(), count));
        });
    }
}
