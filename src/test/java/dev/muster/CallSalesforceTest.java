package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.call.CallPriority;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.demo.PlatformSettings;
import dev.muster.demo.SimulatedPlatform;
import dev.muster.demo.SimulatedSalesforce;
import dev.muster.demo.SimulatedWorld;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A platform whose calls are made by a Kamelet of its own is called like any other. */
class CallSalesforceTest {
    @TempDir
    Path folder;

    private FlowHub.Setting setting(SimulatedSalesforce salesforce) throws Exception {
        return FlowHub.in(folder)
                // a token as it is: how tokens are had is tested elsewhere
                .edit(
                        "config/platforms/salesforce.yaml",
                        "    Accept: application/json\n",
                        "    Accept: application/json\n    Authorization: \"Bearer {apiKey}\"\n")
                .with(salesforce.environment())
                .with("SALESFORCE_WEBHOOK_SECRET", "secret-0123456789")
                .with("SALESFORCE_API_KEY", token(salesforce));
    }

    private static String token(SimulatedSalesforce salesforce) throws Exception {
        String form = "grant_type=client_credentials&client_id="
                + salesforce.environment().get("SALESFORCE_CLIENT_ID") + "&client_secret="
                + salesforce.environment().get("SALESFORCE_CLIENT_SECRET");
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(salesforce.origin() + "/services/oauth2/token"))
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .POST(HttpRequest.BodyPublishers.ofString(form))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        return new ObjectMapper().readTree(answer.body()).path("access_token").asText();
    }

    private static Exchange call(FlowHub hub, String path) throws IOException {
        PlatformRequest request =
                PlatformRequest.get("salesforce", "default", "default", "test", CallPriority.BULK, path);
        try (ProducerTemplate calls = hub.camel().createProducerTemplate()) {
            return calls.request("kamelet:call-platform-action", exchange -> exchange.getMessage()
                    .setBody(request));
        }
    }

    @Test
    void answersAndFailuresAreThoseOfEveryPlatform() throws Exception {
        SimulatedWorld world = new SimulatedWorld(7, Clock.systemUTC());
        try (SimulatedSalesforce salesforce =
                        new SimulatedSalesforce(world, PlatformSettings.calm(URI.create("http://127.0.0.1:9")));
                FlowHub hub = setting(salesforce).start()) {
            salesforce.enter(world.person(0));
            String path = "/services/data/v60.0/queryAll/?q=SELECT%20Id%20FROM%20Contact";

            PlatformAnswer answer = call(hub, path).getMessage().getBody(PlatformAnswer.class);
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.json().path("totalSize").asInt()).isEqualTo(1);
            assertThat(answer.header("Sforce-Limit-Max")).isEqualTo("15000");

            salesforce.trouble(SimulatedPlatform.Trouble.BROKEN, 1);
            assertThat(call(hub, path).getException())
                    .isInstanceOfSatisfying(Transient.class, failure -> assertThat(failure.code())
                            .isEqualTo(FailureCode.PLATFORM_UNAVAILABLE));

            salesforce.trouble(SimulatedPlatform.Trouble.CUT, 1);
            assertThat(call(hub, path).getException()).isInstanceOf(IOException.class);
        }
    }
}
