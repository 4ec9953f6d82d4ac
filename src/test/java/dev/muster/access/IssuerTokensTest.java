package dev.muster.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.muster.db.HandClock;
import dev.muster.failure.Transient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IssuerTokensTest {
    private static final String ISSUER = "https://hub-demo.example.auth0.com/";
    private static final String AUDIENCE = "https://api.hub.example.org";
    private static final Duration LEEWAY = Duration.ofSeconds(30);
    private static final Instant ISSUED = Instant.ofEpochSecond(1_767_225_600L);
    private static final Instant EXPIRES = Instant.ofEpochSecond(1_767_312_000L);
    private static final RSAKey OURS = newKey("ours");

    private final HandClock clock = new HandClock();
    private KeyServer server;

    @BeforeEach
    void start() throws IOException {
        at(ISSUED.plusSeconds(3_600));
        server = new KeyServer(keys(vectorKey(), OURS));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void at(Instant moment) {
        clock.advance(Duration.between(clock.instant(), moment));
    }

    private IssuerSettings settings() {
        return new IssuerSettings(ISSUER, AUDIENCE, server.address(), LEEWAY, Set.of(), "", false);
    }

    private IssuerTokens tokens() {
        return new IssuerTokens(settings(), clock);
    }

    private static String resource(String name) {
        try (java.io.InputStream stream = IssuerTokensTest.class.getResourceAsStream("/access/" + name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JWK vectorKey() {
        try {
            return JWKSet.parse(resource("jwks.json")).getKeys().get(0);
        } catch (java.text.ParseException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String keys(JWK... keys) {
        return new JWKSet(List.of(keys)).toString(true);
    }

    /** It does not say its algorithm, as issuers may leave out: the hub alone decides which it takes. */
    private static RSAKey newKey(String id) {
        try {
            return new RSAKeyGenerator(2048).keyID(id).keyUse(KeyUse.SIGNATURE).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private JWTClaimsSet.Builder claims() {
        return new JWTClaimsSet.Builder()
                .issuer(ISSUER)
                .audience(AUDIENCE)
                .subject("robot@clients")
                .claim("azp", "robot")
                .claim("scope", "muster:read muster:decide openid")
                .issueTime(Date.from(clock.instant()))
                .expirationTime(Date.from(clock.instant().plusSeconds(600)));
    }

    private static JWSHeader.Builder header(String kid) {
        return new JWSHeader.Builder(JWSAlgorithm.RS256)
                .type(JOSEObjectType.JWT)
                .keyID(kid);
    }

    private static String signed(JWTClaimsSet.Builder claims) {
        return signed(header("ours").build(), claims, signer(OURS));
    }

    private static String signed(JWSHeader header, JWTClaimsSet.Builder claims, JWSSigner signer) {
        try {
            SignedJWT token = new SignedJWT(header, claims.build());
            token.sign(signer);
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JWSSigner signer(RSAKey key) {
        try {
            return new RSASSASigner(key);
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    // --- what is taken ------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"auth0.jwt", "rfc9068.jwt"})
    void bothProfilesAreTaken(String vector) {
        Verdict verdict = tokens().check(resource(vector));

        assertThat(verdict.reason()).isEmpty();
        assertThat(verdict.caller())
                .isEqualTo(new Caller(
                        "client:" + ISSUER + "|AbC123demoClient|", "client AbC123demoClient", Set.of(), null));
    }

    @Test
    void scopesOfOursArePermissions() {
        assertThat(tokens().check(signed(claims())).caller())
                .isEqualTo(new Caller(
                        "client:" + ISSUER + "|robot|",
                        "client robot",
                        Set.of(Permission.READ, Permission.DECIDE),
                        null));
    }

    @Test
    void permissionsCountWhereTheTenantChoseSo() {
        String token = signed(claims().claim("permissions", List.of("muster:undo", "other:thing")));
        IssuerSettings union = new IssuerSettings(ISSUER, AUDIENCE, server.address(), LEEWAY, Set.of(), "", true);

        assertThat(tokens().check(token).caller().may(Permission.UNDO)).isFalse();
        assertThat(new IssuerTokens(union, clock).check(token).caller().permissions())
                .containsExactlyInAnyOrder(Permission.READ, Permission.DECIDE, Permission.UNDO);
    }

    @Test
    void aClaimMayNameTheOrganization() {
        String claim = "https://muster.example/organization";
        IssuerTokens tokens = new IssuerTokens(
                new IssuerSettings(ISSUER, AUDIENCE, server.address(), LEEWAY, Set.of(), claim, false), clock);

        assertThat(tokens.check(signed(claims().claim(claim, "club"))).caller().organization())
                .isEqualTo("club");
        assertRefused(tokens.check(signed(claims())));
        assertRefused(tokens.check(signed(claims().claim(claim, List.of("club")))));
        assertRefused(tokens.check(signed(claims().claim(claim, ""))));
    }

    @Test
    void onlyTheClientsThatAreNamedAreTaken() {
        IssuerTokens tokens = new IssuerTokens(
                new IssuerSettings(ISSUER, AUDIENCE, server.address(), LEEWAY, Set.of("robot"), "", false), clock);

        assertThat(tokens.check(signed(claims())).caller()).isNotNull();
        assertThat(tokens.check(signed(claims().claim("azp", null).claim("client_id", "robot")))
                        .caller())
                .isNotNull();
        assertRefused(tokens.check(resource("auth0.jwt")));
        assertRefused(tokens.check(signed(claims().claim("azp", null))));
    }

    // --- what is not --------------------------------------------------------------------------------------------

    private static void assertRefused(Verdict verdict) {
        assertThat(verdict.caller()).isNull();
        assertThat(verdict.reason()).isNotEmpty();
    }

    @Test
    void anHmacIsNotTakenForASignature() throws Exception {
        assertRefused(tokens().check(resource("hs256.jwt")));
        byte[] publicKey = OURS.toRSAPublicKey().getEncoded();
        JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.HS256)
                .type(JOSEObjectType.JWT)
                .keyID("ours")
                .build();
        assertRefused(tokens().check(signed(header, claims(), new MACSigner(publicKey))));
    }

    @Test
    void noSignatureIsNotTaken() {
        String plain = new PlainJWT(claims().build()).serialize();

        assertRefused(tokens().check(plain));
        assertRefused(tokens().check(plain.replaceFirst("^[^.]+", "eyJhbGciOiJub25lIiwia2lkIjoib3VycyJ9")));
    }

    @Test
    void anotherAlgorithmOfTheSameKeyIsNotTaken() {
        JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.RS512)
                .type(JOSEObjectType.JWT)
                .keyID("ours")
                .build();

        assertRefused(tokens().check(signed(header, claims(), signer(OURS))));
    }

    @Test
    void aChangedCharacterBreaksTheSignature() {
        String[] parts = resource("auth0.jwt").split("\\.");
        char last = parts[1].charAt(parts[1].length() - 1);
        String changed = parts[1].substring(0, parts[1].length() - 1) + (last == 'A' ? 'B' : 'A');

        assertRefused(tokens().check(parts[0] + "." + changed + "." + parts[2]));
        assertRefused(tokens().check(parts[0] + "." + parts[1] + "." + parts[2].substring(1)));
        assertRefused(tokens().check(parts[0] + "." + parts[1] + "."));
    }

    @Test
    void anUnknownKeyIsNotTaken() {
        assertRefused(tokens().check(signed(header("theirs").build(), claims(), signer(newKey("theirs")))));
        assertRefused(tokens().check(signed(header("ours").build(), claims(), signer(newKey("ours")))));
        assertRefused(tokens().check(signed(
                new JWSHeader.Builder(JWSAlgorithm.RS256)
                        .type(JOSEObjectType.JWT)
                        .build(),
                claims(),
                signer(OURS))));
    }

    @Test
    void anotherTypeOfTokenIsNotTaken() {
        JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.RS256)
                .type(new JOSEObjectType("logout+jwt"))
                .keyID("ours")
                .build();

        assertRefused(tokens().check(signed(header, claims(), signer(OURS))));
    }

    @Test
    void theNamesHaveToBeExactlyTheseOnes() {
        assertRefused(tokens().check(signed(claims().audience(AUDIENCE + "/"))));
        assertRefused(tokens().check(signed(claims().audience((String) null))));
        assertRefused(tokens().check(signed(claims().issuer(ISSUER.substring(0, ISSUER.length() - 1)))));
        assertRefused(tokens().check(signed(claims().issuer(null))));
        assertThat(tokens().check(signed(claims().audience(List.of("https://other", AUDIENCE))))
                        .caller())
                .isNotNull();
    }

    @Test
    void aTokenIsGoodForItsTimeOnly() {
        IssuerTokens tokens = tokens();
        String vector = resource("auth0.jwt");

        at(EXPIRES.plus(LEEWAY).minusSeconds(1));
        assertThat(tokens.check(vector).caller()).isNotNull();
        at(EXPIRES.plus(LEEWAY));
        assertRefused(tokens.check(vector));
        at(ISSUED.minus(LEEWAY));
        assertThat(tokens.check(vector).caller()).isNotNull();
        at(ISSUED.minus(LEEWAY).minusSeconds(1));
        assertRefused(tokens.check(vector));

        Date later = Date.from(clock.instant().plusSeconds(120));
        assertRefused(tokens.check(signed(claims().notBeforeTime(later))));
        assertRefused(tokens.check(signed(claims().expirationTime(null))));
        assertRefused(tokens.check(signed(claims().issueTime(null))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ey", "ey.", "ey..", "eyJ.eyJ.a", "eyJh.b.c.d.e", "eyJhbGciOiJSUzI1NiJ9..", "ey.\u0000.x"})
    void whatIsNoTokenIsNotTaken(String text) {
        assertRefused(tokens().check(text));
    }

    @Test
    void whatTheIssuerSignedIsNoGuess() {
        assertThat(tokens().check(signed(claims().audience("elsewhere"))).guessed())
                .isFalse();
        assertThat(tokens().check("eyJ.a.b").guessed()).isTrue();
        assertThat(tokens().check(signed(header("ours").build(), claims(), signer(newKey("ours"))))
                        .guessed())
                .isTrue();
    }

    // --- the issuer's keys --------------------------------------------------------------------------------------

    @Test
    void theKeysAreFetchedOnceForManyTokens() {
        IssuerTokens tokens = tokens();
        for (int i = 0; i < 20; i++) {
            assertThat(tokens.check(signed(claims())).caller()).isNotNull();
        }

        assertThat(server.asked).hasValue(1);
    }

    @Test
    void aNewKeyIsFoundWithoutWaiting() {
        IssuerTokens tokens = tokens();
        tokens.check(signed(claims()));
        RSAKey next = newKey("next");
        server.keys = keys(OURS, next);

        assertThat(tokens.check(signed(header("next").build(), claims(), signer(next)))
                        .caller())
                .isNotNull();
        assertThat(server.asked).hasValue(2);
    }

    @Test
    void unknownKeysDoNotMakeTheHubAskOnAndOn() {
        IssuerTokens tokens = tokens();
        JWSSigner signer = signer(newKey("theirs"));
        for (int i = 0; i < 50; i++) {
            assertRefused(tokens.check(signed(header("theirs" + i).build(), claims(), signer)));
        }
        assertThat(server.asked).hasValue(2);
        assertThat(tokens.check(signed(claims())).caller()).isNotNull();

        clock.advance(IssuerKeys.PACE);
        assertRefused(tokens.check(signed(header("theirs").build(), claims(), signer)));

        assertThat(server.asked).hasValue(3);
    }

    @Test
    void keysThatCannotBeFetchedAreGoodForAWhile() {
        IssuerTokens tokens = tokens();
        tokens.check(signed(claims()));
        server.status = 503;

        clock.advance(IssuerKeys.CACHED.plusSeconds(1));
        assertThat(tokens.check(signed(claims())).caller()).isNotNull();
        clock.advance(IssuerKeys.OUTAGE);
        assertThatThrownBy(() -> tokens.check(signed(claims()))).isInstanceOf(Transient.class);
        server.status = 200;
        clock.advance(IssuerKeys.PACE);
        assertThat(tokens.check(signed(claims())).caller()).isNotNull();
    }

    @Test
    void aKeyThatTheIssuerTookBackIsNotTakenAfterTheCachesTime() {
        IssuerTokens tokens = tokens();
        tokens.check(signed(claims()));
        server.keys = keys(vectorKey());

        clock.advance(IssuerKeys.CACHED.plusSeconds(1));

        assertRefused(tokens.check(signed(claims())));
    }

    @Test
    void oneFetchesForAllThatCome() throws Exception {
        IssuerTokens tokens = tokens();
        server.gate = new CountDownLatch(1);
        ExecutorService callers = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Verdict>> asking = new ArrayList<>();
            String token = signed(claims());
            for (int i = 0; i < 8; i++) {
                asking.add(() -> tokens.check(token));
            }
            List<Future<Verdict>> answers = asking.stream().map(callers::submit).toList();
            assertThat(server.entered.await(10, TimeUnit.SECONDS)).isTrue();
            server.gate.countDown();

            for (Future<Verdict> answer : answers) {
                assertThat(answer.get(10, TimeUnit.SECONDS).caller()).isNotNull();
            }
            assertThat(server.asked).hasValue(1);
        } finally {
            callers.shutdownNow();
        }
    }

    @Test
    void anEndpointThatHangsIsGivenUp() {
        server.gate = new CountDownLatch(1);

        assertThatThrownBy(() -> tokens().check(signed(claims())))
                .isInstanceOf(Transient.class)
                .hasMessageContaining("try again");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no json", "{}", "{\"keys\":7}", "{\"keys\":[{\"kty\":\"RSA\"}]}"})
    void whatIsNoSetOfKeysIsNotTaken(String keys) {
        server.keys = keys;

        assertThatThrownBy(() -> tokens().check(signed(claims()))).isInstanceOf(Transient.class);
    }

    @Test
    void aSetOfKeysWithoutEndIsNotRead() {
        server.keys = "{\"keys\":[" + " ".repeat(300_000) + "]}";

        assertThatThrownBy(() -> tokens().check(signed(claims()))).isInstanceOf(Transient.class);
    }

    @Test
    void theHeaderOfATokenChoosesNoKeyOfItsOwn() throws Exception {
        RSAKey own = newKey("ours");
        JWSHeader header = header("ours").jwk(own.toPublicJWK()).build();
        JWSHeader elsewhere = header("ours")
                .jwkURL(server.address())
                .customParam("x", Map.of())
                .build();

        assertRefused(tokens().check(signed(header, claims(), signer(own))));
        assertRefused(tokens().check(signed(elsewhere, claims(), signer(own))));
    }
}
