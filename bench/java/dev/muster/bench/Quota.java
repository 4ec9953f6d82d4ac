package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import com.sun.net.httpserver.HttpServer;
import dev.muster.bench.Bench.Options;
import dev.muster.call.CallPriority;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.db.Database;
import dev.muster.quota.BreakerSettings;
import dev.muster.quota.QuotaSettings;
import dev.muster.quota.QuotaSettings.Window;
import dev.muster.quota.QuotaStore;
import dev.muster.quota.Quotas;
import dev.muster.quota.Turn;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Two hubs' quotas on one database share a credential and call a local server, which counts every moving window. */
final class Quota {
    private Quota() {}

    static boolean run(Options options) throws Exception {
        int seconds = options.number("seconds", 30);
        List<Window> windows =
                List.of(new Window(50, Duration.ofSeconds(1)), new Window(400, Duration.ofSeconds(10)));
        QuotaSettings settings = new QuotaSettings(
                windows, 10, 0, false, null, Duration.ofSeconds(5), Duration.ofMillis(20), BreakerSettings.USUAL);
        ConcurrentLinkedQueue<Long> arrivals = new ConcurrentLinkedQueue<>();
        AtomicInteger atOnce = new AtomicInteger();
        AtomicInteger mostAtOnce = new AtomicInteger();
        ExecutorService answering = Executors.newCachedThreadPool();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        server.setExecutor(answering);
        server.createContext("/", call -> {
            arrivals.add(System.nanoTime());
            mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
            HubProcess.pause(10);
            atOnce.decrementAndGet();
            call.sendResponseHeaders(204, -1);
            call.close();
        });
        server.start();
        HttpRequest get = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"))
                .build();
        Path folder = HubProcess.freshFolder("quota");
        String url = "jdbc:sqlite:" + folder.resolve("muster.db");
        ExecutorService calling = Executors.newFixedThreadPool(20);
        HttpClient client = HttpClient.newHttpClient();
        try (Database one = Database.open(url, 4);
                Database other = Database.open(url, 4)) {
            Quotas[] hubs = {hub(one, "one"), hub(other, "other")};
            int work = seconds * 60;
            for (int i = 0; i < work * 2; i++) {
                hubs[i % 2]
                        .turn(
                                PlatformRequest.get("acme", "o", "i", "push", CallPriority.BULK, "/"),
                                settings)
                        .thenAcceptAsync(turn -> call(client, get, turn), calling);
            }
            TimeUnit.SECONDS.sleep(seconds);
            for (Quotas hub : hubs) {
                hub.stop();
            }
            TimeUnit.SECONDS.sleep(1);
            for (Quotas hub : hubs) {
                hub.close();
            }
        } finally {
            calling.shutdownNow();
            server.stop(0);
            answering.shutdownNow();
        }
        long[] times = arrivals.stream().mapToLong(Long::longValue).sorted().toArray();
        long violations = 0;
        for (Window window : windows) {
            long over = over(times, window);
            violations += over;
            say("quota, %d per %s: %d moving windows over it", window.calls(), window.per(), over);
        }
        // 400 in each stretch of 10 s that has begun.
        double allowed = 400.0 * seconds / 10;
        say("quota, two hubs on SQLite: %d calls in %d s, %.1f %% of what is allowed; at most %d of 10 at once",
                times.length, seconds, 100 * times.length / allowed, mostAtOnce.get());
        return violations == 0 && mostAtOnce.get() <= 10 && times.length >= 0.95 * allowed;
    }

    private static Quotas hub(Database database, String name) {
        return new Quotas(new QuotaStore(database, name, "1"), Clock.systemUTC(), (platform, wait) -> {}, 20, 1_000_000);
    }

    private static void call(HttpClient client, HttpRequest get, Turn turn) {
        try {
            Instant asked = Instant.now();
            int status = client.send(get, HttpResponse.BodyHandlers.discarding()).statusCode();
            turn.answered(new PlatformAnswer(status, Map.of(), new byte[0], asked, "http://127.0.0.1"));
        } catch (Exception e) {
            turn.unanswered();
        }
    }

    /** How many windows that begin with a call hold more than allowed. */
    private static long over(long[] times, Window window) {
        long over = 0;
        for (int i = 0; i + window.calls() < times.length; i++) {
            if (times[i + window.calls()] - times[i] < window.per().toNanos()) {
                over++;
            }
        }
        return over;
    }
}
