package dev.muster.camel;

import dev.muster.camel.OperationsComponent.Settings;
import dev.muster.db.Ids;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationStore;
import dev.muster.operation.QueueSignal;
import dev.muster.operation.RecordOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ShutdownRunningTask;
import org.apache.camel.spi.ShutdownAware;
import org.apache.camel.support.DefaultConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Claims, dispatches, and waits for each exchange to end. One thread claims; the workers run the route. */
final class OperationsConsumer extends DefaultConsumer implements ShutdownAware {
    private static final Logger LOG = LoggerFactory.getLogger(OperationsConsumer.class);
    private static final int TOLD_MAX = 200;
    private static final long IDLE_MILLIS = 100;
    private static final long STORE_AWAY_MILLIS = 1_000;
    /** An integration that holds its share waits this long for room. */
    private static final Duration NO_ROOM = Duration.ofSeconds(1);

    private final String platform;
    private final OperationStore store;
    private final QueueSignal signal;
    private final Settings settings;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final Map<String, Integer> inFlightByIntegration = new HashMap<>();
    private final Object order = new Object();
    private final Duration settle;
    private final RecordOrder records;
    /** Operations whose end could not be written, because the store was away: returned as soon as it is back. */
    private final Queue<Operation> stranded = new ConcurrentLinkedQueue<>();

    private volatile boolean claiming;
    private @Nullable ExecutorService workers;
    private @Nullable Thread claimer;

    OperationsConsumer(
            Endpoint endpoint,
            Processor processor,
            String platform,
            OperationStore store,
            QueueSignal signal,
            Settings settings) {
        super(endpoint, processor);
        this.platform = platform;
        this.store = store;
        this.signal = signal;
        this.settings = settings;
        this.settle = settings.coalesceFor().apply(platform);
        this.records = new RecordOrder(!settle.isZero());
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        workers = getEndpoint()
                .getCamelContext()
                .getExecutorServiceManager()
                .newFixedThreadPool(this, "operations-" + platform, settings.workers());
        startClaiming();
    }

    @Override
    protected void doSuspend() {
        stopClaiming();
    }

    @Override
    protected void doResume() {
        startClaiming();
    }

    @Override
    protected void doStop() throws Exception {
        stopClaiming();
        Operation lost;
        while ((lost = stranded.poll()) != null) {
            giveBack(lost);
        }
        giveBackWaiting();
        ExecutorService pool = workers;
        if (pool != null) {
            // What runs is never interrupted: a call that is cut off would look like a defect of the delivery.
            getEndpoint().getCamelContext().getExecutorServiceManager().shutdown(pool);
            workers = null;
        }
        super.doStop();
    }

    /** What has not begun goes back in one transaction, so that stopping waits only for what runs. */
    private void giveBackWaiting() {
        List<Operation> left = new ArrayList<>();
        synchronized (order) {
            left.addAll(records.drain());
            for (Operation operation : left) {
                forget(operation.integration(), 1);
            }
        }
        if (workers instanceof ThreadPoolExecutor pool) {
            List<Runnable> tasks = new ArrayList<>();
            pool.getQueue().drainTo(tasks);
            for (Runnable task : tasks) {
                if (task instanceof Work work) {
                    left.add(work.operation());
                    synchronized (order) {
                        forget(
                                work.operation().integration(),
                                1 + work.operation().coalesced().size());
                        records.next(work.operation());
                    }
                } else {
                    task.run();
                }
            }
        }
        if (left.isEmpty()) {
            return;
        }
        try {
            store.release(left, Duration.ZERO, false);
        } catch (RuntimeException e) {
            LOG.warn("{}: {} operations stay claimed until the next start: {}", platform, left.size(), e.getMessage());
        }
    }

    /** Held under the lock of {@link #order}. */
    private void forget(String integration, int count) {
        inFlightByIntegration.merge(integration, -count, (held, minus) -> held + minus == 0 ? null : held + minus);
        inFlight.addAndGet(-count);
    }

    /** An operation that waits for a worker. */
    private final class Work implements Runnable {
        private final Operation operation;

        Work(Operation operation) {
            this.operation = operation;
        }

        Operation operation() {
            return operation;
        }

        @Override
        public void run() {
            OperationsConsumer.this.run(operation);
        }
    }

    private synchronized void startClaiming() {
        claiming = true;
        Thread thread = new Thread(this::claim, "claim-" + platform);
        thread.setDaemon(true);
        claimer = thread;
        thread.start();
    }

    private synchronized void stopClaiming() {
        claiming = false;
        signal.arrived(platform);
        Thread thread = claimer;
        if (thread != null && thread != Thread.currentThread()) {
            try {
                thread.join(STORE_AWAY_MILLIS * 5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        claimer = null;
    }

    private void claim() {
        while (claiming) {
            try {
                Operation lost = stranded.peek();
                if (lost != null) {
                    store.release(lost, Duration.ZERO, true);
                    stranded.remove(lost);
                    continue;
                }
                int room = settings.inFlightMax() - inFlight.get();
                int wanted = Math.min(room, settings.claimMax());
                // Waiting until there is room for a good part of a batch keeps the claims large under load.
                List<Operation> claimed =
                        room < settings.claimMax() / 4 ? List.of() : store.claim(platform, wanted, settle);
                if (!claimed.isEmpty()) {
                    dispatch(claimed);
                }
                if (claimed.size() < wanted) {
                    signal.await(platform, room < settings.claimMax() / 4 ? 1 : IDLE_MILLIS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                LOG.warn(
                        "{}: no work could be claimed; the next try is in {} ms: {}",
                        platform,
                        STORE_AWAY_MILLIS,
                        e.getMessage());
                try {
                    Thread.sleep(STORE_AWAY_MILLIS);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
    }

    private void dispatch(List<Operation> claimed) {
        List<Operation> admitted = new ArrayList<>(claimed.size());
        List<Operation> tooMany = new ArrayList<>();
        List<Operation> ready;
        synchronized (order) {
            for (Operation operation : claimed) {
                int held = inFlightByIntegration.merge(operation.integration(), 1, Integer::sum);
                if (held > settings.integrationShareMax()) {
                    inFlightByIntegration.merge(operation.integration(), -1, Integer::sum);
                    tooMany.add(operation);
                } else {
                    admitted.add(operation);
                }
            }
            ready = records.admit(admitted);
        }
        inFlight.addAndGet(admitted.size());
        tooMany.forEach(operation -> store.release(operation, NO_ROOM, false));
        ready.forEach(this::start);
    }

    private void start(Operation operation) {
        ExecutorService pool = workers;
        try {
            if (pool == null) {
                giveBack(operation);
                ended(operation);
            } else {
                pool.execute(new Work(operation));
            }
        } catch (RejectedExecutionException e) {
            giveBack(operation);
            ended(operation);
        }
    }

    private void run(Operation operation) {
        if (!claiming && !isSuspendingOrSuspended()) {
            giveBack(operation);
            ended(operation);
            return;
        }
        Exchange exchange = createExchange(false);
        exchange.getIn().setBody(operation);
        exchange.setVariable("operation", operation);
        MDC.put("operationId", Ids.format(operation.id()));
        try {
            process(exchange, operation);
        } finally {
            MDC.remove("operationId");
        }
    }

    private void process(Exchange exchange, Operation operation) {
        getAsyncProcessor().process(exchange, doneSync -> {
            Throwable failure = exchange.getException();
            if (failure != null) {
                LOG.warn(
                        "{}: operation {} could not be ended and returns to the queue: {}",
                        platform,
                        Ids.format(operation.id()),
                        told(failure));
                if (claiming) {
                    stranded.add(operation);
                } else {
                    giveBack(operation);
                }
            }
            releaseExchange(exchange, false);
            ended(operation);
        });
    }

    /** The kind of failure and the beginning of its message, which may go on with the whole exchange. */
    private static String told(Throwable failure) {
        String first = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
        return failure.getClass().getSimpleName() + ": "
                + (first.length() > TOLD_MAX ? first.substring(0, TOLD_MAX) + "…" : first);
    }

    private void ended(Operation operation) {
        Operation next;
        synchronized (order) {
            forget(operation.integration(), 1 + operation.coalesced().size());
            next = records.next(operation);
        }
        if (next != null) {
            start(next);
        }
    }

    private void giveBack(Operation operation) {
        try {
            store.release(operation, Duration.ZERO, false);
        } catch (RuntimeException e) {
            // The claim is this hub's: its next start takes it up again.
            LOG.warn(
                    "{}: operation {} stays claimed until the next start: {}",
                    platform,
                    Ids.format(operation.id()),
                    told(e));
        }
    }

    @Override
    public boolean deferShutdown(ShutdownRunningTask shutdownRunningTask) {
        stopClaiming();
        return false;
    }

    @Override
    public int getPendingExchangesSize() {
        return inFlight.get();
    }

    @Override
    public void prepareShutdown(boolean suspendOnly, boolean forced) {
        if (!suspendOnly) {
            stopClaiming();
        }
    }
}
