package dev.muster.alert;

import dev.muster.alert.Evaluation.Tiding;
import dev.muster.db.Ids;
import dev.muster.failure.Defect;
import dev.muster.failure.Transient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at the rules, and tells people. The bean behind {@code routes/70-alert}. */
public final class Alerting {
    private static final Logger LOG = LoggerFactory.getLogger(Alerting.class);

    /** Another hub looks where this one has not for so many of its periods. */
    private static final int PERIODS_MISSED = 3;

    /** Longer than any channel takes to answer. */
    private static final Duration SENDING = Duration.ofMinutes(3);

    private static final int ATTEMPTS_MAX = 20;
    private static final Duration STALE = Duration.ofDays(1);
    private static final Duration PAUSE_FIRST = Duration.ofSeconds(10);
    private static final Duration PAUSE_MOST = Duration.ofHours(1);

    private final Supplier<AlertSettings> settings;
    private final Readings readings;
    private final AlertStore store;
    private final Channels channels;
    private final Ids ids;
    private final Clock clock;
    private final String hub;
    private final Duration period;

    /**
     * @param hub this hub's name, the same after a restart
     * @param period how often the rules are looked at
     */
    public Alerting(
            Supplier<AlertSettings> settings,
            Readings readings,
            AlertStore store,
            Channels channels,
            Ids ids,
            Clock clock,
            String hub,
            Duration period) {
        this.settings = settings;
        this.readings = readings;
        this.store = store;
        this.channels = channels;
        this.ids = ids;
        this.clock = clock;
        this.hub = hub;
        this.period = period;
    }

    /** Looks at the rules, unless another hub does. */
    public void evaluate() {
        Instant now = clock.instant();
        if (!store.watch(hub, now, now.plus(period.multipliedBy(PERIODS_MISSED)))) {
            return;
        }
        AlertSettings current = settings.get();
        List<Reading> measured = readings.of(current.rules(), now);
        store.keep(
                hub,
                open -> Evaluation.of(current.rules(), measured, open, now),
                tiding -> notices(current, tiding, now));
    }

    private List<Notice> notices(AlertSettings current, Tiding tiding, Instant now) {
        String title = Wording.title(tiding);
        LOG.warn("Alert: {}", title);
        List<Notice> notices = new ArrayList<>();
        for (Channel channel : current.channels()) {
            if (channel.wants(tiding.alert())) {
                notices.add(Notice.of(
                        ids.next(),
                        channel.name(),
                        tiding.kind().name().toLowerCase(Locale.ROOT),
                        tiding.alert(),
                        title,
                        Wording.text(tiding, now),
                        now));
            }
        }
        return notices;
    }

    /** What is to be told next; null where nothing is due. */
    public @Nullable Notice next() {
        Instant now = clock.instant();
        return store.next(now, now.plus(SENDING)).orElse(null);
    }

    /**
     * Tells it.
     *
     * @throws Transient where it can be tried again
     * @throws Defect where that cannot help
     */
    public void send(Notice notice) {
        channels.send(notice);
        store.sent(notice, clock.instant());
    }

    /** It could not be told: it is tried again, later each time, or given up after a day or {@value #ATTEMPTS_MAX} tries. */
    public void fail(Notice notice, Throwable failure) {
        Instant now = clock.instant();
        int attempts = notice.attempts() + 1;
        String error = String.valueOf(failure.getMessage());
        boolean isStale = Duration.between(notice.createdAt(), now).compareTo(STALE) > 0;
        if (failure instanceof Defect || attempts >= ATTEMPTS_MAX || isStale) {
            store.giveUp(notice, now, error);
            LOG.error("The channel {} was not told '{}', and will not be: {}", notice.channel(), notice.title(), error);
            return;
        }
        store.later(notice, now.plus(pause(attempts, failure)), error);
        LOG.warn("The channel {} could not be told '{}' yet: {}", notice.channel(), notice.title(), error);
    }

    /** 10 s, 20 s, 40 s, up to an hour; never sooner than the other side asks, and within a day. */
    private static Duration pause(int attempts, Throwable failure) {
        Duration pause = PAUSE_FIRST.multipliedBy(1L << Math.min(attempts - 1, 10));
        pause = pause.compareTo(PAUSE_MOST) > 0 ? PAUSE_MOST : pause;
        if (failure instanceof Transient busy && busy.retryAfter() != null) {
            Duration asked = busy.retryAfter();
            pause = asked.compareTo(pause) > 0 ? asked : pause;
        }
        return pause.compareTo(STALE) > 0 ? STALE : pause;
    }

    /** Forgets what was resolved more than a year ago. */
    public void forget() {
        store.forget(clock.instant());
    }
}
