package dev.muster.push;

/** A record that a target's mapping cannot make a request of, with the reason. Without a stack trace: it concerns one record. */
final class UnmappableRecord extends Exception {
    private static final long serialVersionUID = 1L;

    UnmappableRecord(String reason) {
        super(reason, null, false, false);
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
