package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import dev.muster.bench.Bench.Options;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

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
        int kills = options.number("kills", 0);
        boolean timeless = options.flag("timeless");
        Path data = HubProcess.freshFolder("pull");
        Path home = HubProcess.homeWithoutFlows();
        try (Store store = Store.open(options.flag("postgres"), data);
                PeoplePages platform = new PeoplePages(records, size)) {
            say("pull, %s: %,d records in pages of %d, 256 MB of heap", store.name(), records, size);
            Files.writeString(
                    home.resolve("config/platforms/club.yaml"),
                    PLATFORM.formatted(size, timeless ? "nothing" : "updated_at"));
            Files.writeString(home.resolve("routes/platforms/club.camel.yaml"), FLOW);
            Map<String, String> environment = new HashMap<>(store.environment());
            environment.put("CLUB_API_KEY", "key");
            environment.put("CLUB_BASE_URL", platform.url());
            environment.put("MUSTER_ADMIN_TOKEN", TOKEN);
            if (kills > 0) {
                return PullCrash.run(
                        () -> HubProcess.hub(home, data, environment), store, platform, kills, options.number("seed", 7));
            }
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
        }
    }

    private static double read(HubProcess hub, Store store, int records) throws Exception {
        start(hub);
        while (isUnderWay(store)) {
            Thread.sleep(200);
        }
        long began = store.number("SELECT MAX(started_at) FROM sync_runs");
        long ended = store.number("SELECT MAX(processed_at) FROM sync_operations");
        return records / Math.max(0.001, (ended - began) / 1e3);
    }

    static void start(HubProcess hub) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + hub.port() + "/api/sync/start"))
                .header("Authorization", "Bearer " + TOKEN)
                .POST(HttpRequest.BodyPublishers.ofString("{\"platform\":\"club\",\"mode\":\"full\"}"))
                .build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 202) {
            throw new IllegalStateException("The run was not started: " + answer.body());
        }
    }

    /** Whether pages are left to be read or applied. */
    static boolean isUnderWay(Store store) throws SQLException {
        if (store.number("SELECT COUNT(*) FROM sync_runs WHERE state = 'failed'") > 0) {
            throw new IllegalStateException("The run has failed: GET /api/sync/history says why");
        }
        return store.number("SELECT COUNT(*) FROM sync_runs WHERE ended_at IS NULL OR applied < pages") > 0;
    }
}
