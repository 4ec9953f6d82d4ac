package dev.muster.credential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jwt.SignedJWT;
import dev.muster.call.CallCredential;
import dev.muster.call.CredentialUnusable;
import dev.muster.db.Database;
import dev.muster.db.StoreContract;
import dev.muster.failure.Refusal;
import dev.muster.failure.Transient;
import dev.muster.platform.AccountSettings;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.Secrets;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What vault, stored integrations and tokens promise, on either database. */
abstract class CredentialContract extends StoreContract {
    private static final String KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    private static final String OTHER_KEY = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

    @TempDir
    Path home;

    private TokenServer server;
    private final List<Node> nodes = new ArrayList<>();
    private Node node;

    /** A hub of its own on the database. */
    private final class Node implements AutoCloseable {
        final Database own;
        final Vault vault;
        final CredentialUses uses;
        final IntegrationStore store;
        final Integrations integrations;
        final PlatformCredentials credentials;
        final CredentialUpkeep upkeep;
        final Consents consents;

        Node(String hub, Database database, OuterKey... keys) {
            own = database;
            vault = new Vault(database, clock, List.of(keys));
            uses = new CredentialUses(database, clock, hub);
            store = new IntegrationStore(database, vault, uses, trail, ids, clock);
            integrations = new Integrations(home, Map.of(), store);
            PlatformCatalog catalog =
                    new PlatformCatalog(home, List.of(AccountSettings.compiler(), AuthSettings.compiler()));
            catalog.load();
            assertThat(catalog.problems()).isEmpty();
            integrations.load(catalog);
            credentials = new PlatformCredentials(catalog, database, vault, uses, meters, clock, hub);
            upkeep = new CredentialUpkeep(catalog, integrations, credentials, vault, uses, meters, clock);
            consents = new Consents(credentials, integrations, clock, "https://hub.example.org/");
        }

        Integration find(String platform, String id) {
            return integrations.find(platform, id).orElseThrow();
        }

        @Override
        public void close() {
            credentials.close();
            if (own != database) {
                own.close();
            }
        }
    }

    @BeforeEach
    void start() throws Exception {
        server = new TokenServer();
        Path platforms = Files.createDirectories(home.resolve("config/platforms"));
        Files.writeString(platforms.resolve("rotating.yaml"), """
                platform: rotating
                api: { baseUrl: "%s" }
                settings: { listId: { title: "Id of the list", required: true } }
                auth: { scheme: oauth2, grant: authorizationCode, authorizationUrl: /authorize, tokenUrl: /token,
                  scopes: [read, write] }
                """.formatted(server.url()));
        Files.writeString(platforms.resolve("machine.yaml"), """
                platform: machine
                api: { baseUrl: "%s" }
                auth: { scheme: oauth2, grant: clientCredentials, tokenUrl: /token }
                """.formatted(server.url()));
        Files.writeString(platforms.resolve("keyed.yaml"), """
                platform: keyed
                auth: { scheme: apiKey, headers: { X-Key: "k {apiKey}" }, query: { list: "{listId}" } }
                settings: { listId: { title: "Id of the list", default: all } }
                """);
        Files.writeString(platforms.resolve("asserting.yaml"), """
                platform: asserting
                api: { baseUrl: "%s" }
                auth: { scheme: jwtBearer, tokenUrl: /token, lifetime: PT1H, jwt: { audience: "https://login.example.org" } }
                """.formatted(server.url()));
        node = node("hub-a", database);
    }

    @AfterEach
    void stop() {
        nodes.forEach(Node::close);
        nodes.clear();
        server.close();
    }

    private Node node(String hub, Database database) {
        Node made = new Node(hub, database, OuterKey.parse("ENCRYPTION_KEY", KEY));
        nodes.add(made);
        return made;
    }

    @Test
    void testOfAnAccountEndsInTimeAndSaysWhatWasNotAnswered() throws Exception {
        Files.writeString(home.resolve("config/platforms/silent.yaml"), """
                platform: silent
                api: { baseUrl: "https://silent.example" }
                auth: { scheme: apiKey, headers: { X-Key: "{apiKey}" }, test: { path: /me }, getSchema: { path: /fields } }
                """);
        node = node("hub-b", database);
        create("mute", "silent", Map.of("apiKey", "k"));
        Probe probe = new Probe(node.credentials, request -> new CompletableFuture<>(), clock, Duration.ofMillis(300));

        ObjectNode outcome = probe.test(node.find("silent", "mute"));

        assertThat(outcome.at("/authenticate/outcome").asText()).isEqualTo("ok");
        assertThat(outcome.at("/testConnection/error").asText())
                .startsWith("no answer to GET /me: the test took its 300 ms")
                .contains("muster.integration.test.limit");
        assertThat(outcome.at("/getSchema/outcome").asText()).isEqualTo("skipped");
    }

    private void create(String id, String platform, Map<String, String> secrets) {
        assertThat(node.store.create(id, "acme", platform, change(secrets, true), "admin"))
                .hasValue(id);
    }

    private static IntegrationStore.Change change(Map<String, String> secrets, boolean enabled) {
        Map<String, char[]> characters = new HashMap<>();
        secrets.forEach((name, secret) -> characters.put(name, secret.toCharArray()));
        return new IntegrationStore.Change("Title", null, Map.of("listId", "L1"), enabled, characters);
    }

    private void rotating(String id) {
        create(
                id,
                "rotating",
                Map.of(
                        Secrets.CLIENT_ID, TokenServer.CLIENT,
                        Secrets.CLIENT_SECRET, TokenServer.SECRET,
                        Secrets.REFRESH_TOKEN, "refresh-0"));
    }

    private static CallCredential now(CompletionStage<CallCredential> stage) throws Exception {
        return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private static Throwable failure(CompletionStage<CallCredential> stage) {
        try {
            now(stage);
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (Exception e) {
            return e;
        }
        throw new AssertionError("it did not fail");
    }

    private static String token(CallCredential credential) {
        return String.valueOf(credential.headers().get("Authorization"));
    }

    // --- vault ----------------------------------------------------------------------------------------------------

    @Test
    void aSecretOpensOnlyWhereItBelongs() {
        SecretPlace place = new SecretPlace("acme", "keyed", "one", "apiKey");
        Sealed sealed = node.vault.seal(place, "s3cret".getBytes());

        assertThat(new String(node.vault.open(place, sealed))).isEqualTo("s3cret");
        for (SecretPlace other : List.of(
                new SecretPlace("other", "keyed", "one", "apiKey"),
                new SecretPlace("acme", "other", "one", "apiKey"),
                new SecretPlace("acme", "keyed", "two", "apiKey"),
                new SecretPlace("acme", "keyed", "one", "password"),
                new SecretPlace("acmek", "eyed", "one", "apiKey"))) {
            assertThatThrownBy(() -> node.vault.open(other, sealed)).isInstanceOf(CredentialUnusable.class);
        }
        for (int i = 0; i < sealed.bytes().length; i++) {
            byte[] changed = sealed.bytes().clone();
            changed[i] ^= 1;
            assertThatThrownBy(() -> node.vault.open(place, new Sealed(sealed.generation(), changed)))
                    .isInstanceOf(CredentialUnusable.class)
                    .hasMessageNotContaining("s3cret");
        }
    }

    @Test
    void anotherOuterKeySaysWhatToDo() {
        SecretPlace place = new SecretPlace("acme", "keyed", "one", "apiKey");
        Sealed sealed = node.vault.seal(place, "s3cret".getBytes());
        Vault stranger = new Vault(database, clock, List.of(OuterKey.parse("ENCRYPTION_KEY", OTHER_KEY)));

        assertThatThrownBy(() -> stranger.open(place, sealed))
                .isInstanceOf(CredentialUnusable.class)
                .hasMessageContaining("ENCRYPTION_KEY_PREVIOUS")
                .hasMessageNotContaining(OTHER_KEY);
    }

    @Test
    void theAccountsOfAnOrganizationAreFoundWithoutReadingAllOthers() {
        create("b-1", "keyed", Map.of(Secrets.API_KEY, "the-key"));
        create("a-1", "keyed", Map.of(Secrets.API_KEY, "the-key"));
        node.store.create("z-1", "other", "keyed", change(Map.of(), true), "admin");

        assertThat(node.integrations.of("keyed", "acme"))
                .extracting(Integration::id)
                .containsExactly("a-1", "b-1");
        assertThat(node.integrations.of("rotating", "acme")).isEmpty();
        assertThat(node.integrations.isAnyWith("keyed", "push")).isFalse();
        node.store.create(
                "p-1",
                "acme",
                "keyed",
                new IntegrationStore.Change("P", null, Map.of("push", "on"), true, Map.of()),
                "admin");
        assertThat(node.integrations.isAnyWith("keyed", "push")).isTrue();
        assertThat(node.integrations.isAnyWith("rotating", "push")).isFalse();
    }

    @Test
    void theOuterKeyIsReplacedByTwoKeysAndARotation() throws Exception {
        create("one", "keyed", Map.of(Secrets.API_KEY, "the-key"));
        OuterKey old = OuterKey.parse("ENCRYPTION_KEY_PREVIOUS", KEY);
        OuterKey fresh = OuterKey.parse("ENCRYPTION_KEY", OTHER_KEY);

        assertThat(new Vault(database, clock, List.of(fresh, old)).rotate()).isEqualTo(1);

        Node later = new Node("hub-a", database, fresh);
        nodes.add(later);
        assertThat(now(later.credentials.of(later.find("keyed", "one"))).headers())
                .containsEntry("X-Key", "k the-key");
    }

    @Test
    void rotationSealsEverythingAnewWhileOthersRead() throws Exception {
        for (int i = 0; i < 450; i++) {
            create("many-" + i, "keyed", Map.of(Secrets.API_KEY, "key-" + i));
        }
        // the greatest id has none after it
        create("zzz", "keyed", Map.of(Secrets.API_KEY, "key-z"));
        rotating("tokens");
        now(node.credentials.of(node.find("rotating", "tokens")));
        Node other = node("hub-b", reopened());
        AtomicBoolean ended = new AtomicBoolean();
        CountDownLatch reading = new CountDownLatch(1);
        CompletableFuture<Integer> reads = CompletableFuture.supplyAsync(() -> {
            int count = 0;
            while (!ended.get() || count < 450) {
                String id = "many-" + count % 450;
                assertThat(other.store
                                .after("keyed", id, 1)
                                .get(0)
                                .secrets()
                                .text(Secrets.API_KEY, "test")
                                .orElseThrow())
                        .startsWith("key-");
                count++;
                reading.countDown();
            }
            return count;
        });
        assertThat(reading.await(30, TimeUnit.SECONDS)).isTrue();

        assertThat(node.vault.rotate()).isEqualTo(455);
        ended.set(true);

        assertThat(reads.get(60, TimeUnit.SECONDS)).isGreaterThanOrEqualTo(450);
        assertThat(column("SELECT DISTINCT generation FROM integration_secrets"))
                .containsExactly("2");
        assertThat(column("SELECT DISTINCT generation FROM oauth_tokens")).containsExactly("2");
        assertThat(now(other.credentials.of(other.find("rotating", "tokens"))).headers())
                .containsEntry("Authorization", "Bearer access-1");
        clock.advance(Duration.ofHours(2));
        node.vault.upkeep();
        assertThat(column("SELECT generation FROM vault_keys")).containsExactly("2");
        assertThat(now(other.credentials.of(other.find("keyed", "many-7"))).headers())
                .containsEntry("X-Key", "k key-7");
    }

    // --- stored integrations --------------------------------------------------------------------------------------

    @Test
    void secretsAreNowhereInClear() throws Exception {
        create("one", "keyed", Map.of(Secrets.API_KEY, "clear-text-key"));
        rotating("two");
        now(node.credentials.of(node.find("rotating", "two")));
        node.uses.flush();

        for (String table : List.of(
                "integrations", "integration_secrets", "oauth_tokens", "audit_log", "credential_uses", "vault_keys")) {
            assertThat(rows("SELECT * FROM " + table).toString())
                    .doesNotContain("clear-text-key", "refresh-0", "refresh-1", "access-1", TokenServer.SECRET);
        }
        assertThat(node.find("keyed", "one").toString()).doesNotContain("clear-text-key");
        assertThat(now(node.credentials.of(node.find("keyed", "one"))).toString())
                .doesNotContain("clear-text-key");
    }

    @Test
    void everyUseIsCountedByTheHour() throws Exception {
        create("one", "keyed", Map.of(Secrets.API_KEY, "k"));
        now(node.credentials.of(node.find("keyed", "one")));
        clock.advance(Duration.ofSeconds(10));
        now(node.credentials.of(node.find("keyed", "one")));
        node.uses.flush();
        assertThat(node.uses.of("keyed", "one"))
                .filteredOn(use -> use.purpose().equals("call:apiKey"))
                .singleElement()
                .satisfies(use -> assertThat(use.uses()).isGreaterThanOrEqualTo(2))
                .satisfies(use -> assertThat(use.actor()).isEqualTo("hub-a"));
    }

    @Test
    void anotherHubSeesAChangeWithinSeconds() throws Exception {
        create("one", "keyed", Map.of(Secrets.API_KEY, "before"));
        Node other = node("hub-b", reopened());
        assertThat(now(other.credentials.of(other.find("keyed", "one"))).headers())
                .containsEntry("X-Key", "k before");

        assertThat(node.store.update(
                        node.store.stored("one").orElseThrow(),
                        change(Map.of(Secrets.API_KEY, "after"), true),
                        "admin"))
                .isTrue();
        clock.advance(Duration.ofSeconds(6));

        assertThat(now(other.credentials.of(other.find("keyed", "one"))).headers())
                .containsEntry("X-Key", "k after");
    }

    @Test
    void twoWhoChangeAtOnceDoNotOverwriteEachOther() {
        create("one", "keyed", Map.of());
        IntegrationStore.Stored read = node.store.stored("one").orElseThrow();

        assertThat(node.store.update(read, change(Map.of(), true), "admin")).isTrue();
        assertThat(node.store.update(read, change(Map.of(), false), "admin")).isFalse();
        assertThat(node.store.create("one", "acme", "keyed", change(Map.of(), true), "admin"))
                .isEmpty();
    }

    @Test
    void oneThatMovesKeepsNoTokenAndNoConsent() throws Exception {
        rotating("one");
        now(node.credentials.of(node.find("rotating", "one")));
        node.consents.begin(node.find("rotating", "one"));
        assertThat(node.store.update(node.store.stored("one").orElseThrow(), change(Map.of(), true), "admin"))
                .isTrue();
        assertThat(node.credentials
                        .store()
                        .find(node.find("rotating", "one"))
                        .tokens()
                        .access())
                .as("it stays where it is")
                .isEqualTo("access-1");

        IntegrationStore.Change elsewhere = new IntegrationStore.Change(
                "Title", "https://elsewhere.example", Map.of("listId", "L1"), true, Map.of());
        assertThat(node.store.update(node.store.stored("one").orElseThrow(), elsewhere, "admin"))
                .isTrue();

        TokenStore.Row row = node.credentials.store().find(node.find("rotating", "one"));
        assertThat(row.tokens().access() + row.tokens().refresh()).isEmpty();
        assertThat(row.expiresAt()).isNull();
        assertThat(count("oauth_states")).isZero();
    }

    @Test
    void aDeletedOneLeavesNothingBehind() throws Exception {
        rotating("one");
        now(node.credentials.of(node.find("rotating", "one")));
        node.consents.begin(node.find("rotating", "one"));

        node.store.delete(node.store.stored("one").orElseThrow(), "admin");

        assertThat(count("integrations") + count("integration_secrets") + count("oauth_tokens") + count("oauth_states"))
                .isZero();
        assertThat(node.integrations.find("rotating", "one")).isEmpty();
    }

    @Test
    void aDisabledOneIsNotCalled() {
        create("one", "keyed", Map.of(Secrets.API_KEY, "k"));
        node.store.update(node.store.stored("one").orElseThrow(), change(Map.of(), false), "admin");

        assertThat(failure(node.credentials.of(node.find("keyed", "one")))).isInstanceOf(CredentialUnusable.class);
    }

    // --- tokens ---------------------------------------------------------------------------------------------------

    @Test
    void twoHubsAndManyCallersRenewOnce() throws Exception {
        rotating("one");
        Node other = node("hub-b", reopened());
        server.gate = new CountDownLatch(1);
        List<CompletionStage<CallCredential>> waiting = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            waiting.add(node.credentials.of(node.find("rotating", "one")));
            waiting.add(other.credentials.of(other.find("rotating", "one")));
        }
        assertThat(server.entered.await(30, TimeUnit.SECONDS)).isTrue();
        server.gate.countDown();

        for (CompletionStage<CallCredential> one : waiting) {
            assertThat(token(now(one))).isEqualTo("Bearer access-1");
        }
        assertThat(server.count()).isEqualTo(1);
        assertThat(server.refused).isEmpty();
    }

    @Test
    void aRefusedTokenIsRenewedOnceHoweverManyAsk() throws Exception {
        rotating("one");
        CallCredential first = now(node.credentials.of(node.find("rotating", "one")));
        Node other = node("hub-b", reopened());
        CallCredential same = now(other.credentials.of(other.find("rotating", "one")));
        List<CompletionStage<CallCredential>> waiting = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            waiting.add(node.credentials.renewed(node.find("rotating", "one"), first));
            waiting.add(other.credentials.renewed(other.find("rotating", "one"), same));
        }
        for (CompletionStage<CallCredential> one : waiting) {
            assertThat(token(now(one))).isEqualTo("Bearer access-2");
        }
        assertThat(server.count()).isEqualTo(2);
        assertThat(server.refused).isEmpty();
    }

    @Test
    void aShortLifeIsRenewedAtFourFifths() throws Exception {
        rotating("one");
        now(node.credentials.of(node.find("rotating", "one")));
        clock.advance(Duration.ofMinutes(47));
        assertThat(token(now(node.credentials.of(node.find("rotating", "one")))))
                .isEqualTo("Bearer access-1");
        clock.advance(Duration.ofMinutes(2));
        assertThat(token(now(node.credentials.of(node.find("rotating", "one")))))
                .isEqualTo("Bearer access-2");
    }

    @Test
    void aLongLivedTokenIsRenewedThoughNobodyCalls() throws Exception {
        server.lifetime = Duration.ofDays(31).toSeconds();
        rotating("one");
        now(node.credentials.of(node.find("rotating", "one")));
        clock.advance(Duration.ofDays(29));
        node.upkeep.upkeep().toCompletableFuture().get(30, TimeUnit.SECONDS);
        assertThat(server.count()).isEqualTo(1);
        clock.advance(Duration.ofDays(1).plusMinutes(1));
        node.upkeep.upkeep().toCompletableFuture().get(30, TimeUnit.SECONDS);
        assertThat(server.count()).isEqualTo(2);
    }

    @Test
    void anEndpointThatIsAwayLeavesTheIntegrationAsItIs() throws Exception {
        rotating("one");
        now(node.credentials.of(node.find("rotating", "one")));
        server.failWith = 503;
        clock.advance(Duration.ofMinutes(50));
        assertThat(token(now(node.credentials.of(node.find("rotating", "one")))))
                .isEqualTo("Bearer access-1");
        clock.advance(Duration.ofMinutes(20));
        assertThat(failure(node.credentials.of(node.find("rotating", "one")))).isInstanceOf(Transient.class);
        assertThat(node.credentials.standing(node.find("rotating", "one")).refused())
                .isFalse();

        server.failWith = 0;
        clock.advance(Duration.ofMinutes(1));
        assertThat(token(now(node.credentials.of(node.find("rotating", "one")))))
                .isEqualTo("Bearer access-2");
    }

    @Test
    void aRefusedRenewalNeedsAPersonAndAsksNoMore() throws Exception {
        create(
                "one",
                "rotating",
                Map.of(
                        Secrets.CLIENT_ID, TokenServer.CLIENT,
                        Secrets.CLIENT_SECRET, TokenServer.SECRET,
                        Secrets.REFRESH_TOKEN, "unknown-refresh-token"));

        assertThat(failure(node.credentials.of(node.find("rotating", "one"))))
                .isInstanceOf(CredentialUnusable.class)
                .hasMessageContaining("invalid_grant")
                .hasMessageNotContaining("unknown-refresh-token");
        assertThat(failure(node.credentials.of(node.find("rotating", "one")))).isInstanceOf(CredentialUnusable.class);
        assertThat(server.count()).isEqualTo(1);
        assertThat(node.credentials.standing(node.find("rotating", "one")).refused())
                .isTrue();

        node.store.update(
                node.store.stored("one").orElseThrow(),
                change(Map.of(Secrets.REFRESH_TOKEN, "refresh-0"), true),
                "admin");
        assertThat(token(now(node.credentials.of(node.find("rotating", "one")))))
                .isEqualTo("Bearer access-1");
    }

    @Test
    void aRenewalThatDidNotEndIsToldOf() throws Exception {
        rotating("one");
        now(node.credentials.of(node.find("rotating", "one")));
        // another hub asked with the token, and was killed before its commit
        execute("UPDATE oauth_tokens SET lease_owner = 'hub-x', lease_from = " + clock.millis() + ", lease_until = "
                + (clock.millis() + 60_000));
        clock.advance(Duration.ofHours(2));
        server.failWith = 400;

        assertThat(failure(node.credentials.of(node.find("rotating", "one"))))
                .isInstanceOf(CredentialUnusable.class)
                .hasMessageContaining("whose end is not known");
    }

    @Test
    void anApiKeyThatIsRefusedNeedsAPerson() throws Exception {
        create("one", "keyed", Map.of(Secrets.API_KEY, "k"));
        CallCredential refused = now(node.credentials.of(node.find("keyed", "one")));
        assertThat(refused.query()).containsEntry("list", "L1");

        assertThat(failure(node.credentials.renewed(node.find("keyed", "one"), refused)))
                .isInstanceOf(CredentialUnusable.class);
        assertThat(failure(node.credentials.of(node.find("keyed", "one")))).isInstanceOf(CredentialUnusable.class);
        node.store.update(
                node.store.stored("one").orElseThrow(), change(Map.of(Secrets.API_KEY, "new"), true), "admin");
        assertThat(now(node.credentials.of(node.find("keyed", "one"))).headers())
                .containsEntry("X-Key", "k new");
    }

    @Test
    void clientCredentialsAreEnough() throws Exception {
        create(
                "one",
                "machine",
                Map.of(Secrets.CLIENT_ID, TokenServer.CLIENT, Secrets.CLIENT_SECRET, TokenServer.SECRET));

        assertThat(token(now(node.credentials.of(node.find("machine", "one"))))).isEqualTo("Bearer access-1");
        assertThat(server.asked.get(0)).containsEntry("grant_type", "client_credentials");
    }

    @Test
    void anAssertionIsSignedForTheOneWhoIsNamed() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        String pem = "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(pair.getPrivate().getEncoded())
                + "\n-----END PRIVATE KEY-----";
        create(
                "one",
                "asserting",
                Map.of(Secrets.CLIENT_ID, "the-app", Secrets.USERNAME, "ana@acme", Secrets.PRIVATE_KEY, pem));

        CallCredential credential = now(node.credentials.of(node.find("asserting", "one")));

        assertThat(token(credential)).isEqualTo("Bearer access-1");
        SignedJWT assertion = SignedJWT.parse(server.asked.get(0).get("assertion"));
        assertThat(assertion.verify(new RSASSAVerifier((RSAPublicKey) pair.getPublic())))
                .isTrue();
        assertThat(assertion.getJWTClaimsSet().getIssuer()).isEqualTo("the-app");
        assertThat(assertion.getJWTClaimsSet().getSubject()).isEqualTo("ana@acme");
        assertThat(assertion.getJWTClaimsSet().getAudience()).containsExactly("https://login.example.org");
    }

    // --- consent --------------------------------------------------------------------------------------------------

    private Map<String, String> begin(String id) {
        create(
                id,
                "rotating",
                Map.of(Secrets.CLIENT_ID, TokenServer.CLIENT, Secrets.CLIENT_SECRET, TokenServer.SECRET));
        URI address = node.consents.begin(node.find("rotating", id));
        Map<String, String> query = new HashMap<>();
        for (String pair : address.getQuery().split("&")) {
            query.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
        }
        return query;
    }

    @Test
    void aConsentConnectsOnceAndWithItsOwnVerifierOnly() throws Exception {
        Map<String, String> query = begin("one");
        assertThat(query)
                .containsEntry("code_challenge_method", "S256")
                .containsEntry("redirect_uri", "https://hub.example.org/api/integrations/callback");
        server.code("code-1", query.get("code_challenge"));
        Optional<String> state = Optional.of(query.get("state"));

        assertThat(node.consents
                        .end(Optional.of("code-1"), state, Optional.empty())
                        .id())
                .isEqualTo("one");
        assertThat(token(now(node.credentials.of(node.find("rotating", "one")))))
                .isEqualTo("Bearer access-1");
        assertThatThrownBy(() -> node.consents.end(Optional.of("code-1"), state, Optional.empty()))
                .isInstanceOf(Refusal.class);
        assertThat(server.count()).isEqualTo(1);
    }

    @Test
    void aCodeOfSomebodyElsesConsentIsWorthNothing() {
        Map<String, String> mine = begin("one");
        Map<String, String> theirs = begin("two");
        server.code("their-code", theirs.get("code_challenge"));

        assertThatThrownBy(() ->
                        node.consents.end(Optional.of("their-code"), Optional.of(mine.get("state")), Optional.empty()))
                .isInstanceOf(Refusal.class);
        assertThat(server.refused).containsExactly("invalid_grant");
        assertThat(count("oauth_tokens")).isZero();
    }

    @Test
    void aForeignOrOldStateIsRefusedWithoutAskingThePlatform() {
        Map<String, String> query = begin("one");
        clock.advance(Duration.ofMinutes(11));
        for (String state : List.of("made-up", "", query.get("state"))) {
            assertThatThrownBy(() -> node.consents.end(Optional.of("code"), Optional.of(state), Optional.empty()))
                    .isInstanceOf(Refusal.class);
        }
        assertThat(server.count()).isZero();
    }
}
