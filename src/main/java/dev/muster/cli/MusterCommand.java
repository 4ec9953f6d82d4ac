package dev.muster.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The command line. What it ends with is an {@link ExitCode}. */
@Command(
        name = "muster",
        description = "One roll of the people an organization knows, and every platform in agreement with it.",
        mixinStandardHelpOptions = true,
        versionProvider = MusterCommand.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "",
        subcommands = {
            DemoCommand.class,
            RunCommand.class,
            CheckCommand.class,
            DbCommand.class,
            StatusCommand.class,
            FlowCommand.class,
            AlertsCommand.class,
            MemberCommand.class,
            ExplainCommand.class,
            ConflictsCommand.class,
            ConflictsCommand.Resolve.class,
            DuplicatesCommand.class,
            ListCommands.Operations.class,
            DeadLettersCommand.class,
            ReplayCommand.class,
            UndoCommand.class,
            BrakesCommand.class,
            DryRunCommand.class,
            SyncCommand.class,
            ListCommands.Pushes.class,
            PushAgainCommand.class,
            IntegrationCommand.class,
            OrgCommand.class,
            KeyCommand.class,
            AuditCommand.class,
            WarmUpCommand.class,
            CompletionCommand.class,
            HelpCommand.class
        },
        footer = {
            "",
            "Commands that ask a running hub find it at MUSTER_URL (default: http://127.0.0.1:8080), so they",
            "work from any machine. They show MUSTER_API_KEY, or else MUSTER_ADMIN_TOKEN; either may hold an",
            "API key. ./muster help COMMAND has options and examples; --json prints what the API answered.",
            "Exit codes: 0 done, 1 failed or a problem found, 2 wrongly asked, 3 no hub answers,",
            "4 no token or not allowed (./muster help exit-codes)."
        })
public final class MusterCommand {
    private static final int USAGE_WIDTH_MAX = 100;

    private final Path home;
    private final Map<String, String> environment;
    private final Terminal terminal;

    private MusterCommand(Path home, Map<String, String> environment, Terminal terminal) {
        this.home = home;
        this.environment = environment;
        this.terminal = terminal;
    }

    /** Runs a command that prints to the terminal; answers the exit code. */
    public static int run(Path home, Map<String, String> environment, String... arguments) {
        return run(
                home,
                environment,
                Terminal.detected(environment),
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                arguments);
    }

    /** The same with other places to print to, and nobody who could be asked. */
    public static int run(
            Path home, Map<String, String> environment, PrintWriter out, PrintWriter err, String... arguments) {
        return run(home, environment, Terminal.none(), out, err, arguments);
    }

    /** The same with whoever sits there. */
    static int run(
            Path home,
            Map<String, String> environment,
            Terminal terminal,
            PrintWriter out,
            PrintWriter err,
            String... arguments) {
        CommandLine command = commandLine(home, environment, terminal);
        command.setOut(out);
        command.setErr(err);
        int exitCode = command.execute(arguments.length == 0 ? new String[] {"help"} : arguments);
        out.flush();
        err.flush();
        return exitCode;
    }

    /** All commands, as they are parsed and shown. */
    static CommandLine commandLine(Path home, Map<String, String> environment, Terminal terminal) {
        CommandLine command = new CommandLine(new MusterCommand(home, environment, terminal));
        command.setUsageHelpWidth(
                Math.min(USAGE_WIDTH_MAX, Math.max(UsageMessageSpec.DEFAULT_USAGE_WIDTH, terminal.columns())));
        command.setColorScheme(Help.defaultColorScheme(terminal.colours() ? Help.Ansi.ON : Help.Ansi.OFF));
        command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, new CommandGroups());
        dress(command);
        command.setExecutionStrategy(MusterCommand::execute);
        command.setExecutionExceptionHandler((failure, failed, parsed) -> {
            PrintWriter err = failed.getErr();
            if (failure instanceof ParameterException wrong) {
                return failed.getParameterExceptionHandler().handleParseException(wrong, new String[0]);
            }
            if (failure instanceof CommandFailed known) {
                err.println("muster: " + TextTable.clean(String.valueOf(known.getMessage())));
                return known.exitCode();
            }
            StartFailure.lines(failure).forEach(line -> err.println("muster: " + line));
            return CommandFailed.FAILED;
        });
        return command;
    }

    /** Every command has --help, and its examples a heading. */
    private static void dress(CommandLine command) {
        for (CommandLine below : command.getSubcommands().values()) {
            CommandSpec spec = below.getCommandSpec();
            if (!spec.helpCommand() && spec.findOption("--help") == null) {
                spec.addOption(CommandLine.Model.OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .arity("0")
                        .type(boolean.class)
                        .description("Show this.")
                        .build());
            }
            String[] footer = spec.usageMessage().footer();
            if (footer.length > 0 && footer[0].startsWith("  ./muster")) {
                spec.usageMessage().footerHeading("%nExamples:%n");
            }
            dress(below);
        }
    }

    /** What is written before a word belongs to the command before it, which does nothing then: that is told. */
    private static int execute(ParseResult parsed) {
        for (ParseResult one = parsed; one.hasSubcommand(); one = one.subcommand()) {
            CommandSpec below = one.subcommand().commandSpec();
            if (!one.matchedArgs().isEmpty() && !one.isUsageHelpRequested() && !one.isVersionHelpRequested()) {
                CommandLine.Model.ArgSpec before = one.matchedArgs().get(0);
                throw new ParameterException(
                        below.commandLine(),
                        (before instanceof CommandLine.Model.OptionSpec option
                                        ? option.longestName()
                                        : before.paramLabel())
                                + " stands before the word " + below.name()
                                + ": write it behind, if it is meant for that");
            }
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    Path home() {
        return home;
    }

    Map<String, String> environment() {
        return environment;
    }

    Terminal terminal() {
        return terminal;
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
