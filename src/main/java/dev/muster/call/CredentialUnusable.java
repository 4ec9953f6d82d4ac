package dev.muster.call;

/**
 * An integration's credential was refused and cannot be renewed: until a person connects it anew, its work waits, and no
 * attempt is counted. Not a failure of one operation, so not a dead letter.
 */
public final class CredentialUnusable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message which integration, why, and what to do; no secret */
    public CredentialUnusable(String message) {
        super(message, null, false, false);
    }
}
