package dev.muster.camel;

import dev.muster.camel.PushesComponent.Settings;
import dev.muster.push.PushStore;
import dev.muster.push.PushStore.Lane;
import dev.muster.push.PushWork;
import dev.muster.push.Pushing;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ShutdownRunningTask;
import org.apache.camel.spi.ShutdownAware;
import org.apache.camel.support.DefaultConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One thread claims for every target and account; the workers run the route, which waits for platforms without a thread. */
final class PushesConsumer extends DefaultConsumer implements ShutdownAware {
    private static final Logger LOG = LoggerFactory.getLogger(PushesConsumer.class);
    private static final long IDLE_MILLIS = 200;
    /** How many lanes one look goes through; the next goes on behind them. */
    private static final int LANES_MAX = 256;

    private static final Duration AGAIN = Duration.ofSeconds(1);

    private final PushStore store;
    private final Pushing pushing;
    private final Settings settings;
    private final Map<Lane, Integer> inFlightByLane = new HashMap<>();
    private final Semaphore ended = new Semaphore(0);
    /** What an exchange could not settle, because the store was away. */
    private final Queue<PushWork> returns = new ConcurrentLinkedQueue<>();

    private final ClaimingThread claiming;
    /** Those that wait for their turn within a quota: when the flow stops, none waits any longer. */
    private volatile RetryLine turns = turns();

    private int inFlight;
    private Lane last = Lane.FIRST;
    private @Nullable ExecutorService workers;

    PushesConsumer(Endpoint endpoint, Processor processor, PushStore store, Pushing pushing, Settings settings) {
        super(endpoint, processor);
        this.store = store;
        this.pushing = pushing;
        this.settings = settings;
        this.claiming = new ClaimingThread(
                "pushes",
                this::claim,
                ended::release,
                e -> LOG.warn("No pushes could be claimed; the next try is soon: {}", e.getMessage()));
    }

    private static RetryLine turns() {
        return new RetryLine(Runnable::run, 0);
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        if (turns.isClosed()) {
            turns = turns();
        }
        workers = getEndpoint()
                .getCamelContext()
                .getExecutorServiceManager()
                .newFixedThreadPool(this, "pushes", settings.workers());
        claiming.start();
    }

    @Override
    protected void doSuspend() {
        claiming.stop();
    }

    @Override
    protected void doResume() {
        claiming.start();
    }

    @Override
    protected void doStop() throws Exception {
        claiming.stop();
        turns.close();
        ExecutorService pool = workers;
        if (pool != null) {
            getEndpoint().getCamelContext().getExecutorServiceManager().shutdown(pool);
            workers = null;
        }
        super.doStop();
    }

    private void claim() throws InterruptedException {
        putBack();
        if (!look() && ended.tryAcquire(IDLE_MILLIS, TimeUnit.MILLISECONDS)) {
            ended.drainPermits();
        }
    }

    /** Gives each lane its turn; answers whether anything was claimed. */
    private boolean look() {
        List<Lane> lanes = store.lanes(last, LANES_MAX);
        boolean any = false;
        for (Lane lane : lanes) {
            if (!claiming.isClaiming()) {
                return false;
            }
            if (!hasRoom(lane)) {
                continue;
            }
            Optional<PushWork> work = pushing.claim(lane);
            if (work.isPresent()) {
                any = true;
                start(work.get());
            }
        }
        boolean isRound = lanes.size() < LANES_MAX;
        last = isRound ? Lane.FIRST : lanes.get(lanes.size() - 1);
        return any || !isRound;
    }

    private synchronized boolean hasRoom(Lane lane) {
        return inFlight < settings.inFlightMax() && inFlightByLane.getOrDefault(lane, 0) < settings.laneMax();
    }

    private synchronized void count(Lane lane, int change) {
        inFlight += change;
        inFlightByLane.merge(lane, change, (held, plus) -> held + plus == 0 ? null : held + plus);
    }

    private void start(PushWork work) {
        count(work.lane(), 1);
        ExecutorService pool = workers;
        try {
            if (pool == null) {
                goesBack(work);
            } else {
                pool.execute(() -> run(work));
            }
        } catch (RejectedExecutionException e) {
            goesBack(work);
        }
    }

    private void run(PushWork work) {
        if (turns.isClosed()) {
            goesBack(work);
            return;
        }
        Exchange exchange = createExchange(false);
        exchange.setProperty(RetryLine.PROPERTY, turns);
        exchange.getIn().setBody(work);
        exchange.setVariable("push", work);
        getAsyncProcessor().process(exchange, doneSync -> {
            Throwable failure = exchange.getException();
            releaseExchange(exchange, false);
            if (failure != null) {
                LOG.warn(
                        "{}: {} pushes could not be settled and go back: {}",
                        work.lane(),
                        work.size(),
                        String.valueOf(failure.getCause() == null ? failure : failure.getCause()));
                goesBack(work);
            } else {
                finished(work);
            }
        });
    }

    private void goesBack(PushWork work) {
        returns.add(work);
        if (!claiming.isClaiming()) {
            try {
                putBack();
            } catch (RuntimeException e) {
                LOG.warn("Pushes stay claimed until the next start: {}", e.getMessage());
            }
        }
        finished(work);
    }

    private void finished(PushWork work) {
        count(work.lane(), -1);
        ended.release();
    }

    private void putBack() {
        for (PushWork work = returns.peek(); work != null; work = returns.peek()) {
            pushing.release(work, AGAIN);
            returns.poll();
        }
    }

    /** Stopped at once, Camel would let no call under way come to its end. */
    @Override
    public boolean deferShutdown(ShutdownRunningTask shutdownRunningTask) {
        claiming.stop();
        turns.close();
        return true;
    }

    @Override
    public synchronized int getPendingExchangesSize() {
        return inFlight;
    }

    @Override
    public void prepareShutdown(boolean suspendOnly, boolean forced) {
        if (!suspendOnly) {
            claiming.stop();
        }
    }
}
