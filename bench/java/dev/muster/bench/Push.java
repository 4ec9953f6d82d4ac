package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.muster.bench.Bench.Options;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A full outbox is worked off against a target with a quota: once the calls at once are what bounds it, once a window is. The
 * target counts every moving window itself.
 */
final class Push {
    private static final int BATCH = 500;
    private static final int AT_ONCE = 10;
    private static final String PLATFORM = """
            platform: club
            title: Club
            api: { baseUrl: "http://127.0.0.1" }
            webhook: { signature: { scheme: hmac, digest: sha256, header: X-Signature } }
            quota: { windows: [ { calls: %d, per: PT%dS } ], concurrent: %d }
            push:
              - name: club-people
                entity: member
                fields: [email, firstName, lastName, consentEmail]
                filter: .email != null
                key: email
                consent: email
                batch: %d
                upsert:
                  method: POST
                  path: /people
                  idempotent: true
                  record: "{ email, firstName, lastName, consentEmail }"
                  body: "{ people: .records }"
                  results: "[ .answer.people[]? | { index: .index, status: \\"ok\\", externalId: .id } ]"
                withdraw: { method: POST, path: /people/withdraw, idempotent: true, record: "{ email }", body: "{ people: .records }", results: "[]" }
            streams:
              people:
                path: /people
                paging: { kind: page, parameter: page, size: { parameter: size, value: 500 }, last: last_page }
                items: data
                record: person
            mapping: { records: [ { entity: member, of: person, id: id, fields: [ { source: email, target: email, type: email } ] } ] }
            """;

    private Push() {}

    private record Arrival(long nanos, int records) {}

    private record Bound(String name, int calls, int seconds, long latencyMillis) {
        double callsPerSecond() {
            return Math.min(calls / (double) seconds, AT_ONCE * 1e3 / latencyMillis);
        }
    }

    static boolean run(Options options) throws Exception {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        int rows = options.number("rows", 200_000);
        int hubs = options.number("hubs", 1);
        int concurrent = options.number("latency", 1_000);
        List<Bound> bounds = List.of(
                new Bound("calls at once", 100_000, 1, concurrent),
                new Bound("window", 100, 10, options.number("window-latency", 100)));
        boolean well = true;
        for (Bound bound : bounds) {
            if (!options.flag("window") || bound.calls() == 100) {
                well &= once(bound, rows, hubs, options.flag("postgres") || hubs > 1);
            }
        }
        return well;
    }

    private static boolean once(Bound bound, int rows, int hubs, boolean postgres) throws Exception {
        Path data = HubProcess.freshFolder("push");
        Path home = HubProcess.homeWithoutFlows();
        Target target = new Target(bound);
        List<HubProcess> running = new ArrayList<>();
        try (Store store = Store.open(postgres, data)) {
            say("push, %s, bound by %s: %,d records of the outbox in batches of %d, %d hub(s) of 256 MB of heap; the quota: "
                            + "%d calls per %d s, %d at once, each answered after %d ms",
                    store.name(), bound.name(), rows, BATCH, hubs, bound.calls(), bound.seconds(), AT_ONCE,
                    bound.latencyMillis());
            Population.put(store, data.resolve("first"), rows);
            fill(store);
            Files.writeString(
                    home.resolve("config/platforms/club.yaml"),
                    PLATFORM.formatted(bound.calls(), bound.seconds(), AT_ONCE, BATCH));
            Map<String, String> environment = new HashMap<>(store.environment());
            // the same for all hubs on one database
            environment.put("ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
            environment.put("CLUB_API_KEY", "key");
            environment.put("CLUB_BASE_URL", "http://127.0.0.1:" + target.port());
            environment.put("CLUB_PUSH", "on");
            environment.put("MUSTER_PULL_LOOK_MS", "86400000");
            for (int i = 0; i < hubs; i++) {
                running.add(HubProcess.hub(home, i == 0 ? data : data.resolve("hub" + i), environment));
            }
            long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(60 + (long) (4.0 * rows / BATCH / bound.callsPerSecond()));
            while (store.number("SELECT COUNT(*) FROM pushes WHERE status IN (1, 2)") > 0) {
                if (System.nanoTime() > giveUp) {
                    throw new IllegalStateException("The outbox does not become empty");
                }
                Thread.sleep(500);
            }
            double cpu = running.stream().mapToDouble(HubProcess::cpuSeconds).sum();
            say("  CPU of the hubs: %.3f s per 1,000; peak heap %d MB, resident %d MB",
                    cpu * 1_000 / rows, running.get(0).peakHeapMegabytes(), running.get(0).residentMegabytes());
            long told = store.number("SELECT COUNT(*) FROM pushes WHERE status = 0 AND pushed IS NOT NULL");
            return target.report(rows) & told == rows;
        } finally {
            running.forEach(HubProcess::close);
            target.close();
        }
    }

    /** Everybody opted in, and has to be told. */
    private static void fill(Store store) throws SQLException {
        try (Connection connection = store.connect();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("UPDATE members SET consent_email = 'opted_in'");
            statement.executeUpdate("DELETE FROM pushes");
            statement.executeUpdate("INSERT INTO pushes (golden_id, target, integration, organization, platform, entity, status,"
                    + " rank, version, attempts, not_before, forced, created_at, updated_at)"
                    + " SELECT id, 'club-people', 'default', organization, 'club', 'member', 1, 1, 1, 0, 1, 0, 1, 1 FROM members");
        }
        if (!store.url().startsWith("jdbc:sqlite:")) {
            // A hub never asks SQLite to.
            Population.analyze(store);
        }
    }

    /** Takes batches, and counts. */
    private static final class Target implements AutoCloseable {
        private final Bound bound;
        private final HttpServer server;
        private final Queue<Arrival> arrivals = new ConcurrentLinkedQueue<>();
        private final AtomicInteger atOnce = new AtomicInteger();
        private final AtomicInteger mostAtOnce = new AtomicInteger();

        Target(Bound bound) throws IOException {
            this.bound = bound;
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
            server.setExecutor(Executors.newCachedThreadPool(work -> {
                Thread thread = new Thread(work, "target");
                thread.setDaemon(true);
                return thread;
            }));
            server.createContext("/", this::answer);
            server.start();
        }

        int port() {
            return server.getAddress().getPort();
        }

        private void answer(HttpExchange call) throws IOException {
            long began = System.nanoTime();
            mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
            String body = new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            int records = 0;
            for (int at = body.indexOf("\"email\""); at >= 0; at = body.indexOf("\"email\"", at + 1)) {
                records++;
            }
            arrivals.add(new Arrival(began, records));
            StringBuilder answer = new StringBuilder("{\"people\":[");
            for (int i = 0; i < records; i++) {
                answer.append(i == 0 ? "" : ",").append("{\"index\":").append(i).append(",\"id\":\"c").append(began).append('-')
                        .append(i).append("\"}");
            }
            byte[] bytes = answer.append("]}").toString().getBytes(StandardCharsets.UTF_8);
            HubProcess.pause(Math.max(0, bound.latencyMillis() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began)));
            atOnce.decrementAndGet();
            call.getResponseHeaders().add("Content-Type", "application/json");
            call.sendResponseHeaders(200, bytes.length);
            call.getResponseBody().write(bytes);
            call.close();
        }

        /** From one window after the first call on, and to the last call. */
        boolean report(int rows) {
            List<Arrival> all = new ArrayList<>(arrivals);
            all.sort(Comparator.comparingLong(Arrival::nanos));
            long first = all.get(0).nanos();
            int sent = all.stream().mapToInt(Arrival::records).sum();
            long step = TimeUnit.SECONDS.toNanos(bound.seconds());
            long from = first + Math.max(step, TimeUnit.SECONDS.toNanos(5));
            long whole = (all.get(all.size() - 1).nanos() - from) / step * step;
            if (whole <= 0) {
                throw new IllegalStateException("Too few rows: they did not last for two windows of the quota");
            }
            long records = all.stream()
                    .filter(call -> call.nanos() >= from && call.nanos() < from + whole)
                    .mapToLong(Arrival::records)
                    .sum();
            double rate = records / (whole / 1e9);
            double share = 100 * rate / (bound.callsPerSecond() * BATCH);
            long over = 0;
            for (int i = 0; i + bound.calls() < all.size(); i++) {
                if (all.get(i + bound.calls()).nanos() - all.get(i).nanos() < step) {
                    over++;
                }
            }
            say("  %,.0f records/s for %.0f s: %.1f %% of what the quota allows; %d calls, %,d records sent for %,d; moving "
                            + "windows over it: %d; at most %d of %d at once",
                    rate, whole / 1e9, share, all.size(), sent, rows, over, mostAtOnce.get(), AT_ONCE);
            return over == 0 && mostAtOnce.get() <= AT_ONCE && share >= 95 && sent == rows;
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
