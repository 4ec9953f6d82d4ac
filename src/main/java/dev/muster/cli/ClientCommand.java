package dev.muster.cli;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What the commands that ask a running hub have in common. */
@Command
abstract class ClientCommand implements Callable<Integer> {
    private static final int PAGE = 500;
    private static final long LOOK_MILLIS = 500;

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(names = "--json", description = "Print the API's answer.")
    boolean json;

    @Override
    public Integer call() {
        AdminClient hub = AdminClient.of(muster().home(), environment());
        // Nobody is asked anything before a hub can be.
        run(terminal().asks() ? hub.requireToken() : hub);
        out().flush();
        return ExitCode.DONE.code();
    }

    abstract void run(AdminClient hub);

    private MusterCommand muster() {
        return (MusterCommand) requireNonNull(spec).root().userObject();
    }

    final Map<String, String> environment() {
        return muster().environment();
    }

    final Terminal terminal() {
        return muster().terminal();
    }

    PrintWriter out() {
        return requireNonNull(spec).commandLine().getOut();
    }

    PrintWriter err() {
        return requireNonNull(spec).commandLine().getErr();
    }

    // --- printing -----------------------------------------------------------------------------------------------

    /** Prints it where JSON was asked for. */
    boolean printed(JsonNode answer) {
        if (json) {
            out().println(answer.toPrettyString());
        }
        return json;
    }

    /** A line of text, of which parts may have come from outside. */
    final void say(String text) {
        out().println(TextTable.clean(text));
    }

    final void print(TextTable table) {
        table.print(out(), terminal());
    }

    /** Says that there is more. */
    void more(JsonNode answer) {
        String next = text(answer.path("next"));
        if (!next.isEmpty()) {
            out().println("There may be more: --cursor " + next + ", or --all");
        }
    }

    final Progress progress(String what) {
        return new Progress(terminal(), err(), what);
    }

    /**
     * Waits a moment before another look at work that goes on.
     *
     * @param what goes on where a person does not want to wait for it
     */
    static void pause(String what) {
        try {
            Thread.sleep(LOOK_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailed(CommandFailed.FAILED, "interrupted; " + what + " goes on");
        }
    }

    // --- a person who sits there --------------------------------------------------------------------------------

    /** The command line is not right: says so with the usage. */
    final ParameterException wrong(String message) {
        return new ParameterException(requireNonNull(spec).commandLine(), message);
    }

    /**
     * What was given, or what a person says who is asked for it.
     *
     * @param name of the argument, for the usage
     * @throws ParameterException where nothing was given, and nobody sits there
     */
    final String needed(@Nullable String given, String name, String question) {
        if (given != null && !given.isBlank()) {
            return given;
        }
        String answer = terminal().asks() ? terminal().ask(err(), question) : null;
        if (answer == null || answer.isBlank()) {
            throw wrong("Missing: " + name);
        }
        return answer;
    }

    /**
     * Goes on only if that is meant.
     *
     * @param yes whether the command line says so already
     * @throws CommandFailed where the answer is no, or where nobody sits there to be asked
     */
    final void confirm(boolean yes, String what) {
        if (yes) {
            return;
        }
        if (!terminal().asks()) {
            throw new CommandFailed(
                    CommandFailed.USAGE, what + " Nobody is there to be asked: say --yes if that is meant.");
        }
        String answer = terminal().ask(err(), TextTable.clean(what) + " Go on? [y/N]");
        if (answer == null || !answer.toLowerCase(Locale.ROOT).matches("y|yes")) {
            throw new CommandFailed(CommandFailed.FAILED, "Nothing was done.");
        }
    }

    // --- asking the hub -----------------------------------------------------------------------------------------

    /** {@code /api/path?name=value&…}, without those that are null. */
    static String address(String path, Map<String, ?> query) {
        StringBuilder address = new StringBuilder(path);
        query.forEach((name, value) -> {
            if (value != null) {
                address.append(address.indexOf("?") < 0 ? '?' : '&')
                        .append(name)
                        .append('=')
                        .append(AdminClient.encoded(value.toString()));
            }
        });
        return address.toString();
    }

    /** All pages as one answer. */
    final ObjectNode allPages(AdminClient hub, String path, Map<String, ?> filters, String what) {
        ObjectNode all = AdminClient.JSON.createObjectNode();
        ArrayNode items = all.putArray("items");
        Map<String, @Nullable Object> query = new LinkedHashMap<>(filters);
        query.put("limit", PAGE);
        try (Progress progress = progress(what)) {
            String next = "";
            do {
                query.put("cursor", next.isEmpty() ? null : next);
                JsonNode page = hub.get(address(path, query));
                page.path("items").forEach(items::add);
                next = text(page.path("next"));
                progress.at(items.size(), 0);
            } while (!next.isEmpty());
        }
        return all.putNull("next");
    }

    /** A value as a person reads it; nothing for null. */
    static String text(JsonNode node) {
        if (node.isNull() || node.isMissingNode()) {
            return "";
        }
        return node.isValueNode() ? node.asText() : node.toString();
    }
}
