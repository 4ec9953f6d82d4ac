package dev.muster.camel;

import dev.muster.failure.Causes;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.quota.QuotaSettings;
import dev.muster.quota.Quotas;
import dev.muster.quota.Turn;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;

/**
 * Waits until the quota allows a call. Waiting costs no thread; the call is then made on one of its platform's. It ends at
 * once when the flow or the hub stops.
 */
public final class CallTurn extends AsyncStep {
    private final Quotas quotas;
    private final CallThreads threads;

    public CallTurn(Quotas quotas, CallThreads threads) {
        this.quotas = quotas;
        this.threads = threads;
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        PlatformCall call = PlatformCall.of(exchange);
        Executor platform = threads.of(call.request.platform());
        CompletableFuture<Turn> turn = quotas.turn(call.request, call.platform.section(QuotaSettings.class));
        RetryLine line = exchange.getProperty(RetryLine.PROPERTY, RetryLine.class);
        Runnable giveUp = () -> turn.cancel(false);
        if (line != null) {
            line.endWith(giveUp);
        }
        CompletionStage<Turn> when = turn;
        when.whenCompleteAsync(
                (given, failure) -> {
                    if (line != null) {
                        line.ended(giveUp);
                    }
                    if (failure == null) {
                        call.turn = given;
                    } else {
                        exchange.setException(
                                failure instanceof CancellationException
                                        ? new Transient(FailureCode.STOPPING, "The flow stops: no call was made", null)
                                        : Causes.first(failure));
                    }
                    callback.done(false);
                },
                platform);
        return false;
    }
}
