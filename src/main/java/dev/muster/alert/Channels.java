package dev.muster.alert;

import dev.muster.db.Ids;
import dev.muster.failure.Defect;
import dev.muster.failure.Failure;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.failure.Transient;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The channels of {@code config/alerts.yaml} as it is now. */
public final class Channels {
    private final Supplier<AlertSettings> settings;
    private final Ids ids;
    private final Clock clock;
    private final HookSender hooks;
    private final MailSender mails = new MailSender();

    public Channels(Supplier<AlertSettings> settings, Ids ids, Clock clock) {
        this.settings = settings;
        this.ids = ids;
        this.clock = clock;
        this.hooks = new HookSender(clock);
    }

    /** All of them. */
    public List<Channel> all() {
        return settings.get().channels();
    }

    /**
     * Sends a message that says it is a test. Waits for the other side, half a minute at the most as a rule.
     *
     * @return why it was not taken; empty where it was
     * @throws Refusal (404) where there is no such channel
     */
    public Optional<String> test(String name) {
        Channel channel = settings.get()
                .channel(name)
                .orElseThrow(() -> new Refusal(
                        FailureCode.NOT_FOUND, 404, "There is no channel of this name in " + AlertSettings.FILE));
        Notice notice = new Notice(
                ids.next(),
                0,
                name,
                "test",
                Severity.TICKET.id(),
                "test",
                "",
                "",
                "[test] Muster can tell you of alerts",
                "Somebody asked for this message, to see whether the channel " + name
                        + " works. Nothing is wrong, and nothing has to be done.",
                clock.instant(),
                1,
                null,
                null,
                null,
                null);
        try {
            send(channel, notice);
            return Optional.empty();
        } catch (Failure e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Tells a channel.
     *
     * @throws Transient where it can be tried again
     * @throws Defect where that cannot help until somebody changes something
     */
    void send(Notice notice) {
        Channel channel = settings.get()
                .channel(notice.channel())
                .orElseThrow(() -> new Defect(
                        FailureCode.NOT_FOUND,
                        "The channel " + notice.channel() + " is not in " + AlertSettings.FILE + " any more"));
        send(channel, notice);
    }

    private void send(Channel channel, Notice notice) {
        switch (channel.kind()) {
            case EMAIL -> mails.send(channel, notice);
            case SLACK, DISCORD, WEBHOOK -> hooks.send(channel, notice);
        }
    }
}
