package dev.muster.cli;

/** What a command tells a script by its end; these do not change. */
enum ExitCode {
    DONE("It is done; what was asked about is well."),
    FAILED("It is not done, or something is wrong: the hub refused, it does not exist, a check found a problem."),
    USAGE("The command line is wrong, or needs a word of yours that nobody is there to be asked for."),
    NO_HUB("No hub answers at MUSTER_URL."),
    NOT_ALLOWED("There is no token, the hub does not take it, or it may not do that."),
    HELD("A brake holds what a run has read: a person has to approve or reject it (brakes list).");

    private final String meaning;

    ExitCode(String meaning) {
        this.meaning = meaning;
    }

    /** What the process ends with. */
    int code() {
        return ordinal();
    }

    String meaning() {
        return meaning;
    }
}
