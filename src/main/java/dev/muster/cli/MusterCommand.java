package dev.muster.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;

/** The command line. Exit codes: 0 done, 1 not, 2 wrongly asked, 3 no hub answers, 4 no or a wrong admin token. */
@Command(
        name = "muster",
        description = "One roll of the people an organization knows, and every platform in agreement with it.",
        mixinStandardHelpOptions = true,
        versionProvider = MusterCommand.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DemoCommand.class,
            RunCommand.class,
            CheckCommand.class,
            StatusCommand.class,
            ExplainCommand.class,
            MemberCommand.class,
            ListCommands.Operations.class,
            ListCommands.DeadLetters.class,
            ReplayCommand.class,
            UndoCommand.class,
            BrakesCommand.class,
            DryRunCommand.class,
            ListCommands.Pushes.class,
            PushAgainCommand.class,
            SyncCommand.class,
            IntegrationCommand.class,
            KeysCommand.class,
            AuditCommand.class,
            ListCommands.Conflicts.class,
            ResolveCommand.class,
            AlertsCommand.class,
            WarmUpCommand.class,
            HelpCommand.class
        },
        footer = {
            "",
            "Commands that ask a running hub find it at MUSTER_URL and show MUSTER_ADMIN_TOKEN.",
            "The default is http://127.0.0.1:8080 .",
            "Exit codes: 0 done, 1 not, 2 wrongly asked, 3 no hub answers, 4 no or a wrong token."
        })
public final class MusterCommand {
    private final Path home;
    private final Map<String, String> environment;

    private MusterCommand(Path home, Map<String, String> environment) {
        this.home = home;
        this.environment = environment;
    }

    /** Runs a command that prints to the terminal; answers the exit code. */
    public static int run(Path home, Map<String, String> environment, String... arguments) {
        return run(
                home,
                environment,
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                arguments);
    }

    /** The same with other places to print to. */
    public static int run(
            Path home, Map<String, String> environment, PrintWriter out, PrintWriter err, String... arguments) {
        CommandLine command = new CommandLine(new MusterCommand(home, environment));
        command.setOut(out);
        command.setErr(err);
        command.setUsageHelpAutoWidth(true);
        command.setExecutionExceptionHandler((failure, failed, parsed) -> {
            if (failure instanceof CommandFailed known) {
                err.println("muster: " + TextTable.clean(String.valueOf(known.getMessage())));
                return known.exitCode();
            }
            StartFailure.lines(failure).forEach(line -> err.println("muster: " + line));
            return CommandFailed.FAILED;
        });
        int exitCode = command.execute(arguments.length == 0 ? new String[] {"help"} : arguments);
        out.flush();
        err.flush();
        return exitCode;
    }

    Path home() {
        return home;
    }

    Map<String, String> environment() {
        return environment;
    }

    /** The version that the build wrote into the jar. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = MusterCommand.class.getPackage().getImplementationVersion();
            return new String[] {
                "muster " + (version == null ? "(not packaged)" : version),
                "Java " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch")
            };
        }
    }
}
