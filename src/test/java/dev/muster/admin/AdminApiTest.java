package dev.muster.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.audit.AuditTrail;
import dev.muster.audit.KnownSeal;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.decide.Survivorship;
import dev.muster.decide.SurvivorshipRules;
import dev.muster.delivery.HttpAnswer;
import dev.muster.golden.Roll;
import dev.muster.meter.Meters;
import dev.muster.operation.DeadLetterStore;
import dev.muster.operation.OperationStore;
import dev.muster.operation.QueueSignal;
import dev.muster.operation.Retention;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdminApiTest {
    private static final int SUCCESS = 2;
    private static final int IGNORED = 3;
    private static final int DEAD = 6;

    @TempDir
    Path data;

    private Database database;
    private ContractedApi api;

    @BeforeEach
    void open() {
        database = Database.open("jdbc:sqlite:" + data.resolve("muster.db"), 1);
        Clock clock = Clock.fixed(Instant.parse("2026-05-01T00:00:00Z"), ZoneOffset.UTC);
        OperationStore operations = new OperationStore(database, new Ids(), clock, "hub");
        api = new ContractedApi(
                database,
                data,
                new OperationsResource(
                        database,
                        operations,
                        new DeadLetterStore(database, clock, 7),
                        new QueueSignal(),
                        new AuditTrail(database, new Ids(), clock, KnownSeal.SEAL),
                        new Retention(
                                database, clock, java.time.Duration.ofDays(90), new Meters(new SimpleMeterRegistry())),
                        SurvivorshipRules::latest),
                new RecordsResource(new Roll(database, () -> new Survivorship(SurvivorshipRules.latest()))),
                new DuplicatesResource(database),
                new ConflictsResource(database, null, null, null));
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void withoutTheTokenNothingIsSaid() {
        HttpAnswer none = api.ask("GET", "operations", Map.of("authorization", ""), "");
        HttpAnswer wrong = api.ask("GET", "nix", Map.of("authorization", "Bearer no"), "");

        assertThat(List.of(none.status(), wrong.status())).containsOnly(401);
        assertThat(none.contentType()).isEqualTo("application/problem+json");
        assertThat(none.headers()).containsEntry("WWW-Authenticate", "Bearer");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, nothing, 404",
        "GET, '', 404",
        "GET, operations/1/2/3, 404",
        "GET, records/person, 404",
        "GET, records/event?email=a@example.org, 400",
        "GET, records/event?member=0A1B2C3D4E5F6, 400",
        "DELETE, operations, 405",
        "GET, dead-letters/0A1B2C3D4E5F6/replay, 405",
        "POST, members, 405",
        "GET, operations/abc, 400",
        "GET, operations?limit=0, 400",
        "GET, operations?limit=501, 400",
        "GET, operations?limit=many, 400",
        "GET, operations?cursor=1, 400",
        "GET, operations?status=good, 400",
        "GET, operations?colour=red, 400",
        "GET, conflicts?status=good, 400",
        // more than 64 bits
        "GET, operations/ZZZZZZZZZZZZZ, 400",
        "GET, operations?cursor=G000000000000, 400",
        "GET, conflicts/ZZZZZZZZZZZZZ, 400",
        // of the largest and of the smallest there is none either
        "GET, operations/7ZZZZZZZZZZZZ, 404",
        "GET, operations/FZZZZZZZZZZZZ, 404",
        // a NUL
        "GET, operations?organization=a%00, 400",
        "GET, operations/0A1B2C3D4E5F6, 404",
        "GET, members/0A1B2C3D4E5F6/explain, 404",
        "GET, registrations, 404",
        "GET, records/registration?member=0A1B2C3D4E5F6, 404",
        "POST, dead-letters/0A1B2C3D4E5F6/replay, 404",
        "GET, deliveries/0A1B2C3D4E5F6, 404",
    })
    void badInputIsAnsweredWithAProblem(String method, String address, int status) throws Exception {
        HttpAnswer answer = ask(method, address);

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.contentType()).isEqualTo("application/problem+json");
        assertThat(json(answer).path("status").asInt()).isEqualTo(status);
        assertThat(json(answer).path("detail").asText()).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "conflicts/0A1B2C3D4E5F6/resolve | ''                      | The body is missing",
                "conflicts/0A1B2C3D4E5F6/resolve | {                       | The body is not JSON",
                "conflicts/0A1B2C3D4E5F6/resolve | {\"choice\":-1E+3774}     | holds a number beyond what can be kept",
                "conflicts/0A1B2C3D4E5F6/resolve | []                      | has to be a JSON object",
                "conflicts/0A1B2C3D4E5F6/resolve | {\"choice\":\"both\"}     | /choice",
                "conflicts/0A1B2C3D4E5F6/resolve | {\"choose\":1}           | choice",
                "conflicts/0A1B2C3D4E5F6/resolve | {\"choice\":\"own\",\"value\":[\"\\u0000\"]} | NUL",
            })
    void aBadBodyIsAnsweredWithWhatIsWrongInIt(String address, String body, String said) {
        HttpAnswer answer = api.post(address, body);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(json(answer).path("detail").asText()).contains(said);
    }

    @Test
    void aFormIsToldToBeJson() {
        HttpAnswer answer = api.ask(
                "POST",
                "conflicts/0A1B2C3D4E5F6/resolve",
                Map.of("content-type", "application/x-www-form-urlencoded"),
                "");

        assertThat(answer.status()).isEqualTo(415);
        assertThat(json(answer).path("detail").asText()).contains("Content-Type: application/json");
    }

    @Test
    void whatDidNotChangeIsNotSentAgain() {
        operation(1, "patreon", SUCCESS);
        HttpAnswer first = ask("GET", "operations");
        String etag = first.headers().get("ETag");

        assertThat(api.ask("GET", "operations", Map.of("if-none-match", etag), "")
                        .status())
                .isEqualTo(304);
        operation(2, "patreon", SUCCESS);
        assertThat(api.ask("GET", "operations", Map.of("if-none-match", etag), "")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void anActionSentTwiceWithOneKeyIsDoneOnce() {
        operation(5, "patreon", DEAD);
        deadLetter(5);
        String address = "dead-letters/" + Ids.format(5) + "/replay";
        Map<String, String> key = Map.of("idempotency-key", "k1");

        HttpAnswer first = api.ask("POST", address, key, "");
        HttpAnswer again = api.ask("POST", address, key, "");

        assertThat(first.status()).isEqualTo(202);
        assertThat(again.status()).as("a second replay would be 409").isEqualTo(202);
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(again.headers()).containsEntry("Idempotency-Replayed", "true");
        assertThat(api.ask("POST", "deliveries/0A1B2C3D4E5F6/replay", key, "").status())
                .as("another action")
                .isEqualTo(422);
        assertThat(api.ask("POST", address, Map.of("idempotency-key", "k2"), "").status())
                .as("another key")
                .isEqualTo(409);
    }

    @Test
    void keysOfOneNameShareNoAnswers() {
        operation(5, "patreon", DEAD);
        deadLetter(5);
        String address = "dead-letters/" + Ids.format(5) + "/replay";

        assertThat(replay(address, api.keyOf("default"))).isEqualTo(202);
        assertThat(replay(address, api.keyOf("other")))
                .as("of another organization")
                .isEqualTo(404);
        assertThat(replay(address, api.keyOf("default"))).as("another key").isEqualTo(409);
    }

    private int replay(String address, String key) {
        Map<String, String> headers = Map.of("authorization", "Bearer " + key, "idempotency-key", "k1");
        return api.ask("POST", address, headers, "").status();
    }

    @Test
    void aReplayThatTheAuditLogCannotTellOfIsNotDone() throws Exception {
        operation(5, "patreon", DEAD);
        deadLetter(5);
        operation(6, "patreon", IGNORED);
        delivery(1, "{}", new byte[0]);
        execute("CREATE TRIGGER audit_fails BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'it fails'); END");
        Map<String, String> replays = Map.of(
                "dead-letters/" + Ids.format(5) + "/replay",
                "",
                "dead-letters/replay",
                "{\"platform\":\"patreon\"}",
                "deliveries/" + Ids.format(1) + "/replay",
                "",
                "operations/" + Ids.format(5) + "/replay",
                "",
                "operations/replay",
                "{\"status\":\"ignored\"}");

        replays.forEach((address, body) ->
                assertThat(api.post(address, body).status()).as(address).isGreaterThanOrEqualTo(500));

        JsonNode items = json(ask("GET", "operations")).path("items");
        assertThat(items).hasSize(2);
        assertThat(items.path(0).path("status").asText()).isEqualTo("ignored");
        assertThat(items.path(1).path("status").asText()).isEqualTo("dead");

        execute("DROP TRIGGER audit_fails");
        assertThat(api.post("operations/replay", replays.get("operations/replay"))
                        .status())
                .isEqualTo(202);
        assertThat(json(ask("GET", "operations")).path("items")).hasSize(3);
    }

    @Test
    void aKeyOfOneOrganizationFindsNothingOfAnother() {
        operation(5, "patreon", DEAD);
        deadLetter(5);
        delivery(7, "{}", new byte[0]);
        member(1, "a@example.org", null);
        Map<String, String> other = Map.of("authorization", "Bearer " + api.keyOf("other"));

        for (String address : List.of("operations", "members", "dead-letters", "conflicts", "duplicates")) {
            assertThat(json(api.ask("GET", address, other, "")).path("items"))
                    .as(address)
                    .isEmpty();
            assertThat(api.ask("GET", address + "?organization=default", other, "")
                            .status())
                    .as(address)
                    .isEqualTo(403);
        }
        for (String address : List.of(
                "operations/" + Ids.format(5),
                "dead-letters/" + Ids.format(5),
                "deliveries/" + Ids.format(7),
                "members/" + Ids.format(1),
                "members/" + Ids.format(1) + "/explain",
                "records/registration?member=" + Ids.format(1))) {
            assertThat(ask("GET", address).status()).as(address).isEqualTo(200);
            assertThat(api.ask("GET", address, other, "").status()).as(address).isEqualTo(404);
        }
        assertThat(api.ask("POST", "dead-letters/" + Ids.format(5) + "/replay", other, "")
                        .status())
                .isEqualTo(404);
        assertThat(api.ask("POST", "deliveries/" + Ids.format(7) + "/replay", other, "")
                        .status())
                .isEqualTo(404);
        assertThat(json(ask("GET", "operations/" + Ids.format(5)))
                        .path("status")
                        .asText())
                .isEqualTo("dead");
    }

    @Test
    void pagesHoldEveryOperationOnceNewestFirst() throws Exception {
        for (int i = 1; i <= 7; i++) {
            operation(i, i % 2 == 0 ? "patreon" : "klaviyo", SUCCESS);
        }

        assertThat(walk("operations?limit=3")).containsExactly(7L, 6L, 5L, 4L, 3L, 2L, 1L);
        assertThat(walk("operations?limit=2&platform=klaviyo")).containsExactly(7L, 5L, 3L, 1L);
        assertThat(walk("operations?limit=2&status=success&platform=patreon")).containsExactly(6L, 4L, 2L);
        assertThat(walk("operations?organization=other")).isEmpty();
    }

    @Test
    void aFilterNeverLooksThroughAllAtOnce() throws Exception {
        operation(1, "eventbrite", SUCCESS);
        execute("""
                WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                INSERT INTO sync_operations (id, organization, platform, integration, type, status, rank, attempts,
                    not_before, delivery_id, created_at)
                SELECT i, 'default', 'patreon', 'default', 0, 2, 0, 1, 0, i, 0 FROM n""", Listing.WINDOW + 100);

        JsonNode first = json(ask("GET", "operations?platform=eventbrite"));
        assertThat(first.path("items")).isEmpty();
        assertThat(first.path("next").isNull()).isFalse();
        assertThat(walk("operations?platform=eventbrite")).containsExactly(1L);
    }

    @Test
    void aSmallOrganizationsRowsAreFoundBehindThoseOfAll() throws Exception {
        execute("""
                INSERT INTO sync_operations (id, organization, platform, integration, type, status, rank, attempts,
                    not_before, delivery_id, created_at) VALUES (1, 'acme', 'patreon', 'default', 0, 2, 0, 1, 0, 1, 0)""");
        execute("""
                INSERT INTO members (id, organization, attributes, version, created_at, updated_at)
                VALUES (1, 'acme', '{}', 1, 0, 0)""");
        execute("""
                WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                INSERT INTO sync_operations (id, organization, platform, integration, type, status, rank, attempts,
                    not_before, delivery_id, created_at)
                SELECT i, 'default', 'patreon', 'default', 0, 2, 0, 1, 0, i, 0 FROM n""", Listing.WINDOW + 100);
        execute("""
                WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                INSERT INTO members (id, organization, attributes, version, created_at, updated_at)
                SELECT i, 'default', '{}', 1, 0, 0 FROM n""", Listing.WINDOW + 100);

        for (String list : List.of("operations", "members")) {
            JsonNode answer = json(ask("GET", list + "?organization=acme"));
            assertThat(answer.path("items")).as(list).hasSize(1);
            assertThat(answer.path("next").isNull()).as(list).isTrue();
        }
    }

    @Test
    void statusIsAFilter() throws Exception {
        operation(1, "patreon", SUCCESS);
        operation(2, "patreon", IGNORED);
        operation(3, "patreon", 0);

        assertThat(walk("operations?status=ignored")).containsExactly(2L);
        assertThat(walk("operations?status=pending")).containsExactly(3L);
        assertThat(walk("operations?status=dead")).isEmpty();
    }

    @Test
    void aDeadLetterIsReplayedOnce() throws Exception {
        operation(5, "patreon", DEAD);
        deadLetter(5);
        String id = Ids.format(5);

        JsonNode letter = json(ask("GET", "dead-letters")).path("items").path(0);
        assertThat(letter.path("cause").asText()).isEqualTo("It broke");
        assertThat(letter.path("redriveAt").asText()).isEqualTo("1970-01-01T00:00:09Z");

        HttpAnswer replayed = ask("POST", "dead-letters/" + id + "/replay");
        assertThat(replayed.status()).isEqualTo(202);
        assertThat(json(replayed).path("operationId").asText()).isEqualTo(id);
        assertThat(json(ask("GET", "operations/" + id)).path("status").asText()).isEqualTo("pending");
        assertThat(json(ask("GET", "dead-letters")).path("items")).isEmpty();
        assertThat(ask("POST", "dead-letters/" + id + "/replay").status()).isEqualTo(409);
    }

    @Test
    void aReplayIsForcedWhereItSaysSo() throws Exception {
        delivery(1, "{}", new byte[0]);
        operation(4, "patreon", SUCCESS);
        assertThat(ask("GET", "dead-letters/" + Ids.format(4)).status()).isEqualTo(404);
        for (long id = 5; id <= 7; id++) {
            operation(id, "patreon", DEAD);
            deadLetter(id);
        }
        String force = "{\"force\":true}";

        String again = json(api.post("operations/" + Ids.format(4) + "/replay", force))
                .path("operationId")
                .asText();
        api.post("dead-letters/" + Ids.format(5) + "/replay", "{}");
        api.post("dead-letters/" + Ids.format(6) + "/replay", force);

        assertThat(forced()).containsExactly(6L, Ids.parse(again).orElseThrow());
        api.post("dead-letters/replay", "{\"digest\":\"d1\",\"force\":true}");
        api.post("operations/replay", "{\"status\":\"success\",\"force\":true}");
        assertThat(forced()).hasSize(4).startsWith(6L, 7L).doesNotContain(4L, 5L);
    }

    private List<Long> forced() {
        return database.read(connection -> {
            List<Long> ids = new ArrayList<>();
            try (PreparedStatement select =
                            connection.prepareStatement("SELECT id FROM sync_operations WHERE forced = 1 ORDER BY id");
                    ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getLong(1));
                }
            }
            return ids;
        });
    }

    @Test
    void aDeliveryIsShownWithoutItsSecrets() throws Exception {
        delivery(7, "{\"x-hook-token\":\"s3cret\",\"content-type\":\"a/b\"}", "Grüße".getBytes(StandardCharsets.UTF_8));
        delivery(8, "{}", new byte[] {(byte) 0xff, 0});

        JsonNode text = json(ask("GET", "deliveries/" + Ids.format(7)));
        assertThat(text.toString()).doesNotContain("s3cret");
        assertThat(text.path("headers").path("content-type").asText()).isEqualTo("a/b");
        assertThat(text.path("body").asText()).isEqualTo("Grüße");
        JsonNode binary = json(ask("GET", "deliveries/" + Ids.format(8)));
        assertThat(binary.path("bodyEncoding").asText()).isEqualTo("base64");
        assertThat(binary.path("body").asText()).isEqualTo("/wA=");
    }

    @Test
    void aMergedMemberStillAnswers() throws Exception {
        member(1, "a@example.org", null);
        member(2, "a@example.org", 1L);

        JsonNode merged = json(ask("GET", "members/" + Ids.format(2)));
        assertThat(merged.path("mergedInto").asText()).isEqualTo(Ids.format(1));
        assertThat(merged.path("email").asText()).isEqualTo("a@example.org");
        assertThat(walk("members")).containsExactly(1L);
        assertThat(walk("members?email=A@example.org")).containsExactly(1L);
        assertThat(walk("members?email=a@example.org&organization=other")).isEmpty();
    }

    private HttpAnswer ask(String method, String address) {
        return api.ask(method, address, Map.of(), "");
    }

    private List<Long> walk(String address) throws Exception {
        List<Long> ids = new ArrayList<>();
        String next = "";
        do {
            String sign = address.contains("?") ? "&" : "?";
            JsonNode page = json(ask("GET", address + (next.isEmpty() ? "" : sign + "cursor=" + next)));
            for (JsonNode item : page.path("items")) {
                ids.add(Ids.parse(item.path("id").asText()).orElseThrow());
            }
            next = page.path("next").isNull() ? "" : page.path("next").asText();
        } while (!next.isEmpty());
        return ids;
    }

    private static JsonNode json(HttpAnswer answer) {
        return ContractedApi.json(answer);
    }

    private void operation(long id, String platform, int status) {
        execute("""
                INSERT INTO sync_operations (id, organization, platform, integration, type, status, rank, attempts,
                    not_before, delivery_id, created_at) VALUES (?, 'default', ?, 'default', 0, ?, 0, 1, 0, 1, 0)""", id, platform, status);
    }

    private void deadLetter(long id) {
        execute("""
                INSERT INTO dead_letters (operation_id, organization, platform, code, cause, digest, stack, attempts,
                    first_died_at, died_at, redrives, redrive_at)
                VALUES (?, 'default', 'patreon', 'internal', 'It broke', 'd1', 'at', 3, 0, 0, 0, 9000)""", id);
    }

    private void delivery(long id, String headers, byte[] body) {
        execute("""
                INSERT INTO deliveries (id, organization, platform, integration, received_at, headers, body)
                VALUES (?, 'default', 'patreon', 'default', 0, ?, ?)""", id, headers, body);
    }

    private void member(long id, String email, Long mergedInto) {
        execute("""
                INSERT INTO members (id, organization, email, attributes, version, created_at, updated_at, merged_into)
                VALUES (?, 'default', ?, '{}', 1, 0, 0, ?)""", id, email, mergedInto);
    }

    private void execute(String sql, Object... values) {
        database.change(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < values.length; i++) {
                    statement.setObject(i + 1, values[i]);
                }
                statement.executeUpdate();
            }
        });
    }
}
