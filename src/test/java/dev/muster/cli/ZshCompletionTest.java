package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.muster.RunningHub;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The completion in zsh itself, at a terminal of its own, where zsh is installed. */
class ZshCompletionTest {
    /** What is typed begins with tabs only once the script is loaded. */
    private static final String AT_A_TERMINAL = """
            zmodload zsh/zpty
            zpty -b z zsh -fi
            zpty -w z "autoload -U compinit; compinit -u -D; source $1; print LOADED_\\$((1+1))"
            zpty -r z said '*LOADED_2*'
            zpty -w -n z $'muster conflicts re\\t\\t'
            zpty -r z said '*review*'
            print -r -- $said
            zpty -d z
            """;

    @TempDir
    Path folder;

    @Test
    void tabOffersTheWordsThatBeginSo() throws Exception {
        assumeTrue(
                Stream.of(System.getenv("PATH").split(":")).anyMatch(each -> Files.isExecutable(Path.of(each, "zsh"))),
                "There is no zsh on the path: the completion is not tried in it");
        Path completion = Files.writeString(
                folder.resolve("completion"),
                new Typed(RunningHub.project(), Map.of())
                        .run("completion", "zsh")
                        .ends(ExitCode.DONE)
                        .out());
        Path typed = Files.writeString(folder.resolve("typed"), AT_A_TERMINAL);
        Path said = folder.resolve("said");

        Process zsh = new ProcessBuilder("zsh", "-f", typed.toString(), completion.toString())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        boolean hasEnded = zsh.waitFor(60, TimeUnit.SECONDS);
        zsh.destroyForcibly();

        assertThat(hasEnded)
                .as("zsh offers 'review': %s", Files.readString(said, StandardCharsets.ISO_8859_1))
                .isTrue();
        assertThat(Files.readString(said, StandardCharsets.ISO_8859_1)).containsPattern("resolve\\s+review");
    }
}
