package dev.muster.failure;

/** The sender's fault: answered with a 4xx and nothing stored. Carries no stack trace, so that an attack stays cheap. */
public final class Refusal extends Failure {
    private static final long serialVersionUID = 1L;

    private final int status;

    /** @param status the HTTP status to answer, 400 to 499 */
    public Refusal(FailureCode code, int status, String message) {
        super(code, message, null, false);
        this.status = status;
    }

    /** The HTTP status to answer. */
    public int status() {
        return status;
    }
}
