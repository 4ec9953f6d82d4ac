package dev.muster.quota;

import dev.muster.call.CallPriority;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.quota.QuotaStore.Ask;
import dev.muster.quota.QuotaStore.Grant;
import dev.muster.quota.QuotaStore.Sign;
import dev.muster.quota.QuotaStore.Spent;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One quota as this hub knows it: who waits, what was given, what was used. Not safe for threads. */
final class Lane {
    /** A window is told apart by so many steps of its length: an answer within a step counts to its end. */
    private static final int STEPS = 128;

    private static final int SLICES = 20;
    private static final long PAUSE_MAX_MILLIS = Duration.ofMinutes(15).toMillis();
    private static final int DOUBLINGS_MAX = 10;
    private static final long SLOTS_AGAIN_MILLIS = 100;
    private static final int UNLIMITED_SLICE = 1_000;

    final String key;
    final String platform;
    QuotaSettings settings;
    boolean asking;
    /** When it is looked at again by itself; 0 for never. */
    long wakeAt;

    long usedAt;

    private final FairLine<Waiting> prompt = new FairLine<>();
    private final FairLine<Waiting> bulk = new FairLine<>();
    private Map<Spent, Integer> spent = new HashMap<>();
    private List<Sign> signs = new ArrayList<>();
    private int inFlight;
    private int forPrompt;
    private int forAny;
    private int slots;
    private int fairSlots = Integer.MAX_VALUE;
    private long validUntil;
    private long pausedUntil;
    private long newPause;
    private int throttled;
    /** Before then the store has no more. */
    private long permitsAt;

    private long slotsAt;
    private int[] used = new int[0];

    record Waiting(PlatformRequest request, CompletableFuture<Turn> future, long since) {}

    Lane(String key, String platform, QuotaSettings settings) {
        this.key = key;
        this.platform = platform;
        this.settings = settings;
    }

    void join(Waiting waiting) {
        line(waiting.request().priority())
                .add(waiting.request().organization(), waiting.request().flow(), waiting);
        if (waiting.request().priority() == CallPriority.PROMPT && prompt.size() == 1) {
            // What holds up the others may not hold up this one: it has the reserve.
            permitsAt = 0;
        }
    }

    private FairLine<Waiting> line(CallPriority priority) {
        return priority == CallPriority.PROMPT ? prompt : bulk;
    }

    int waiting() {
        return prompt.size() + bulk.size();
    }

    int inFlight() {
        return inFlight;
    }

    long pausedUntil() {
        return pausedUntil;
    }

    /** What is used of each window. */
    List<Quotas.Used> windows() {
        List<Quotas.Used> windows = new ArrayList<>();
        for (int i = 0; i < settings.windows().size(); i++) {
            windows.add(new Quotas.Used(settings.windows().get(i), i < used.length ? used[i] : 0));
        }
        return windows;
    }

    /** The next who may call now; null for nobody. */
    @Nullable
    Waiting admit(long now) {
        while (waiting() > 0 && pausedUntil <= now && now < validUntil && inFlight < slots) {
            Waiting next;
            if (prompt.size() > 0 && forPrompt + forAny > 0) {
                next = prompt.next();
            } else if (bulk.size() > 0 && forAny > 0) {
                next = bulk.next();
            } else {
                return null;
            }
            if (next == null || next.future().isDone()) {
                continue;
            }
            if (next.request().priority() == CallPriority.PROMPT && forPrompt > 0) {
                forPrompt--;
            } else {
                forAny--;
            }
            inFlight++;
            usedAt = now;
            return next;
        }
        return null;
    }

    /** Everybody who waits, in turn. */
    @Nullable
    Waiting dismiss() {
        Waiting next = prompt.next();
        return next == null ? bulk.next() : next;
    }

    void unused() {
        inFlight--;
        forAny++;
    }

    void used(long now) {
        inFlight--;
        for (QuotaSettings.Window window : settings.windows()) {
            long per = window.per().toMillis();
            long step = Math.max(1, per / STEPS);
            long until = (now + per) / step * step + step;
            spent.merge(new Spent(per, until), 1, Integer::sum);
        }
    }

    /** Whether everybody has to be told of what the platform said. */
    boolean hear(PlatformAnswer answer, long now) {
        if (answer.status() == 429) {
            Duration asked = RetryAfter.of(answer, Instant.ofEpochMilli(now));
            long pause = asked == null
                    ? Math.min(PAUSE_MAX_MILLIS, settings.pause().toMillis() << Math.min(throttled, DOUBLINGS_MAX))
                    : Math.max(1, asked.toMillis());
            throttled++;
            newPause = Math.max(newPause, now + pause);
            pausedUntil = Math.max(pausedUntil, newPause);
            return true;
        }
        throttled = 0;
        QuotaSettings.Signs names = settings.signs();
        if (names == null || names.remaining() == null || settings.windows().isEmpty()) {
            return false;
        }
        Long remaining = number(answer.header(names.remaining()));
        if (remaining == null) {
            return false;
        }
        Long resetIn = resetIn(answer, names, now);
        QuotaSettings.Window window = window(answer, names, resetIn);
        long per = window.per().toMillis();
        int left = (int) Math.max(0, Math.min(window.calls(), remaining));
        signs.add(new Sign(per, left, now + (resetIn == null ? per : Math.min(per, resetIn)), now));
        if (forPrompt + forAny > left) {
            forAny = Math.max(0, left - forPrompt);
            forPrompt = Math.min(forPrompt, left);
            return true;
        }
        return false;
    }

    /** Of which window the platform speaks: the one of its limit, or the shortest that can last until its reset. */
    private QuotaSettings.Window window(PlatformAnswer answer, QuotaSettings.Signs names, @Nullable Long resetIn) {
        Long limit = names.limit() == null ? null : number(answer.header(names.limit()));
        for (QuotaSettings.Window window : settings.windows()) {
            boolean meant =
                    limit == null ? resetIn == null || resetIn <= window.per().toMillis() : limit == window.calls();
            if (meant) {
                return window;
            }
        }
        return settings.windows().get(settings.windows().size() - 1);
    }

    private static @Nullable Long resetIn(PlatformAnswer answer, QuotaSettings.Signs names, long now) {
        String text = names.reset() == null ? null : answer.header(names.reset());
        if (text == null) {
            return null;
        }
        if (names.unit() == QuotaSettings.Unit.HTTP_DATE) {
            try {
                return Math.max(
                        0,
                        ZonedDateTime.parse(text.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                                        .toInstant()
                                        .toEpochMilli()
                                - now);
            } catch (java.time.format.DateTimeParseException e) {
                return null;
            }
        }
        Long number = number(text);
        if (number == null) {
            return null;
        }
        return Math.max(
                0,
                switch (names.unit()) {
                    case SECONDS -> number * 1000;
                    case MILLIS -> number;
                    case EPOCH_SECONDS -> number * 1000 - now;
                    case EPOCH_MILLIS, HTTP_DATE -> number - now;
                });
    }

    /** The first number of a header, such as 75 of {@code 75, 75;w=1, 750;w=60}; null where there is none. */
    private static @Nullable Long number(@Nullable String text) {
        if (text == null) {
            return null;
        }
        String digits = text.strip().split("[^0-9]", 2)[0];
        return digits.isEmpty() || digits.length() > 15 ? null : Long.valueOf(digits);
    }

    /** Whether more permits or slots would let somebody go, and there may be some. */
    boolean isShort(long now) {
        if (waiting() == 0 || pausedUntil > now || lacksPermits() && now < permitsAt) {
            return false;
        }
        if (now >= validUntil) {
            return now >= slotsAt;
        }
        return inFlight < slots || slots < settings.concurrent() && now >= slotsAt || isLow(now);
    }

    /** Whether half of what was given is used: more is asked for while slots are taken, so that none waits for the store. */
    private boolean isLow(long now) {
        return now >= permitsAt && forAny < (Math.min(slice(), bulk.size()) + 1) / 2;
    }

    /** The most permits held ahead of their use: what one hub holds, another cannot use. */
    private int slice() {
        int slice = Integer.MAX_VALUE;
        for (QuotaSettings.Window window : settings.windows()) {
            slice = Math.min(slice, Math.max(1, window.calls() / SLICES));
        }
        return slice == Integer.MAX_VALUE ? UNLIMITED_SLICE : slice;
    }

    private boolean lacksPermits() {
        return prompt.size() > 0 ? forPrompt + forAny == 0 : forAny == 0;
    }

    /** When there may be more of what is missing; in the past where only an answer helps. */
    long nextAt(long now) {
        return lacksPermits() && permitsAt > now ? permitsAt : slotsAt;
    }

    /** Whether the store knows of something that has to be renewed, or does not know of something. */
    boolean isOpen() {
        return inFlight + forPrompt + forAny + slots > 0 || !spent.isEmpty();
    }

    /** What to settle. Until the grant comes, no more than the kept slots are used. */
    Ask ask(long now) {
        if (now >= validUntil) {
            // What was not used in time is not used at all.
            forPrompt = 0;
            forAny = 0;
        }
        boolean starved = lacksPermits() && now < permitsAt;
        if (waiting() == 0 || starved) {
            // Nobody goes soon: other hubs may.
            forPrompt = 0;
            forAny = 0;
            slots = inFlight;
        } else if (slots > fairSlots) {
            slots = Math.max(inFlight, fairSlots);
        }
        int slice = slice();
        int promptMissing = Math.max(0, Math.min(slice, prompt.size()) - forPrompt);
        int bulkMissing = Math.max(0, Math.min(slice - promptMissing, bulk.size()) - forAny);
        int kept = Math.max(inFlight, slots);
        Ask ask = new Ask(
                key,
                settings,
                spent,
                inFlight + forPrompt + forAny,
                promptMissing,
                bulkMissing,
                kept,
                starved ? inFlight : Math.min(settings.concurrent(), inFlight + waiting()),
                newPause,
                signs);
        slots = kept;
        spent = new HashMap<>();
        signs = new ArrayList<>();
        newPause = 0;
        asking = true;
        return ask;
    }

    void granted(Ask ask, Grant grant, long now) {
        boolean less = grant.prompt() < ask.prompt() || grant.bulk() < ask.bulk();
        permitsAt = less ? grant.nextAt() : 0;
        slotsAt = grant.slots() < ask.wantedSlots() ? now + SLOTS_AGAIN_MILLIS : 0;
        asking = false;
        forPrompt += grant.prompt();
        forAny += grant.bulk();
        slots = grant.slots();
        fairSlots = grant.fairSlots();
        validUntil = grant.validUntil();
        pausedUntil = Math.max(pausedUntil, grant.pausedUntil());
        used = grant.used();
    }

    /** The store did not take it: it is asked again. */
    void notSettled(Ask ask, long again) {
        permitsAt = again;
        slotsAt = again;
        asking = false;
        ask.spent().forEach((when, calls) -> spent.merge(when, calls, Integer::sum));
        signs.addAll(ask.signs());
        newPause = Math.max(newPause, ask.pauseUntil());
    }
}
