package dev.muster.cli;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a shell needs to finish words. */
@Command(
        name = "completion",
        description = "Prints what a shell needs to finish commands and options.",
        footer = {
            "  source <(./muster completion bash)      # now, or in ~/.bashrc with the full path",
            "  source <(./muster completion zsh)       # now, or in ~/.zshrc with the full path"
        })
final class CompletionCommand implements Callable<Integer> {
    /** Which shell. The script knows both, and is the same. */
    enum Shell {
        bash,
        zsh
    }

    @Spec
    @Nullable
    CommandSpec spec;

    @Parameters(index = "0", description = "bash or zsh.")
    Shell shell = Shell.bash;

    @Override
    public Integer call() {
        CommandLine root = requireNonNull(spec).root().commandLine();
        root.getOut().println(AutoComplete.bash("muster", root));
        return ExitCode.DONE.code();
    }
}
