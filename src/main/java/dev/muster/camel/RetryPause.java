package dev.muster.camel;

import dev.muster.failure.Transient;
import dev.muster.meter.Meters;
import dev.muster.operation.Operation;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Sets the pause before each redelivery: doubling from the first, with jitter, and never shorter than the platform asked
 * for with Retry-After. Called by Camel's error handler when a failure occurs, before it decides on the pause. Tries from
 * before the operation was put back into the queue count.
 */
public final class RetryPause implements Processor {
    static final String ATTEMPTS = "attempts";
    /** With an exchange: when its pause is over, in nanoseconds of this process. */
    static final String DUE = "muster.retryDue";

    /** What is to wait longer does so in the queue, where it takes no room from others and survives a restart. */
    private static final long WAITED_HERE_MILLIS_MAX = 60_000;

    private static final double JITTER = 0.15;
    private static final int DOUBLINGS_MAX = 4;

    private final Meters meters;
    private final RetryTimer timer;
    private final Duration first;
    private final int retriesMax;

    /**
     * @param first the pause before the first redelivery; the later ones double it, four times at most
     * @param retriesMax redeliveries of one operation, those before it was put back into the queue included
     */
    public RetryPause(Meters meters, RetryTimer timer, Duration first, int retriesMax) {
        this.meters = meters;
        this.timer = timer;
        this.first = first;
        this.retriesMax = retriesMax;
    }

    @Override
    public void process(Exchange exchange) {
        // Camel has counted this failure already: 1 at the first.
        int tries = Math.max(1, exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 1, Integer.class));
        exchange.setVariable(ATTEMPTS, tries);
        Operation operation = exchange.getVariable("operation", Operation.class);
        int triesInAll = operation == null ? tries : operation.attempts() + tries;
        long pause = pause(triesInAll);
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        if (failure instanceof Transient busy && busy.retryAfter() != null) {
            pause = Math.max(pause, busy.retryAfter().toMillis());
        }
        exchange.getMessage().setHeader(Exchange.REDELIVERY_DELAY, pause);
        if (operation == null) {
            return;
        }
        if (triesInAll > retriesMax) {
            exchange.getExchangeExtension().setRedeliveryExhausted(true);
            return;
        }
        giveAPlace(exchange, operation, pause);
        meters.redelivered(operation.platform());
    }

    private long pause(int tries) {
        long doubled = first.toMillis() << Math.min(tries - 1, DOUBLINGS_MAX);
        return doubled
                + Math.round(doubled * JITTER * ThreadLocalRandom.current().nextDouble(-1, 1));
    }

    private void giveAPlace(Exchange exchange, Operation operation, long pause) {
        RetryLine line = exchange.getProperty(RetryLine.PROPERTY, RetryLine.class);
        if (line == null) {
            return;
        }
        exchange.setProperty(DUE, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(pause));
        if (pause > WAITED_HERE_MILLIS_MAX) {
            exchange.setProperty(RetryTurn.NO_ROOM, true);
            exchange.getMessage().setHeader(Exchange.REDELIVERY_DELAY, 0L);
            return;
        }
        if (pause > 0) {
            timer.expect(line, operation, exchange);
        }
    }
}
