package dev.muster.camel;

import dev.muster.call.CallPort;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.jspecify.annotations.Nullable;

/** Calls of who is no route, through the Kamelet that all calls go through. */
public final class KameletCalls implements CallPort {
    private static final String KAMELET = "kamelet:call-platform-action";

    private final CamelContext camel;
    private volatile @Nullable ProducerTemplate template;

    public KameletCalls(CamelContext camel) {
        this.camel = camel;
    }

    @Override
    public CompletionStage<PlatformAnswer> call(PlatformRequest request) {
        CompletableFuture<Exchange> done;
        try {
            done = template()
                    .asyncSend(KAMELET, exchange -> exchange.getMessage().setBody(request));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
        return done.thenCompose(exchange -> {
            Exception failure = exchange.getException();
            return failure == null
                    ? CompletableFuture.completedFuture(exchange.getMessage().getBody(PlatformAnswer.class))
                    : CompletableFuture.failedFuture(failure);
        });
    }

    private synchronized ProducerTemplate template() {
        ProducerTemplate made = template;
        if (made == null) {
            made = camel.createProducerTemplate();
            template = made;
        }
        return made;
    }
}
