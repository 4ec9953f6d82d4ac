package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.call.CallPriority;
import dev.muster.call.CredentialUnusable;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.quota.Breakers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the Kamelet that makes every call makes of every answer. */
class CallPlatformTest {
    @TempDir
    Path folder;

    private FlowHub.Setting setting(StubPlatform platform) {
        return FlowHub.in(folder)
                .edit(
                        "config/platforms/eventbrite.yaml",
                        "  baseUrl: https://www.eventbriteapi.com\n",
                        "  baseUrl: https://www.eventbriteapi.com\n  responseBytesMax: 5000\n")
                .with(Map.of(
                        "EVENTBRITE_BASE_URL",
                        platform.origin(),
                        "EVENTBRITE_API_KEY",
                        "key-of-the-test",
                        "EVENTBRITE_WEBHOOK_SECRET",
                        "secret-0123456789"));
    }

    private static PlatformRequest request(String method, String body) {
        return new PlatformRequest(
                "eventbrite",
                "default",
                "default",
                "test",
                CallPriority.BULK,
                method,
                "/v3/things/?page=2&q=a%20b",
                Map.of("Content-Type", "application/json", "X-Own", "yes"),
                body.getBytes(StandardCharsets.UTF_8));
    }

    private static Exchange call(FlowHub hub, PlatformRequest request) throws IOException {
        CamelContext camel = hub.camel();
        try (ProducerTemplate calls = camel.createProducerTemplate()) {
            return calls.request("kamelet:call-platform-action", exchange -> {
                exchange.getMessage().setBody(request);
                exchange.getMessage().setHeader("Callers", "header");
                exchange.setVariable("callers", "variable");
            });
        }
    }

    @Test
    void answerComesWithWhatTheCallerHad() throws Exception {
        AtomicReference<String> heard = new AtomicReference<>("");
        try (StubPlatform platform = new StubPlatform(call -> {
                    heard.set(call.getRequestMethod()
                            + ' '
                            + call.getRequestURI()
                            + ' '
                            + call.getRequestHeaders().getFirst("Authorization")
                            + ' '
                            + call.getRequestHeaders().getFirst("X-Own")
                            + ' '
                            + call.getRequestHeaders().getFirst("Callers")
                            + ' '
                            + new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
                    call.getResponseHeaders().add("X-Said", "this");
                    byte[] body = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);
                    call.sendResponseHeaders(201, body.length);
                    call.getResponseBody().write(body);
                });
                FlowHub hub = setting(platform).start()) {
            Exchange exchange = call(hub, request("POST", "{\"b\":2}"));

            assertThat(exchange.getException()).isNull();
            assertThat(heard.get())
                    .isEqualTo("POST /v3/things/?page=2&q=a%20b Bearer key-of-the-test yes null {\"b\":2}");
            PlatformAnswer answer = exchange.getMessage().getBody(PlatformAnswer.class);
            assertThat(answer.status()).isEqualTo(201);
            assertThat(answer.header("x-said")).isEqualTo("this");
            assertThat(answer.header("x-own")).isNull();
            assertThat(answer.json().path("a").asInt()).isEqualTo(1);
            assertThat(exchange.getVariable("callers")).isEqualTo("variable");
            assertThat(exchange.getMessage().getHeaders()).containsOnlyKeys("Callers");
        }
    }

    @Test
    void statusesAreAnswersUnlessTheyAskForAnotherTry() throws Exception {
        for (int status : new int[] {204, 302, 400, 403, 404, 409}) {
            assertThat(answered(status)
                            .getMessage()
                            .getBody(PlatformAnswer.class)
                            .status())
                    .isEqualTo(status);
        }
    }

    @Test
    void failuresOfThePlatformAreTransient() throws Exception {
        for (int status : new int[] {408, 500, 503}) {
            assertThat(answered(status).getException())
                    .isInstanceOfSatisfying(Transient.class, failure -> assertThat(failure.code())
                            .isEqualTo(FailureCode.PLATFORM_UNAVAILABLE));
        }
    }

    private Exchange answered(int status) throws Exception {
        try (StubPlatform platform = new StubPlatform(call -> {
                    call.getResponseHeaders().add("Location", "/elsewhere");
                    StubPlatform.status(call, status);
                });
                FlowHub hub = new Fresh(folder.resolve("s" + status), platform).start()) {
            Exchange exchange = call(hub, request("GET", ""));
            assertThat(platform.paths())
                    .as("neither followed nor tried again by the HTTP client")
                    .containsExactly("/v3/things/");
            return exchange;
        }
    }

    private record Fresh(Path folder, StubPlatform platform) {
        FlowHub start() throws Exception {
            return FlowHub.in(folder)
                    .with(Map.of("EVENTBRITE_BASE_URL", platform.origin(), "EVENTBRITE_API_KEY", "key"))
                    .start();
        }
    }

    @Test
    void throttlingSaysHowLongAndIsNoFaultOfThePlatform() throws Exception {
        try (StubPlatform platform = new StubPlatform(call -> {
                    call.getResponseHeaders().add("Retry-After", "17");
                    StubPlatform.status(call, 429);
                });
                FlowHub hub = setting(platform).start()) {
            assertThat(call(hub, request("GET", "")).getException())
                    .isInstanceOfSatisfying(Transient.class, failure -> {
                        assertThat(failure.code()).isEqualTo(FailureCode.PLATFORM_THROTTLED);
                        assertThat(failure.retryAfter()).isEqualTo(Duration.ofSeconds(17));
                    });
            assertThat(platform.calls()).hasSize(1);
        }
    }

    @Test
    void refusedKeysAreNotHammeredAndOpenNoBreaker() throws Exception {
        try (StubPlatform platform = new StubPlatform(call -> StubPlatform.status(call, 401));
                FlowHub hub = setting(platform).start()) {
            for (int i = 0; i < 12; i++) {
                assertThat(call(hub, request("GET", "")).getException()).isInstanceOf(CredentialUnusable.class);
            }
            assertThat(platform.calls()).as("the first refusal stands for all").hasSize(1);
            assertThat(hub.camel()
                            .getRegistry()
                            .lookupByNameAndType("breakers", Breakers.class)
                            .state("eventbrite"))
                    .isEqualTo(Breakers.State.CLOSED);
        }
    }

    @Test
    void hugeAnswersAreNotTaken() throws Exception {
        try (StubPlatform platform = new StubPlatform(call -> {
                    call.sendResponseHeaders(200, 0);
                    call.getResponseBody().write(new byte[6_000]);
                });
                FlowHub hub = setting(platform).start()) {
            assertThat(call(hub, request("GET", "")).getException())
                    .isInstanceOf(Defect.class)
                    .hasMessageContaining("5000");
        }
    }

    @Test
    void answerThatIsCutOffIsNoAnswerAndAFaultOfThePlatform() throws Exception {
        byte[] whole = "{\"a\":[1,2,3,4,5,6,7,8,9]}".getBytes(StandardCharsets.UTF_8);
        try (StubPlatform platform = new StubPlatform(call -> StubPlatform.cut(call, 200, whole));
                FlowHub hub = setting(platform).start()) {
            for (int i = 0; i < 10; i++) {
                assertThat(call(hub, request("GET", "")).getException())
                        .isInstanceOfSatisfying(Transient.class, failure -> assertThat(failure.code())
                                .isEqualTo(FailureCode.PLATFORM_UNAVAILABLE))
                        .hasMessageContaining("eventbrite answered 200 to GET /v3/things/")
                        .hasMessageContaining("cut off");
            }
            assertThat(platform.calls()).hasSize(10);
            assertThat(hub.camel()
                            .getRegistry()
                            .lookupByNameAndType("breakers", Breakers.class)
                            .state("eventbrite"))
                    .isEqualTo(Breakers.State.OPEN);
        }
    }

    @Test
    void noAnswerIsAnIOExceptionAndIsNotTriedAgainUnseen() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        try (StubPlatform platform = new StubPlatform(call -> never.await(60, TimeUnit.SECONDS));
                FlowHub hub = setting(platform).start()) {
            assertThat(call(hub, request("GET", "")).getException()).isInstanceOf(IOException.class);
            never.countDown();
            assertThat(platform.calls()).hasSize(1);
        }
    }
}
