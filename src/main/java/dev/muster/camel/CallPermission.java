package dev.muster.camel;

import dev.muster.quota.Breakers;
import dev.muster.quota.QuotaSettings;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Asks the circuit breaker of the call's platform and organization; it throws while that is open. */
public final class CallPermission implements Processor {
    private final Breakers breakers;

    public CallPermission(Breakers breakers) {
        this.breakers = breakers;
    }

    @Override
    public void process(Exchange exchange) {
        PlatformCall call = PlatformCall.of(exchange);
        call.permission = breakers.permission(
                call.request.platform(),
                call.request.organization(),
                call.platform.section(QuotaSettings.class).breaker());
    }
}
