package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.bench.Bench.Options;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Three platforms that people edit at random and at once, and that are told of each other's edits by one hub. They send a
 * webhook of every change, our own writes included, and one of them writes names in capitals. At the end all have to agree, to
 * be explainable, and to fall silent.
 */
final class Soak {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOKEN = "token-of-the-bench-0123456789";
    private static final List<String> FIELDS = List.of("lastName", "city", "phone");
    private static final long SILENCE_MILLIS = 5_000;
    /** People wait while a crowded machine leaves the platforms so much to tell: it is the hub that is measured. */
    private static final long UNSENT_MAX = 500;
    private static final String PLATFORM = """
            platform: %1$s
            title: %1$s
            api: { baseUrl: "http://127.0.0.1" }
            webhook:
              signature: { scheme: hmac, digest: sha256, header: X-Signature }
              kind: { header: X-Event }
              record: { json: /id }
            quota: { windows: [ { calls: 1000, per: PT1S } ], concurrent: 10 }
            push:
              - name: %1$s-contacts
                entity: member
                fields: [email, firstName, lastName, city, phone]
                key: email
                batch: %2$d
                upsert:
                  method: POST
                  path: /contacts
                  idempotent: true
                  record: "{ email, firstName, lastName, city, phone }"
                  body: "{ contacts: .records }"
                  results: "[ .answer.contacts[] | { index: .index, status: \\"ok\\", externalId: .id, record: .record } ]"
            kinds:
              kind: header:x-event
              handle:
                contact.changed: { payload: contact }
            mapping:
              records:
                - entity: member
                  of: contact
                  id: id
                  observedAt: updatedAt
                  fields:
                    - { source: email, target: email, type: email }
                    - { source: firstName, target: firstName, type: name }
                    - { source: lastName, target: lastName, type: name }
                    - { source: city, target: city, type: text }
                    - { source: phone, target: phone, type: phone }
            """;
    private static final String FLOW = """
            - route:
                id: %1$s
                routeConfigurationId: operations
                from:
                  uri: muster-operations:%1$s
                  steps:
                    - to: kamelet:complete-action
                    - to: direct:normalize
            """;
    private static final String RULES = """
            entities:
              member: { default: latest, platforms: [north, south, west] }
              event: { default: latest }
              registration: { default: latest }
              membership: { default: latest }
              campaign: { default: latest }
              transaction: { default: latest }
              recurring_plan: { default: latest }
            """;

    private final Random random;
    private final int people;
    private final List<SoakPlatform> platforms = new ArrayList<>();
    private final SoakTally tally = new SoakTally();

    private Soak(int people, long seed) {
        this.people = people;
        this.random = new Random(seed);
    }

    static boolean run(Options options) throws Exception {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        int edits = options.number("edits", 10_000);
        int people = options.number("people", Math.max(200, edits / 2));
        return new Soak(people, options.number("seed", 7))
                .run(edits, options.number("rate", 200), options.flag("postgres"));
    }

    private boolean run(int edits, int rate, boolean postgres) throws Exception {
        Path data = HubProcess.freshFolder("soak");
        Path home = HubProcess.homeWithoutFlows();
        Files.writeString(home.resolve("config/survivorship.yaml"), RULES);
        try (Store store = Store.open(postgres, data)) {
            Map<String, String> environment = new HashMap<>(store.environment());
            environment.put("MUSTER_ADMIN_TOKEN", TOKEN);
            for (String name : List.of("north", "south", "west")) {
                SoakPlatform platform = new SoakPlatform(name, tally);
                platforms.add(platform);
                Files.writeString(home.resolve("config/platforms/" + name + ".yaml"), PLATFORM.formatted(name, SoakTally.BATCH));
                Files.writeString(home.resolve("routes/platforms/" + name + ".camel.yaml"), FLOW.formatted(name));
                String prefix = name.toUpperCase(Locale.ROOT);
                environment.put(prefix + "_API_KEY", "key");
                environment.put(prefix + "_WEBHOOK_SECRET", SoakPlatform.SECRET);
                environment.put(prefix + "_PUSH", "on");
                environment.put(prefix + "_BASE_URL", platform.url());
            }
            say("soak, %s: %,d edits of %,d people at three platforms, %d a second", store.name(), edits, people, rate);
            try (HubProcess hub = HubProcess.hub(home, data, environment)) {
                platforms.forEach(platform -> platform.tells(hub));
                return soak(store, hub, edits, rate);
            } finally {
                platforms.forEach(SoakPlatform::close);
            }
        }
    }

    private boolean soak(Store store, HubProcess hub, int edits, int rate) throws Exception {
        for (int person = 0; person < people; person++) {
            platforms.get(random.nextInt(3)).create(person);
            if (person % rate == rate - 1) {
                HubProcess.pause(1_000);
            }
        }
        boolean well = awaitSilence(store);
        long created = sent();
        say("  %,d people created: %,d records sent, the fewest are %,d", people, created, 2L * people);
        well &= created <= 2.4 * people;
        long calls = calls();
        long began = System.nanoTime();
        for (int i = 0; i < edits; i++) {
            while (unsent() > UNSENT_MAX) {
                HubProcess.pause(5);
            }
            edit(i);
            long due = began + TimeUnit.SECONDS.toNanos(1) * i / rate;
            long early = TimeUnit.NANOSECONDS.toMillis(due - System.nanoTime());
            if (early > 0) {
                HubProcess.pause(early);
            }
        }
        say("  %,d edits in %.0f s; the platforms have %,d webhooks left to send", edits, (System.nanoTime() - began) / 1e9,
                unsent());
        well &= awaitSilence(store);
        double settled = (System.nanoTime() - began) / 1e9 - SILENCE_MILLIS / 1e3;
        long[] took = tally.tookMillis();
        say("  silent after %.0f s; an edit was told to the others after %,d ms (median), %,d (p99), %,d at most; %,d times it"
                        + " was not, because another came first",
                settled, took[took.length / 2], took[took.length * 99 / 100], took[took.length - 1], tally.untold());
        well &= isWithin("records", sent() - created, tally.fewestRecords());
        well &= isWithin("calls", calls() - calls, tally.fewestCalls());
        well &= agree(store);
        well &= explainable(store, hub);
        say("  CPU of the hub: %.0f s; peak heap %d MB; webhooks sent: %,d, refused: %,d",
                hub.cpuSeconds(), hub.peakHeapMegabytes(),
                platforms.stream().mapToLong(platform -> platform.webhooks()).sum(),
                platforms.stream().mapToLong(platform -> platform.refused()).sum());
        return well;
    }

    /** @param number by which each value is unique */
    private void edit(int number) {
        String field = FIELDS.get(random.nextInt(FIELDS.size()));
        String value =
                switch (field) {
                    case "phone" -> "+1415" + (2_000_000 + number);
                    case "city" -> "City " + number;
                    default -> "Lee" + letters(number + 1);
                };
        platforms.get(random.nextInt(3)).edit(random.nextInt(people), field, value);
    }

    private boolean isWithin(String what, long made, long fewest) {
        say("  %,d %s; the fewest by which nobody would have learned of an edit later are %,d: %.3f of them", made, what,
                fewest, made / (double) fewest);
        return made <= 1.2 * fewest;
    }

    private static String letters(int number) {
        StringBuilder letters = new StringBuilder();
        for (int rest = number; rest > 0; rest /= 26) {
            letters.append((char) ('a' + rest % 26));
        }
        return letters.toString();
    }

    private long unsent() {
        return platforms.stream().mapToLong(SoakPlatform::unsent).sum();
    }

    private long sent() {
        return platforms.stream().mapToLong(platform -> platform.told()).sum();
    }

    private long calls() {
        return platforms.stream().mapToLong(platform -> platform.calls()).sum();
    }

    /** Nothing waits anywhere, and no call comes for a while. */
    private boolean awaitSilence(Store store) throws Exception {
        long giveUp = System.nanoTime() + TimeUnit.MINUTES.toNanos(10);
        long silentSince = System.nanoTime();
        long last = -1;
        while (System.nanoTime() - silentSince < TimeUnit.MILLISECONDS.toNanos(SILENCE_MILLIS)) {
            if (System.nanoTime() > giveUp) {
                say("  WRONG: the platforms do not fall silent");
                return false;
            }
            long now = sent() + platforms.stream().mapToLong(platform -> platform.webhooks()).sum();
            boolean isBusy = platforms.stream().anyMatch(platform -> platform.unsent() > 0)
                    || store.number("SELECT (SELECT COUNT(*) FROM pushes WHERE status = 1)"
                                    + " + (SELECT COUNT(*) FROM pushes WHERE status = 2)"
                                    + " + (SELECT COUNT(*) FROM sync_operations WHERE status = 0)"
                                    + " + (SELECT COUNT(*) FROM sync_operations WHERE status = 1)")
                            > 0;
            if (isBusy || now != last) {
                silentSince = System.nanoTime();
                last = now;
            }
            HubProcess.pause(200);
        }
        return true;
    }

    private boolean agree(Store store) throws Exception {
        Map<String, Map<String, String>> golden = new HashMap<>();
        try (Connection connection = store.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT email, first_name, last_name, city, phone FROM members"
                                + " WHERE deleted_at IS NULL AND merged_into IS NULL")) {
            while (rows.next()) {
                Map<String, String> fields = new HashMap<>();
                fields.put("lastName", rows.getString(3));
                fields.put("city", rows.getString(4));
                fields.put("phone", rows.getString(5));
                if (golden.put(rows.getString(1), fields) != null) {
                    say("  WRONG: two golden records of %s", rows.getString(1));
                    return false;
                }
            }
        }
        int wrong = 0;
        for (int person = 0; person < people; person++) {
            Map<String, String> fields = golden.getOrDefault(SoakPlatform.email(person), Map.of());
            for (SoakPlatform platform : platforms) {
                Map<String, String> contact = platform.contact(person);
                for (String field : FIELDS) {
                    String there = contact == null ? "nobody" : contact.get(field);
                    String here = fields.get(field);
                    boolean same = there == null || here == null ? Objects.equals(there, here) : there.equalsIgnoreCase(here);
                    if (!same && wrong++ < 5) {
                        say("  WRONG: %s of %s is %s at %s and %s in the golden record", field, SoakPlatform.email(person), there,
                                platform.name(), here);
                    }
                }
            }
        }
        say("  %,d people, three platforms, three fields: %,d values differ from the golden record", people, wrong);
        return wrong == 0;
    }

    private boolean explainable(Store store, HubProcess hub) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        int fields = 0;
        int wrong = 0;
        List<String> ids = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = get(client, hub, "/api/members?limit=500" + cursor);
            page.path("items").forEach(one -> ids.add(one.path("id").asText()));
            cursor = page.path("next").isNull() ? "" : "&cursor=" + page.path("next").asText();
        } while (!cursor.isEmpty());
        for (String id : ids) {
            JsonNode record = get(client, hub, "/api/members/" + id);
            Map<String, JsonNode> explained = new HashMap<>();
            get(client, hub, "/api/members/" + id + "/explain")
                    .path("fields")
                    .forEach(field -> explained.put(field.path("field").asText(), field));
            for (String field : FIELDS) {
                JsonNode value = record.path(field);
                JsonNode one = explained.get(field);
                if (value.isMissingNode() || value.isNull()) {
                    continue;
                }
                fields++;
                JsonNode stands = value.isObject() ? value.path("value") : value;
                boolean known = one != null
                        && one.path("value").equals(stands)
                        && platforms.stream().anyMatch(platform -> platform.name().equals(one.path("winner").path("platform").asText()));
                if (!known && wrong++ < 5) {
                    say("  WRONG: %s of %s is %s and explained as %s", field, id, stands, one);
                }
            }
        }
        say("  %,d people, %,d golden fields: %,d cannot be explained", ids.size(), fields, wrong);
        return wrong == 0 && ids.size() == people && fields >= people;
    }

    private static JsonNode get(HttpClient client, HubProcess hub, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + hub.port() + path))
                .header("Authorization", "Bearer " + TOKEN)
                .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(path + " was answered " + answer.statusCode() + ": " + answer.body());
        }
        return JSON.readTree(answer.body());
    }

    private static String email(int person) {
        return "p" + person + "@example.org";
    }
}
