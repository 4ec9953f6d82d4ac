package dev.muster.normalize;

/** A value that is not valid for its field, with the reason for a person. Without a stack trace: bad input is ordinary. */
public final class InvalidValue extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param reason what is wrong with it */
    public InvalidValue(String reason) {
        super(reason, null, false, false);
    }

    /** For a person. */
    public String reason() {
        return String.valueOf(getMessage());
    }
}
