package dev.muster.cli;

/** A command that cannot do what it was asked: one message for a person, and an exit code for a script. */
final class CommandFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** It does not exist, or the hub refused. */
    static final int FAILED = 1;

    /** The command line is wrong. */
    static final int USAGE = 2;

    /** No hub answers. */
    static final int NO_HUB = 3;

    /** The token is missing or wrong. */
    static final int NO_TOKEN = 4;

    private final int exitCode;

    CommandFailed(int exitCode, String message) {
        super(message, null, false, false);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
