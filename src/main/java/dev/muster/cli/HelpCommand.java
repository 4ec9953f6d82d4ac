package dev.muster.cli;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Help, of all commands or of one of them, however deep. */
@Command(
        name = "help",
        helpCommand = true,
        description = "What a command does, its options and examples.",
        footer = {"  ./muster help", "  ./muster help conflicts resolve", "  ./muster help exit-codes"})
final class HelpCommand implements Callable<Integer> {
    static final String EXIT_CODES = "exit-codes";

    @Spec
    @Nullable
    CommandSpec spec;

    @Parameters(paramLabel = "COMMAND", description = "The command, such as: conflicts resolve. Or: exit-codes.")
    List<String> words = List.of();

    @Override
    public Integer call() {
        CommandLine command = requireNonNull(spec).root().commandLine();
        if (words.equals(List.of(EXIT_CODES))) {
            for (ExitCode code : ExitCode.values()) {
                command.getOut().println(code.code() + "  " + code.meaning());
            }
            return ExitCode.DONE.code();
        }
        for (String word : words) {
            CommandLine below = command.getSubcommands().get(word);
            if (below == null) {
                throw new ParameterException(
                        requireNonNull(spec).commandLine(),
                        "There is no command '" + TextTable.clean(String.join(" ", words))
                                + "': ./muster help lists all");
            }
            command = below;
        }
        command.usage(command.getOut());
        return ExitCode.DONE.code();
    }
}
