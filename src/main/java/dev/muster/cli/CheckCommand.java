package dev.muster.cli;

import static java.util.Objects.requireNonNull;

import dev.muster.FileCheck;
import dev.muster.platform.ConfigProblem;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Every file that people edit, as the hub would use it. */
@Command(
        name = "check",
        description = "Every file in routes/ and config/: file, line and remedy of each problem. Exit code 1 if any.")
final class CheckCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    MusterCommand muster;

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        MusterCommand parent = requireNonNull(muster);
        PrintWriter out = requireNonNull(spec).commandLine().getOut();
        List<ConfigProblem> problems = FileCheck.of(parent.home(), parent.environment());
        problems.forEach(out::println);
        out.println(problems.isEmpty() ? "routes/ and config/ are good." : problems.size() + " to mend.");
        return problems.isEmpty() ? 0 : CommandFailed.FAILED;
    }
}
