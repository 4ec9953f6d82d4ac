package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.FreePort;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MusterCommandTest {
    @TempDir
    Path home;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void withoutACommandItHelps() {
        assertThat(run(Map.of())).isZero();
        assertThat(out.toString()).contains("run", "explain", "replay", "MUSTER_ADMIN_TOKEN");
    }

    @Test
    void itSaysItsVersion() {
        assertThat(run(Map.of(), "--version")).isZero();
        assertThat(out.toString()).startsWith("muster ");
    }

    @Test
    void anUnknownCommandIsWronglyAsked() {
        assertThat(run(Map.of(), "nix")).isEqualTo(CommandFailed.USAGE);
        assertThat(run(Map.of(), "replay")).isEqualTo(CommandFailed.USAGE);
    }

    @Test
    void withoutATokenItSaysWhichVariable() {
        assertThat(run(Map.of(), "status")).isEqualTo(CommandFailed.NO_TOKEN);
        assertThat(err.toString()).contains("MUSTER_ADMIN_TOKEN");
    }

    @Test
    void withoutAHubItSaysWhereItLooked() throws IOException {
        String url = "http://127.0.0.1:" + FreePort.any();

        assertThat(run(Map.of("MUSTER_URL", url, "MUSTER_ADMIN_TOKEN", "t"), "status"))
                .isEqualTo(CommandFailed.NO_HUB);
        assertThat(err.toString()).contains(url).contains("./muster run");
    }

    @Test
    void withoutAnAddressItLooksAtThePortOfTheSettings() throws IOException {
        int port = FreePort.any();
        settings("muster.http.port = " + port);

        assertThat(run(Map.of("MUSTER_ADMIN_TOKEN", "t"), "status")).isEqualTo(CommandFailed.NO_HUB);
        assertThat(err.toString()).contains("http://127.0.0.1:" + port);
    }

    @Test
    void aTokenInTheFileOfSettingsIsRefusedAndNotShown() throws IOException {
        settings("muster.admin.token = in-the-file");

        assertThat(run(Map.of(), "run", "--data", home.resolve("data").toString()))
                .isEqualTo(CommandFailed.FAILED);
        assertThat(err.toString())
                .contains("muster.admin.token", "MUSTER_ADMIN_TOKEN")
                .doesNotContain("in-the-file");
    }

    @Test
    void theDemoKeepsItsDataByItself() {
        assertThat(run(Map.of(), "demo", "--data", home.toString())).isEqualTo(CommandFailed.USAGE);
    }

    private void settings(String line) throws IOException {
        Files.createDirectories(home.resolve("config"));
        Files.writeString(home.resolve("config").resolve("application.properties"), line);
    }

    @Test
    void anAddressThatIsNoneIsWronglyAsked() {
        assertThat(run(Map.of("MUSTER_URL", "nowhere", "MUSTER_ADMIN_TOKEN", "t"), "status"))
                .isEqualTo(CommandFailed.USAGE);
    }

    @Test
    void aWrongSettingStopsTheStartWithOneMessage() {
        int exitCode = run(
                Map.of("SYNC_WORKER_CONCURRENCY", "many"),
                "run",
                "--data",
                home.resolve("data").toString());

        assertThat(exitCode).isEqualTo(CommandFailed.FAILED);
        assertThat(err.toString()).contains("SYNC_WORKER_CONCURRENCY").doesNotContain("\tat ", "Exception");
    }

    @Test
    void whatCameFromOutsideCannotPaintTheTerminal() {
        assertThat(TextTable.clean("a\u001b[31mb\nc\u202e")).isEqualTo("a [31mb c ");
    }

    private int run(Map<String, String> environment, String... arguments) {
        return MusterCommand.run(home, environment, new PrintWriter(out), new PrintWriter(err), arguments);
    }
}
