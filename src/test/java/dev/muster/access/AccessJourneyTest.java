package dev.muster.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.muster.RunningHub;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may, from the outside: over HTTP, at a hub that runs. */
class AccessJourneyTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ISSUER = "https://club.example.org/";

    @TempDir
    static Path data;

    private static RunningHub hub;
    private static KeyServer issuer;
    private static RSAKey issuerKey;

    @BeforeAll
    static void start() throws Exception {
        issuerKey = new RSAKeyGenerator(2048).keyID("k1").generate();
        issuer = new KeyServer(new JWKSet(issuerKey).toString(true));
        hub = RunningHub.start(
                data,
                Map.of(
                        "TRUSTED_PROXIES",
                        "127.0.0.1",
                        "AUTH0_AUDIENCE",
                        "https://muster.example.org",
                        "MUSTER_ACCESS_JWT_ISSUER",
                        ISSUER,
                        "MUSTER_ACCESS_JWT_JWKS_URL",
                        issuer.address().toString()));
        assertThat(asAdmin("POST", "/api/organizations", "{\"id\":\"club\"}").statusCode())
                .isEqualTo(201);
    }

    @AfterAll
    static void stop() {
        hub.close();
        issuer.close();
    }

    private static HttpResponse<String> send(String method, String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(hub.uri(path))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json");
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        return RunningHub.send(request.build());
    }

    private static JsonNode json(HttpResponse<String> answer) throws IOException {
        return JSON.readTree(answer.body());
    }

    private static HttpResponse<String> asAdmin(String method, String path, String body) {
        return send(method, path, body, "Authorization", "Bearer " + RunningHub.TOKEN);
    }

    @Test
    void aKeyOfAnOrganizationThatIsNotThereIsRefusedAndToldOfThoseThatAre() throws Exception {
        HttpResponse<String> refused =
                asAdmin("POST", "/api/keys", "{\"name\":\"slip\",\"role\":\"admin\",\"organization\":\"clbu\"}");

        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(json(refused).path("detail").asText())
                .contains("no organization 'clbu'", "There are: club", "org create");
        assertThat(asAdmin("GET", "/api/keys", "").body()).doesNotContain("slip");
    }

    private static String cookie(HttpResponse<String> answer) {
        return answer.headers().firstValue("Set-Cookie").orElseThrow();
    }

    @Test
    void aKeyIsShownOnceOpensAndIsRevoked() throws Exception {
        HttpResponse<String> made =
                asAdmin("POST", "/api/keys", "{\"name\":\"desk\",\"role\":\"admin\",\"organization\":\"club\"}");
        assertThat(made.statusCode()).isEqualTo(201);
        String key = json(made).path("key").asText();
        String id = json(made).path("id").asText();
        assertThat(made.headers().firstValue("Location")).contains("/api/keys/" + id);

        HttpResponse<String> listed = send("GET", "/api/keys?limit=1", "", "Authorization", "Bearer " + key);
        assertThat(listed.statusCode()).isEqualTo(200);
        assertThat(json(listed).at("/items/0/id").asText()).isEqualTo(id);
        assertThat(json(listed).at("/items/0/status").asText()).isEqualTo("active");
        assertThat(listed.body()).doesNotContain(key.substring(17)).contains("\"organization\":\"club\"");
        assertThat(asAdmin("GET", "/api/keys/" + id, "").body()).doesNotContain(key.substring(17));

        assertThat(json(asAdmin("DELETE", "/api/keys/" + id, "")).path("status").asText())
                .isEqualTo("revoked");
        HttpResponse<String> refused = send("GET", "/api/keys", "", "Authorization", "Bearer " + key);
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.headers().firstValue("WWW-Authenticate")).contains("Bearer error=\"invalid_token\"");
    }

    @Test
    void aKeyThatMayNotIsToldWhatItLacks() throws Exception {
        String key = json(asAdmin("POST", "/api/keys", "{\"name\":\"viewer\",\"role\":\"viewer\"}"))
                .path("key")
                .asText();

        HttpResponse<String> refused = send("GET", "/api/keys", "", "Authorization", "Bearer " + key);

        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.headers().firstValue("WWW-Authenticate"))
                .contains("Bearer error=\"insufficient_scope\", scope=\"muster:administer\"");
    }

    @Test
    void aBrowserSignsInChangesAndSignsOut() throws Exception {
        HttpResponse<String> in = send("POST", "/api/session", "{\"token\":\"" + RunningHub.TOKEN + "\"}");
        assertThat(in.statusCode()).isEqualTo(200);
        assertThat(cookie(in)).matches("muster_session=[A-Za-z0-9_-]{43}; Path=/; HttpOnly; SameSite=Strict");
        assertThat(in.headers().firstValue("Strict-Transport-Security")).isEmpty();
        String pair = cookie(in).substring(0, cookie(in).indexOf(';'));
        String csrf = json(in).path("csrfToken").asText();

        HttpResponse<String> again = send("GET", "/api/session", "", "Cookie", "theme=dark; " + pair);
        assertThat(json(again)).isEqualTo(json(in));
        assertThat(json(again).path("permissions")).hasSize(Permission.values().length);
        assertThat(json(again).has("organization")).isTrue();
        assertThat(send("GET", "/api/operations", "", "Cookie", pair).statusCode())
                .isEqualTo(200);
        String key = "{\"name\":\"by browser\",\"permissions\":[\"read\"]}";
        assertThat(send("POST", "/api/keys", key, "Cookie", pair).statusCode()).isEqualTo(403);
        assertThat(send("POST", "/api/keys", key, "Cookie", pair, "X-CSRF-Token", csrf)
                        .statusCode())
                .isEqualTo(201);

        assertThat(send("DELETE", "/api/session", "", "Cookie", pair).statusCode())
                .isEqualTo(403);
        HttpResponse<String> out = send("DELETE", "/api/session", "", "Cookie", pair, "X-CSRF-Token", csrf);
        assertThat(out.statusCode()).isEqualTo(204);
        assertThat(cookie(out)).startsWith("muster_session=;").endsWith("Max-Age=0");
        assertThat(asAdmin("GET", "/api/audit", "").body()).contains("session.open", "session.close");
        assertThat(send("GET", "/api/session", "", "Cookie", pair).statusCode()).isEqualTo(401);
        assertThat(send("GET", "/api/session", "").headers().firstValue("WWW-Authenticate"))
                .contains("Bearer");
    }

    @Test
    void aTrustedProxyTellsOfTlsAndOfTheAddress() throws Exception {
        String token = "{\"token\":\"" + RunningHub.TOKEN + "\"}";
        HttpResponse<String> in = send("POST", "/api/session", token, "X-Forwarded-Proto", "https");
        assertThat(cookie(in)).endsWith("; Secure");
        assertThat(in.headers().firstValue("Strict-Transport-Security")).contains("max-age=31536000");
        for (int i = 0; i < Lockout.FREE; i++) {
            // one header is the sender's own invention; the proxy adds its line below it
            assertThat(send(
                                    "POST",
                                    "/api/session",
                                    "{\"token\":\"guess" + i + "\"}",
                                    "X-Forwarded-For",
                                    "192.0.2." + i,
                                    "X-Forwarded-For",
                                    "203.0.113.9")
                            .statusCode())
                    .isEqualTo(401);
        }

        HttpResponse<String> locked = send("POST", "/api/session", token, "X-Forwarded-For", "203.0.113.9");

        assertThat(locked.statusCode()).isEqualTo(429);
        assertThat(locked.headers().firstValue("Retry-After")).isPresent();
        assertThat(json(locked).path("type").asText()).isEqualTo("urn:muster:problem:rate-limited");
        assertThat(send("POST", "/api/session", token, "X-Forwarded-For", "203.0.113.10")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aMachineComesWithATokenOfItsIssuer() throws Exception {
        assertThat(send("GET", "/api/keys", "", "Authorization", "Bearer " + issued("muster:administer"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(send("GET", "/api/keys", "", "Authorization", "Bearer " + issued("muster:read"))
                        .statusCode())
                .isEqualTo(403);
        assertThat(send("POST", "/api/session", "{\"token\":\"" + issued("muster:administer") + "\"}")
                        .statusCode())
                .as("a machine's token opens no session")
                .isEqualTo(401);
    }

    private static String issued(String scope) throws Exception {
        SignedJWT token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.RS256)
                        .type(JOSEObjectType.JWT)
                        .keyID("k1")
                        .build(),
                new JWTClaimsSet.Builder()
                        .issuer(ISSUER)
                        .audience("https://muster.example.org")
                        .subject("robot@clients")
                        .claim("azp", "robot")
                        .claim("scope", scope)
                        .issueTime(Date.from(Instant.now()))
                        .expirationTime(Date.from(Instant.now().plusSeconds(600)))
                        .build());
        token.sign(new RSASSASigner(issuerKey));
        return token.serialize();
    }

    @Test
    void everyAnswerTellsBrowsersWhatTheyMayDoWithIt() {
        HttpResponse<String> answer = send("GET", "/api/operations", "");

        assertThat(answer.statusCode()).isEqualTo(401);
        SecurityHeaders.api(false)
                .forEach((name, value) ->
                        assertThat(answer.headers().firstValue(name)).as(name).contains(value));
        assertThat(SecurityHeaders.api(false)).containsEntry("Cache-Control", "no-store");
        assertThat(SecurityHeaders.page(false).get("Content-Security-Policy"))
                .contains("default-src 'self'", "frame-ancestors 'none'")
                .doesNotContain("unsafe");
    }

    @Test
    void aPageOfAnotherSiteCannotSignABrowserIn() {
        // what a form of any site may send
        HttpResponse<String> answer = RunningHub.send(HttpRequest.newBuilder(hub.uri("/api/session"))
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString("{\"token\":\"" + RunningHub.TOKEN + "\"}"))
                .build());

        assertThat(answer.statusCode()).isBetween(400, 499);
        assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
    }

    @Test
    void aKeyOfOneOrganizationSeesNothingThatIsOfAll() throws Exception {
        String key = json(asAdmin(
                        "POST", "/api/keys", "{\"name\":\"club\",\"role\":\"admin\",\"organization\":\"club\"}"))
                .path("key")
                .asText();

        for (String path : new String[] {"/api/status", "/api/quotas"}) {
            assertThat(send("GET", path, "", "Authorization", "Bearer " + key).statusCode())
                    .as(path)
                    .isEqualTo(403);
        }
    }

    @Test
    void badKeysAreAnsweredWithAProblem() throws Exception {
        for (String body : new String[] {
            "{}",
            "[]",
            "{\"name\":7,\"role\":\"viewer\"}",
            "{\"name\":\"x\"}",
            "{\"name\":\"x\",\"role\":\"king\"}",
            "{\"name\":\"x\",\"permissions\":\"read\"}",
            "{\"name\":\"x\",\"permissions\":[\"fly\"]}",
            "{\"name\":\"x\",\"role\":\"viewer\",\"expiresAt\":\"tomorrow\"}",
            "{\"name\":\"x\",\"role\":\"viewer\",\"expiresAt\":\"2001-01-01T00:00:00Z\"}",
            "{\"name\":\"x\",\"role\":\"viewer\",\"colour\":\"red\"}"
        }) {
            HttpResponse<String> answer = asAdmin("POST", "/api/keys", body);
            assertThat(answer.statusCode()).as(body).isEqualTo(400);
            assertThat(json(answer).path("detail").asText()).isNotEmpty();
        }
        assertThat(asAdmin("GET", "/api/keys/0A1B2C3D4E5F6", "").statusCode()).isEqualTo(404);
        assertThat(asAdmin("DELETE", "/api/keys/0A1B2C3D4E5F6", "").statusCode())
                .isEqualTo(404);
        assertThat(asAdmin("PUT", "/api/keys/0A1B2C3D4E5F6", "").statusCode()).isEqualTo(405);
    }
}
