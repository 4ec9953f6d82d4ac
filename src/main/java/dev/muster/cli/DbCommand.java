package dev.muster.cli;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.DataDirectory;
import dev.muster.MusterConfig;
import dev.muster.db.Upkeep;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The database itself, without a hub. */
@Command(
        name = "db",
        description = "The database itself, on this machine, without a hub: status, migrate, check, backup.",
        subcommands = {DbCommand.Status.class, DbCommand.Migrate.class, DbCommand.Check.class, DbCommand.Backup.class},
        footer = {
            "  ./muster db status",
            "  ./muster db backup backups/muster-2026-05-01.db",
            "",
            "These do not ask a hub: they open MUSTER_DATABASE_URL, or the file in --data, as a hub would.",
            "A hub may run meanwhile, but for migrate on SQLite."
        })
final class DbCommand extends GroupCommand {
    private static final int LARGEST = 12;

    /** What is done to the database. */
    @Command
    abstract static class Act implements Callable<Integer> {
        @Spec
        @Nullable
        CommandSpec spec;

        @Option(names = "--data", paramLabel = "DIR", description = "Where the hub keeps its data (default data/).")
        @Nullable
        Path data;

        @Option(names = "--json", description = "Print it as JSON.")
        boolean json;

        @Override
        public final Integer call() throws SQLException {
            MusterCommand muster = muster();
            Map<String, String> given = data == null ? Map.of() : Map.of("muster.data", data.toString());
            MusterConfig config = MusterConfig.read(muster.home(), muster.environment(), given);
            try {
                return act(config, Upkeep.of(config.databaseUrl()));
            } catch (Upkeep.NotPossible | IllegalArgumentException e) {
                throw new CommandFailed(CommandFailed.FAILED, e.getMessage() + ".");
            } finally {
                out().flush();
            }
        }

        abstract int act(MusterConfig config, Upkeep database) throws SQLException;

        private MusterCommand muster() {
            return (MusterCommand) requireNonNull(spec).root().userObject();
        }

        final Terminal terminal() {
            return muster().terminal();
        }

        final PrintWriter out() {
            return requireNonNull(spec).commandLine().getOut();
        }

        /** JSON where it was asked for, and else the sentence. */
        final void tell(ObjectNode answer, String sentence) {
            out().println(json ? answer.toPrettyString() : TextTable.clean(sentence));
        }
    }

    @Command(
            name = "status",
            description = {
                "Which database, its size, its migrations, and the rows of its largest tables.",
                "Rows are counted up to a million; those of PostgreSQL are its own estimate."
            },
            footer = {"  ./muster db status --data /var/lib/muster"})
    static final class Status extends Act {
        @Override
        int act(MusterConfig config, Upkeep database) throws SQLException {
            Upkeep.State state = database.state();
            if (json) {
                ObjectNode answer = AdminClient.JSON.createObjectNode();
                answer.put("database", state.name())
                        .put("engine", state.engine())
                        .put("bytes", state.bytes())
                        .put("version", state.version())
                        .put("applied", state.applied());
                state.pending().forEach(answer.putArray("pending")::add);
                state.rows().forEach(answer.putObject("rows")::put);
                out().println(answer.toPrettyString());
                return ExitCode.DONE.code();
            }
            TextTable about = new TextTable("WHAT", "");
            about.row("database", state.name());
            about.row("engine", state.engine());
            about.row("size", String.format(Locale.ROOT, "%.1f MB", state.bytes() / 1e6));
            about.row(
                    "migrations",
                    state.applied() + " applied" + (state.version() == null ? "" : ", the last is " + state.version()));
            about.row("to be applied", state.pending().isEmpty() ? "none" : String.join("; ", state.pending()));
            about.print(out(), terminal());
            out().println();
            TextTable rows = new TextTable("TABLE", "ROWS");
            state.rows().entrySet().stream()
                    .filter(entry -> entry.getValue() > 0)
                    .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
                    .limit(LARGEST)
                    .forEach(entry -> rows.row(
                            entry.getKey(),
                            (entry.getValue() >= Upkeep.COUNTED_MAX && database.isFile() ? "at least " : "")
                                    + entry.getValue()));
            if (rows.isEmpty()) {
                out().println("No table has a row" + (database.isFile() ? "." : ", or none was analysed yet."));
            } else {
                rows.print(out(), terminal());
            }
            return ExitCode.DONE.code();
        }
    }

    @Command(
            name = "migrate",
            description = {
                "Brings the tables up to date, as a hub does at its start. It only goes forward: make a backup.",
                "On SQLite, no hub may run meanwhile."
            },
            footer = {"  ./muster db backup before.db && ./muster db migrate"})
    static final class Migrate extends Act {
        @Override
        int act(MusterConfig config, Upkeep database) {
            int applied;
            if (database.isFile()) {
                try (DataDirectory alone = DataDirectory.take(config.data())) {
                    applied = database.migrate();
                } catch (DataDirectory.InUse e) {
                    throw new CommandFailed(CommandFailed.FAILED, String.valueOf(e.getMessage()));
                }
            } else {
                applied = database.migrate();
            }
            tell(
                    AdminClient.JSON.createObjectNode().put("applied", applied),
                    applied == 0 ? "The tables are up to date." : "Migrations applied: " + applied + ".");
            return ExitCode.DONE.code();
        }
    }

    @Command(
            name = "check",
            description = {
                "Whether the database is whole; exit code 1 where it is not.",
                "SQLite: reads all of it. PostgreSQL: migrations, indexes, and whether it is set to be durable."
            },
            footer = {"  ./muster db check"})
    static final class Check extends Act {
        @Override
        int act(MusterConfig config, Upkeep database) throws SQLException {
            List<String> problems = database.problems();
            ObjectNode answer = AdminClient.JSON.createObjectNode();
            problems.forEach(answer.putArray("problems")::add);
            tell(answer, problems.isEmpty() ? "The database is whole." : String.join("; ", problems));
            return problems.isEmpty() ? ExitCode.DONE.code() : ExitCode.FAILED.code();
        }
    }

    @Command(
            name = "backup",
            description = {
                "Copies a SQLite database as it is at one moment, while a hub works on it. Overwrites nothing.",
                "Keep ENCRYPTION_KEY elsewhere: a backup with its key beside it is in clear."
            },
            footer = {"  ./muster db backup backups/muster-2026-05-01.db"})
    static final class Backup extends Act {
        @Parameters(index = "0", paramLabel = "FILE", description = "Where to; it must not be there.")
        @Nullable
        Path file;

        @Override
        int act(MusterConfig config, Upkeep database) throws SQLException {
            Path target = requireNonNull(file).toAbsolutePath();
            database.backUp(target);
            tell(
                    AdminClient.JSON
                            .createObjectNode()
                            .put("file", target.toString())
                            .put("bytes", target.toFile().length()),
                    "Written and checked: " + target + ".");
            return ExitCode.DONE.code();
        }
    }
}
