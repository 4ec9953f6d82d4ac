package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.muster.bench.Bench.Options;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;

/** How fast a stream becomes golden records, and how fast it is read again where nothing has changed. */
final class Pull {
    private static final String TOKEN = "token-of-the-bench-0123456789";

    private static final String PLATFORM = """
            platform: club
            title: Club
            api: { baseUrl: "http://127.0.0.1" }
            webhook: { signature: { scheme: hmac, digest: sha256, header: X-Signature } }
            quota: { windows: [ { calls: 100000, per: PT1S } ], concurrent: 10 }
            streams:
              people:
                path: /people
                paging: { kind: page, parameter: page, size: { parameter: size, value: %d }, last: last_page }
                items: data
                record: person
            mapping:
              records:
                - entity: member
                  of: person
                  id: id
                  observedAt: %s
                  fields:
                    - { source: email, target: email, type: email }
                    - { source: first, target: firstName, type: name }
                    - { source: last, target: lastName, type: name }
                    - { source: city, target: city, type: text }
                    - { source: zip, target: postalCode, type: text }
            """;

    private static final String FLOW = """
            - route:
                id: club
                routeConfigurationId: operations
                from:
                  uri: muster-operations:club
                  steps:
                    - to: direct:normalize
            """;

    private Pull() {}

    static boolean run(Options options) throws Exception {
        int records = options.number("records", 200_000);
        int size = options.number("page", 500);
        boolean timeless = options.flag("timeless");
        Path data = HubProcess.freshFolder("pull");
        Path home = HubProcess.homeWithoutFlows();
        HttpServer platform = platform(records, size);
        try (Store store = Store.open(options.flag("postgres"), data)) {
            say("pull, %s: %,d records in pages of %d, 256 MB of heap", store.name(), records, size);
            Files.writeString(
                    home.resolve("config/platforms/club.yaml"),
                    PLATFORM.formatted(size, timeless ? "nothing" : "updated_at"));
            Files.writeString(home.resolve("routes/platforms/club.camel.yaml"), FLOW);
            Map<String, String> environment = new HashMap<>(store.environment());
            environment.put("CLUB_API_KEY", "key");
            environment.put("CLUB_BASE_URL", "http://127.0.0.1:" + platform.getAddress().getPort());
            environment.put("MUSTER_ADMIN_TOKEN", TOKEN);
            try (HubProcess hub = HubProcess.hub(home, data, environment)) {
                for (String what : new String[] {"new", "unchanged", "unchanged once more"}) {
                    double rate = read(hub, store, records);
                    say("  %s: %,.0f records/s from the first page to the last golden row; peak heap %d MB, resident %d MB",
                            what, rate, hub.peakHeapMegabytes(), hub.residentMegabytes());
                }
                say("  CPU in all: %.3f s per 1,000", hub.cpuSeconds() * 1_000 / (3.0 * records));
            }
            long wrong = records - store.number("SELECT COUNT(*) FROM members");
            long rewritten = store.number("SELECT COUNT(*) FROM members WHERE version > 1");
            say("  golden records that are missing: %d, written more than once: %d", wrong, rewritten);
            return wrong == 0 && rewritten == 0;
        } finally {
            platform.stop(0);
        }
    }

    private static double read(HubProcess hub, Store store, int records) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + hub.port() + "/api/sync/start"))
                .header("Authorization", "Bearer " + TOKEN)
                .POST(HttpRequest.BodyPublishers.ofString("{\"platform\":\"club\",\"mode\":\"full\"}"))
                .build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 202) {
            throw new IllegalStateException("The run was not started: " + answer.body());
        }
        while (store.number("SELECT COUNT(*) FROM sync_runs WHERE ended_at IS NULL OR applied < pages") > 0) {
            if (store.number("SELECT COUNT(*) FROM sync_runs WHERE state = 'failed'") > 0) {
                throw new IllegalStateException("The run has failed: GET /api/sync/history says why");
            }
            Thread.sleep(200);
        }
        long began = store.number("SELECT MAX(started_at) FROM sync_runs");
        long ended = store.number("SELECT MAX(processed_at) FROM sync_operations");
        return records / Math.max(0.001, (ended - began) / 1e3);
    }

    private static HttpServer platform(int records, int size) throws IOException {
        // else the JDK's server sends head and body of an answer apart, and each waits 40 ms for the other side's ACK
        System.setProperty("sun.net.httpserver.nodelay", "true");
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setExecutor(Executors.newFixedThreadPool(2, work -> {
            Thread thread = new Thread(work, "platform");
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/people", call -> answer(call, records, size));
        server.start();
        return server;
    }

    private static void answer(HttpExchange call, int records, int size) throws IOException {
        int page = 1;
        for (String parameter : call.getRequestURI().getRawQuery().split("&")) {
            if (parameter.startsWith("page=")) {
                page = Integer.parseInt(parameter.substring("page=".length()));
            }
        }
        StringBuilder body = new StringBuilder(size * 220).append("{\"last_page\":").append((records + size - 1) / size);
        body.append(",\"data\":[");
        for (int i = (page - 1) * size; i < Math.min(records, page * size); i++) {
            body.append(i % size == 0 ? "" : ",").append("{\"id\":\"p").append(i).append("\",\"email\":\"p").append(i)
                    .append("@example.org\",\"first\":\"Ada\",\"last\":\"Lovelace\",\"city\":\"Turin\",\"zip\":\"10121\",")
                    .append("\"updated_at\":\"2026-01-01T00:00:00Z\"}");
        }
        byte[] bytes = body.append("]}").toString().getBytes(StandardCharsets.UTF_8);
        call.sendResponseHeaders(200, bytes.length);
        try (java.io.OutputStream out = call.getResponseBody()) {
            out.write(bytes);
        }
    }
}
