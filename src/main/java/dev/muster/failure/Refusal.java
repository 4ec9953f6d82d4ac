package dev.muster.failure;

import java.util.Map;

/** The sender's fault: answered with a 4xx and nothing stored. Carries no stack trace, so that an attack stays cheap. */
public final class Refusal extends Failure {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final transient Map<String, String> headers;

    /** @param status the HTTP status to answer, 400 to 499 */
    public Refusal(FailureCode code, int status, String message) {
        this(code, status, message, Map.of());
    }

    /** @param headers that belong to the answer, such as WWW-Authenticate */
    public Refusal(FailureCode code, int status, String message, Map<String, String> headers) {
        super(code, message, null, false);
        this.status = status;
        this.headers = Map.copyOf(headers);
    }

    /** The HTTP status to answer. */
    public int status() {
        return status;
    }

    /** Further headers of the answer. */
    public Map<String, String> headers() {
        return headers;
    }
}
