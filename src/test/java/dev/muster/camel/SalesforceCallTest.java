package dev.muster.camel;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.muster.demo.PlatformSettings;
import dev.muster.demo.SimulatedPlatform;
import dev.muster.demo.SimulatedSalesforce;
import dev.muster.demo.SimulatedWorld;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.kamelet.KameletComponent;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The Kamelet in the place where it stands, against the simulated orgs of two organizations. */
class SalesforceCallTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final SimulatedWorld world = new SimulatedWorld(7, Clock.systemUTC());
    private final PlatformSettings settings = PlatformSettings.calm(URI.create("http://127.0.0.1:9"));
    private final SimulatedSalesforce salesforce = new SimulatedSalesforce(world, settings);
    private final SimulatedSalesforce other =
            new SimulatedSalesforce(new SimulatedWorld(8, Clock.systemUTC()), settings);
    private final DefaultCamelContext camel = new DefaultCamelContext();

    @BeforeEach
    void start() throws Exception {
        Registry registry = camel.getRegistry();
        registry.bind("salesforceCall", new SalesforceCall());
        registry.bind("salesforce-component", new SalesforceCalls(10_000, 8 * 1024 * 1024));
        camel.getComponent("kamelet", KameletComponent.class).setLocation("file:routes/kamelets");
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:call").toD("kamelet:${variable.through}");
            }
        });
        camel.start();
    }

    @AfterEach
    void stop() {
        camel.stop();
        salesforce.close();
        other.close();
    }

    private record Answer(int status, Map<String, Object> headers, JsonNode body) {}

    private static String token(SimulatedSalesforce org) throws Exception {
        String form = "grant_type=client_credentials&client_id="
                + org.environment().get("SALESFORCE_CLIENT_ID") + "&client_secret="
                + org.environment().get("SALESFORCE_CLIENT_SECRET");
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(org.origin() + "/services/oauth2/token"))
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .POST(HttpRequest.BodyPublishers.ofString(form))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        return JSON.readTree(answer.body()).path("access_token").asText();
    }

    private Exchange exchange(String method, String address, String token, String body) {
        return camel.createFluentProducerTemplate()
                .withProcessor(exchange -> {
                    exchange.setVariable("through", "salesforce-call-action");
                    exchange.getMessage().setHeader(Exchange.HTTP_METHOD, method);
                    exchange.getMessage().setHeader(Exchange.HTTP_URI, address);
                    exchange.getMessage().setHeader("Authorization", "Bearer " + token);
                    exchange.getMessage().setHeader("Sforce-Query-Options", "batchSize=200");
                    exchange.getMessage().setBody(body.isEmpty() ? null : body.getBytes(StandardCharsets.UTF_8));
                })
                .to("direct:call")
                .send();
    }

    private Answer call(String method, String address, String token, String body) throws Exception {
        Exchange exchange = exchange(method, address, token, body);
        assertThat(exchange.getException()).isNull();
        byte[] bytes = new byte[0];
        if (exchange.getMessage().getBody() != null) {
            try (InputStream stream = exchange.getMessage().getBody(InputStream.class)) {
                bytes = stream.readAllBytes();
            }
        }
        return new Answer(
                exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class),
                exchange.getMessage().getHeaders(),
                JSON.readTree(bytes));
    }

    private static String query(SimulatedSalesforce org, String soql) {
        return org.origin() + "/services/data/v60.0/queryAll/?q=" + URLEncoder.encode(soql, StandardCharsets.UTF_8);
    }

    @Test
    void pagesAreReadToTheirEnd() throws Exception {
        for (int number = 0; number < 450; number++) {
            salesforce.enter(world.person(number));
        }
        String token = token(salesforce);
        List<String> seen = new ArrayList<>();
        String address = query(salesforce, "SELECT Id, Email FROM Contact ORDER BY SystemModstamp, Id");
        while (address != null) {
            Answer page = call("GET", address, token, "");
            assertThat(page.status()).isEqualTo(200);
            page.body()
                    .path("records")
                    .forEach(record -> seen.add(record.path("Id").asText()));
            address = page.body().path("done").asBoolean()
                    ? null
                    : salesforce.origin() + page.body().path("nextRecordsUrl").asText();
        }
        assertThat(seen).hasSize(450).doesNotHaveDuplicates();
        assertThat(salesforce.calls().values().stream()
                        .mapToLong(Long::longValue)
                        .sum())
                .as("one token, three pages, and no login of the component's own")
                .isEqualTo(4);
    }

    @Test
    void eachCallShowsItsOwnCredentialToItsOwnOrg() throws Exception {
        salesforce.enter(world.person(0));
        String token = token(salesforce);
        String foreign = token(other);
        String soql = "SELECT Id FROM Contact";

        assertThat(call("GET", query(salesforce, soql), token, "")
                        .body()
                        .path("totalSize")
                        .asInt())
                .isEqualTo(1);
        assertThat(call("GET", query(other, soql), foreign, "")
                        .body()
                        .path("totalSize")
                        .asInt())
                .isZero();
        assertThat(call("GET", query(other, soql), token, "").status()).isEqualTo(401);
    }

    @Test
    void refusedCredentialIsAnAnswerAndNoLogin() throws Exception {
        Answer answer = call("GET", query(salesforce, "SELECT Id FROM Contact"), "old", "");

        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.body().at("/0/errorCode").asText()).isEqualTo("INVALID_SESSION_ID");
        assertThat(salesforce.calls()).doesNotContainKey("POST /services/oauth2/token");
    }

    @Test
    void recordsOfACollectionSucceedAndFailByThemselves() throws Exception {
        String body = "{\"allOrNone\":false,\"records\":["
                + "{\"attributes\":{\"type\":\"Contact\"},\"Muster_Id__c\":\"m1\",\"LastName\":\"Lee\"},"
                + "{\"attributes\":{\"type\":\"Contact\"},\"Muster_Id__c\":\"m2\",\"LastName\":\"Ray\",\"Email\":\"nowhere\"},"
                + "{\"attributes\":{\"type\":\"Contact\"},\"Muster_Id__c\":\"m3\"}]}";
        Answer answer = call(
                "PATCH",
                salesforce.origin() + "/services/data/v60.0/composite/sobjects/Contact/Muster_Id__c",
                token(salesforce),
                body);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body().at("/0/success").asBoolean()).isTrue();
        assertThat(answer.body().at("/0/id").asText()).isEqualTo(salesforce.contactOf("m1"));
        assertThat(answer.body().at("/1/errors/0/statusCode").asText()).isEqualTo("INVALID_EMAIL_ADDRESS");
        assertThat(answer.body().at("/2/errors/0/fields/0").asText()).isEqualTo("LastName");
    }

    @Test
    void badRequestsComeBackWithTheirBody() throws Exception {
        Answer answer = call("GET", query(salesforce, "SELECT Nick FROM Contact"), token(salesforce), "");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body().at("/0/errorCode").asText()).isEqualTo("INVALID_FIELD");
    }

    @Test
    void usedUpDailyLimitIsSaidAsThrottling() throws Exception {
        try (SimulatedSalesforce small = new SimulatedSalesforce(
                world, new PlatformSettings(URI.create("http://127.0.0.1:9"), 0, settings.mischief(), 1, 0.0002, 1))) {
            String token = token(small);
            Answer first = call("GET", query(small, "SELECT Id FROM Contact"), token, "");
            assertThat(first.headers())
                    .containsEntry("Sforce-Limit-Max", 3L)
                    .containsEntry("Sforce-Limit-Remaining", 2L);
            call("GET", query(small, "SELECT Id FROM Contact"), token, "");
            call("GET", query(small, "SELECT Id FROM Contact"), token, "");
            Answer refused = call("GET", query(small, "SELECT Id FROM Contact"), token, "");

            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.headers()).containsEntry("Retry-After", "900");
            assertThat(refused.body().at("/0/errorCode").asText()).isEqualTo("REQUEST_LIMIT_EXCEEDED");
        }
    }

    @Test
    void failuresOfThePlatformAreAnswers() throws Exception {
        String token = token(salesforce);
        salesforce.down();

        assertThat(call("GET", query(salesforce, "SELECT Id FROM Contact"), token, "")
                        .status())
                .isEqualTo(503);
    }

    @Test
    void noAnswerIsAnIoExceptionAndTheCallIsNotRepeated() throws Exception {
        String token = token(salesforce);
        salesforce.trouble(SimulatedPlatform.Trouble.DONE_THEN_CUT, 1);
        Exchange exchange = exchange(
                "PATCH",
                salesforce.origin() + "/services/data/v60.0/composite/sobjects/Contact/Muster_Id__c",
                token,
                "{\"records\":[{\"attributes\":{\"type\":\"Contact\"},\"Muster_Id__c\":\"m1\",\"LastName\":\"Lee\"}]}");

        assertThat(exchange.getException()).isInstanceOf(IOException.class);
        assertThat(exchange.getException()).hasMessageNotContaining(token);
        assertThat(salesforce.contactOf("m1")).isNotNull();
        assertThat(salesforce.calls())
                .containsEntry("PATCH /services/data/v60.0/composite/sobjects/:object/:field", 1L);
    }

    @Test
    void redirectsAreNotFollowed() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            exchange.getResponseHeaders().add("Location", salesforce.origin() + "/services/data/v60.0/limits");
            exchange.getResponseHeaders().add("Set-Cookie", "session=1");
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        server.start();
        try {
            Exchange exchange =
                    exchange("GET", "http://127.0.0.1:" + server.getAddress().getPort() + "/", token(salesforce), "");

            assertThat(exchange.getException()).isNull();
            assertThat(exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class))
                    .isEqualTo(302);
            assertThat(salesforce.calls()).doesNotContainKey("/services/data/v60.0/limits");
        } finally {
            server.stop(0);
        }
    }
}
