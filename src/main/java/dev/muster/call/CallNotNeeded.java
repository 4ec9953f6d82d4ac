package dev.muster.call;

/** A call was not made, because there is nothing left to say. Without a stack trace: it is no defect. */
public final class CallNotNeeded extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CallNotNeeded(String reason) {
        super(reason, null, false, false);
    }
}
