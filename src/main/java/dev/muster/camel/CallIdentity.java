package dev.muster.camel;

import dev.muster.call.CallCredential;
import dev.muster.call.CallCredentials;
import dev.muster.failure.Causes;
import java.util.concurrent.CompletionStage;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/** Gets the credential that a call shows; after a 401, another one. Waiting for a token costs no thread. */
public final class CallIdentity extends AsyncStep {
    private final CallCredentials credentials;
    private final CallThreads threads;

    public CallIdentity(CallCredentials credentials, CallThreads threads) {
        this.credentials = credentials;
        this.threads = threads;
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        PlatformCall call = PlatformCall.of(exchange);
        CompletionStage<CallCredential> credential = call.refused == null
                ? credentials.of(call.integration)
                : credentials.renewed(call.integration, call.refused);
        boolean known = credential.toCompletableFuture().isDone();
        if (known) {
            credential.whenComplete((given, failure) -> take(exchange, call, given, failure));
            callback.done(true);
        } else {
            credential.whenCompleteAsync(
                    (given, failure) -> {
                        take(exchange, call, given, failure);
                        callback.done(false);
                    },
                    threads.of(call.request.platform()));
        }
        return known;
    }

    private static void take(
            Exchange exchange, PlatformCall call, @Nullable CallCredential given, @Nullable Throwable failure) {
        if (failure == null) {
            call.credential = given;
        } else {
            exchange.setException(Causes.first(failure));
        }
    }
}
