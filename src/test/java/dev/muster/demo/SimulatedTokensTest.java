package dev.muster.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimulatedTokensTest {
    private static final String HUB = "http://127.0.0.1:9/callback";

    private final SettableClock clock = new SettableClock();
    private final SimulatedWorld world = new SimulatedWorld(7, clock);
    private final SimulatedPatreon patreon = new SimulatedPatreon(world, settings());
    private final SimulatedKlaviyo klaviyo = new SimulatedKlaviyo(world, settings());
    private final SimulatedEventbrite eventbrite = new SimulatedEventbrite(world, settings());

    private static PlatformSettings settings() {
        return PlatformSettings.calm(URI.create("http://127.0.0.1:9"));
    }

    @AfterEach
    void stop() {
        patreon.close();
        klaviyo.close();
        eventbrite.close();
    }

    private static String code(String authorizeAddress, SimulatedTokens tokens, String more) throws Exception {
        HttpResponse<String> answer = FormCaller.send(
                "GET",
                authorizeAddress + "?response_type=code&client_id=" + tokens.clientId() + "&redirect_uri=" + HUB
                        + "&state=s1" + more,
                "");
        assertThat(answer.statusCode()).isEqualTo(302);
        String location = answer.headers().firstValue("Location").orElseThrow();
        assertThat(location).startsWith(HUB + "?code=").endsWith("&state=s1");
        return location.substring((HUB + "?code=").length(), location.indexOf("&state"));
    }

    private HttpResponse<String> patreonToken(List<String> fields) throws Exception {
        List<String> all = new java.util.ArrayList<>(List.of(
                "client_id",
                patreon.tokens().clientId(),
                "client_secret",
                patreon.tokens().clientSecret()));
        all.addAll(fields);
        return FormCaller.post(patreon.origin() + "/api/oauth2/token", all);
    }

    private int patreonStatus(String accessToken) throws Exception {
        return new Caller(patreon.origin(), "User-Agent", "Muster test", "Authorization", "Bearer " + accessToken)
                .status("/api/oauth2/v2/identity");
    }

    @Test
    void codesWorkOnce() throws Exception {
        String code = code(patreon.origin() + "/oauth2/authorize", patreon.tokens(), "");
        List<String> exchange = List.of("grant_type", "authorization_code", "code", code, "redirect_uri", HUB);
        HttpResponse<String> first = patreonToken(exchange);
        HttpResponse<String> second = patreonToken(exchange);

        assertThat(first.statusCode()).isEqualTo(200);
        JsonNode tokens = FormCaller.json(first);
        assertThat(tokens.path("expires_in").asLong()).isEqualTo(2_678_400);
        assertThat(patreonStatus(tokens.path("access_token").asText())).isEqualTo(200);
        assertThat(second.statusCode()).isEqualTo(401);
        assertThat(FormCaller.json(second).path("error").asText()).isEqualTo("invalid_grant");
    }

    @Test
    void refreshTokensRotateAndRefuseReuse() throws Exception {
        String code = code(patreon.origin() + "/oauth2/authorize", patreon.tokens(), "");
        JsonNode first = FormCaller.json(
                patreonToken(List.of("grant_type", "authorization_code", "code", code, "redirect_uri", HUB)));
        String refresh = first.path("refresh_token").asText();
        JsonNode second =
                FormCaller.json(patreonToken(List.of("grant_type", "refresh_token", "refresh_token", refresh)));

        assertThat(second.path("refresh_token").asText()).isNotEmpty().isNotEqualTo(refresh);
        HttpResponse<String> reused = patreonToken(List.of("grant_type", "refresh_token", "refresh_token", refresh));
        assertThat(reused.statusCode()).isEqualTo(401);
        assertThat(patreon.tokens().desk().reuses()).isEqualTo(1);
    }

    @Test
    void accessTokensEnd() throws Exception {
        String code = code(patreon.origin() + "/oauth2/authorize", patreon.tokens(), "");
        String access = FormCaller.json(
                        patreonToken(List.of("grant_type", "authorization_code", "code", code, "redirect_uri", HUB)))
                .path("access_token")
                .asText();

        assertThat(patreonStatus(access)).isEqualTo(200);
        clock.advance(Duration.ofSeconds(2_678_400));
        assertThat(patreonStatus(access)).isEqualTo(401);
    }

    @Test
    void wrongClientIsRefused() throws Exception {
        HttpResponse<String> answer = FormCaller.post(
                patreon.origin() + "/api/oauth2/token",
                List.of(
                        "client_id",
                        patreon.tokens().clientId(),
                        "client_secret",
                        "guess",
                        "grant_type",
                        "refresh_token",
                        "refresh_token",
                        "x"));

        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(FormCaller.json(answer).path("error").asText()).isEqualTo("invalid_client");
    }

    @Test
    void klaviyoWantsAChallengeAndBasicAuthentication() throws Exception {
        String verifier = "a-verifier-of-more-than-forty-three-characters-0123456789";
        String page = klaviyo.origin() + "/oauth/authorize";
        String plain =
                page + "?response_type=code&client_id=" + klaviyo.tokens().clientId() + "&redirect_uri=" + HUB;
        assertThat(FormCaller.send("GET", plain, "").statusCode()).isEqualTo(400);

        String code = code(
                page, klaviyo.tokens(), "&code_challenge_method=S256&code_challenge=" + TokenDesk.challenge(verifier));
        String basic = "Basic "
                + Base64.getEncoder()
                        .encodeToString((klaviyo.tokens().clientId() + ":"
                                        + klaviyo.tokens().clientSecret())
                                .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        HttpResponse<String> answer = FormCaller.post(
                klaviyo.origin() + "/oauth/token",
                List.of(
                        "grant_type",
                        "authorization_code",
                        "code",
                        code,
                        "redirect_uri",
                        HUB,
                        "code_verifier",
                        verifier),
                "Authorization",
                basic);

        assertThat(answer.statusCode()).isEqualTo(200);
        String access = FormCaller.json(answer).path("access_token").asText();
        assertThat(new Caller(klaviyo.origin(), "Authorization", "Bearer " + access, "revision", "2026-07-15")
                        .status("/api/accounts"))
                .isEqualTo(200);
    }

    @Test
    void eventbriteNamesNeitherLifetimeNorRefreshToken() throws Exception {
        String code = code(eventbrite.origin() + "/oauth/authorize", eventbrite.tokens(), "");
        JsonNode answer = FormCaller.json(FormCaller.post(
                eventbrite.origin() + "/oauth/token",
                List.of(
                        "client_id",
                        eventbrite.tokens().clientId(),
                        "client_secret",
                        eventbrite.tokens().clientSecret(),
                        "grant_type",
                        "authorization_code",
                        "code",
                        code,
                        "redirect_uri",
                        HUB)));

        assertThat(answer.has("expires_in")).isFalse();
        assertThat(answer.has("refresh_token")).isFalse();
        String access = answer.path("access_token").asText();
        assertThat(new Caller(eventbrite.origin(), "Authorization", "Bearer " + access).status("/v3/users/me/"))
                .isEqualTo(200);
    }
}
