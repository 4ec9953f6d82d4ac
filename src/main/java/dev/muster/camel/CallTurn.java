package dev.muster.camel;

import dev.muster.quota.Quotas;
import dev.muster.quota.Turn;
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
        CompletionStage<Turn> turn = quotas.turn(call.request);
        turn.whenCompleteAsync(
                (given, failure) -> {
                    if (failure == null) {
                        call.turn = given;
                    } else {
                        exchange.setException(Causes.first(failure));
                    }
                    callback.done(false);
                },
                platform);
        return false;
    }
}
