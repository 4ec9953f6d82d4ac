package dev.muster.camel;

import dev.muster.operation.Operation;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * Where Camel's error handler schedules redeliveries. The timer only keeps the time: a redelivery is run by the workers of
 * its flow, so that the calls of one platform hold up no other's.
 */
public final class RetryTimer extends ScheduledThreadPoolExecutor {
    /** Camel schedules a redelivery in the thread that chose its pause, right after. */
    private final ThreadLocal<@Nullable Place> next = new ThreadLocal<>();

    private record Place(RetryLine line, Operation operation, Exchange exchange) {}

    public RetryTimer() {
        super(1, task -> {
            Thread thread = new Thread(task, "retries");
            thread.setDaemon(true);
            return thread;
        });
        setRemoveOnCancelPolicy(true);
    }

    /** The next redelivery that this thread schedules is one of this operation. */
    void expect(RetryLine line, Operation operation, Exchange exchange) {
        next.set(new Place(line, operation, exchange));
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable redelivery, long delay, TimeUnit unit) {
        Place place = next.get();
        next.remove();
        if (place == null) {
            return super.schedule(redelivery, delay, unit);
        }
        RetryLine.Waiting waiting = place.line().join(place.operation(), redelivery);
        if (waiting == null) {
            place.exchange().setProperty(RetryTurn.NO_ROOM, true);
            return super.schedule(redelivery, 0, unit);
        }
        // A flow that stopped in this moment may not have seen it.
        return super.schedule(waiting, place.line().isClosed() ? 0 : delay, unit);
    }
}
