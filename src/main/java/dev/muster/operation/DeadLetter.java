package dev.muster.operation;

import dev.muster.failure.Failure;
import dev.muster.failure.FailureCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Why an operation was given up.
 *
 * @param code which failure
 * @param cause one line for a person
 * @param digest the same for the same kind of failure at the same place, so that a thousand of one cause can be grouped
 * @param stack the frames that matter
 * @param attempts how often it was tried in this life
 */
public record DeadLetter(String code, String cause, String digest, String stack, int attempts) {
    private static final int FRAMES_MAX = 12;
    private static final int CAUSE_LENGTH_MAX = 2_000;

    /** @param attempts how often it was tried */
    public static DeadLetter of(Throwable failure, int attempts) {
        StringBuilder stack = new StringBuilder();
        StringBuilder place = new StringBuilder();
        Throwable root = failure;
        for (Throwable cause = failure; cause != null; cause = cause.getCause() == cause ? null : cause.getCause()) {
            root = cause;
            stack.append(cause.getClass().getName()).append('\n');
            int frames = 0;
            for (StackTraceElement frame : cause.getStackTrace()) {
                if (frames++ == FRAMES_MAX) {
                    break;
                }
                stack.append("  at ").append(frame).append('\n');
            }
        }
        place.append(root.getClass().getName());
        int frames = 0;
        for (StackTraceElement frame : root.getStackTrace()) {
            if (frame.getClassName().startsWith("dev.muster") && frames++ < 3) {
                place.append('@').append(frame.getClassName()).append('.').append(frame.getMethodName());
            }
        }
        // What cannot be reached is no Failure yet when it leaves the HTTP client.
        FailureCode otherwise = root instanceof IOException ? FailureCode.PLATFORM_UNAVAILABLE : FailureCode.INTERNAL;
        String code = (failure instanceof Failure known ? known.code() : otherwise).id();
        String message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        if (!(failure instanceof Failure)) {
            message = failure.getClass().getSimpleName() + ": " + message;
        }
        if (message.length() > CAUSE_LENGTH_MAX) {
            message = message.substring(0, CAUSE_LENGTH_MAX);
        }
        return new DeadLetter(code, message, digest(code + place), stack.toString(), attempts);
    }

    private static String digest(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
