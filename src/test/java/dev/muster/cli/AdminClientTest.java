package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of a hub, on a connection that breaks. */
class AdminClientTest {
    @TempDir
    Path home;

    private final List<String> requests = new ArrayList<>();
    private final List<String> tokens = new ArrayList<>();
    private int broken;
    private int busy;
    private HttpServer hub;
    private Typed typed;

    @BeforeEach
    void start() throws IOException {
        hub = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 10);
        hub.createContext("/", call -> {
            requests.add(
                    call.getRequestMethod() + " " + call.getRequestHeaders().getFirst("Idempotency-Key"));
            tokens.add(call.getRequestHeaders().getFirst("Authorization"));
            if (broken-- > 0) {
                call.close();
                return;
            }
            boolean isBusy = busy-- > 0;
            String body = isBusy
                    ? "{\"detail\":\"still under way\"}"
                    : "{\"items\":[],\"next\":null,\"operationId\":\"0OP\"}";
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            if (isBusy) {
                call.getResponseHeaders().set("Retry-After", "2");
            }
            call.sendResponseHeaders(isBusy ? 409 : 200, bytes.length);
            call.getResponseBody().write(bytes);
            call.close();
        });
        hub.start();
        typed = new Typed(
                home,
                Map.of(
                        "MUSTER_URL",
                        "http://127.0.0.1:" + hub.getAddress().getPort(),
                        "MUSTER_ADMIN_TOKEN",
                        "the-admins"));
    }

    @AfterEach
    void stop() {
        hub.stop(0);
    }

    @Test
    void aReadIsAskedOnceMore() {
        broken = 1;
        typed.run("org", "list").ends(ExitCode.DONE);
        assertThat(requests).containsExactly("GET null", "GET null");
    }

    @Test
    void aConnectionThatStaysBrokenIsNoHub() {
        broken = 9;
        typed.run("org", "list").ends(ExitCode.NO_HUB);
        assertThat(requests.size()).isBetween(2, 4);
    }

    @Test
    void anActionIsSentAgainWithTheSameKeyAndWaitsForTheFirst() {
        broken = 1;
        busy = 1;
        typed.run("alerts", "ack", "0SA3B6BFP2JR6").ends(ExitCode.DONE);
        assertThat(requests).hasSize(3).allMatch(request -> request.matches("POST [0-9a-f-]{36}"));
        assertThat(requests.stream().distinct()).hasSize(1);
        typed.run("alerts", "ack", "0SA3B6BFP2JR6").ends(ExitCode.DONE);
        assertThat(requests.get(3)).isNotEqualTo(requests.get(0));
    }

    @Test
    void whatAnswersWithASecretIsSentOnce() {
        broken = 1;
        typed.run("key", "create", "desk").ends(ExitCode.NO_HUB);
        assertThat(requests).containsExactly("POST null");
    }

    @Test
    void aKeyOfOnesOwnIsShownBeforeTheAdminToken() {
        typed.run("org", "list").with("MUSTER_API_KEY", "mk_mine").run("org", "list");
        assertThat(tokens).containsExactly("Bearer the-admins", "Bearer mk_mine");
    }
}
