package dev.muster.camel;

import dev.muster.quota.Quotas;
import org.apache.camel.CamelContext;
import org.apache.camel.support.LifecycleStrategySupport;

/** When the hub begins to stop, no call waits for its turn any longer: else stopping would wait for it. */
public final class CallsStop extends LifecycleStrategySupport {
    private final Quotas quotas;

    public CallsStop(Quotas quotas) {
        this.quotas = quotas;
    }

    @Override
    public void onContextStopping(CamelContext context) {
        quotas.stop();
    }
}
