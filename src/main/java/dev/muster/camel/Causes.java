package dev.muster.camel;

import java.util.concurrent.CompletionException;

/** What a stage failed with, without its wrapping. */
final class Causes {
    private Causes() {}

    static Throwable first(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
