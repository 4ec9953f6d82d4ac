package dev.muster.failure;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** What a stage failed with, without its wrapping. */
public final class Causes {
    private Causes() {}

    /** The first failure that is no {@link CompletionException} around another; for a failure that is there. */
    public static Throwable first(@Nullable Throwable failure) {
        Throwable cause = requireNonNull(failure);
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
