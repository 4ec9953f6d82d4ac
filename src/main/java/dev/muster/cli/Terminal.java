package dev.muster.cli;

import java.io.ByteArrayOutputStream;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether a person sits there, and how much fits on the screen.
 *
 * @param input whether what is read comes from a person
 * @param output whether what is printed is seen by one
 * @param errors whether what goes to standard error is seen by one: questions and progress go there, so that standard output
 *     is only ever the answer
 * @param colours whether output may be coloured
 * @param columns that fit in a line of output
 * @param in where answers come from
 */
record Terminal(boolean input, boolean output, boolean errors, boolean colours, int columns, InputStream in) {
    private static final int COLUMNS_DEFAULT = 100;
    private static final int COLUMNS_MIN = 40;
    private static final int COLUMNS_MAX = 1_000;

    /** Nobody sits there. */
    static Terminal none() {
        return new Terminal(false, false, false, false, COLUMNS_DEFAULT, System.in);
    }

    /** As the launcher found it ({@code muster.terminal} names the streams: 0, 1, 2), or as Java can tell. */
    static Terminal detected(Map<String, String> environment) {
        String streams = System.getProperty("muster.terminal", isTerminal(System.console()) ? "012" : "");
        boolean dumb = environment.getOrDefault("TERM", "").equals("dumb");
        return new Terminal(
                streams.contains("0"),
                streams.contains("1"),
                streams.contains("2") && !dumb,
                streams.contains("1")
                        && !dumb
                        && environment.getOrDefault("NO_COLOR", "").isEmpty(),
                columns(System.getProperty("muster.columns", environment.getOrDefault("COLUMNS", ""))),
                System.in);
    }

    /** From Java 22 on there is a console without a terminal too. */
    private static boolean isTerminal(@Nullable Console console) {
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }

    private static int columns(String said) {
        try {
            int columns = Integer.parseInt(said.strip());
            return columns <= 0 ? COLUMNS_DEFAULT : Math.min(COLUMNS_MAX, Math.max(COLUMNS_MIN, columns));
        } catch (NumberFormatException e) {
            return COLUMNS_DEFAULT;
        }
    }

    /** Whether there is somebody to be asked. */
    boolean asks() {
        return input && errors;
    }

    /** What a person answers; null where they have ended the input. */
    @Nullable
    String ask(PrintWriter err, String question) {
        err.print(question + " ");
        err.flush();
        return line();
    }

    /** What a person types without its being shown, or a line of what is piped in; empty for nothing. */
    String secret(String name) {
        Console console = System.console();
        if (!input || !isTerminal(console)) {
            String line = line();
            return line == null ? "" : line;
        }
        char[] typed = console == null ? null : console.readPassword("%s: ", name);
        if (typed == null) {
            return "";
        }
        String text = new String(typed);
        Arrays.fill(typed, '\0');
        return text.strip();
    }

    /** One line, and nothing of the next: several answers stand in one input. Null at its end. */
    private @Nullable String line() {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try {
            int next = in.read();
            if (next < 0) {
                return null;
            }
            while (next >= 0 && next != '\n') {
                line.write(next);
                next = in.read();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return line.toString(StandardCharsets.UTF_8).strip();
    }

    /** What catches the eye. */
    enum Paint {
        BOLD("1"),
        GOOD("32"),
        BAD("31"),
        FAINT("2");

        private final String code;

        Paint(String code) {
            this.code = code;
        }
    }

    String painted(Paint paint, String text) {
        return colours ? "\u001b[" + paint.code + "m" + text + "\u001b[0m" : text;
    }
}
