package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers of which the connection broke half way. */
class CutAnswerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    @Test
    void pageThatIsCutOffIsReadAgainAndHalfAPageIsNone() throws Exception {
        AtomicBoolean broken = new AtomicBoolean(true);
        try (StubPlatform club = new StubPlatform(call -> {
                    boolean isSecond =
                            String.valueOf(call.getRequestURI().getQuery()).contains("after=2");
                    byte[] page = page(isSecond ? 2 : 1);
                    if (isSecond && broken.get()) {
                        StubPlatform.cut(call, 200, page);
                    } else {
                        StubPlatform.json(call, page);
                    }
                });
                FlowHub hub = Club.in(folder, club)
                        .with("MUSTER_PULL_LOOK_MS", "50")
                        .with("MAX_RETRY_ATTEMPTS", "20")
                        .start()) {
            await().atMost(PATIENCE)
                    .until(() -> hub.column("SELECT failures FROM cursors WHERE failures > 1")
                                    .size()
                            == 1);
            assertThat(hub.column("SELECT high_water FROM cursors"))
                    .as("that of the first page")
                    .containsExactly("2026-01-01T00:03:00Z");
            assertThat(hub.column("SELECT pages || ' ' || items FROM sync_runs"))
                    .containsExactly("1 3");
            assertThat(hub.column("SELECT error FROM sync_runs").get(0)).contains("cut off");

            broken.set(false);
            await().atMost(PATIENCE)
                    .until(() -> hub.column("SELECT state FROM sync_runs").equals(List.of("done")));
            await().atMost(PATIENCE).until(() -> hub.unfinished() == 0);
            assertThat(hub.column("SELECT pages || ' ' || items || ' ' || created FROM sync_runs"))
                    .containsExactly("2 6 6");
            assertThat(hub.column("SELECT high_water FROM cursors")).containsExactly("2026-01-01T00:06:00Z");
            assertThat(hub.column("SELECT COUNT(*) FROM members")).containsExactly("6");
        }
    }

    private static byte[] page(int number) {
        ObjectNode page = JSON.createObjectNode();
        ArrayNode people = page.putArray("data");
        for (int i = 3 * number - 2; i <= 3 * number; i++) {
            people.addObject()
                    .put("id", "p" + i)
                    .put("email", "p" + i + "@example.org")
                    .put("updated_at", "2026-01-01T00:0" + i + ":00Z");
        }
        if (number == 1) {
            page.put("next", "2");
        }
        return page.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void pushWhoseAnswerIsCutOffIsAskedAboutBeforeItIsSentAgain() throws Exception {
        assertThat(askedAfter(true)).containsExactly("/people", "/people/read");
    }

    @Test
    void pushThatDidNotArriveIsSentAgainAfterAsking() throws Exception {
        assertThat(askedAfter(false)).containsExactly("/people", "/people/read", "/people");
    }

    /** What the club was asked until it had one person, once, of whom the first answer was cut off. */
    private List<String> askedAfter(boolean arriving) throws Exception {
        AtomicBoolean broken = new AtomicBoolean(true);
        List<JsonNode> people = new CopyOnWriteArrayList<>();
        try (StubPlatform club = new StubPlatform(call -> {
                    JsonNode body = JSON.readTree(call.getRequestBody());
                    ObjectNode answer = JSON.createObjectNode();
                    if (call.getRequestURI().getPath().equals("/people/read")) {
                        answer.putArray("found").addAll(people);
                        StubPlatform.json(call, answer.toString().getBytes(StandardCharsets.UTF_8));
                        return;
                    }
                    boolean isCut = broken.getAndSet(false);
                    ArrayNode members = answer.putArray("members");
                    for (JsonNode member : body.path("members")) {
                        String id = "c" + people.size();
                        if (!isCut || arriving) {
                            people.add(((ObjectNode) member).put("id", id));
                        }
                        members.addObject().put("status", "ok").put("id", id);
                    }
                    byte[] whole = answer.toString().getBytes(StandardCharsets.UTF_8);
                    if (isCut) {
                        StubPlatform.cut(call, 200, whole);
                    } else {
                        StubPlatform.json(call, whole);
                    }
                });
                FlowHub hub = Club.in(folder, club).start()) {
            Club.join(hub, "ana");

            await().atMost(PATIENCE).until(() -> hub.column("SELECT external_id FROM pushes WHERE status = 0")
                    .contains("c0"));
            assertThat(people).hasSize(1);
            return club.paths();
        }
    }
}
