package dev.muster.cli;

import static java.util.Objects.requireNonNull;

import dev.muster.FileCheck;
import dev.muster.platform.ConfigProblem;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Says what is wrong in the files that people edit, before a hub has to. */
@Command(
        name = "check",
        description = {
            "Judges every file in routes/ and config/ without starting a hub.",
            "Exit code 0: all are good. 1: not; one line for each problem, with file and line."
        },
        footer = {"  ./muster check"})
final class CheckCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    MusterCommand parent;

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        MusterCommand muster = requireNonNull(parent);
        PrintWriter out = requireNonNull(spec).commandLine().getOut();
        FileCheck check = FileCheck.of(muster.home(), muster.environment());
        for (ConfigProblem problem : check.problems()) {
            out.println(TextTable.clean(problem.toString()));
        }
        for (String note : check.notes()) {
            out.println("note: " + TextTable.clean(note));
        }
        if (check.problems().isEmpty()) {
            out.println("all " + check.files() + " files are good");
            return 0;
        }
        return CommandFailed.FAILED;
    }
}
