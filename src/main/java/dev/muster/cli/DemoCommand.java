package dev.muster.cli;

import static java.util.Objects.requireNonNull;

import dev.muster.DemoHub;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

/** The hub with simulated platforms. */
@Command(
        name = "demo",
        description = "The hub with simulated platforms that send really signed webhooks.",
        footer = {"  ./muster demo"})
final class DemoCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    MusterCommand muster;

    @Mixin
    RunCommand.Ports ports = new RunCommand.Ports();

    @Override
    public Integer call() throws Exception {
        DemoHub.run(requireNonNull(muster).home(), ports.settings(), System.out);
        return 0;
    }
}
