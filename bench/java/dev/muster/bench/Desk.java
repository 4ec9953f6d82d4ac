package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.bench.Bench.Options;
import dev.muster.bench.Load.Outcome;
import dev.muster.db.Ids;
import dev.muster.fuzz.ApiDocument;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How long an operator waits: every list and search call of the contract, and each page of the dashboard, while webhooks come in. */
final class Desk {
    private static final String TOKEN = "desk-admin-token";
    private static final double AIM_MILLIS = 100;
    private static final int WARMING_ROUNDS = 3;
    private static final double PREVIEW_AIM_SECONDS = 5;
    private static final int PEOPLE = 400_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** SQLite's and PostgreSQL's words for reading all of a table. */
    private static final Pattern SCAN = Pattern.compile("^SCAN (?<lite>\\w+)\\b(?! USING)|Seq Scan on (?<post>\\w+)");

    /** What a filter is asked for; several values where they cost differently. */
    private static final Map<String, List<String>> VALUES = Map.ofEntries(
            Map.entry("organization", List.of("default", "small3")), Map.entry("platform", List.of("patreon")),
            Map.entry("integration", List.of("default")), Map.entry("entity", List.of("member")),
            Map.entry("field", List.of("birthDate")), Map.entry("email", List.of("member4711@example.org")),
            Map.entry("search", List.of("a", "Ana", "bcdberg", "Dana A", "member47", "+49171000", "äö", "nobody")),
            Map.entry("target", List.of("klaviyo-profiles")), Map.entry("stream", List.of("members")),
Map.entry("code", List.of("internal")),
            Map.entry("digest", List.of("digest7")), Map.entry("actor", List.of("admin token")),
            Map.entry("action", List.of("create")), Map.entry("buckets", List.of("60")), Map.entry("all", List.of("true")));

    /** What the pages of the dashboard ask for when they are opened. */
    private static final Map<String, List<String>> PAGES = new LinkedHashMap<>(Map.of(
            "Overview", List.of("status", "quotas", "integrations?limit=500", "traffic?buckets=60", "alerts"),
            "Operations", List.of("operations"), "Members", List.of("members"), "Conflicts", List.of("conflicts"),
            "Duplicates", List.of("duplicates"), "Dead letters", List.of("dead-letters/groups", "dead-letters"),
            "Syncs", List.of("integrations?limit=500", "sync/history", "pushes?status=held"), "Audit", List.of("audit"),
            "Settings", List.of("keys", "organizations"), "Flows", List.of("flows")));

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final int port;
    private final List<String> slow = new ArrayList<>();

    private Desk(int port) {
        this.port = port;
    }

    static boolean run(Options options) throws Exception {
        int members = options.number("members", 1_000_000);
        int operations = options.number("operations", 10_000_000);
        int rate = options.number("rate", 1_000);
        int calls = options.number("calls", 40);
        int undone = options.number("undo", 10_000);
        boolean postgres = options.flag("postgres");
        Path data = Path.of(options.text("data", Bench.home().resolve("target/bench-data/desk").toString()))
                .resolve((postgres ? "postgres-" : "sqlite-") + members + "-" + operations);
        Files.createDirectories(data);
        try (Store store = Store.open(postgres, data, true)) {
            Path filled = data.resolve("filled");
            if (!Files.exists(filled)) {
                new DeskRows(store, members, operations).put(data);
                Files.createFile(filled);
            }
            Map<String, String> environment = new HashMap<>(store.environment());
            environment.put("MUSTER_ADMIN_TOKEN", TOKEN);
            // their ids are of long ago: they are to stay
            environment.put("MUSTER_DELIVERIES_DAYS", "0");
            if (options.flag("plans")) {
                return plans(store, data, environment, members, operations);
            }
            try (HubProcess hub = HubProcess.hub(Bench.home(), data, environment)) {
                Desk desk = new Desk(hub.port());
                int first = newcomers();
                AtomicBoolean over = new AtomicBoolean();
                List<Outcome> outcomes = new ArrayList<>();
                Thread load = new Thread(() -> outcomes.add(paced(hub, first, rate, over)));
                if (rate > 0) {
                    load.start();
                    HubProcess.pause(15_000);
                }
                Instant begun = Instant.now().minusSeconds(12);
                say("desk: %s, %,d members, %,d operations, %d calls each", store.name(), members, operations, calls);
                desk.measure(members, operations, calls, options.text("only", ""));
                boolean isUndone = rate == 0 || desk.undo(begun, begun.plusMillis(undone * 1_000L / rate));
                over.set(true);
                load.join();
                outcomes.forEach(one -> say("  webhooks meanwhile: %,.0f/s of %,d, p99 %.0f ms, answers %s", one.rate(), rate,
                        one.millisAt(99), one.statuses()));
                say("  over %.0f ms: %s", AIM_MILLIS, desk.slow.isEmpty() ? "none" : String.join(", ", desk.slow));
                return desk.slow.isEmpty() && isUndone;
            }
        }
    }

    /** The first of people whom no run before wrote about. */
    private static int newcomers() {
        return 4_000_000 + (int) (System.currentTimeMillis() / 60_000 % 2_000) * PEOPLE;
    }

    /** Previews an undo of what came in between these moments, and carries it through beside what comes in. */
    private boolean undo(Instant from, Instant until) throws Exception {
        String window = "\"organization\":\"default\",\"platform\":\"patreon\",\"from\":\"" + from + "\",\"until\":\"" + until + "\"";
        long start = System.nanoTime();
        JsonNode preview = post("undo/preview", "{" + window + ",\"limit\":500}");
        double previewed = (System.nanoTime() - start) / 1e9;
        say("  undo of %s: %,d changes of %,d records, %,d fields and %,d skipped, previewed in %.1f s", Duration.between(from, until),
                preview.path("changes").asLong(), preview.path("records").asLong(), preview.path("fields").asLong(),
                preview.path("skipped").asLong(), previewed);
        start = System.nanoTime();
        String id = post("undo", "{" + window + ",\"reason\":\"a benchmark\"}").path("id").asText();
        JsonNode undo;
        do {
            HubProcess.pause(50);
            undo = JSON.readTree(get("undo/" + id).body());
        } while (undo.path("endedAt").isNull());
        say("  carried through in %.1f s beside the webhooks: %,d records, %,d fields", (System.nanoTime() - start) / 1e9,
                undo.path("records").asLong(), undo.path("fields").asLong());
        return previewed < PREVIEW_AIM_SECONDS && preview.path("records").asLong() > 0;
    }

    private JsonNode post(String address, String body) throws Exception {
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/" + address))
                        .header("Authorization", "Bearer " + TOKEN)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new IllegalStateException(address + " was answered " + answer.statusCode() + " " + answer.body());
        }
        return JSON.readTree(answer.body());
    }

    /** Asks everything once, and says which questions read a large table from end to end. */
    private static boolean plans(
            Store store, Path data, Map<String, String> environment, int members, int operations) throws Exception {
        Path plans = data.resolve("plans.txt");
        Files.deleteIfExists(plans);
        try (HubProcess hub = HubProcess.hubWithPlans(data, plans, environment)) {
            new Desk(hub.port()).measure(members, operations, 1, "");
        }
        Set<String> large = store.largeTables(10_000);
        Map<String, List<String>> scans = new TreeMap<>();
        String question = "";
        int questions = 0;
        for (String line : Files.readAllLines(plans)) {
            if (!line.startsWith("    ")) {
                question = line;
                questions++;
                continue;
            }
            Matcher scan = SCAN.matcher(line.strip());
            if (!scan.find()) {
                continue;
            }
            String table = scan.group("lite") == null ? scan.group("post") : tableOf(question, scan.group("lite"));
            if (large.contains(table)) {
                scans.computeIfAbsent(question, all -> new ArrayList<>()).add(line);
            }
        }
        scans.forEach((sql, lines) -> say("  %s%n%s", sql, String.join("\n", lines)));
        say("  %s: %,d plans in %s; %d read a table of more than 10,000 rows (%s) from end to end", store.name(), questions,
                plans, scans.size(), String.join(", ", large));
        return scans.isEmpty();
    }

    /** @param name a table, or what a statement calls it */
    private static String tableOf(String sql, String name) {
        Matcher alias = Pattern.compile("\\b(\\w+)(?: AS)? " + Pattern.quote(name) + "\\b").matcher(sql);
        while (alias.find()) {
            if (!Set.of("FROM", "JOIN", "AS", "ON", "AND", "SELECT", "BY").contains(alias.group(1).toUpperCase(Locale.ROOT))) {
                return alias.group(1);
            }
        }
        return name;
    }

    private static Outcome paced(HubProcess hub, int first, int rate, AtomicBoolean over) {
        long start = System.nanoTime();
        try {
            return new Load(hub.port(), 32, i -> {
                long wait = start + i * 1_000_000_000L / rate - System.nanoTime();
                if (wait > 0) {
                    HubProcess.pause(wait / 1_000_000);
                }
                // two of each person, one after the other: the rate leaves time to sign them now
                return over.get() ? null : PatreonRequests.signed(first + i / 2, i % 2);
            }).run(3_600);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void measure(int members, int operations, int calls, String only) throws Exception {
        ApiDocument document = ApiDocument.of(get("openapi.json").body());
        Map<String, double[]> all = new LinkedHashMap<>();
        TreeSet<String> lists = new TreeSet<>();
        for (ApiDocument.Operation operation : document.operations()) {
            // a verification reads all there is: no list
            boolean isList = operation.reads() && !operation.open() && !operation.id().equals("verifyAudit")
                    && (operation.inPath().isEmpty() || operation.template().equals("/api/records/{entity}"));
            if (!isList || !operation.id().contains(only)) {
                continue;
            }
            lists.addAll(addresses(operation, members, operations));
        }
        // the hub is as warm as one that people have worked with
        for (int i = 0; i < WARMING_ROUNDS; i++) {
            for (String address : lists) {
                get(address);
            }
        }
        lists.forEach(address -> all.put(address, times(List.of(address), calls)));
        String member = Ids.format(1_000_000_000L + members);
        List<String> asked = List.of("members/" + member, "members/" + member + "/explain", "audit?recordId=" + member + "&limit=200");
        for (String one : asked) {
            all.put(one, times(List.of(one), calls));
        }
        all.put("page Member", times(asked, calls));
        PAGES.forEach((name, addresses) -> {
            if (only.isEmpty()) {
                all.put("page " + name, times(addresses, calls));
            }
        });
        say("  %-86s %8s %8s %8s", "ms", "p50", "p95", "p99");
        all.values().removeIf(times -> times.length == 0);
        all.entrySet().stream()
                .sorted((one, other) -> Double.compare(at(other.getValue(), 95), at(one.getValue(), 95)))
                .forEach(entry -> {
                    double p95 = at(entry.getValue(), 95);
                    if (p95 > AIM_MILLIS) {
                        slow.add(entry.getKey());
                    }
                    say("  %-86s %8.1f %8.1f %8.1f", entry.getKey(), at(entry.getValue(), 50), p95, at(entry.getValue(), 99));
                });
    }

    /** The call without filters, deep in the list, with each filter, and with each filter in a small organization. */
    private static TreeSet<String> addresses(ApiDocument.Operation operation, int members, int operations) {
        String base = operation.template().substring("/api/".length()).replace("{entity}", "memberships");
        String must = "";
        boolean hasOrganization = false;
        String deep = "";
        for (ApiDocument.Parameter one : operation.inQuery()) {
            if (one.required()) {
                must = one.name() + "=" + VALUES.getOrDefault(one.name(), List.of("patreon")).get(0) + "&";
            }
            hasOrganization |= one.name().equals("organization");
            if (one.name().equals("cursor")) {
                boolean isRoll = base.startsWith("members") || base.startsWith("records") || base.startsWith("pushes");
                boolean isQueue = base.startsWith("operations") || base.startsWith("dead-letters");
                deep = "cursor=" + Ids.format(isRoll ? 1_000_000_000L + members
                        : isQueue ? 1_000_000_000_000L + operations * 2L : 2_000_000_000_000L + members / 40);
            }
        }
        TreeSet<String> addresses = new TreeSet<>(List.of(base + "?" + must, base + "?" + must + deep));
        for (ApiDocument.Parameter one : operation.inQuery()) {
            List<String> values = new ArrayList<>(VALUES.getOrDefault(one.name(), List.of()));
            one.schema().path("enum").forEach(value -> values.add(value.asText()));
            if (one.name().equals("status") && base.equals("operations")) {
                values.addAll(List.of("pending", "success", "ignored", "dead"));
            }
            if (one.name().equals("status") && base.equals("pushes")) {
                values.addAll(List.of("settled", "due", "failed", "held"));
            }
            if (one.name().equals("state") && base.equals("sync/history")) {
                values.addAll(List.of("done", "failed"));
            }
            if (one.name().equals("email") && base.startsWith("records")) {
                values.clear();
            }
            for (String value : one.required() ? List.<String>of() : values) {
                String filter = one.name() + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
                addresses.add(base + "?" + must + filter);
                if (hasOrganization && !one.name().equals("organization")) {
                    addresses.add(base + "?" + must + filter + "&organization=small3");
                }
            }
        }
        return addresses;
    }

    /** How long these take one after the other, in ms, sorted. */
    private double[] times(List<String> addresses, int calls) {
        double[] times = new double[calls];
        try {
            for (int i = -2; i < calls; i++) {
                long start = System.nanoTime();
                for (String address : addresses) {
                    HttpResponse<String> answer = get(address);
                    if (answer.statusCode() != 200) {
                        say("  %s is not measured: %d %s", address, answer.statusCode(), answer.body());
                        return new double[0];
                    }
                }
                if (i >= 0) {
                    times[i] = (System.nanoTime() - start) / 1e6;
                }
            }
        } catch (java.io.IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
        Arrays.sort(times);
        return times;
    }

    private HttpResponse<String> get(String address) throws java.io.IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/" + address))
                        .header("Authorization", "Bearer " + TOKEN)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static double at(double[] sorted, int percentile) {
        return sorted[Math.min(sorted.length - 1, sorted.length * percentile / 100)];
    }
}
