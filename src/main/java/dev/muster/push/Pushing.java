package dev.muster.push;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.call.CallNotNeeded;
import dev.muster.call.CallPriority;
import dev.muster.call.CredentialUnusable;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.canonical.CutText;
import dev.muster.db.Ids;
import dev.muster.failure.Defect;
import dev.muster.failure.Failure;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.golden.AccountIds;
import dev.muster.golden.GoldenRecord;
import dev.muster.golden.PushPlan;
import dev.muster.golden.Pushed;
import dev.muster.golden.Roll;
import dev.muster.meter.Meters;
import dev.muster.normalize.InvalidValue;
import dev.muster.normalize.JqSource;
import dev.muster.platform.Integration;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bean behind the route of pushes: what claimed rows ask to be called, one request after the other, and what becomes of
 * each record by the answers.
 */
public final class Pushing {
    private static final Logger LOG = LoggerFactory.getLogger(Pushing.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int WORDS_MAX = 500;

    /** What a refusal of a whole batch may be about one of its records. */
    private static final Set<Integer> OF_ONE_RECORD = Set.of(400, 409, 413, 422);

    /** How often a refused batch is divided: for one bad record in 500 it takes 9 times. */
    private static final int SPLITS_MAX = 64;

    /** After so many tries in vain, records go in ever smaller company: one of them may be what the platform chokes on. */
    private static final int TOGETHER_MAX = 3;

    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration PAUSE_MAX = Duration.ofHours(1);

    private final PushTargets targets;
    private final PushStore store;
    private final PushSubjects subjects;
    private final Roll roll;
    private final Meters meters;
    private final Clock clock;
    private final Settings settings;

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
    }

    /**
     * Claims what one lane has to do, up to one batch.
     *
     * @return empty where nothing is due, or nobody knows the target or the account any more: then it waits
     */
    public Optional<PushWork> claim(PushStore.Lane lane) {
        PushTarget target = targets.find(lane.target()).orElse(null);
        if (target == null || targets.account(target, lane.integration()).isEmpty() || !store.isReady(lane)) {
            return Optional.empty();
        }
        List<Push> claimed = store.claim(lane, target.batch());
        return claimed.isEmpty() ? Optional.empty() : Optional.of(new PushWork(lane, claimed));
    }

    /** What waits now, by platform; rows of a target that is in no file any more wait for the file. */
    public Map<String, PushStore.Backlog> backlog() {
        Map<String, PushStore.Backlog> byPlatform = new TreeMap<>();
        store.backlog().forEach((name, one) -> targets.find(name)
                .ifPresent(target -> byPlatform.merge(
                        target.platform(),
                        one,
                        (a, b) -> new PushStore.Backlog(
                                a.due() + b.due(),
                                a.oldestAt().isBefore(b.oldestAt()) ? a.oldestAt() : b.oldestAt()))));
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

    /** Puts back what is not settled, as if it had not been claimed. */
    public void release(PushWork work, Duration pause) {
        store.release(List.copyOf(work.unsettled()), pause);
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
        PushJudge judge = new PushJudge(target, account.settings(), ids);
        List<PushVerdict> verdicts = new ArrayList<>(pushes.size());
        for (PushJudge.Subject subject : subjects.of(target, work.lane(), ids, pushes)) {
            PushVerdict verdict = judge.judge(subject);
            if (account.organization().equals(subject.golden().record().organization())) {
                verdicts.add(verdict);
            }
        }
        waitForOther(work, verdicts);
        settleWithoutCalls(work, verdicts);
        List<PushVerdict> open = new ArrayList<>();
        List<PushStore.Beginning> beginnings = new ArrayList<>();
        boolean durably = false;
        for (PushVerdict verdict : verdicts) {
            Pushed next = verdict.next();
            if (next != null) {
                open.add(verdict);
                durably |= !requireAction(target, verdict.step()).idempotent();
                beginnings.add(new PushStore.Beginning(verdict.push(), next, verdict.key()));
            }
        }
        if (!open.isEmpty()) {
            store.begin(beginnings, durably);
            work.last(calls(target, open));
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
                .filter(verdict -> order(verdict.step()) == PushStep.UPDATE)
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
            if (before == null || order(verdict.step()) != PushStep.UPDATE) {
                return false;
            }
            boolean isSoon = before == PushStatus.DUE || before == PushStatus.PROCESSING;
            settlements.add(Settlement.later(
                    verdict.push(),
                    verdict.push().attempts(),
                    clock.instant().plus(isSoon ? PAUSE : PAUSE_MAX),
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
                case NONE -> settlements.add(Settlement.nothingToDo(push, verdict.reason()));
                case HOLD -> settlements.add(Settlement.held(push, verdict.reason()));
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

    /** Withdrawals first; then questions about what may have arrived; then all else. */
    private static List<PushCall> calls(PushTarget target, List<PushVerdict> verdicts) {
        List<PushVerdict> doubtful = new ArrayList<>();
        Map<PushStep, List<PushVerdict>> bySteps = new TreeMap<>();
        for (PushVerdict verdict : verdicts) {
            boolean isDoubtful = verdict.push().sending() != null
                    && target.readBack() != null
                    && !requireAction(target, verdict.step()).idempotent();
            if (isDoubtful) {
                doubtful.add(verdict);
            } else {
                bySteps.computeIfAbsent(order(verdict.step()), step -> new ArrayList<>())
                        .add(verdict);
            }
        }
        List<PushCall> calls = new ArrayList<>();
        add(calls, target, requireAction(target, PushStep.WITHDRAW, bySteps), bySteps.get(PushStep.WITHDRAW), false);
        add(calls, target, target.readBack(), doubtful, true);
        add(calls, target, target.remove(), bySteps.get(PushStep.REMOVE), false);
        add(calls, target, target.move(), bySteps.get(PushStep.MOVE), false);
        add(calls, target, target.upsert(), bySteps.get(PushStep.UPDATE), false);
        return calls;
    }

    private static @Nullable PushAction requireAction(
            PushTarget target, PushStep step, Map<PushStep, List<PushVerdict>> bySteps) {
        return bySteps.containsKey(step) ? requireAction(target, step) : null;
    }

    /** Creating and updating are one call. */
    private static PushStep order(PushStep step) {
        return step == PushStep.CREATE ? PushStep.UPDATE : step;
    }

    private static PushAction requireAction(PushTarget target, PushStep step) {
        PushAction action =
                switch (step) {
                    case WITHDRAW -> target.withdraw();
                    case REMOVE -> target.remove();
                    case MOVE -> target.move();
                    default -> target.upsert();
                };
        if (action == null) {
            throw new IllegalStateException(target.name() + " has no call for " + step.id());
        }
        return action;
    }

    private static void add(
            List<PushCall> calls,
            PushTarget target,
            @Nullable PushAction action,
            @Nullable List<PushVerdict> verdicts,
            boolean isQuestion) {
        if (action == null || verdicts == null) {
            return;
        }
        List<PushVerdict> left = verdicts;
        while (!left.isEmpty()) {
            List<PushVerdict> together = new ArrayList<>();
            List<PushVerdict> later = new ArrayList<>();
            Set<String> keys = new HashSet<>();
            int room = action.each() ? 1 : target.batch();
            for (PushVerdict verdict : left) {
                room = Math.min(room, together(target, verdict.push().attempts()));
                String key = verdict.key();
                // Of two that the target knows by one name, it would take either.
                if (together.size() < room && (key == null || keys.add(key))) {
                    together.add(verdict);
                } else {
                    later.add(verdict);
                }
            }
            if (together.isEmpty()) {
                together.add(later.remove(0));
            }
            calls.add(new PushCall(action, together, isQuestion));
            left = later;
        }
    }

    private static int together(PushTarget target, int attempts) {
        return Math.max(1, target.batch() >> Math.min(31, Math.max(0, attempts - TOGETHER_MAX)));
    }

    /** Whether a call is left. Asked after a call that failed, too: then all of its records are put off. */
    public boolean isCallPending(PushWork work) {
        return work.current() != null && work.size() > 0;
    }

    /** The next request. */
    public PlatformRequest request(PushWork work) {
        PushCall call = current(work);
        PushAction action = call.action();
        Integration account = work.account();
        try {
            ArrayNode records = JSON.createArrayNode();
            for (PushVerdict verdict : call.verdicts()) {
                records.add(item(call, verdict));
            }
            String path = action.path(
                    account.settings(), action.each() ? call.verdicts().get(0).input() : JSON.createObjectNode());
            Map<String, String> headers = new TreeMap<>(action.headers());
            byte[] body = body(action, records, account);
            if (body.length > 0) {
                headers.putIfAbsent("Content-Type", "application/json");
            }
            boolean isWithdrawal = call.verdicts().get(0).step() == PushStep.WITHDRAW;
            return new PlatformRequest(
                    account.platform(),
                    account.organization(),
                    account.id(),
                    "push:" + work.target().name(),
                    isWithdrawal ? CallPriority.PROMPT : CallPriority.BULK,
                    action.method(),
                    path,
                    headers,
                    body,
                    waited -> stillAllowed(work, waited));
        } catch (UnmappableRecord | InvalidValue odd) {
            throw new Defect(
                    FailureCode.MAPPING_FAILED,
                    "No request of the target " + work.target().name() + " can be made of "
                            + call.verdicts().size() + " records: " + odd.getMessage());
        }
    }

    /** Who withdrew while the request waited for its turn is taken out of it; it is judged anew who they are. */
    private PlatformRequest stillAllowed(PushWork work, PlatformRequest waited) {
        PushCall call = current(work);
        PushTarget target = work.target();
        String consent = target.consent();
        if (consent == null || call.verdicts().stream().allMatch(Pushing::isGoodbye)) {
            return waited;
        }
        Map<Long, GoldenRecord> records = roll.records(
                target.entity(),
                call.verdicts().stream()
                        .map(verdict -> verdict.push().goldenId())
                        .toList());
        List<PushVerdict> allowed = new ArrayList<>();
        List<Settlement> others = new ArrayList<>();
        for (PushVerdict verdict : call.verdicts()) {
            Push push = verdict.push();
            GoldenRecord record = records.get(push.goldenId());
            boolean isAllowed = record != null
                    && record.mergedInto() == null
                    && record.deletedAt() == null
                    && PushPlan.OPTED_IN.equals(record.values().get(consent));
            if (isAllowed || isGoodbye(verdict)) {
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

    /** What the call says of a record: questions and moves may have words of their own. */
    private static JsonNode item(PushCall call, PushVerdict verdict) throws InvalidValue {
        JqSource own = call.action().record();
        boolean isOther = call.isQuestion() || verdict.step() == PushStep.MOVE;
        return isOther && own != null ? own.calculate(verdict.input()) : verdict.item();
    }

    private static byte[] body(PushAction action, ArrayNode records, Integration account) throws InvalidValue {
        if (action.method().equals("GET") || (action.method().equals("DELETE") && action.body() == null)) {
            return new byte[0];
        }
        JsonNode body = action.each() ? records.get(0) : records;
        JqSource mapping = action.body();
        if (mapping != null) {
            ObjectNode input = JSON.createObjectNode();
            input.set("records", records);
            ObjectNode known = input.putObject("settings");
            account.settings().forEach(known::put);
            body = mapping.calculate(input);
        }
        if (body.isNull() || body.isMissingNode()) {
            return new byte[0];
        }
        try {
            return JSON.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
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
        PushCall call = current(work);
        if (answer.isSuccess() || call.action().done().contains(answer.status())) {
            if (call.isQuestion()) {
                answered(work, call, answer);
            } else {
                accepted(work, call, answer);
            }
        } else {
            refused(work, call, answer);
        }
        return work;
    }

    private void accepted(PushWork work, PushCall call, PlatformAnswer answer) {
        Retry retry = Retry.of(clock);
        List<PushResult> results = results(call, answer);
        List<Settlement> settlements = new ArrayList<>();
        for (int i = 0; i < call.verdicts().size(); i++) {
            settlements.add(settlement(call.verdicts().get(i), results.get(i), retry));
        }
        settle(work, settlements);
        work.made();
    }

    private Settlement settlement(PushVerdict verdict, PushResult result, Retry retry) {
        Push push = verdict.push();
        Pushed next = verdict.next();
        if (next == null) {
            throw new IllegalStateException("Nothing was to be told of " + Ids.format(push.goldenId()));
        }
        String externalId = result.externalId() == null ? push.externalId() : result.externalId();
        return switch (result.outcome()) {
            case DONE -> Settlement.told(push, next.answered(answers(next, result)), externalId, verdict.key());
            case WITHDRAWN -> Settlement.told(push, next.with(Pushed.Presence.WITHDRAWN), externalId, verdict.key());
            case REFUSED ->
                Settlement.failed(push, FailureCode.PUSH_REFUSED, push.target() + " refused it: " + result.error());
            case RETRY -> later(push, result.error(), null, null, retry);
        };
    }

    /** What reads otherwise in the answer than it was told. */
    private static Map<String, Object> answers(Pushed next, PushResult result) {
        Map<String, Object> answered = new TreeMap<>(next.answered());
        result.record().forEach((field, value) -> {
            Object told = next.fields().get(field);
            if (told != null && !told.equals(value)) {
                answered.put(field, value);
            }
        });
        return answered;
    }

    /** The target said what it has: whoever is there as they should be is done, the others are sent. */
    private void answered(PushWork work, PushCall call, PlatformAnswer answer) {
        Retry retry = Retry.of(clock);
        List<PushResult> results = results(call, answer);
        List<Settlement> settlements = new ArrayList<>();
        List<PushVerdict> missing = new ArrayList<>();
        for (int i = 0; i < call.verdicts().size(); i++) {
            PushVerdict verdict = call.verdicts().get(i);
            PushResult result = results.get(i);
            if (verdict.next() != null && result.isThere(verdict.next())) {
                settlements.add(settlement(verdict, result, retry));
            } else {
                missing.add(verdict);
            }
        }
        settle(work, settlements);
        work.made();
        Map<PushStep, List<PushVerdict>> bySteps = new TreeMap<>();
        missing.forEach(verdict -> bySteps.computeIfAbsent(order(verdict.step()), step -> new ArrayList<>())
                .add(verdict));
        List<PushCall> calls = new ArrayList<>();
        bySteps.forEach(
                (step, verdicts) -> add(calls, work.target(), requireAction(work.target(), step), verdicts, false));
        work.next(calls);
    }

    private List<PushResult> results(PushCall call, PlatformAnswer answer) {
        JqSource mapping = call.action().results();
        if (mapping == null) {
            return PushResult.all(call.verdicts(), call.isQuestion());
        }
        ObjectNode input = JSON.createObjectNode();
        input.put("status", answer.status());
        input.set("answer", json(answer));
        ArrayNode records = input.putArray("records");
        call.verdicts().forEach(verdict -> records.add(verdict.item()));
        try {
            return PushResult.of(mapping.calculate(input), call.verdicts(), call.isQuestion());
        } catch (InvalidValue odd) {
            LOG.warn(
                    "{}: the answer cannot be read; mend results: {}",
                    call.verdicts().get(0).push().target(),
                    odd.reason());
            return PushResult.unread(call.verdicts(), odd.reason());
        }
    }

    /** A success whose body is no JSON was a success all the same. */
    private static JsonNode json(PlatformAnswer answer) {
        try {
            return answer.json();
        } catch (Transient notJson) {
            return JSON.nullNode();
        }
    }

    /** Of a refused batch each half is tried by itself, so that one bad record stops no other. */
    private void refused(PushWork work, PushCall call, PlatformAnswer answer) {
        Retry retry = Retry.of(clock);
        String words = words(answer);
        boolean isAboutOne = OF_ONE_RECORD.contains(answer.status());
        if (call.isQuestion()) {
            // It says nothing about them: they are asked for again.
            work.made();
            settle(
                    work,
                    call.verdicts().stream()
                            .map(verdict -> later(
                                    verdict.push(), words, null, verdict.push().sending(), retry))
                            .toList());
            return;
        }
        if (call.verdicts().size() > 1 && isAboutOne && work.split() <= SPLITS_MAX) {
            work.made();
            work.next(call.halves());
            return;
        }
        Duration again = call.action().later().get(answer.status());
        List<Settlement> settlements = new ArrayList<>();
        for (PushVerdict verdict : call.verdicts()) {
            Push push = verdict.push();
            if (again != null) {
                settlements.add(Settlement.later(
                        push,
                        push.attempts(),
                        clock.instant().plus(again),
                        "not yet (" + answer.status() + "): " + words,
                        null));
                continue;
            }
            boolean isFinal = call.verdicts().size() == 1 && isAboutOne;
            settlements.add(
                    isFinal
                            ? Settlement.failed(
                                    push,
                                    FailureCode.PUSH_REFUSED,
                                    push.target() + " refused it (" + answer.status() + "): " + words)
                            : later(push, words, null, null, retry));
        }
        work.made();
        settle(work, settlements);
    }

    private static String words(PlatformAnswer answer) {
        String text = new String(answer.body(), StandardCharsets.UTF_8).strip();
        return text.isEmpty() ? "status " + answer.status() : CutText.of(text, WORDS_MAX);
    }

    /**
     * The call failed, or could not be made: its records are tried again later, or given up, and those behind it go back as
     * they were.
     */
    public void putOff(PushWork work, Throwable failure) {
        Retry retry = Retry.of(clock);
        PushCall call = work.current();
        Set<Long> called = new HashSet<>();
        if (call != null) {
            call.verdicts().forEach(verdict -> called.add(verdict.push().goldenId()));
        }
        String words = CutText.of(String.valueOf(failure.getMessage()), WORDS_MAX);
        boolean isUnsent = isUnsent(failure);
        boolean isLost = failure instanceof IOException
                || (failure instanceof Transient away && away.code() == FailureCode.PLATFORM_UNAVAILABLE);
        boolean isNotNeeded = failure instanceof CallNotNeeded;
        boolean isDefect = !isUnsent && !isLost && !isNotNeeded && !(failure instanceof Transient);
        Instant notBefore = clock.instant().plus(pauseOf(failure));
        List<Settlement> settlements = new ArrayList<>();
        for (Push push : work.unsettled()) {
            boolean isCalled = called.contains(push.goldenId());
            if (isDefect && isCalled) {
                FailureCode code = failure instanceof Failure known ? known.code() : FailureCode.INTERNAL;
                settlements.add(Settlement.failed(push, code, words));
            } else if (isLost && isCalled && call != null) {
                settlements.add(later(push, words, retryAfter(failure), inDoubt(call, push), retry));
            } else {
                // Nothing was tried for it.
                settlements.add(Settlement.later(
                        push,
                        push.attempts(),
                        isDefect || isNotNeeded ? clock.instant() : notBefore,
                        isNotNeeded ? null : words,
                        push.sending()));
            }
        }
        if (isDefect) {
            LOG.warn("{}: {} pushes failed: {}", work.lane(), called.size(), words);
        }
        settle(work, settlements);
    }

    private static @Nullable Pushed inDoubt(PushCall call, Push push) {
        for (PushVerdict verdict : call.verdicts()) {
            if (verdict.push().goldenId() == push.goldenId()) {
                return call.isQuestion() ? push.sending() : verdict.next();
            }
        }
        return push.sending();
    }

    private static boolean isUnsent(Throwable failure) {
        return failure instanceof CredentialUnusable
                || failure instanceof CallNotPermittedException
                || (failure instanceof Transient busy && busy.code() == FailureCode.PLATFORM_THROTTLED);
    }

    private Duration pauseOf(Throwable failure) {
        Duration asked = retryAfter(failure);
        return asked == null ? settings.awayPause() : asked;
    }

    private static @Nullable Duration retryAfter(Throwable failure) {
        return failure instanceof Transient busy ? busy.retryAfter() : null;
    }

    /**
     * When all records of one call are tried again: at one moment, or a batch would fall to pieces.
     *
     * @param jitter from 0 to 1
     */
    private record Retry(Instant now, double jitter) {
        static Retry of(Clock clock) {
            return new Retry(clock.instant(), ThreadLocalRandom.current().nextDouble());
        }

        /** Doubles with every attempt, with jitter, and is never sooner than the platform asks. */
        Instant at(int attempts, @Nullable Duration asked) {
            long millis = Math.min(PAUSE_MAX.toMillis(), PAUSE.toMillis() << Math.min(20, attempts - 1));
            Duration pause = Duration.ofMillis(millis + (long) (jitter * millis / 4));
            return now.plus(asked != null && asked.compareTo(pause) > 0 ? asked : pause);
        }
    }

    /** One more try in vain; after too many it is failed. */
    private Settlement later(
            Push push, @Nullable String why, @Nullable Duration asked, @Nullable Pushed sending, Retry retry) {
        int attempts = push.attempts() + 1;
        if (attempts >= settings.attemptsMax()) {
            return Settlement.failed(
                    push, FailureCode.PLATFORM_UNAVAILABLE, attempts + " tries were in vain; the last: " + why);
        }
        return Settlement.later(push, attempts, retry.at(attempts, asked), why, sending);
    }

    private void settle(PushWork work, Collection<Settlement> settlements) {
        store.settle(List.copyOf(settlements));
        work.settled(settlements);
        targets.find(work.lane().target()).ifPresent(target -> {
            Map<PushStatus, Integer> counts = new TreeMap<>();
            settlements.forEach(one -> counts.merge(one.status(), 1, Integer::sum));
            counts.forEach((status, count) -> meters.pushed(target.platform(), status.id(), count));
        });
    }
}
