package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.RunningHub;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator does by the command line, at a hub that runs. */
class OperatorCommandsTest {
    private static final String SECRET = "patreon-secret";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    static Path folder;

    private static RunningHub hub;

    @BeforeAll
    static void start() throws Exception {
        Path home = RunningHub.copyOfHome(folder.resolve("home"));
        Path rules = home.resolve("config/survivorship.yaml");
        Files.writeString(
                rules,
                Files.readString(rules)
                        .replace(
                                "      gender: review\n",
                                "      gender: review\n      phone: review\n      discordUserId: review\n"));
        hub = RunningHub.start(home, folder, Map.of("PATREON_WEBHOOK_SECRET", SECRET));
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    // --- keys and organizations ---------------------------------------------------------------------------------

    @Test
    void aKeyIsMadeUsedAndRevoked() throws Exception {
        Typed admin = Typed.at(hub);
        String secret = admin.run("key", "create", "desk", "--role", "operator", "--expires", "2d", "--quiet")
                .ends(ExitCode.DONE)
                .out()
                .strip();
        assertThat(secret).startsWith("mk_").doesNotContain("\n", " ");
        assertThat(admin.err()).isEmpty();

        Typed holder =
                new Typed(RunningHub.project(), Map.of("MUSTER_URL", hub.uri("").toString(), "MUSTER_API_KEY", secret));
        holder.run("status").ends(ExitCode.DONE);
        holder.run("key", "list").ends(ExitCode.NOT_ALLOWED);
        assertThat(holder.err()).contains("desk");

        JsonNode listed =
                admin.run("key", "list", "--all", "--json").ends(ExitCode.DONE).json();
        assertThat(admin.out()).doesNotContain(secret);
        String id = item(listed, "name", "desk").path("id").asText();
        admin.run("key", "revoke", id).ends(ExitCode.USAGE);
        assertThat(admin.err()).contains("--yes");
        admin.run("key", "revoke", id, "--yes").ends(ExitCode.DONE);
        holder.run("status").ends(ExitCode.NOT_ALLOWED);
    }

    @Test
    void theSecretAloneIsOnStandardOutput() {
        Typed typed = Typed.at(hub).run("key", "create", "report").ends(ExitCode.DONE);

        assertThat(typed.out().lines()).singleElement().asString().startsWith("mk_");
        assertThat(typed.err()).contains("shown this once");
    }

    @Test
    void aKeyOfAnOrganizationThatIsNotThereIsNotMade() {
        Typed typed = Typed.at(hub)
                .run("key", "create", "slip", "--organization", "defualt", "--quiet")
                .ends(ExitCode.FAILED);

        assertThat(typed.out()).isEmpty();
        assertThat(typed.err()).contains("no organization 'defualt'", "default", "./muster org create");
    }

    @Test
    void aKeyOfOneOrganizationSeesItsTrafficAndNotTheHub() {
        String key = Typed.at(hub)
                .run("key", "create", "guest", "--organization", "default", "--quiet")
                .ends(ExitCode.DONE)
                .out()
                .strip();

        Typed guest = new Typed(
                        RunningHub.project(), Map.of("MUSTER_URL", hub.uri("").toString(), "MUSTER_ADMIN_TOKEN", key))
                .run("status")
                .ends(ExitCode.DONE);
        assertThat(guest.out()).contains("traffic of its organization").doesNotContain("The hub is up");
    }

    @Test
    void anOrganizationIsMadeRenamedAndForgotten() throws Exception {
        Typed typed = Typed.at(hub);
        typed.run("org", "create", "harbour", "Harbour Runners").ends(ExitCode.DONE);
        typed.run("org", "create", "harbour").ends(ExitCode.FAILED);
        typed.run("org", "rename", "harbour", "Harbour e.V.").ends(ExitCode.DONE);
        assertThat(item(typed.run("org", "list", "--json").json(), "id", "harbour")
                        .path("name")
                        .asText())
                .isEqualTo("Harbour e.V.");
        typed.answering(80, "n").run("org", "delete", "harbour").ends(ExitCode.FAILED);
        assertThat(typed.err()).contains("Go on? [y/N]", "Nothing was done");
        typed.answering(80, "harbour", "y").run("org", "delete").ends(ExitCode.DONE);
        typed.run("org", "delete", "harbour", "--yes").ends(ExitCode.FAILED);
    }

    // --- flows, status -------------------------------------------------------------------------------------------

    @Test
    void aFlowIsStoppedAndStarted() {
        Typed typed = Typed.at(hub);
        typed.run("flow", "stop", "klaviyo").ends(ExitCode.USAGE);
        typed.run("flow", "stop", "klaviyo", "--yes").ends(ExitCode.DONE);
        assertThat(typed.run("flow", "list", "--state", "stopped").out()).contains("klaviyo");
        typed.run("flow", "start", "klaviyo").ends(ExitCode.DONE);
        assertThat(typed.run("flow", "list", "--state", "stopped").out()).contains("no such flows");
        typed.run("flow", "start", "nix").ends(ExitCode.FAILED);
    }

    @Test
    void theStatusIsOneScreenAndOneDocument() throws Exception {
        deliver(member("status@example.org", "Stat", "Us"));
        Typed typed = Typed.at(hub);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(typed.run("status", "--json")
                        .ends(ExitCode.DONE)
                        .json()
                        .at("/traffic/platforms/0/operations/success")
                        .asInt())
                .isPositive());
        assertThat(typed.json().path("status").asText()).isEqualTo("up");

        typed.answering(72).run("status").ends(ExitCode.DONE);
        assertThat(typed.out()).contains("The hub is up", "patreon", "LAST HOUR", "members");
        assertThat(typed.out().lines()).allMatch(line -> line.length() <= 72);
    }

    // --- people --------------------------------------------------------------------------------------------------

    @Test
    void aFieldIsOverriddenAndTheOverrideLifted() throws Exception {
        deliver(member("over@example.org", "Ada", "Lovelace"));
        Typed typed = Typed.at(hub);
        awaitMember(typed, "over@example.org");

        typed.run("member", "override", "set", "over@example.org", "lastName", "Byron", "--reason", "she said")
                .ends(ExitCode.DONE);
        assertThat(typed.run("member", "show", "over@example.org", "--json")
                        .json()
                        .path("lastName")
                        .asText())
                .isEqualTo("Byron");
        typed.run("member", "override", "lift", "over@example.org", "lastName").ends(ExitCode.DONE);
        assertThat(typed.run("member", "over@example.org").ends(ExitCode.DONE).out())
                .contains("Lovelace")
                .doesNotContain("Byron");
    }

    @Test
    void anOverrideOfWhatChangedSinceItWasSeenIsNotSetAndNotLifted() throws Exception {
        deliver(member("seen@example.org", "Ada", "Lovelace"));
        Typed typed = Typed.at(hub);
        awaitMember(typed, "seen@example.org");
        String seen = typed.run("member", "show", "seen@example.org", "--json")
                .json()
                .path("version")
                .asText();
        typed.run("member", "override", "set", "seen@example.org", "lastName", "Byron", "--if-version", seen)
                .ends(ExitCode.DONE);

        typed.run("member", "override", "set", "seen@example.org", "lastName", "King", "--if-version", seen)
                .ends(ExitCode.FAILED);
        assertThat(typed.err()).contains("not at " + seen, "Nothing was done", "give the command again");
        typed.run("member", "override", "lift", "seen@example.org", "lastName", "--if-version", seen)
                .ends(ExitCode.FAILED);
        assertThat(typed.run("member", "show", "seen@example.org", "--json")
                        .json()
                        .path("lastName")
                        .asText())
                .isEqualTo("Byron");
    }

    @Test
    void twoMembersAreMergedAndParted() throws Exception {
        deliver(member("one@example.org", "Jo", "One"));
        deliver(member("two@example.org", "Jo", "Two"));
        Typed typed = Typed.at(hub);
        awaitMember(typed, "one@example.org");
        awaitMember(typed, "two@example.org");

        JsonNode ruled = typed.run("member", "merge", "one@example.org", "two@example.org", "--json")
                .ends(ExitCode.DONE)
                .json();
        assertThat(typed.run("member", "one@example.org", "--json").json().path("sources"))
                .hasSize(2);
        typed.run("member", "lift", ruled.path("ruling").asText()).ends(ExitCode.DONE);
        assertThat(typed.run("member", "one@example.org", "--json").json().path("sources"))
                .hasSize(1);
    }

    @Test
    void aConflictIsResolvedByItsIdAndInBulkAfterACount() throws Exception {
        Typed typed = Typed.at(hub);
        rivals("bulk", 2);
        JsonNode first = awaitConflicts(typed, "phone", 2).at("/items/0");
        String id = first.path("id").asText();
        assertThat(typed.run("conflicts", "--field", "phone")
                        .ends(ExitCode.DONE)
                        .out())
                .contains(
                        id,
                        first.at("/standing/0/value").asText(),
                        first.at("/rivals/0/value").asText());

        typed.run("conflicts", "resolve", id).ends(ExitCode.USAGE);
        typed.run("conflicts", "resolve", id, "mine").ends(ExitCode.USAGE);
        typed.run("conflicts", "resolve", id, "own").ends(ExitCode.USAGE);
        assertThat(typed.err()).contains("--value");
        typed.run("resolve", id, "accept_incoming", "--reason", "newer").ends(ExitCode.DONE);
        assertThat(typed.run("member", first.path("recordId").asText(), "--json")
                        .json()
                        .path("phone"))
                .isEqualTo(first.at("/rivals/0/value"));
        typed.run("resolve", id, "keep_current").ends(ExitCode.FAILED);

        typed.run("conflicts", "resolve", "--field", "phone", "keep_current").ends(ExitCode.USAGE);
        assertThat(typed.err()).contains("1 conflict will be decided", "--yes");
        typed.run("conflicts", "resolve", "--field", "phone", "keep_current", "--yes", "--json")
                .ends(ExitCode.DONE);
        assertThat(typed.json().path("done").asInt()).isEqualTo(1);
        typed.run("conflicts", "resolve", "--field", "phone", "keep_current", "--yes")
                .ends(ExitCode.FAILED);
        assertThat(typed.run("conflicts", "--field", "phone").out()).contains("No conflict waits");
    }

    @Test
    void aPersonWalksThroughConflicts() throws Exception {
        Typed typed = Typed.at(hub);
        rivals("walk", 3);
        JsonNode waiting = awaitConflicts(typed, "discordUserId", 3);

        typed.run("conflicts", "review").ends(ExitCode.USAGE);
        assertThat(typed.err()).contains("terminal");
        // newest first: a key that means nothing, then skipped; one of one's own; the incoming
        typed.answering(100, "x", "s", "3", "4711", "2")
                .run("conflicts", "review", "--field", "discordUserId")
                .ends(ExitCode.DONE);
        assertThat(typed.out())
                .contains("discordUserId of member", "walk2@example.org", "STANDS", "INCOMING", "Rule review")
                .contains("Looked at 3, decided 2");
        assertThat(discord(typed, waiting.at("/items/1"))).isEqualTo("4711");
        assertThat(discord(typed, waiting.at("/items/2")))
                .isEqualTo(waiting.at("/items/2/rivals/0/value").asText());

        typed.answering(100, "q")
                .run("conflicts", "review", "--field", "discordUserId")
                .ends(ExitCode.DONE);
        assertThat(typed.out()).contains("Looked at 0, decided 0");
        typed.answering(100, "1")
                .run("conflicts", "review", "--field", "discordUserId")
                .ends(ExitCode.DONE);
        assertThat(typed.run("conflicts", "--field", "discordUserId").out()).contains("No conflict waits");
    }

    private static String discord(Typed typed, JsonNode conflict) throws Exception {
        return typed.run("member", conflict.path("recordId").asText(), "--json")
                .json()
                .path("discordUserId")
                .asText();
    }

    @Test
    void aPersonWalksThroughDuplicates() throws Exception {
        deliver(member("dup@example.org", "Ada", "Lovelace", 71, "", ""));
        deliver(member("dup@example.org", "Zacharias", "Quentin", 72, "", ""));
        Typed typed = Typed.at(hub);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        typed.run("duplicates", "--json").json().path("items"))
                .hasSize(1));
        String id = typed.json().at("/items/0/id").asText();
        assertThat(typed.run("duplicates").ends(ExitCode.DONE).out()).contains(id, "dup@example.org");

        typed.answering(100, "2").run("duplicates", "review").ends(ExitCode.DONE);

        assertThat(typed.out()).contains("Lovelace", "Quentin", "Looked at 1, decided 1");
        assertThat(typed.run("duplicates").out()).contains("No duplicate waits");
        assertThat(typed.run("duplicates", "--status", "rejected").out()).contains(id);
    }

    // --- dead letters --------------------------------------------------------------------------------------------

    @Test
    void deadLettersAreGroupedByCauseAndReplayedByIt() throws Exception {
        deliver("this is not JSON");
        deliver("nor is this");
        Typed typed = Typed.at(hub);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(typed.run("dead-letters", "groups", "--json")
                        .ends(ExitCode.DONE)
                        .json()
                        .at("/items/0/count")
                        .asInt())
                .isEqualTo(2));
        String digest = typed.json().at("/items/0/digest").asText();

        assertThat(typed.run("dead-letters", "replay", "--digest", "nix", "--json")
                        .ends(ExitCode.DONE)
                        .json()
                        .path("replayed")
                        .asInt())
                .isZero();
        typed.answering(80).run("dead-letters", "replay", "--digest", digest).ends(ExitCode.DONE);
        assertThat(typed.out()).isEqualToNormalizingNewlines("Put back into the queue: 2.\n");
        assertThat(typed.err()).contains("Replayed [", "0 of 2");
        typed.run("replay", "0000000000001", "--all").ends(ExitCode.USAGE);
    }

    @Test
    void endedOperationsAreCountedAndReplayedAfterAYes() throws Exception {
        deliver("posts:publish", "{\"data\":{\"type\":\"post\",\"id\":\"1\"}}");
        deliver("posts:publish", "{\"data\":{\"type\":\"post\",\"id\":\"2\"}}");
        Typed typed = Typed.at(hub);
        String id = awaitIgnored(typed, 2);

        typed.run("replay", "--status", "ignored").ends(ExitCode.USAGE);
        assertThat(typed.err()).contains("2 deliveries whose operations are ignored", "--yes");
        typed.answering(80, "n").run("replay", "--status", "ignored").ends(ExitCode.FAILED);
        assertThat(typed.err()).contains("Go on? [y/N]", "Nothing was done");
        awaitIgnored(typed, 2);

        typed.run("replay", "--status", "ignored", "--platform", "klaviyo", "--json")
                .ends(ExitCode.DONE);
        assertThat(typed.json().path("replayed").asInt()).isZero();
        typed.run("replay", "--status", "ignored", "--platform", "patreon", "--yes", "--json")
                .ends(ExitCode.DONE);
        assertThat(typed.json().path("replayed").asInt()).isEqualTo(2);
        awaitIgnored(typed, 4);

        // each delivery once, however many operations it has by now
        typed.answering(80, "y")
                .run("replay", "--status", "ignored", "--organization", "default", "--force")
                .ends(ExitCode.DONE);
        assertThat(typed.out()).isEqualToNormalizingNewlines("Put back into the queue: 2.\n");
        assertThat(typed.err()).contains("Counted: 2", "undid of them is heard again", "Replayed [", "0 of 2");
        awaitIgnored(typed, 6);

        typed.run("replay", id).ends(ExitCode.DONE);
        assertThat(typed.out()).contains("once more, as the operation");
        awaitIgnored(typed, 7);
        typed.run("replay", "--status", "good").ends(ExitCode.USAGE);
        typed.run("replay", "--status", "ignored", "--digest", "nix").ends(ExitCode.USAGE);
    }

    private static String awaitIgnored(Typed typed, int count) throws Exception {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(typed.run("operations", "--status", "ignored", "--json")
                        .json()
                        .path("items"))
                .hasSize(count));
        return typed.json().at("/items/0/id").asText();
    }

    // --- what the tests need -------------------------------------------------------------------------------------

    private static JsonNode item(JsonNode list, String field, String value) {
        for (JsonNode one : list.path("items")) {
            if (one.path(field).asText().equals(value)) {
                return one;
            }
        }
        throw new AssertionError(field + " " + value + " is not in " + list);
    }

    /** People of whom two sources say different things. */
    private static void rivals(String name, int people) throws Exception {
        for (int i = 0; i < people; i++) {
            String email = name + i + "@example.org";
            int user = Math.abs(name.hashCode() % 1_000) * 1_000 + i * 2;
            String discord = name.equals("walk") ? "1000" : "";
            String phone = name.equals("walk") ? "" : "+49301234560";
            deliver(member(email, "Ri", "Val", user, discord, phone));
            deliver(member(email, "Ri", "Val", user + 1, discord.replace('1', '2'), phone.replace("60", "61")));
        }
    }

    private static JsonNode awaitConflicts(Typed typed, String field, int count) throws Exception {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(typed.run("conflicts", "--field", field, "--json")
                        .json()
                        .path("items"))
                .hasSize(count));
        return typed.json();
    }

    private static void awaitMember(Typed typed, String email) {
        await().atMost(PATIENCE).untilAsserted(() -> typed.run("member", email).ends(ExitCode.DONE));
    }

    private static String member(String email, String first, String last) {
        return member(email, first, last, Math.abs(email.hashCode()), "", "");
    }

    private static String member(String email, String first, String last, int user, String discord, String phone) {
        UUID id = UUID.nameUUIDFromBytes((email + user).getBytes(StandardCharsets.UTF_8));
        return """
                {"data":{"type":"member","id":"%s","attributes":{"email":"%s","patron_status":"active_patron"},
                "relationships":{"user":{"data":{"type":"user","id":"%d"}},"address":{"data":{"type":"address","id":"%d"}}}},
                "included":[{"type":"user","id":"%d","attributes":{"first_name":"%s","last_name":"%s",
                "social_connections":{"discord":{"user_id":"%s"}}}},
                {"type":"address","id":"%d","attributes":{"country":"DE","phone_number":"%s"}}]}""".formatted(id, email, user, user, user, first, last, discord, user, phone);
    }

    private static void deliver(String body) throws Exception {
        deliver("members:update", body);
    }

    private static void deliver(String event, String body) throws Exception {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        Mac mac = Mac.getInstance("HmacMD5");
        mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacMD5"));
        assertThat(hub.post(
                                "/api/webhooks/patreon",
                                bytes,
                                "X-Patreon-Event",
                                event,
                                "X-Patreon-Signature",
                                HexFormat.of().formatHex(mac.doFinal(bytes)))
                        .statusCode())
                .isEqualTo(200);
    }
}
