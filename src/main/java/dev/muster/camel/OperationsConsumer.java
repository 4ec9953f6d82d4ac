package dev.muster.camel;

import dev.muster.camel.OperationsComponent.Settings;
import dev.muster.db.Ids;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationStore;
import dev.muster.operation.OperationStore.Return;
import dev.muster.operation.OperationType;
import dev.muster.operation.Postponement;
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
import java.util.concurrent.atomic.AtomicLong;
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
    /** What found no room, or could not be ended, waits this long in the queue. */
    private static final Duration NO_ROOM = Duration.ofSeconds(1);
    /** The part of the operations under way that one failing integration or one record may hold. */
    private static final int SHARES = 4;
    /** What bulk work of usual size holds; of smaller there may be more, up to so many times as many. */
    private static final long BULK_BYTES = 256 * 1_024;

    private static final int SMALL_MAX = 10;

    private final String platform;
    private final OperationStore store;
    private final QueueSignal signal;
    private final Settings settings;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final Map<String, Integer> inFlightByIntegration = new HashMap<>();
    private final Object order = new Object();
    private final RecordOrder records;
    /**
     * What goes back into the queue. The thread that claims puts it back, many in one transaction: as it does nothing else
     * meanwhile, nothing that stands behind can be claimed too early.
     */
    private final Queue<Return> returns = new ConcurrentLinkedQueue<>();

    private final Object returning = new Object();
    /** Claimed, but without room: only the claiming thread knows them, until they are in the queue again. */
    private final List<Return> refused = new ArrayList<>();

    private final AtomicInteger bulkInFlight = new AtomicInteger();
    private final AtomicLong bulkBytes = new AtomicLong();
    /** How large such an operation was lately. Only the claiming thread changes it. */
    private volatile long bulkTypical = BULK_BYTES;
    /** With so many left it is worth while to claim more. */
    private volatile int bulkLow;

    private final ClaimingThread claiming;
    /** While a flow that stops collects what goes back. */
    private volatile boolean gathering;

    private volatile RetryLine retries;
    private @Nullable ExecutorService workers;

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
        this.records = new RecordOrder(() -> !settle().isZero());
        this.retries = retryLine();
        this.claiming = new ClaimingThread(
                platform,
                this::claim,
                () -> signal.arrived(platform),
                e -> LOG.warn(
                        "{}: no work could be claimed; the next try is in {} ms: {}",
                        platform,
                        ClaimingThread.STORE_AWAY_MILLIS,
                        e.getMessage()));
    }

    /**
     * How many more operations of bulk work have room. As many as the settings say in any case; of small ones more, so that
     * a batch of the store is full of them, and not each waits for a claim of its own.
     */
    private int bulkRoom() {
        int held = bulkInFlight.get();
        long small = (settings.bulkInFlightMax() * BULK_BYTES - bulkBytes.get()) / Math.max(1, bulkTypical);
        long most =
                Math.max(settings.bulkInFlightMax(), Math.min(held + small, settings.bulkInFlightMax() * SMALL_MAX));
        return (int) Math.max(0, most - held);
    }

    private static long bytes(Operation operation) {
        return operation.delivery().body().length;
    }

    /** As the platform's file says now. */
    private Duration settle() {
        return settings.coalesceFor().apply(platform);
    }

    private RetryLine retryLine() {
        return new RetryLine(this::retry, Math.max(1, settings.inFlightMax() / SHARES));
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        workers = getEndpoint()
                .getCamelContext()
                .getExecutorServiceManager()
                .newFixedThreadPool(this, "operations-" + platform, settings.workers());
        if (retries.isClosed()) {
            retries = retryLine();
        }
        claiming.start();
    }

    @Override
    protected void doSuspend() {
        claiming.stop();
        putBack();
    }

    @Override
    protected void doResume() {
        claiming.start();
    }

    @Override
    protected void doStop() throws Exception {
        claiming.stop();
        giveBackWaiting();
        ExecutorService pool = workers;
        if (pool != null) {
            // What runs is never interrupted: a call that is cut off would look like a defect of the delivery.
            getEndpoint().getCamelContext().getExecutorServiceManager().shutdown(pool);
            workers = null;
        }
        super.doStop();
    }

    /** What waits for a worker, its record or its next try goes back, so that stopping waits only for what runs. */
    private void giveBackWaiting() {
        releaseRefused();
        gathering = true;
        retries.close();
        if (workers instanceof ThreadPoolExecutor pool) {
            List<Runnable> tasks = new ArrayList<>();
            pool.getQueue().drainTo(tasks);
            for (Runnable task : tasks) {
                if (task instanceof Work work) {
                    goesBack(work.operation(), Duration.ZERO);
                } else {
                    task.run();
                }
            }
        }
        gathering = false;
        putBack();
        List<Return> behind;
        synchronized (order) {
            behind = records.drain().stream()
                    .map(operation -> new Return(operation, Duration.ZERO))
                    .toList();
        }
        if (!behind.isEmpty()) {
            release(behind);
            synchronized (order) {
                behind.forEach(this::forget);
            }
        }
    }

    /** When nothing is claimed any more, whoever ends an exchange puts back itself. */
    private void goesBack(Operation operation, Duration pause) {
        returns.add(new Return(operation, pause));
        if (!claiming.isClaiming() && !gathering) {
            putBack();
        }
    }

    /** Puts back what is to go back, and what waits behind it. What the store does not take goes the next time. */
    private void putBack() {
        synchronized (returning) {
            List<Return> ended = new ArrayList<>();
            for (Return one = returns.poll(); one != null; one = returns.poll()) {
                ended.add(one);
            }
            if (ended.isEmpty()) {
                return;
            }
            List<Return> all = new ArrayList<>(ended);
            synchronized (order) {
                for (Return one : ended) {
                    for (Operation behind : records.behind(one.operation())) {
                        all.add(new Return(behind, one.pause()));
                    }
                }
            }
            try {
                release(all);
            } catch (RuntimeException e) {
                returns.addAll(ended);
                throw e;
            }
            synchronized (order) {
                all.forEach(this::forget);
                ended.forEach(one -> records.returned(one.operation()));
            }
        }
    }

    private void release(List<Return> all) {
        try {
            store.release(all);
        } catch (RuntimeException e) {
            if (claiming.isClaiming()) {
                throw e;
            }
            // The claims are this hub's: its next start takes them up again.
            LOG.warn("{}: {} operations stay claimed until the next start: {}", platform, all.size(), e.getMessage());
        }
    }

    private void forget(Return one) {
        forget(one.operation());
    }

    /** Held under the lock of {@link #order}. */
    private void forget(Operation operation) {
        int count = 1 + operation.coalesced().size();
        if (operation.type() == OperationType.BULK_SYNC) {
            bulkInFlight.addAndGet(-count);
            bulkBytes.addAndGet(-bytes(operation));
        }
        inFlightByIntegration.merge(
                operation.integration(), -count, (held, minus) -> held + minus == 0 ? null : held + minus);
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

    private void claim() throws InterruptedException {
        putBack();
        releaseRefused();
        int room = settings.inFlightMax() - inFlight.get();
        int wanted = Math.min(room, settings.claimMax());
        // Waiting until there is room for a good part of a batch keeps the claims large under load.
        List<Operation> claimed =
                room < settings.claimMax() / 4 ? List.of() : store.claim(platform, wanted, bulkRoom(), settle());
        if (!claimed.isEmpty()) {
            dispatch(claimed);
        }
        if (claimed.size() < wanted) {
            signal.await(platform, room < settings.claimMax() / 4 ? 1 : IDLE_MILLIS);
        }
    }

    private void dispatch(List<Operation> claimed) {
        List<Operation> admitted = new ArrayList<>(claimed.size());
        List<Return> tooMany = new ArrayList<>();
        List<Operation> ready;
        synchronized (order) {
            for (Operation operation : claimed) {
                int held = inFlightByIntegration.getOrDefault(operation.integration(), 0);
                if (held >= settings.integrationShareMax()
                        || records.waiting(operation) >= Math.max(1, settings.inFlightMax() / SHARES)) {
                    tooMany.add(new Return(operation, NO_ROOM));
                } else {
                    inFlightByIntegration.put(operation.integration(), held + 1);
                    if (operation.type() == OperationType.BULK_SYNC) {
                        bulkInFlight.incrementAndGet();
                        bulkBytes.addAndGet(bytes(operation));
                        bulkTypical = Math.max(1, (3 * bulkTypical + bytes(operation)) / 4);
                    }
                    admitted.add(operation);
                }
            }
            ready = records.admit(admitted);
        }
        inFlight.addAndGet(admitted.size());
        bulkLow = bulkInFlight.get() / 2;
        ready.forEach(this::start);
        refused.addAll(tooMany);
        releaseRefused();
    }

    private void releaseRefused() {
        if (!refused.isEmpty()) {
            release(refused);
            refused.clear();
        }
    }

    private void start(Operation operation) {
        ExecutorService pool = workers;
        try {
            if (pool == null) {
                goesBack(operation, Duration.ZERO);
            } else {
                pool.execute(new Work(operation));
            }
        } catch (RejectedExecutionException e) {
            goesBack(operation, Duration.ZERO);
        }
    }

    /** A redelivery's turn has come. Where the flow has stopped meanwhile, nothing is tried: it goes back. */
    private void retry(Runnable turn) {
        ExecutorService pool = workers;
        if (pool == null) {
            turn.run();
            return;
        }
        try {
            pool.execute(turn);
        } catch (RejectedExecutionException e) {
            turn.run();
        }
    }

    private void run(Operation operation) {
        if (!claiming.isClaiming() && !isSuspendingOrSuspended()) {
            goesBack(operation, Duration.ZERO);
            return;
        }
        Exchange exchange = createExchange(false);
        exchange.getIn().setBody(operation);
        exchange.setVariable("operation", operation);
        exchange.setProperty(RetryLine.PROPERTY, retries);
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
            Object body = exchange.getMessage().getBody();
            releaseExchange(exchange, false);
            if (failure != null) {
                LOG.warn(
                        "{}: operation {} could not be ended and returns to the queue: {}",
                        platform,
                        Ids.format(operation.id()),
                        told(failure));
                goesBack(operation.tried(1), NO_ROOM);
            } else if (body instanceof Postponement postponement) {
                goesBack(operation.tried(postponement.tries()), postponement.pause());
            } else {
                ended(operation);
            }
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
            forget(operation);
            next = records.next(operation);
        }
        if (operation.type() == OperationType.BULK_SYNC && bulkInFlight.get() <= bulkLow) {
            signal.arrived(platform);
        }
        if (next != null) {
            start(next);
        }
    }

    /** Stopped at once, Camel would let nothing under way come to its end. */
    @Override
    public boolean deferShutdown(ShutdownRunningTask shutdownRunningTask) {
        claiming.stop();
        giveBackWaiting();
        return true;
    }

    @Override
    public int getPendingExchangesSize() {
        return inFlight.get();
    }

    @Override
    public void prepareShutdown(boolean suspendOnly, boolean forced) {
        if (!suspendOnly) {
            claiming.stop();
        }
    }
}
