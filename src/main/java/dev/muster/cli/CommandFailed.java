package dev.muster.cli;

/** A command that cannot do what it was asked: one message for a person, and an exit code for a script. */
final class CommandFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    static final int FAILED = ExitCode.FAILED.code();
    static final int USAGE = ExitCode.USAGE.code();
    static final int NO_HUB = ExitCode.NO_HUB.code();
    static final int HELD = ExitCode.HELD.code();
    static final int NO_TOKEN = ExitCode.NOT_ALLOWED.code();

    private final int exitCode;

    CommandFailed(int exitCode, String message) {
        super(message, null, false, false);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
