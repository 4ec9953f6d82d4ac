package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.RunningHub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * docs/cli.md says what the commands say of themselves, and each of them says enough. After a change:
 * {@code mvn test -Dtest=CommandLineDocumentTest -Dmuster.docs.write=true} writes the page anew.
 */
class CommandLineDocumentTest {
    private static final Path PAGE = RunningHub.project().resolve("docs/cli.md");
    private static final String BEGIN = "<!-- from here on written by CommandLineDocumentTest -->";
    private static final int WIDTH_MAX = 100;

    private final CommandLine root = MusterCommand.commandLine(RunningHub.project(), Map.of(), Terminal.none());

    @Test
    void thePageIsWhatTheCommandsSay() throws IOException {
        String page = Files.readString(PAGE);
        assertThat(page).contains(BEGIN);
        String wanted = page.substring(0, page.indexOf(BEGIN) + BEGIN.length()) + generated();
        if (Boolean.getBoolean("muster.docs.write")) {
            Files.writeString(PAGE, wanted);
        }

        assertThat(Files.readString(PAGE))
                .as("docs/cli.md is not what the commands say. Write it anew:"
                        + " mvn test -Dtest=CommandLineDocumentTest -Dmuster.docs.write=true")
                .isEqualTo(wanted);
    }

    @Test
    void everyCommandHasADescriptionAndAnExampleOfItself() {
        commands().forEach((name, command) -> {
            UsageMessageSpec usage = command.getCommandSpec().usageMessage();
            assertThat(usage.description()).as(name).isNotEmpty();
            assertThat(Arrays.stream(usage.footer()))
                    .as("The footer of '%s' has no example: a line such as \"  ./muster %s\"", name, name)
                    .anyMatch(line -> line.contains("./muster " + name.split(" ")[0]));
        });
    }

    @Test
    void everyExampleIsACommandLineThatIsUnderstood() {
        commands().forEach((name, command) -> examples(command).forEach(example -> {
            List<String> words = words(example);
            CommandLine.ParseResult parsed =
                    root.parseArgs(words.subList(1, words.size()).toArray(new String[0]));
            assertThat(parsed.errors()).as(example).isEmpty();
        }));
    }

    @Test
    void everyLineOfAHelpFits() {
        commands().values().forEach(command -> assertThat(
                        command.getUsageMessage().lines())
                .as(command.getCommandSpec().qualifiedName())
                .allMatch(line -> line.length() <= WIDTH_MAX, "at most " + WIDTH_MAX + " columns"));
        assertThat(root.getUsageMessage().lines()).allMatch(line -> line.length() <= WIDTH_MAX);
    }

    @Test
    void theHelpNamesEveryCommandUnderItsPurpose() {
        String help = root.getUsageMessage();
        commands().keySet().stream().filter(name -> !name.contains(" ")).forEach(name -> assertThat(help.lines())
                .as(name)
                .anyMatch(line -> line.startsWith("  " + name + " ")));
        assertThat(help).containsSubsequence("Run a hub:", "See how it is:", "What went wrong:", "Who may:", "More:");
    }

    @Test
    void theCompletionKnowsEveryCommandAndItsOptions() {
        Typed typed = new Typed(RunningHub.project(), Map.of())
                .run("completion", "bash")
                .ends(ExitCode.DONE);
        assertThat(typed.out()).contains("complete -F").contains("'--digest'");
        commands().forEach((name, command) -> assertThat(typed.out())
                .as(name)
                .contains("function _picocli_muster_" + name.replace("-", "").replace(' ', '_') + "()"));
        assertThat(new Typed(RunningHub.project(), Map.of())
                        .run("completion", "zsh")
                        .ends(ExitCode.DONE)
                        .out())
                .contains("bashcompinit");
        new Typed(RunningHub.project(), Map.of()).run("completion", "fish").ends(ExitCode.USAGE);
    }

    @Test
    void helpGoesAsDeepAsTheCommandsDo() {
        Typed typed = new Typed(RunningHub.project(), Map.of());
        assertThat(typed.run("help", "member", "override", "set")
                        .ends(ExitCode.DONE)
                        .out())
                .contains("muster member override set", "Examples:");
        assertThat(typed.run("member", "override", "set", "--help")
                        .ends(ExitCode.DONE)
                        .out())
                .contains("muster member override set");
        typed.run("help", "member", "nix").ends(ExitCode.USAGE);
        String codes = typed.run("help", "exit-codes").ends(ExitCode.DONE).out();
        assertThat(codes.lines()).hasSize(ExitCode.values().length);
    }

    @Test
    void whatStandsBeforeAWordIsNotPassedOver() {
        Typed typed = new Typed(RunningHub.project(), Map.of());
        typed.run("conflicts", "--field", "phone", "resolve", "x", "own").ends(ExitCode.USAGE);
        assertThat(typed.err()).contains("--field stands before the word resolve");
    }

    // --- the page ------------------------------------------------------------------------------------------------

    private String generated() {
        StringBuilder text = new StringBuilder("\n\n## Exit codes\n\n| code | |\n|---|---|\n");
        for (ExitCode code : ExitCode.values()) {
            text.append("| ")
                    .append(code.code())
                    .append(" | ")
                    .append(code.meaning())
                    .append(" |\n");
        }
        text.append("\n## Commands\n\n`./muster help COMMAND` has the options of each.\n");
        commands().forEach((name, command) -> {
            text.append(name.contains(" ") ? "\n#### " : "\n### ")
                    .append("`")
                    .append(name)
                    .append("`\n\n");
            text.append(String.join(" ", command.getCommandSpec().usageMessage().description()))
                    .append("\n\n```sh\n");
            Arrays.stream(command.getCommandSpec().usageMessage().footer())
                    .filter(line -> line.startsWith("  "))
                    .forEach(line -> text.append(line.strip()).append('\n'));
            text.append("```\n");
        });
        return text.toString();
    }

    /** All commands by their full name, in the order of the help. */
    private Map<String, CommandLine> commands() {
        Map<String, CommandLine> all = new LinkedHashMap<>();
        collect("", root, all);
        return all;
    }

    private static void collect(String before, CommandLine command, Map<String, CommandLine> all) {
        command.getSubcommands().forEach((word, below) -> {
            if (word.equals(below.getCommandName())) {
                all.put(before + word, below);
                collect(before + word + " ", below, all);
            }
        });
    }

    private static List<String> examples(CommandLine command) {
        return Arrays.stream(command.getCommandSpec().usageMessage().footer())
                .map(String::strip)
                .filter(line -> line.startsWith("./muster "))
                .map(line -> line.replaceAll("\\s+(\\||&&|#).*", "").replaceAll("\\$\\([^)]*\\)", "x"))
                .toList();
    }

    /** As a shell splits it, single quotes only. */
    private static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean quoted = false;
        for (char c : (line + " ").toCharArray()) {
            if (c == '\'') {
                quoted = !quoted;
            } else if (c == ' ' && !quoted) {
                if (word.length() > 0) {
                    words.add(word.toString());
                    word.setLength(0);
                }
            } else {
                word.append(c);
            }
        }
        return words;
    }
}
