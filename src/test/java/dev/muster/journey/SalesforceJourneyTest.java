package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jwt.SignedJWT;
import dev.muster.demo.ApiExchange;
import dev.muster.demo.ClientAccount;
import dev.muster.demo.Person;
import dev.muster.demo.PlatformSettings;
import dev.muster.demo.SimulatedPlatform;
import dev.muster.demo.SimulatedSalesforce;
import dev.muster.demo.SimulatedWorld;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPublicKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An org of Salesforce, both ways, through camel-salesforce. */
class SalesforceJourneyTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String FILE = "config/platforms/salesforce.yaml";
    private static final String UPDATE = "/services/data/v60.0/composite/sobjects";
    private static final String UPSERT = "/services/data/v60.0/composite/sobjects/Contact/Muster_Id__c";

    @TempDir
    private Path folder;

    private final SimulatedWorld world = new SimulatedWorld(7, Clock.systemUTC());
    private final List<ApiExchange> exchanges = new CopyOnWriteArrayList<>();
    private final SimulatedSalesforce salesforce =
            new SimulatedSalesforce(world, PlatformSettings.calm(URI.create("http://127.0.0.1:9")));
    private final ClientAccount client = ClientAccount.of(salesforce);
    private PlatformHub hub;

    private PlatformHub.Setting setting() {
        salesforce.observe(exchanges::add);
        return PlatformHub.in(folder)
                .withClub()
                .edit(
                        FILE,
                        "    paging: { kind: next,",
                        "    headers: { Sforce-Query-Options: batchSize=200 }\n    paging: { kind: next,")
                .with(salesforce.environment());
    }

    @AfterEach
    void stop() {
        hub.close();
        salesforce.close();
        assertThat(salesforce.quotaViolations()).isZero();
        assertThat(exchanges.stream()
                        .filter(call -> call.status() == 400)
                        .map(call -> new String(call.responseBody(), StandardCharsets.UTF_8)))
                .isEmpty();
    }

    private List<ApiExchange> calls(String path) {
        return exchanges.stream().filter(call -> call.path().startsWith(path)).toList();
    }

    private static JsonNode json(byte[] bytes) {
        try {
            return JSON.readTree(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void contactsAreReadPageByPageAndTheRecycleBinRemovesThem() {
        String first = "";
        for (int i = 0; i < 450; i++) {
            String id = salesforce.enter(world.person(i));
            first = i == 0 ? id : first;
        }
        salesforce.give(first, "Gift", 50);
        hub = setting().start();
        JsonNode run = hub.pull("salesforce", "contacts");

        assertThat(run.path("state").asText()).isEqualTo("done");
        assertThat(
                        hub.column(
                                "SELECT COUNT(*) FROM external_integrations WHERE platform = 'salesforce' AND entity = 'member'"))
                .containsExactly("450");
        assertThat(calls("/services/data/v60.0/query/")).hasSizeGreaterThanOrEqualTo(2);
        hub.pull("salesforce", "campaigns");
        hub.pull("salesforce", "opportunities");
        assertThat(hub.column("SELECT COUNT(*) FROM transactions")).containsExactly("1");
        assertThat(client.issued()).isEqualTo(1);

        salesforce.delete("Contact", first);
        hub.pull("salesforce", "contacts");
        assertThat(hub.column("SELECT COUNT(*) FROM members WHERE deleted_at IS NOT NULL"))
                .containsExactly("1");
    }

    @Test
    void aSessionThatEndedIsRenewedOnceAndALimitPutsTheStreamOff() {
        salesforce.enter(world.person(0));
        hub = setting().start();
        hub.pull("salesforce", "contacts");
        long issued = client.issued();

        client.expire();
        assertThat(hub.pull("salesforce", "contacts").path("state").asText()).isEqualTo("done");
        assertThat(client.issued()).isEqualTo(issued + 1);
        assertThat(exchanges)
                .anyMatch(
                        call -> call.status() == 401 && new String(call.responseBody()).contains("INVALID_SESSION_ID"));

        salesforce.trouble(SimulatedPlatform.Trouble.THROTTLED, 1);
        String run = hub.begin("salesforce", "default", "contacts");
        await().atMost(PlatformHub.PATIENCE).until(() -> exchanges.stream().anyMatch(call -> call.status() == 403));
        await().atMost(PlatformHub.PATIENCE)
                .until(() -> hub.get("/api/sync/streams?platform=salesforce&stream=contacts")
                        .at("/items/0/state")
                        .asText()
                        .equals("waiting"));
        JsonNode stream =
                hub.get("/api/sync/streams?platform=salesforce&stream=contacts").at("/items/0");
        assertThat(stream.path("runId").asText()).isEqualTo(run);
        assertThat(Instant.parse(stream.path("nextRunAt").asText()))
                .isAfter(Instant.now().plus(Duration.ofMinutes(10)));
    }

    @Test
    void contactsAreToldTogetherAndEachHasItsOwnOutcome() {
        hub = setting().with("SALESFORCE_PUSH", "on").start();
        // what is entered later is not read before it is told of
        hub.pull("salesforce", "contacts");
        // the rule for duplicates refuses whoever was entered by hand
        salesforce.enter(world.person(0));
        for (int i = 0; i < 6; i++) {
            hub.club(
                    "person",
                    "p" + i,
                    "\"email\":\"" + (i == 0 ? world.person(0).email() : "p" + i + "@example.org") + "\",\"first\":\""
                            + (i == 0 ? world.person(0).givenName() : "Ana") + "\",\"last\":\""
                            + (i == 0 ? world.person(0).familyName() : "Lee") + "\"");
        }
        await().atMost(PlatformHub.PATIENCE)
                .until(() -> hub.column("SELECT COUNT(*) FROM pushes WHERE status = 0 AND external_id IS NOT NULL")
                        .contains("5"));
        hub.settled();

        JsonNode failed = hub.get("/api/pushes?status=failed").path("items");
        assertThat(failed).hasSize(1);
        assertThat(failed.at("/0/error").asText()).contains("DUPLICATES_DETECTED");
        assertThat(calls(UPSERT)).allSatisfy(call -> assertThat(
                        json(call.requestBody()).path("records").size())
                .isLessThanOrEqualTo(200));

        // a row that somebody else holds is tried again
        String golden =
                hub.get("/api/pushes?status=settled").at("/items/0/goldenId").asText();
        String contact = salesforce.contactOf(golden);
        assertThat(contact).isNotNull();
        salesforce.lock(contact);
        String email = salesforce.look("Contact", contact).path("Email").asText();
        hub.club(
                "person",
                email.substring(0, email.indexOf('@')),
                "\"email\":\"" + email + "\",\"first\":\"Anna\",\"last\":\"Lee\"");
        await().atMost(PlatformHub.PATIENCE).until(() -> salesforce
                .look("Contact", contact)
                .path("FirstName")
                .asText()
                .equals("Anna"));
        hub.settled();
        assertThat(salesforce.contactOf(golden)).isEqualTo(contact);
    }

    @Test
    void whoWasThereBeforeUsIsToldByTheirOwnIdAndLearnsOurs() {
        Person ana = world.person(0);
        Person ben = world.person(1);
        String anaThere = salesforce.enter(ana);
        String benThere = salesforce.enter(ben);
        hub = setting().with("SALESFORCE_PUSH", "on").start();
        hub.pull("salesforce", "contacts");
        assertThat(calls(UPDATE)).as("what they have, they are not told").isEmpty();

        // under another name the duplicate rule lets her in a second time; under his own it refuses him. A row that
        // somebody
        // else holds is tried again, and is theirs the second time, too.
        salesforce.lock(anaThere);
        club(ana, ana.familyName() + "-Lee", "+1 202 555 0143");
        club(ben, ben.familyName(), "+1 202 555 0144");
        await().atMost(PlatformHub.PATIENCE)
                .until(() -> phone(anaThere).contains("0143") && phone(benThere).contains("0144"));
        hub.settled();

        assertThat(salesforce.contacts()).isEqualTo(2);
        assertThat(calls(UPSERT)).isEmpty();
        assertThat(salesforce.look("Contact", anaThere).path("LastName").asText())
                .isEqualTo(ana.familyName() + "-Lee");
        for (JsonNode push : hub.get("/api/pushes?target=salesforce-contacts").path("items")) {
            assertThat(push.path("status").asText()).isEqualTo("settled");
            assertThat(salesforce.contactOf(push.path("goldenId").asText()))
                    .isEqualTo(push.path("externalId").asText());
        }

        // they are found by our id from now on
        exchanges.clear();
        club(ana, ana.familyName() + "-Lee", "+1 202 555 0145");
        await().atMost(PlatformHub.PATIENCE).until(() -> phone(anaThere).contains("0145"));
        hub.settled();
        assertThat(calls(UPSERT)).hasSize(1);
        assertThat(salesforce.contacts()).isEqualTo(2);
    }

    @Test
    void whoWasRefusedAsADuplicateIsFoundByTheNextPull() {
        Person ana = world.person(0);
        hub = setting().with("SALESFORCE_PUSH", "on").start();
        hub.pull("salesforce", "contacts");
        String there = salesforce.enter(ana);
        club(ana, ana.familyName(), "+1 202 555 0143");
        await().atMost(PlatformHub.PATIENCE)
                .until(() -> hub.get("/api/pushes?status=failed").path("items").size() == 1);
        assertThat(hub.get("/api/pushes?status=failed").at("/items/0/error").asText())
                .contains("DUPLICATES_DETECTED");

        hub.pull("salesforce", "contacts");
        await().atMost(PlatformHub.PATIENCE).until(() -> phone(there).contains("0143"));
        hub.settled();
        assertThat(salesforce.contacts()).isEqualTo(1);
        assertThat(hub.get("/api/pushes?status=failed").path("items")).isEmpty();
    }

    private String phone(String contact) {
        return salesforce.look("Contact", contact).path("Phone").asText().replaceAll("\\D", "");
    }

    private void club(Person person, String lastName, String phone) {
        hub.club(
                "person",
                "c" + person.number(),
                "\"email\":\"" + person.email() + "\",\"first\":\"" + person.givenName() + "\",\"last\":\"" + lastName
                        + "\",\"phone\":\"" + phone + "\"");
    }

    @Test
    void anAssertionSignedWithTheAccountsKeyGivesAToken() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair keys = generator.generateKeyPair();
        RSASSAVerifier verifier = new RSASSAVerifier((RSAPublicKey) keys.getPublic());
        client.accept(text -> {
            try {
                SignedJWT assertion = SignedJWT.parse(text);
                return assertion.verify(verifier)
                        && client.clientId().equals(assertion.getJWTClaimsSet().getIssuer())
                        && "ana@example.org".equals(assertion.getJWTClaimsSet().getSubject())
                        && assertion.getJWTClaimsSet().getAudience().contains(salesforce.origin());
            } catch (java.text.ParseException | com.nimbusds.jose.JOSEException e) {
                return false;
            }
        });
        salesforce.enter(world.person(0));
        hub = setting()
                .edit(
                        FILE,
                        "  scheme: oauth2\n",
                        "  scheme: jwtBearer\n  jwt: { issuer: \"{clientId}\", subject: \"{username}\", audience: \""
                                + salesforce.origin() + "\" }\n")
                .with("SALESFORCE_USERNAME", "ana@example.org")
                .with(
                        "SALESFORCE_PRIVATE_KEY",
                        "-----BEGIN PRIVATE KEY-----\n"
                                + Base64.getMimeEncoder()
                                        .encodeToString(keys.getPrivate().getEncoded())
                                + "\n-----END PRIVATE KEY-----")
                .start();

        assertThat(hub.pull("salesforce", "contacts").path("state").asText()).isEqualTo("done");
        assertThat(client.issued()).isEqualTo(1);
        client.expire();
        assertThat(hub.pull("salesforce", "contacts").path("state").asText()).isEqualTo("done");
        assertThat(client.issued()).isEqualTo(2);
        assertThat(hub.column("SELECT COUNT(*) FROM members")).containsExactly("1");
    }
}
