package dev.muster.admin;

import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;

/** A resource that exists, asked by a method it has not. */
final class MethodNotAllowed extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String allowed;

    MethodNotAllowed(String method, String allowed) {
        super("This resource takes " + allowed + "; " + method + " is not one", null, false, false);
        this.allowed = allowed;
    }

    String allowed() {
        return allowed;
    }

    Refusal refusal() {
        return new Refusal(FailureCode.METHOD_NOT_ALLOWED, 405, String.valueOf(getMessage()));
    }
}
