package dev.muster.camel;

import dev.muster.operation.Postponement;
import java.time.Duration;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Called by Camel before each redelivery. An operation whose flow stops, or which found no room to wait or has long to
 * wait, is not tried: its exchange ends here, and the operation waits for the rest of its pause in the queue.
 */
public final class RetryTurn implements Processor {
    /** With an exchange whose operation waits in the queue: too many of its integration wait here, or it has long to. */
    static final String NO_ROOM = "muster.retryNoRoom";

    @Override
    public void process(Exchange exchange) {
        RetryLine line = exchange.getProperty(RetryLine.PROPERTY, RetryLine.class);
        boolean waited = exchange.removeProperty(NO_ROOM) == null;
        if (line == null || waited && !line.isClosed()) {
            return;
        }
        long left = exchange.getProperty(RetryPause.DUE, 0L, Long.class) - System.nanoTime();
        int tries = exchange.getVariable(RetryPause.ATTEMPTS, 1, Integer.class);
        exchange.getMessage().setBody(new Postponement(Duration.ofNanos(Math.max(0, left)), tries));
        exchange.setRouteStop(true);
    }
}
