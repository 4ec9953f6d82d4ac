package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.RunningHub;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Commands as they are typed, by nobody or by a person who answers. */
final class Typed {
    private final Path home;
    private final Map<String, String> environment;
    private Terminal terminal = Terminal.none();
    private StringWriter out = new StringWriter();
    private StringWriter err = new StringWriter();
    private int exitCode;

    Typed(Path home, Map<String, String> environment) {
        this.home = home;
        this.environment = new HashMap<>(environment);
    }

    static Typed at(RunningHub hub) {
        return new Typed(
                RunningHub.project(),
                Map.of("MUSTER_URL", hub.uri("").toString(), "MUSTER_ADMIN_TOKEN", RunningHub.TOKEN));
    }

    Typed with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** Somebody sits at a terminal, and answers so. */
    Typed answering(int columns, String... lines) {
        byte[] bytes = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
        terminal = new Terminal(true, true, true, false, columns, new ByteArrayInputStream(bytes));
        return this;
    }

    Typed run(String... arguments) {
        out = new StringWriter();
        err = new StringWriter();
        exitCode =
                MusterCommand.run(home, environment, terminal, new PrintWriter(out), new PrintWriter(err), arguments);
        return this;
    }

    Typed ends(ExitCode expected) {
        assertThat(exitCode).as("%s%s", out, err).isEqualTo(expected.code());
        return this;
    }

    String out() {
        return out.toString();
    }

    String err() {
        return err.toString();
    }

    JsonNode json() throws Exception {
        return AdminClient.JSON.readTree(out.toString());
    }
}
