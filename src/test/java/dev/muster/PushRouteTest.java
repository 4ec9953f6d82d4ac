package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The route of pushes stops, is replaced, and loses its store, while a target is being told: nobody is lost, nobody told twice. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PushRouteTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String COUNTS =
            "SELECT status || ': ' || COUNT(*) FROM pushes GROUP BY status ORDER BY status";

    @TempDir
    Path folder;

    /** A club that keeps whoever it is told of, as often as it is told. */
    private static final class Members implements AutoCloseable {
        final List<String> emails = new CopyOnWriteArrayList<>();
        final StubPlatform server;

        /** @param before what happens before a call is answered, when its members are kept already */
        Members(StubPlatform.Answer before) throws IOException {
            server = new StubPlatform(call -> {
                JsonNode body = JSON.readTree(call.getRequestBody());
                ObjectNode answer = JSON.createObjectNode();
                if (call.getRequestURI().getPath().equals("/people/read")) {
                    ArrayNode found = answer.putArray("found");
                    body.path("emails").forEach(email -> {
                        if (emails.contains(email.asText())) {
                            found.addObject().put("email", email.asText()).put("id", email.asText());
                        }
                    });
                } else {
                    ArrayNode members = answer.putArray("members");
                    body.path("members").forEach(member -> {
                        String email = member.path("email").asText();
                        emails.add(email);
                        members.addObject().put("status", "ok").put("id", email);
                    });
                    before.to(call);
                }
                StubPlatform.json(call, answer.toString().getBytes(StandardCharsets.UTF_8));
            });
        }

        long told() {
            return server.paths().stream().filter("/people"::equals).count();
        }

        @Override
        public void close() {
            server.close();
        }
    }

    private FlowHub.Setting oneCallAtOnce(Members club) {
        return Club.in(folder, club.server)
                .edit("config/platforms/club.yaml", Club.QUOTA, Club.QUOTA.replace(" ] }", " ], concurrent: 1 }"));
    }

    private static void join(FlowHub hub, int from, int to) throws Exception {
        for (int i = from; i < to; i++) {
            Club.join(hub, "m" + i);
        }
    }

    private static void allAreToldOnce(FlowHub hub, Members club, int count) {
        await().atMost(PATIENCE).until(() -> hub.column(COUNTS).equals(List.of("0: " + count)));
        assertThat(new HashSet<>(club.emails)).hasSize(count);
        assertThat(club.emails).hasSize(count);
    }

    @Test
    void stoppingWaitsForTheCallsUnderWayAndGivesBackWhatWaitsForItsTurn() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (Members club = new Members(call -> go.await(60, TimeUnit.SECONDS));
                FlowHub hub = oneCallAtOnce(club)
                        .with("MUSTER_STOP_TIMEOUT_MS", "600000")
                        .start()) {
            join(hub, 0, 12);
            // one batch is with the club, another waits for its turn
            await().atMost(PATIENCE).until(() -> club.told() == 1 && claimed(hub) > club.emails.size());

            CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> {
                try {
                    hub.camel().getRouteController().stopRoute("push");
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            await().atMost(PATIENCE).until(() -> claimed(hub) == club.emails.size());
            assertThat(stopped).as("the call is waited for").isNotDone();
            go.countDown();
            stopped.get(60, TimeUnit.SECONDS);

            assertThat(claimed(hub)).isZero();
            assertThat(hub.column("SELECT COUNT(*) FROM pushes WHERE status = 0"))
                    .as("what the club answered is settled")
                    .containsExactly(String.valueOf(club.emails.size()));
            assertThat(hub.column("SELECT MAX(attempts) FROM pushes")).containsExactly("0");
            assertThat(club.told()).isEqualTo(1);

            hub.camel().getRouteController().startRoute("push");
            allAreToldOnce(hub, club, 12);
        }
    }

    private static int claimed(FlowHub hub) {
        return Integer.parseInt(
                hub.column("SELECT COUNT(*) FROM pushes WHERE status = 2").get(0));
    }

    @Test
    void routeIsReplacedWhileItIsAtWork() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (Members club = new Members(call -> go.await(60, TimeUnit.SECONDS));
                FlowHub hub = oneCallAtOnce(club).start()) {
            join(hub, 0, 12);
            await().atMost(PATIENCE).until(() -> club.told() == 1 && claimed(hub) > club.emails.size());
            Path file = hub.file("routes/60-push.camel.yaml");
            String text = Files.readString(file);
            String before = "golden records to the platforms that want to know";
            assertThat(text).contains(before);
            Files.writeString(file, text.replace(before, "as it is now"));
            // what waited for its turn is given back: the old route is about to end
            await().atMost(PATIENCE).until(() -> claimed(hub) == club.emails.size());
            join(hub, 12, 20);
            go.countDown();

            await().atMost(PATIENCE)
                    .until(() -> hub.camel().getRoute("push") != null
                            && "as it is now"
                                    .equals(hub.camel().getRoute("push").getDescription()));
            join(hub, 20, 24);
            allAreToldOnce(hub, club, 24);
        }
    }

    @Test
    void storeThatIsAwayWhenTheAnswerComesMakesTheTargetBeAskedAndNotToldAgain() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch away = new CountDownLatch(1);
        try (Members club = new Members(call -> {
                    away.countDown();
                    held.await(60, TimeUnit.SECONDS);
                });
                FlowHub hub = Club.in(folder, club.server).start();
                Connection other = DriverManager.getConnection(
                        "jdbc:sqlite:" + folder.resolve("data").resolve("muster.db"));
                Statement statement = other.createStatement()) {
            Club.join(hub, "ana");
            assertThat(away.await(60, TimeUnit.SECONDS)).isTrue();
            statement.execute("PRAGMA busy_timeout = 5000");
            statement.execute("BEGIN IMMEDIATE");
            held.countDown();
            // the answer is there and cannot be kept
            await().atMost(PATIENCE)
                    .until(() -> hub.camel().getInflightRepository().size("push") == 0);
            assertThat(hub.column("SELECT status FROM pushes")).containsExactly("2");
            statement.execute("ROLLBACK");

            await().atMost(PATIENCE)
                    .until(() -> hub.column("SELECT status FROM pushes").equals(List.of("0")));
            assertThat(club.server.paths()).containsExactly("/people", "/people/read");
            Club.join(hub, "bea");
            allAreToldOnce(hub, club, 2);
        }
    }
}
