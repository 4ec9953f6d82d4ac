package dev.muster.pull;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.credential.AuthSettings;
import dev.muster.db.StoreContract;
import dev.muster.delivery.DeliveryStore;
import dev.muster.failure.Defect;
import dev.muster.failure.Transient;
import dev.muster.operation.OperationStore;
import dev.muster.platform.AccountSettings;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.quota.QuotaSettings;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A platform of which people are read, and hubs that read it, on both stores. */
abstract class ClubContract extends StoreContract {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PAGE = 4;

    static final String NUMBERED = """
            streams:
              people:
                path: /people
                query: { sort: "updated:asc" }
                paging: { kind: page, parameter: page, size: { parameter: per_page, value: 4 }, last: last }
                items: data
                record: person
                incremental: { cursor: updated, parameter: since, overlap: PT1S, ordered: true }
                schedule: { every: PT1M }
                one: { path: "/people/{id}" }
            """;

    @TempDir
    Path home;

    final List<Person> people = new ArrayList<>();
    DeliveryStore deliveries;
    Integrations accounts;
    /** Of the last hub. */
    StreamControl control;

    Integrations.Stored stored = Integrations.Stored.NOTHING;
    final Map<String, String> environment = new HashMap<>();
    private int hubs;
    /** What turns the accounts of the last hub into those of the file. */
    Runnable reload = () -> {};

    record Person(String id, int version, Instant updated) {}

    @BeforeEach
    final void openDeliveries() {
        deliveries = new DeliveryStore(database, ids, meters, 10, 10);
        people.clear();
        stored = Integrations.Stored.NOTHING;
        environment.clear();
        environment.put("CLUB_API_KEY", "key");
    }

    @AfterEach
    final void closeDeliveries() {
        deliveries.close();
    }

    Pulls hub(String streams) {
        return hub(streams, 1_000_000);
    }

    Pulls hub(String streams, int waitingMax) {
        write("config/platforms/club.yaml", "platform: club\napi: { baseUrl: \"https://club.example\" }\n" + streams);
        PlatformCatalog catalog = new PlatformCatalog(
                home,
                List.of(
                        Streams.compiler(),
                        AccountSettings.compiler(),
                        AuthSettings.compiler(),
                        QuotaSettings.compiler()));
        catalog.load();
        assertThat(catalog.problems()).isEmpty();
        Integrations integrations = new Integrations(home, environment, stored);
        accounts = integrations;
        integrations.load(catalog);
        reload = () -> integrations.load(catalog);
        String owner = "hub-" + hubs++;
        CursorStore cursors = new CursorStore(database, owner);
        RunStore runs = new RunStore(database);
        Pulls pulls = new Pulls(
                database,
                catalog,
                integrations,
                cursors,
                runs,
                deliveries,
                new OperationStore(database, ids, clock, owner),
                ids,
                clock,
                new Pulls.Settings(
                        10,
                        waitingMax,
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(1),
                        3,
                        Duration.ofSeconds(10),
                        Duration.ofMinutes(1),
                        90),
                platform -> {},
                () -> false);
        control = new StreamControl(database, catalog, integrations, cursors, runs, pulls, ids, clock);
        return pulls;
    }

    void write(String name, String text) {
        try {
            Files.createDirectories(home.resolve(name).getParent());
            Files.writeString(home.resolve(name), text);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    // --- the platform -------------------------------------------------------------------------------------------

    PlatformAnswer answer(int status, String body) {
        return answer(status, body, "https://club.example");
    }

    PlatformAnswer answer(int status, String body, String baseUrl) {
        return new PlatformAnswer(status, Map.of(), body.getBytes(StandardCharsets.UTF_8), clock.instant(), baseUrl);
    }

    /** The page that is asked for: those changed since, the longest ago first. */
    PlatformAnswer page(PlatformRequest request) {
        Map<String, String> query = query(request);
        Instant since = query.containsKey("since") ? Instant.parse(query.get("since")) : Instant.MIN;
        List<Person> found = people.stream()
                .filter(person -> person.updated().isAfter(since))
                .sorted(Comparator.comparing(Person::updated).thenComparing(Person::id))
                .toList();
        int from = (Integer.parseInt(query.getOrDefault("page", "1")) - 1) * PAGE;
        StringBuilder items = new StringBuilder();
        for (Person person : found.subList(Math.min(from, found.size()), Math.min(from + PAGE, found.size()))) {
            items.append(items.length() == 0 ? "" : ",")
                    .append("{\"id\":\"" + person.id() + "\",\"version\":" + person.version() + ",\"updated\":\""
                            + person.updated() + "\"}");
        }
        return answer(200, "{\"last\":" + (found.size() + PAGE - 1) / PAGE + ",\"data\":[" + items + "]}");
    }

    static Map<String, String> query(PlatformRequest request) {
        Map<String, String> query = new HashMap<>();
        String raw = URI.create("https://club.example" + request.path()).getRawQuery();
        for (String part : raw == null ? new String[0] : raw.split("&")) {
            String[] pair = part.split("=", 2);
            query.put(pair[0], URLDecoder.decode(pair[1], StandardCharsets.UTF_8));
        }
        return query;
    }

    void add(int count) {
        for (int i = 0; i < count; i++) {
            people.add(new Person("p" + people.size(), 1, clock.instant()));
        }
    }

    void edit(int index) {
        Person person = people.get(index);
        people.set(index, new Person(person.id(), person.version() + 1, clock.instant()));
    }

    // --- hubs ---------------------------------------------------------------------------------------------------

    void read(Pulls hub) {
        hub.sow();
        hub.claim().forEach(turn -> read(hub, turn, this::page));
    }

    static void read(Pulls hub, PullTurn turn, Function<PlatformRequest, PlatformAnswer> platform) {
        while (turn.isUnderWay()) {
            try {
                hub.take(turn, platform.apply(leaving(hub.nextRequest(turn))));
            } catch (Defect e) {
                hub.fail(turn, e);
            } catch (Transient e) {
                hub.retry(turn, e);
            }
        }
    }

    /** As a call does when its turn has come. */
    static PlatformRequest leaving(PlatformRequest request) {
        return request.lastLook().of(request);
    }

    Map<String, Integer> stored() {
        Map<String, Integer> latest = new HashMap<>();
        for (String body : rows("SELECT body FROM deliveries").stream()
                .map(row -> row.get(0))
                .toList()) {
            for (JsonNode item : tree(body).path("data")) {
                latest.merge(item.path("id").asText(), item.path("version").asInt(), Math::max);
            }
        }
        return latest;
    }

    private static JsonNode tree(String body) {
        try {
            return JSON.readTree(body);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    Map<String, Integer> there() {
        Map<String, Integer> there = new HashMap<>();
        people.forEach(person -> there.put(person.id(), person.version()));
        return there;
    }

    List<String> runs() {
        return column("SELECT kind || ' ' || state FROM sync_runs ORDER BY id");
    }
}
