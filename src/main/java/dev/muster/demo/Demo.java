package dev.muster.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The demo beside a hub: a season of the simulated platforms, and what the hub makes of it, live in the terminal.
 *
 * <p>Wiring: start the platforms, give {@link SimulatedPlatforms#environment()} to the hub, start the hub, call {@link #run()}. The
 * season begins as soon as the hub's figures can be read. {@link #run()} closes the platforms when it ends.
 */
public final class Demo implements AutoCloseable {
    private static final Duration READY_POLL = Duration.ofMillis(200);
    private static final Duration PULL_EVERY = Duration.ofSeconds(15);
    private static final Duration GOODBYE_MAX = Duration.ofSeconds(3);

    // With a first season of 300 people, Eventbrite's quota of an hour then just lasts.
    private static final double LATER_EVENTS_PER_SECOND = 0.15;
    private static final int LATER_PEOPLE = 10;

    /**
     * How the demo is set up.
     *
     * @param hub where the hub listens, such as {@code http://127.0.0.1:8080}
     * @param management where its management port is, such as {@code http://127.0.0.1:9090}
     * @param adminToken printed in the line to paste
     * @param people how many come into the first season; 300 take half of Eventbrite's hourly quota
     * @param eventsPerSecond how much happens; one event is one to eight webhooks
     * @param terminal whether the output is a terminal that can be painted over
     */
    public record Settings(
            URI hub, URI management, String adminToken, int people, double eventsPerSecond, boolean terminal) {}

    private final SimulatedPlatforms platforms;
    private final Settings settings;
    private final Supplier<Figures> figures;
    private final PrintStream out;
    private final Circle circle;
    private final CountDownLatch ending = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);

    /** @param figures asked every second or two, and may say that the hub does not answer: {@link MetricsReader} */
    public Demo(SimulatedPlatforms platforms, Settings settings, Supplier<Figures> figures, PrintStream out) {
        this.platforms = platforms;
        this.settings = settings;
        this.figures = figures;
        this.out = out;
        this.circle = new Circle(platforms);
    }

    /** The lines to paste next, each a command or an address. */
    public List<String> linesToPaste() {
        String email = platforms.world().showcaseEmail();
        String curl = "curl -s -H 'Authorization: Bearer " + settings.adminToken() + "' '" + settings.hub();
        return List.of(
                "export MUSTER_URL=" + settings.hub() + " MUSTER_ADMIN_TOKEN=" + settings.adminToken(),
                "./muster explain " + email,
                "./muster explain " + email + " consentEmail",
                "./muster sync history --platform classy",
                curl + "/api/members?email=" + URLEncoder.encode(email, StandardCharsets.UTF_8) + "'",
                "./muster pushes --platform mailchimp --limit 10",
                "./muster pushes --status failed",
                "./muster pushes --status held",
                "Dashboard  " + settings.hub() + "/",
                "Hawtio     " + settings.management() + "/hawtio");
    }

    /** Runs until {@link #close()} or until the program is told to end (Ctrl-C); then closes the platforms. */
    public void run() {
        Thread goodbye = new Thread(this::close, "demo goodbye");
        Runtime.getRuntime().addShutdownHook(goodbye);
        Thread season = new Thread(this::playSeasons, "demo season");
        season.setDaemon(true);
        Thread pulls = new Thread(this::pullNowAndThen, "demo pulls");
        pulls.setDaemon(true);
        Screen screen = new Screen(out, settings.terminal());
        long start = System.nanoTime();
        try {
            out.println();
            out.println("  Paste next, in another terminal or a browser; Ctrl-C ends the demo:");
            linesToPaste().forEach(line -> out.println("    " + line));
            out.println();
            season.start();
            pulls.start();
            paintUntilEnding(screen, start);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            season.interrupt();
            pulls.interrupt();
            screen.restore();
            DeliveryTally tally = platforms.deliveries();
            out.println("  The demo has ended: " + tally.sent() + " webhooks sent, " + tally.accepted() + " accepted, "
                    + tally.outstanding() + " still under way, "
                    + platforms.world().expectedMembers().size() + " people in the story.");
            out.flush();
            platforms.close();
            ended.countDown();
            forget(goodbye);
        }
    }

    private static void forget(Thread goodbye) {
        try {
            Runtime.getRuntime().removeShutdownHook(goodbye);
        } catch (IllegalStateException shuttingDown) {
            // The hook is what ended us; it needs no removal any more.
        }
    }

    private void paintUntilEnding(Screen screen, long start) throws InterruptedException {
        Duration period = settings.terminal() ? Duration.ofSeconds(1) : Duration.ofSeconds(2);
        Figures before = Figures.UNREACHABLE;
        long beforeNanos = System.nanoTime();
        do {
            Figures now = figures.get();
            long nowNanos = System.nanoTime();
            double seconds = (nowNanos - beforeNanos) / 1e9;
            double perSecond = before.reachable() && now.reachable() && seconds > 0
                    ? Math.max(0, now.accepted() - before.accepted()) / seconds
                    : 0;
            Duration running = Duration.ofNanos(nowNanos - start);
            List<String> news = circle.look(running);
            screen.paint(
                    new Screen.Moment(
                            now,
                            platforms.deliveries(),
                            platforms.faultsThrown(),
                            platforms.quotaViolations(),
                            perSecond,
                            running,
                            circle.lines()),
                    news);
            before = now;
            beforeNanos = nowNanos;
        } while (!ending.await(period.toMillis(), TimeUnit.MILLISECONDS));
    }

    private boolean awaitHub() throws InterruptedException {
        while (!figures.get().reachable()) {
            if (ending.await(READY_POLL.toMillis(), TimeUnit.MILLISECONDS)) {
                return false;
            }
        }
        return true;
    }

    /** What a person would do who cannot wait for the schedule of a quarter of an hour: Classy's streams are read now. */
    private void pullNowAndThen() {
        HttpRequest start = HttpRequest.newBuilder(settings.hub().resolve("/api/sync/start"))
                .header("Authorization", "Bearer " + settings.adminToken())
                .header("Content-Type", "application/json")
                .timeout(Duration.ofSeconds(5))
                .POST(HttpRequest.BodyPublishers.ofString("{\"platform\":\"classy\",\"mode\":\"incremental\"}"))
                .build();
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        try {
            if (!awaitHub()) {
                return;
            }
            while (!ending.await(PULL_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    client.send(start, HttpResponse.BodyHandlers.discarding());
                } catch (IOException notNow) {
                    // The screen says that the hub does not answer; the next time comes soon.
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void playSeasons() {
        try {
            if (!awaitHub()) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        platforms.season().playSeason(settings.people(), settings.eventsPerSecond());
        // Afterwards life goes on, slowly enough that no platform's hourly quota is used up.
        while (ending.getCount() > 0 && !Thread.currentThread().isInterrupted()) {
            platforms.season().playSeason(LATER_PEOPLE, Math.min(settings.eventsPerSecond(), LATER_EVENTS_PER_SECOND));
        }
    }

    /** Ends {@link #run()} and waits a little for its last line. */
    @Override
    public void close() {
        ending.countDown();
        try {
            if (!ended.await(GOODBYE_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
                platforms.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
