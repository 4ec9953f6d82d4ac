package dev.muster.cli;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the commands that ask a running hub have in common. */
@Command
abstract class ClientCommand implements Callable<Integer> {
    @Spec
    @Nullable
    CommandSpec spec;

    @Option(names = "--json", description = "Print the API's answer.")
    boolean json;

    @Override
    public Integer call() {
        run(AdminClient.of(muster().home(), environment()));
        out().flush();
        return 0;
    }

    abstract void run(AdminClient hub);

    private MusterCommand muster() {
        return (MusterCommand) requireNonNull(spec).root().userObject();
    }

    final Map<String, String> environment() {
        return muster().environment();
    }

    PrintWriter out() {
        return requireNonNull(spec).commandLine().getOut();
    }

    /** Prints it where JSON was asked for. */
    boolean printed(JsonNode answer) {
        if (json) {
            out().println(answer.toPrettyString());
        }
        return json;
    }

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

    /** A value as a person reads it; nothing for null. */
    static String text(JsonNode node) {
        if (node.isNull() || node.isMissingNode()) {
            return "";
        }
        return node.isValueNode() ? node.asText() : node.toString();
    }

    /** Says that there is more. */
    void more(JsonNode answer) {
        String next = text(answer.path("next"));
        if (!next.isEmpty()) {
            out().println("There may be more: --cursor " + next);
        }
    }
}
