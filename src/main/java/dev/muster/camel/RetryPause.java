package dev.muster.camel;

import dev.muster.failure.Transient;
import dev.muster.meter.Meters;
import dev.muster.operation.Operation;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Sets the pause before each redelivery: doubling from the first, with jitter, and never shorter than the platform asked
 * for with Retry-After. Called by Camel's error handler when a failure occurs, before it decides on the pause.
 */
public final class RetryPause implements Processor {
    private static final double JITTER = 0.15;
    private static final int DOUBLINGS_MAX = 4;

    private final Meters meters;
    private final Duration first;
    private final int redeliveriesMax;

    /**
     * @param first the pause before the first redelivery; the later ones double it, four times at most
     * @param redeliveriesMax how many there are; the failure after the last is a dead letter and no redelivery
     */
    public RetryPause(Meters meters, Duration first, int redeliveriesMax) {
        this.meters = meters;
        this.first = first;
        this.redeliveriesMax = redeliveriesMax;
    }

    @Override
    public void process(Exchange exchange) {
        // Camel has counted this failure already: 1 at the first.
        int tries = Math.max(1, exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 1, Integer.class));
        exchange.setVariable("attempts", tries);
        long doubled = first.toMillis() << Math.min(tries - 1, DOUBLINGS_MAX);
        long jitter = Math.round(doubled * JITTER * ThreadLocalRandom.current().nextDouble(-1, 1));
        long pause = doubled + jitter;
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        if (failure instanceof Transient busy && busy.retryAfter() != null) {
            pause = Math.max(pause, busy.retryAfter().toMillis());
        }
        exchange.getMessage().setHeader(Exchange.REDELIVERY_DELAY, pause);
        Operation operation = exchange.getVariable("operation", Operation.class);
        if (operation != null && tries <= redeliveriesMax) {
            meters.redelivered(operation.platform());
        }
    }
}
