package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.RunningHub;
import dev.muster.cli.MusterCommand;
import dev.muster.normalize.PlatformSample;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Does what docs/adding/platform.md tells people to do, with the files and the commands of the page itself. */
class AddingAPlatformTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)(?: title=(\\S+))?\\n(.*?)^```$");
    private static final Pattern HEADER = Pattern.compile("-H \"([^:\"]+): ([^\"]*)\"");
    private static final String FILE = "config/platforms/acme.yaml";
    private static final String FLOW = "routes/platforms/acme.camel.yaml";

    @TempDir
    private Path folder;

    private Path home;
    private final Map<String, String> files = new LinkedHashMap<>();
    private final List<String> typed = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private String printed = "";

    @BeforeEach
    void readThePage() throws IOException {
        Matcher block = BLOCK.matcher(Files.readString(RunningHub.project().resolve("docs/adding/platform.md")));
        while (block.find()) {
            if (block.group(2) != null) {
                files.merge(block.group(2), block.group(3), String::concat);
            } else if (block.group(1).equals("sh")) {
                block.group(3).lines().map(line -> line.replaceAll(" +#.*", "")).forEach(typed::add);
            }
        }
        home = RunningHub.copyOfHome(folder.resolve("home"));
        files.remove(".env").lines().forEach(line -> environment.put(line.split("=")[0], line.split("=", 2)[1]));
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = home.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
    }

    @Test
    void thePageIsTheWholeWay() throws Exception {
        assertThat(files.keySet()).contains(FILE, FLOW);
        try (AcmeServer acme = new AcmeServer()) {
            environment.put("ACME_BASE_URL", acme.origin());
            assertThat(muster("check")).as(() -> printed).isZero();
            try (RunningHub hub = RunningHub.start(home, folder, environment)) {
                environment.put("MUSTER_URL", hub.uri("").toString());
                environment.put("MUSTER_ADMIN_TOKEN", RunningHub.TOKEN);

                List<String> done = walk(hub);

                assertThat(done)
                        .containsSubsequence(
                                "check", "run", "integration", "curl", "sync start", "sync plan", "explain");
                whatThePageSaysIsSo(hub, acme);
                thePlatformGoes(hub);
            }
            assertThat(acme.wrongs()).isEmpty();
        }
    }

    /** Types every line of the page, in its order. */
    private List<String> walk(RunningHub hub) throws Exception {
        List<String> done = new ArrayList<>();
        String body = "";
        for (String line : typed) {
            if (line.startsWith("body='")) {
                body = line.substring("body='".length(), line.length() - 1);
            } else if (line.startsWith("signature=")) {
                assertThat(line).contains("\"$body\"", "-sha256", "-hmac \"$ACME_WEBHOOK_SECRET\"");
            } else if (line.startsWith("curl ")) {
                curl(hub, line, body);
                done.add("curl");
            } else if (line.equals("./muster run &")) {
                done.add("run");
            } else if (line.startsWith("./muster ")) {
                String[] arguments = line.substring("./muster ".length()).split(" ");
                await().atMost(PATIENCE).untilAsserted(() -> {
                    assertThat(muster(arguments))
                            .as(() -> line + "\n" + printed)
                            .isZero();
                    assertThat(isSaid(arguments))
                            .as(() -> line + "\n" + printed)
                            .isTrue();
                });
                done.add(arguments[0].equals("sync") ? "sync " + arguments[1] : arguments[0]);
            } else {
                assertThat(line).isEqualTo("set -a; . ./.env; set +a");
            }
        }
        return done;
    }

    /** What the page promises of a command. */
    private boolean isSaid(String... arguments) {
        return switch (arguments[0]) {
            case "check" -> printed.contains("files are good");
            case "integration" -> printed.matches("(?s).*authenticate +ok.*testConnection +ok.*");
            case "sync" ->
                arguments[1].equals("start")
                        ? printed.contains("members ") && printed.contains("done: read ")
                        : printed.contains("Nothing would be pushed");
            case "explain" -> printed.contains("email = ana@example.com") && printed.contains("* acme");
            default -> false;
        };
    }

    private void curl(RunningHub hub, String line, String body) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(
                environment.get("ACME_WEBHOOK_SECRET").getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        String signature = HexFormat.of().formatHex(mac.doFinal(body.getBytes(StandardCharsets.UTF_8)));
        List<String> headers = new ArrayList<>();
        Matcher header = HEADER.matcher(line);
        while (header.find()) {
            headers.add(header.group(1));
            headers.add(header.group(2).replace("$signature", signature));
        }
        String path = line.replaceAll(".*http://localhost:8080(\\S+).*", "$1");
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        assertThat(line).contains("--data-raw \"$body\"");

        assertThat(hub.post(path, bytes, headers.toArray(String[]::new)).statusCode())
                .isEqualTo(200);
        assertThat(hub.post(path, "{}".getBytes(StandardCharsets.UTF_8), headers.toArray(String[]::new))
                        .statusCode())
                .as("another body under this signature")
                .isEqualTo(401);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        hub.get("/api/members?email=ana@example.com").body())
                .contains("Ana"));
    }

    private void whatThePageSaysIsSo(RunningHub hub, AcmeServer acme) throws IOException {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(acme.readers().keySet())
                .containsExactlyInAnyOrderElementsOf(AcmeServer.patronsWhoWantIt()));
        acme.readers()
                .values()
                .forEach(reader -> assertThat(reader.path("labels").toString()).isEqualTo("[\"Patron\"]"));
        assertThat(acme.stopped()).isEmpty();
        assertThat(acme.paths().stream().filter("/oauth/token"::equals)).hasSize(1);
        assertThat(new ObjectMapper()
                        .readTree(hub.get("/api/members?limit=200").body())
                        .path("items"))
                .hasSize(AcmeServer.MEMBERS);
        assertThat(hub.get("/api/dead-letters").body()).contains("\"items\":[]");
    }

    private void thePlatformGoes(RunningHub hub) throws IOException {
        Files.delete(home.resolve(FILE));
        Files.delete(home.resolve(FLOW));
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(hub.post("/api/webhooks/acme", new byte[0]).statusCode()).isEqualTo(404);
            assertThat(hub.hub().main().getCamelContext().getRoute("acme")).isNull();
        });
        assertThat(muster("check")).as(() -> printed).isZero();
        assertThat(hub.get("/api/members?email=ana@example.com").body()).contains("Ana");
        assertThat(muster("status")).as(() -> printed).isZero();
        assertThat(printed).doesNotContain("acme.yaml");
    }

    @Test
    void theSamplesOfThePageBecomeWhatItSays() {
        List<PlatformSample> samples = PlatformSample.all(home);

        assertThat(samples).extracting(PlatformSample::platform).containsOnly("acme");
        assertThat(samples)
                .allSatisfy(sample -> assertThat(sample.normalized(home)).isEqualTo(sample.canonical()));
    }

    private int muster(String... arguments) {
        StringWriter out = new StringWriter();
        PrintWriter writer = new PrintWriter(out);
        int code = MusterCommand.run(home, environment, writer, writer, arguments);
        printed = out.toString();
        return code;
    }
}
