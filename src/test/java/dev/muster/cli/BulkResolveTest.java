package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conflicts that are decided all at once, in more than one call: by what a hub answers. */
class BulkResolveTest {
    private static final String WAITING = """
            {"items":[{"id":"0A"},{"id":"0B"},{"id":"0C"}],"next":null}""";

    @TempDir
    Path home;

    private final Deque<String> answers = new ArrayDeque<>();
    private HttpServer hub;
    private Typed typed;

    @BeforeEach
    void start() throws IOException {
        hub = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 10);
        hub.createContext("/", call -> {
            String body = call.getRequestMethod().equals("GET") ? WAITING : answers.removeFirst();
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            call.sendResponseHeaders(200, bytes.length);
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

    private Typed resolveAll(String... more) {
        String[] command = {"conflicts", "resolve", "--field", "phone", "keep_current", "--yes"};
        String[] all = Arrays.copyOf(command, command.length + more.length);
        System.arraycopy(more, 0, all, command.length, more.length);
        return typed.run(all);
    }

    private static String answer(int done, boolean more, String... outcomes) {
        StringBuilder items = new StringBuilder();
        for (String outcome : outcomes) {
            String[] parts = outcome.split(" ");
            items.append(items.length() == 0 ? "" : ",")
                    .append("{\"id\":\"" + parts[0] + "\",\"outcome\":\"" + parts[1]
                            + "\",\"act\":null,\"why\":\"it is not so\"}");
        }
        return "{\"items\":[" + items + "],\"done\":" + done + ",\"more\":" + more + "}";
    }

    @Test
    void whatIsRefusedDoesNotGoRoundForEverAndWhatIsLeftIsTold() {
        answers.add(answer(1, true, "0A done", "0B refused"));
        answers.add(answer(0, true, "0B refused"));

        resolveAll().ends(ExitCode.FAILED);

        assertThat(typed.out()).contains("0B", "it is not so", "Decided: 1.");
        assertThat(typed.err()).contains("1 could not be decided so", "2 of 3 still wait", "conflicts review");
        assertThat(answers).isEmpty();
    }

    @Test
    void aScriptIsToldThatThereIsMore() throws Exception {
        answers.add(answer(0, true, "0A refused"));

        assertThat(resolveAll("--json")
                        .ends(ExitCode.FAILED)
                        .json()
                        .path("more")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void whatSomebodyElseDecidedMeanwhileDoesNotEndIt() {
        answers.add(answer(0, true, "0A gone"));
        answers.add(answer(2, false, "0B done", "0C done"));

        resolveAll().ends(ExitCode.DONE);

        assertThat(typed.out()).isEqualToNormalizingNewlines("Decided: 2.\n");
    }
}
