package dev.muster.push;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.call.CallNotNeeded;
import dev.muster.call.CredentialUnusable;
import dev.muster.call.PlatformAnswer;
import dev.muster.canonical.CutText;
import dev.muster.db.Ids;
import dev.muster.decide.Survivorship;
import dev.muster.failure.Failure;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.golden.Pushed;
import dev.muster.golden.Roll;
import dev.muster.normalize.InvalidValue;
import dev.muster.normalize.JqSource;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of each record by what the target answered, or by the failure of a call. */
final class PushOutcomes {
    private static final Logger LOG = LoggerFactory.getLogger(PushOutcomes.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int WORDS_MAX = 500;

    /** What a refusal of a whole batch may be about one of its records. */
    private static final Set<Integer> OF_ONE_RECORD = Set.of(400, 409, 413, 422);

    /** How often a refused batch is divided: for one bad record in 500 it takes 9 times. */
    private static final int SPLITS_MAX = 64;

    /** Before the first further try; each next one is twice as long, up to an hour. */
    static final Duration PAUSE = Duration.ofSeconds(1);

    static final Duration PAUSE_MAX = Duration.ofHours(1);

    private final Clock clock;
    private final Pushing.Settings settings;
    private final Roll roll;

    PushOutcomes(Clock clock, Pushing.Settings settings, Roll roll) {
        this.clock = clock;
        this.settings = settings;
        this.roll = roll;
    }

    /**
     * Of one call that was answered.
     *
     * @param next calls that are made in its place
     */
    record Outcome(List<Settlement> settlements, List<PushCall> next) {
        static Outcome of(List<Settlement> settlements) {
            return new Outcome(settlements, List.of());
        }
    }

    /** What the answer to the call whose turn it is means. */
    Outcome of(PushWork work, PushCall call, PlatformAnswer answer) {
        if (!answer.isSuccess() && !call.action().done().contains(answer.status())) {
            return refused(work, call, answer);
        }
        return call.isQuestion() ? answered(work.target(), call, answer) : accepted(work.target(), call, answer);
    }

    private Outcome accepted(PushTarget target, PushCall call, PlatformAnswer answer) {
        Retry retry = Retry.of(clock);
        List<PushResult> results = results(target, call, answer);
        List<Settlement> settlements = new ArrayList<>();
        for (int i = 0; i < call.verdicts().size(); i++) {
            settlements.add(settlement(call.verdicts().get(i), results.get(i), retry));
        }
        return Outcome.of(settlements);
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
    private Outcome answered(PushTarget target, PushCall call, PlatformAnswer answer) {
        Retry retry = Retry.of(clock);
        List<PushResult> results = results(target, call, answer);
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
        return new Outcome(settlements, PushCalls.ofMissing(target, missing));
    }

    /** As it may be kept: secret fields sealed, and their values out of the target's words. */
    private List<PushResult> results(PushTarget target, PushCall call, PlatformAnswer answer) {
        Survivorship rules = roll.survivorship();
        List<PushResult> results = read(call, answer);
        List<PushResult> kept = new ArrayList<>(results.size());
        for (int i = 0; i < results.size(); i++) {
            PushVerdict verdict = call.verdicts().get(i);
            PushResult result = results.get(i);
            Map<String, Object> record = new TreeMap<>(result.record());
            record.replaceAll(
                    (field, value) -> rules.sealed(verdict.push().organization(), target.entity(), field, value));
            String error = CutText.of(Secrets.masked(result.error(), call.verdicts()), WORDS_MAX);
            kept.add(new PushResult(result.outcome(), result.externalId(), error, record));
        }
        return kept;
    }

    private static List<PushResult> read(PushCall call, PlatformAnswer answer) {
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
                    Secrets.reason(call.verdicts(), odd));
            return PushResult.unread(call.verdicts(), Secrets.reason(call.verdicts(), odd));
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
    private Outcome refused(PushWork work, PushCall call, PlatformAnswer answer) {
        Retry retry = Retry.of(clock);
        String words = words(call, answer);
        boolean isAboutOne = OF_ONE_RECORD.contains(answer.status());
        if (call.isQuestion()) {
            // It says nothing about them: they are asked for again.
            return Outcome.of(call.verdicts().stream()
                    .map(verdict ->
                            later(verdict.push(), words, null, verdict.push().sending(), retry))
                    .toList());
        }
        if (call.verdicts().size() > 1 && isAboutOne && work.split() <= SPLITS_MAX) {
            return new Outcome(List.of(), call.halves());
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
        return Outcome.of(settlements);
    }

    private static String words(PushCall call, PlatformAnswer answer) {
        String text = Secrets.masked(new String(answer.body(), StandardCharsets.UTF_8).strip(), call.verdicts());
        return text.isEmpty() ? "status " + answer.status() : CutText.of(text, WORDS_MAX);
    }

    /**
     * The call failed, or could not be made: its records are tried again later, or given up, and those behind it go back as
     * they were.
     */
    List<Settlement> putOff(PushWork work, Throwable failure) {
        Retry retry = Retry.of(clock);
        PushCall call = work.current();
        Set<Long> called = new HashSet<>();
        if (call != null) {
            call.verdicts().forEach(verdict -> called.add(verdict.push().goldenId()));
        }
        String told = String.valueOf(failure.getMessage());
        String words = CutText.of(call == null ? told : Secrets.masked(told, call.verdicts()), WORDS_MAX);
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
        return settlements;
    }

    /** What the target may have by now; null for nothing new. */
    static @Nullable Pushed inDoubt(PushCall call, Push push) {
        for (PushVerdict verdict : call.verdicts()) {
            if (verdict.push().goldenId() == push.goldenId()) {
                return call.isQuestion() ? push.sending() : verdict.next();
            }
        }
        return push.sending();
    }

    private static boolean isUnsent(Throwable failure) {
        return failure instanceof CredentialUnusable || failure instanceof CallNotPermittedException;
    }

    private Duration pauseOf(Throwable failure) {
        if (failure instanceof Transient stop && stop.code() == FailureCode.STOPPING) {
            return Duration.ZERO;
        }
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
}
