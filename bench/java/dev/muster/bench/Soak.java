package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Three platforms that people edit at random and at once, and that are told of each other's edits by one hub. They send a
 * webhook of every change, our own writes included, and one of them writes names in capitals. At the end all have to agree, to
 * be explainable, and to fall silent.
 */
final class Soak {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOKEN = "token-of-the-bench-0123456789";
    private static final String SECRET = "a-secret-for-benchmarks-only";
    private static final List<String> FIELDS = List.of("lastName", "city", "phone");
    private static final long GATHER_MILLIS = 1_000;
    private static final long SILENCE_MILLIS = 5_000;
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
                batch: 100
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
    private final List<Fake> platforms = new ArrayList<>();
    /** Person and platform to the times of the edits that were made elsewhere. */
    private final Map<String, List<Long>> foreign = new TreeMap<>();

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
                Fake platform = new Fake(name);
                platforms.add(platform);
                Files.writeString(home.resolve("config/platforms/" + name + ".yaml"), PLATFORM.formatted(name));
                Files.writeString(home.resolve("routes/platforms/" + name + ".camel.yaml"), FLOW.formatted(name));
                String prefix = name.toUpperCase(Locale.ROOT);
                environment.put(prefix + "_API_KEY", "key");
                environment.put(prefix + "_WEBHOOK_SECRET", SECRET);
                environment.put(prefix + "_PUSH", "on");
                environment.put(prefix + "_BASE_URL", "http://127.0.0.1:" + platform.server.getAddress().getPort());
            }
            say("soak, %s: %,d edits of %,d people at three platforms, %d a second", store.name(), edits, people, rate);
            try (HubProcess hub = HubProcess.hub(home, data, environment)) {
                platforms.forEach(platform -> platform.hub = hub.port());
                return soak(store, hub, edits, rate);
            } finally {
                platforms.forEach(Fake::close);
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
            edit();
            long due = began + TimeUnit.SECONDS.toNanos(1) * i / rate;
            long early = TimeUnit.NANOSECONDS.toMillis(due - System.nanoTime());
            if (early > 0) {
                HubProcess.pause(early);
            }
        }
        say("  %,d edits in %.0f s; the platforms have %,d webhooks left to send", edits, (System.nanoTime() - began) / 1e9,
                platforms.stream().mapToLong(platform -> platform.unsent.get()).sum());
        well &= awaitSilence(store);
        double settled = (System.nanoTime() - began) / 1e9 - SILENCE_MILLIS / 1e3;
        long told = sent() - created;
        long fewest = fewest();
        say("  silent after %.0f s; %,d records sent in %,d calls; the fewest are %,d: %.3f of them",
                settled, told, calls() - calls, fewest, told / (double) fewest);
        well &= told <= 1.2 * fewest;
        well &= agree(store);
        well &= explainable(store, hub);
        say("  CPU of the hub: %.0f s; peak heap %d MB; webhooks sent: %,d, refused: %,d",
                hub.cpuSeconds(), hub.peakHeapMegabytes(),
                platforms.stream().mapToLong(platform -> platform.webhooks.get()).sum(),
                platforms.stream().mapToLong(platform -> platform.refused.get()).sum());
        return well;
    }

    private void edit() {
        int at = random.nextInt(3);
        int person = random.nextInt(people);
        String field = FIELDS.get(random.nextInt(FIELDS.size()));
        String value =
                switch (field) {
                    case "phone" -> "+1415555" + String.format(Locale.ROOT, "%04d", random.nextInt(10_000));
                    case "city" -> "City " + random.nextInt(1_000_000);
                    default -> "Lee" + letters(random.nextInt(1_000_000));
                };
        if (platforms.get(at).edit(person, field, value)) {
            long now = System.currentTimeMillis();
            for (int other = 0; other < 3; other++) {
                if (other != at) {
                    foreign.computeIfAbsent(person + " " + other, key -> new ArrayList<>()).add(now);
                }
            }
        }
    }

    /**
     * The fewest records: each platform has to be told of each edit that was made elsewhere; edits of one person within the
     * second in which the hub gathers changes are one record.
     */
    private long fewest() {
        long fewest = 0;
        for (List<Long> times : foreign.values()) {
            long until = Long.MIN_VALUE;
            for (long time : times) {
                if (time >= until) {
                    fewest++;
                    until = time + GATHER_MILLIS;
                }
            }
        }
        return fewest;
    }

    private static String letters(int number) {
        StringBuilder letters = new StringBuilder();
        for (int rest = number; rest > 0; rest /= 26) {
            letters.append((char) ('a' + rest % 26));
        }
        return letters.toString();
    }

    private long sent() {
        return platforms.stream().mapToLong(platform -> platform.told.get()).sum();
    }

    private long calls() {
        return platforms.stream().mapToLong(platform -> platform.calls.get()).sum();
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
            long now = sent() + platforms.stream().mapToLong(platform -> platform.webhooks.get()).sum();
            boolean isBusy = platforms.stream().anyMatch(platform -> platform.unsent.get() > 0)
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
            Map<String, String> fields = golden.getOrDefault(email(person), Map.of());
            for (Fake platform : platforms) {
                Contact contact = platform.contacts.get(email(person));
                for (String field : FIELDS) {
                    String there = contact == null ? "nobody" : contact.fields.get(field);
                    String here = fields.get(field);
                    boolean same = there == null || here == null ? Objects.equals(there, here) : there.equalsIgnoreCase(here);
                    if (!same && wrong++ < 5) {
                        say("  WRONG: %s of %s is %s at %s and %s in the golden record", field, email(person), there,
                                platform.name, here);
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
                        && platforms.stream().anyMatch(platform -> platform.name.equals(one.path("winner").path("platform").asText()));
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

    private static ThreadFactory daemons(String name) {
        return work -> {
            Thread thread = new Thread(work, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    private static final class Contact {
        private final String id;
        private final Map<String, String> fields = new ConcurrentHashMap<>();
        private long updatedAt;

        Contact(String id) {
            this.id = id;
        }
    }

    /** One platform: contacts by address, and a webhook for every change. */
    private static final class Fake implements AutoCloseable {
        private final String name;
        private final HttpServer server;
        private final Map<String, Contact> contacts = new ConcurrentHashMap<>();
        private final AtomicInteger ids = new AtomicInteger();
        private final AtomicLong told = new AtomicLong();
        private final AtomicLong calls = new AtomicLong();
        private final AtomicLong webhooks = new AtomicLong();
        private final AtomicLong refused = new AtomicLong();
        private final AtomicLong unsent = new AtomicLong();
        private final HttpClient client = HttpClient.newHttpClient();
        /** Several at once: webhooks overtake each other. */
        private final ExecutorService sending = Executors.newFixedThreadPool(4, daemons("webhooks"));
        private volatile int hub;

        Fake(String name) throws IOException {
            this.name = name;
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
            server.setExecutor(Executors.newFixedThreadPool(10, daemons(name)));
            server.createContext("/contacts", this::upsert);
            server.start();
        }

        synchronized void create(int person) {
            Contact contact = contact(email(person));
            contact.fields.put("firstName", "Ana");
            contact.fields.put("lastName", "Lee");
            contact.fields.put("city", "Turin");
            tell(contact);
        }

        private Contact contact(String email) {
            return contacts.computeIfAbsent(email, key -> {
                Contact made = new Contact(name.charAt(0) + "" + ids.incrementAndGet());
                made.fields.put("email", email);
                return made;
            });
        }

        /** Answers whether that changed anything. */
        synchronized boolean edit(int person, String field, String value) {
            Contact contact = contact(email(person));
            if (value.equals(contact.fields.put(field, value))) {
                return false;
            }
            tell(contact);
            return true;
        }

        private void upsert(HttpExchange call) throws IOException {
            JsonNode body = JSON.readTree(call.getRequestBody().readAllBytes());
            calls.incrementAndGet();
            ObjectNode answer = JSON.createObjectNode();
            ArrayNode results = answer.putArray("contacts");
            synchronized (this) {
                int index = 0;
                for (JsonNode one : body.path("contacts")) {
                    told.incrementAndGet();
                    Contact contact = contact(one.path("email").asText());
                    one.properties().forEach(field -> {
                        if (!field.getValue().isNull()) {
                            String value = field.getValue().asText();
                            boolean isShouted = name.equals("west") && field.getKey().equals("lastName");
                            contact.fields.put(field.getKey(), isShouted ? value.toUpperCase(Locale.ROOT) : value);
                        }
                    });
                    ObjectNode result = results.addObject().put("index", index++).put("id", contact.id);
                    ObjectNode record = result.putObject("record");
                    contact.fields.forEach(record::put);
                    tell(contact);
                }
            }
            byte[] bytes = answer.toString().getBytes(StandardCharsets.UTF_8);
            call.getResponseHeaders().add("Content-Type", "application/json");
            call.sendResponseHeaders(200, bytes.length);
            call.getResponseBody().write(bytes);
            call.close();
        }

        /** Called under the lock. */
        private void tell(Contact contact) {
            contact.updatedAt = Math.max(contact.updatedAt + 1, System.currentTimeMillis());
            ObjectNode body = JSON.createObjectNode();
            contact.fields.forEach(body::put);
            body.put("id", contact.id).put("updatedAt", Instant.ofEpochMilli(contact.updatedAt).toString());
            unsent.incrementAndGet();
            sending.execute(() -> send(body.toString()));
        }

        private void send(String body) {
            try {
                Mac mac = Mac.getInstance("HmacSHA256");
                mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
                String signature = HexFormat.of().formatHex(mac.doFinal(body.getBytes(StandardCharsets.UTF_8)));
                HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + hub + "/api/webhooks/" + name))
                        .header("X-Signature", signature)
                        .header("X-Event", "contact.changed")
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
                for (int i = 0; i < 20; i++) {
                    if (client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200) {
                        webhooks.incrementAndGet();
                        return;
                    }
                    refused.incrementAndGet();
                    HubProcess.pause(100);
                }
            } catch (Exception e) {
                refused.incrementAndGet();
            } finally {
                unsent.decrementAndGet();
            }
        }

        @Override
        public void close() {
            sending.shutdownNow();
            server.stop(0);
        }
    }
}
