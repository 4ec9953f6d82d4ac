package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.call.CallPriority;
import dev.muster.call.CredentialUnusable;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A platform that takes a token no longer: one renewal, one more call, and both calls count. */
class RefusedTokenTest {
    @TempDir
    Path folder;

    /** A platform that gives token-1, token-2, … and takes those that a test likes. */
    private static final class Platform implements AutoCloseable {
        final AtomicInteger given = new AtomicInteger();
        final List<String> shown = new CopyOnWriteArrayList<>();
        final StubPlatform server;

        Platform(Predicate<String> taken) throws IOException {
            server = new StubPlatform(call -> {
                if (call.getRequestURI().getPath().equals("/oauth2/auth")) {
                    byte[] token = ("{\"token_type\":\"bearer\",\"expires_in\":3600,\"access_token\":\"token-"
                                    + given.incrementAndGet() + "\"}")
                            .getBytes(StandardCharsets.UTF_8);
                    StubPlatform.json(call, token);
                } else {
                    String token = String.valueOf(call.getRequestHeaders().getFirst("Authorization"))
                            .replace("Bearer ", "");
                    shown.add(token);
                    StubPlatform.status(call, taken.test(token) ? 204 : 401);
                }
            });
        }

        @Override
        public void close() {
            server.close();
        }
    }

    private FlowHub.Setting setting(Platform platform) {
        return FlowHub.in(folder)
                .with(Map.of(
                        "CLASSY_BASE_URL", platform.server.origin(),
                        "CLASSY_CLIENT_ID", "client",
                        "CLASSY_CLIENT_SECRET", "secret-of-the-client",
                        "CLASSY_ORGANIZATION_ID", "1"));
    }

    /** So many calls, and then none for an hour. */
    private FlowHub.Setting setting(Platform platform, int calls) {
        return setting(platform)
                .edit(
                        "config/platforms/classy.yaml",
                        "windows: [{ calls: 1800, per: PT1M }]",
                        "windows: [{ calls: " + calls + ", per: PT1H }]")
                .edit("config/platforms/classy.yaml", "  reserve: 10\n", "  reserve: 0\n");
    }

    private static Exchange call(FlowHub hub) throws IOException {
        PlatformRequest request =
                PlatformRequest.get("classy", "default", "default", "test", CallPriority.BULK, "/2.0/things");
        try (ProducerTemplate calls = hub.camel().createProducerTemplate()) {
            return calls.request("kamelet:call-platform-action", exchange -> exchange.getMessage()
                    .setBody(request));
        }
    }

    @Test
    void refusedTokenIsRenewedOnceAndTheCallIsMadeWithTheNewOne() throws Exception {
        try (Platform platform = new Platform(token -> !token.equals("token-1"));
                FlowHub hub = setting(platform).start()) {
            Exchange exchange = call(hub);

            assertThat(exchange.getException()).isNull();
            assertThat(exchange.getMessage().getBody(PlatformAnswer.class).status())
                    .isEqualTo(204);
            assertThat(platform.shown).containsExactly("token-1", "token-2");

            assertThat(call(hub).getException()).isNull();
            assertThat(platform.shown).containsExactly("token-1", "token-2", "token-2");
            assertThat(platform.given).hasValue(2);
        }
    }

    @Test
    void bothCallsAreTakenFromTheQuota() throws Exception {
        try (Platform platform = new Platform(token -> !token.equals("token-1"));
                FlowHub hub = setting(platform, 3).start()) {
            assertThat(call(hub).getException()).as("two of the three").isNull();
            assertThat(call(hub).getException()).as("the third").isNull();

            assertThat(call(hub).getException())
                    .isInstanceOfSatisfying(Transient.class, failure -> assertThat(failure.code())
                            .isEqualTo(FailureCode.PUT_OFF));
            assertThat(platform.shown).containsExactly("token-1", "token-2", "token-2");
        }
    }

    @Test
    void newTokenThatIsRefusedTooMakesTheCredentialUnusableUntilAPersonMendsIt() throws Exception {
        try (Platform platform = new Platform(token -> false);
                FlowHub hub = setting(platform).start()) {
            assertThat(call(hub).getException())
                    .isInstanceOf(CredentialUnusable.class)
                    .hasMessageContaining("classy")
                    .hasMessageContaining("just renewed")
                    .hasMessageNotContaining("token-");
            assertThat(platform.shown).containsExactly("token-1", "token-2");

            for (int i = 0; i < 5; i++) {
                assertThat(call(hub).getException()).isInstanceOf(CredentialUnusable.class);
            }
            assertThat(platform.shown).as("nobody knocks any more").containsExactly("token-1", "token-2");
            assertThat(platform.given).as("nor asks for tokens").hasValue(2);
            assertThat(hub.admin("GET", "/api/integrations").toString()).contains("needs_reconnect");
        }
    }
}
