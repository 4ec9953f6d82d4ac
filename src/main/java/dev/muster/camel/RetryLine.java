package dev.muster.camel;

import dev.muster.db.Ids;
import dev.muster.operation.Operation;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * The operations of one flow that wait for their next try. When the flow stops, none of them waits any longer: each gets
 * its turn at once, and {@link RetryTurn} sends it back into the queue.
 */
final class RetryLine {
    /** Under this name with the exchanges of the flow. */
    static final String PROPERTY = "muster.retryLine";

    private final Executor workers;
    private final int waitingMax;
    private final Set<Waiting> line = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> byIntegration = new ConcurrentHashMap<>();
    private final Set<Runnable> ends = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * @param workers what runs a redelivery when its turn has come
     * @param waitingMax how many operations of one integration may wait here; the others wait in the queue
     */
    RetryLine(Executor workers, int waitingMax) {
        this.workers = workers;
        this.waitingMax = waitingMax;
    }

    boolean isClosed() {
        return closed;
    }

    /** Takes a place in the line; null where too many operations of its integration have one. */
    @Nullable
    Waiting join(Operation operation, Runnable redelivery) {
        boolean[] taken = new boolean[1];
        byIntegration.compute(operation.integration(), (integration, held) -> {
            int before = held == null ? 0 : held;
            taken[0] = before < waitingMax;
            return taken[0] ? Integer.valueOf(before + 1) : held;
        });
        if (!taken[0]) {
            return null;
        }
        Waiting waiting = new Waiting(operation, redelivery);
        line.add(waiting);
        return waiting;
    }

    /** Something else that ends when the flow stops; at once where it has stopped. */
    void endWith(Runnable end) {
        ends.add(end);
        if (closed) {
            end.run();
        }
    }

    /** It has ended by itself. */
    void ended(Runnable end) {
        ends.remove(end);
    }

    /** The flow stops: whatever waits gets its turn now, in the caller's thread. */
    void close() {
        closed = true;
        ends.forEach(Runnable::run);
        line.forEach(Waiting::resume);
    }

    /** Run by the timer when the pause is over, if it has not had its turn by then. */
    final class Waiting implements Runnable {
        private final Operation operation;
        private final AtomicReference<@Nullable Runnable> redelivery;

        private Waiting(Operation operation, Runnable redelivery) {
            this.operation = operation;
            this.redelivery = new AtomicReference<>(redelivery);
        }

        @Override
        public void run() {
            workers.execute(this::resume);
        }

        private void resume() {
            Runnable turn = redelivery.getAndSet(null);
            if (turn == null) {
                return;
            }
            line.remove(this);
            byIntegration.merge(operation.integration(), -1, (held, minus) -> held + minus == 0 ? null : held + minus);
            MDC.put("operationId", Ids.format(operation.id()));
            try {
                turn.run();
            } finally {
                MDC.remove("operationId");
            }
        }
    }
}
