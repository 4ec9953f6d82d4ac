package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person sees of streams, by the answers of a hub. */
class SyncCommandTest {
    private static final String RUN = """
            {"id":"0RUN","platform":"club","integration":"default","stream":"people","kind":"full","state":"%s",
            "endedAt":%s,"durationMillis":%s,"pages":%d,"pagesApplied":%d,"pagesDead":%d,"pagesIgnored":%d,"pagesHeld":0,"read":50,
            "created":40,"changed":0,"unchanged":10,"refused":0,"conflicts":0,"calls":5,"error":null%s}""";

    @TempDir
    Path home;

    private final Deque<String> answers = new ArrayDeque<>();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private HttpServer hub;

    @BeforeEach
    void start() throws Exception {
        hub = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 10);
        hub.createContext("/", call -> {
            String body = call.getRequestMethod().equals("POST")
                    ? "{\"runs\":[{\"id\":\"0RUN\",\"integration\":\"default\",\"stream\":\"people\",\"started\":true}]}"
                    : answers.size() > 1 ? answers.removeFirst() : answers.getFirst();
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            call.sendResponseHeaders(200, bytes.length);
            call.getResponseBody().write(bytes);
            call.close();
        });
        hub.start();
    }

    @AfterEach
    void stop() {
        hub.stop(0);
    }

    @Test
    void watchingEndsWithTheRunAndItsPages() {
        answers.add(running(0.5));
        answers.add(ended(5, 3, 0, 0));
        answers.add(ended(5, 5, 0, 0));

        assertThat(run("sync", "start", "club", "--watch")).isZero();

        assertThat(answers).hasSize(1);
        assertThat(lines())
                .containsExactly(
                        "0RUN  default  people",
                        "people full done: read 50, created 40, changed 0, unchanged 10, refused 0, conflicts 0, calls 5,"
                                + " in 12 s");
    }

    @Test
    void watchingEndsWherePagesAreDeadOrIgnoredAndSaysWhatToDo() {
        answers.add(ended(5, 2, 0, 0));
        answers.add(ended(5, 2, 2, 1));

        assertThat(run("sync", "status", "0RUN", "--watch")).isZero();

        assertThat(answers).hasSize(1);
        assertThat(lines().get(0))
                .endsWith("in 12 s; 2 pages are dead letters: ./muster dead-letters --platform club says why,"
                        + " ./muster replay ID tries one again; 1 page was ignored: ./muster operations --status ignored"
                        + " says why");
    }

    @Test
    void watchingEndsWhereABrakeHoldsTheRunAndSaysHowToLetItGoOn() {
        answers.add(ended(5, 2, 0, 0));
        answers.add(ended(5, 2, 0, 0).replace("\"pagesHeld\":0", "\"pagesHeld\":3"));

        assertThat(run("sync", "start", "club", "--watch")).isEqualTo(ExitCode.HELD.code());

        assertThat(answers).hasSize(1);
        assertThat(lines().get(1)).endsWith("in 12 s; 3 pages are held by a brake");
        assertThat(err.toString()).contains("held by a brake", "./muster brakes approve ID --reason TEXT");
    }

    @Test
    void withoutATerminalThereAreNoControlCharacters() {
        answers.add(running(0.5));
        answers.add(ended(5, 5, 0, 0));

        run("sync", "status", "0RUN", "--watch");

        assertThat(out.toString().strip().chars()).allMatch(c -> c >= ' ');
    }

    @Test
    void theBarShowsHowFarARunIs() throws Exception {
        JsonNode run = AdminClient.JSON.readTree(running(0.5));

        assertThat(SyncCommand.line(run, true))
                .startsWith(
                        "people full [" + "#".repeat(15) + ".".repeat(15) + "] 50 %, about 1 min 30 s left running:");
        assertThat(SyncCommand.line(run, false)).startsWith("people full running: read 50");
    }

    @Test
    void whatARunTookOfTheQuotaIsBesideItsCalls() throws Exception {
        assertThat(SyncCommand.line(AdminClient.JSON.readTree(withQuota("0.0421")), false))
                .contains("calls 5 (4.2 % of the quota), in 12 s");
        assertThat(SyncCommand.line(AdminClient.JSON.readTree(withQuota("0.875")), false))
                .contains("calls 5 (88 % of the quota), in 12 s");
        assertThat(SyncCommand.line(AdminClient.JSON.readTree(withQuota("null")), false))
                .contains("calls 5, in 12 s");
    }

    private static String withQuota(String used) {
        return RUN.formatted("done", "\"2026-11-21T00:00:00Z\"", "12000", 5, 5, 0, 0, ",\"quotaUsed\":" + used);
    }

    private static String running(double progress) {
        return RUN.formatted(
                "running", "null", "null", 5, 3, 0, 0, ",\"progress\":" + progress + ",\"remainingMillis\":90000");
    }

    private static String ended(int pages, int applied, int dead, int ignored) {
        return RUN.formatted("done", "\"2026-11-21T00:00:00Z\"", "12000", pages, applied, dead, ignored, "");
    }

    private List<String> lines() {
        return out.toString().lines().toList();
    }

    private int run(String... arguments) {
        return MusterCommand.run(
                home,
                Map.of(
                        "MUSTER_ADMIN_TOKEN",
                        "admin-secret",
                        "MUSTER_URL",
                        "http://127.0.0.1:" + hub.getAddress().getPort()),
                new PrintWriter(out),
                new PrintWriter(err),
                arguments);
    }
}
