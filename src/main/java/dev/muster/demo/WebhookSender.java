package dev.muster.demo;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;

/**
 * Sends webhooks as a platform does: some late, some twice, and again after each of the platform's pauses until the
 * answer is one it takes for yes. What is under way at once, and what waits for a first attempt, is bounded.
 */
final class WebhookSender implements AutoCloseable {
    /**
     * A platform's manners.
     *
     * @param pauses between the attempts, in real time; none means one attempt only
     * @param timeout how long an answer may take
     * @param accepted whether a status means that the webhook arrived
     * @param queuesBehindFailure whether later webhooks wait while one is failing (Patreon)
     * @param goneRemoves whether 410 ends the subscription (Eventbrite)
     */
    record Manners(
            List<Duration> pauses,
            Duration timeout,
            IntPredicate accepted,
            boolean queuesBehindFailure,
            boolean goneRemoves) {}

    private static final int FIRST_ATTEMPTS_WAITING_MAX = 512;

    /**
     * @param serial tells webhooks apart; a second copy has that of the first
     * @param number 0 for the first attempt
     */
    private record Attempt(Webhook webhook, long serial, int number, boolean holdsSlot) {
        Attempt again(int later) {
            return new Attempt(webhook, serial, later, false);
        }
    }

    private static final long NONE = -1;

    private final Manners manners;
    private final Mischief mischief;
    private final Random random;
    private final HttpClient client;
    private final ExecutorService clientThreads;
    private final ScheduledExecutorService timer;
    private final Thread dispatcher;
    private final BlockingQueue<Attempt> ready = new LinkedBlockingQueue<>();
    private final Semaphore slots = new Semaphore(FIRST_ATTEMPTS_WAITING_MAX);
    private final Semaphore inFlight;
    private final Deque<Attempt> backlog = new ArrayDeque<>();

    private long failing = NONE;
    private long lastSerial;
    private boolean paused;
    private boolean removed;
    private boolean closed;
    private long sent;
    private long accepted;
    private long retried;
    private long abandoned;
    private long outstanding;

    /** @param random decides what comes late or twice, in the order of {@link #send} */
    WebhookSender(String name, Manners manners, Mischief mischief, int inFlightMax, Random random) {
        this.manners = manners;
        this.mischief = mischief;
        this.random = random;
        this.inFlight = new Semaphore(inFlightMax);
        this.clientThreads = Executors.newFixedThreadPool(2, daemons(name + " sender"));
        this.timer = Executors.newSingleThreadScheduledExecutor(daemons(name + " timer"));
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(manners.timeout())
                .executor(clientThreads)
                .build();
        this.dispatcher = daemons(name + " dispatcher").newThread(this::dispatch);
        this.dispatcher.start();
    }

    private static ThreadFactory daemons(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Sends it now or, by chance, later or twice. Waits while too many others wait for their first attempt. */
    void send(Webhook webhook) {
        boolean late;
        boolean twice;
        long lateMillis;
        long againMillis;
        long serial;
        synchronized (this) {
            if (closed || removed) {
                return;
            }
            late = random.nextDouble() < mischief.late();
            twice = random.nextDouble() < mischief.twice();
            lateMillis = (long) (random.nextDouble() * mischief.latenessMax().toMillis());
            againMillis = (long) (random.nextDouble() * mischief.latenessMax().toMillis());
            serial = ++lastSerial;
            int copies = twice ? 2 : 1;
            sent += copies;
            outstanding += copies;
        }
        if (twice) {
            schedule(new Attempt(webhook, serial, 0, false), Duration.ofMillis(againMillis));
        }
        if (late) {
            schedule(new Attempt(webhook, serial, 0, false), Duration.ofMillis(lateMillis));
        } else {
            slots.acquireUninterruptibly();
            ready.add(new Attempt(webhook, serial, 0, true));
        }
    }

    /** What became of everything so far. */
    synchronized DeliveryTally tally() {
        return new DeliveryTally(sent, accepted, retried, abandoned, outstanding);
    }

    /** Whether the platform stopped sending: too many failures, or told by 410 that the endpoint is gone. */
    synchronized boolean stopped() {
        return paused || removed;
    }

    /** What the platform's owner does after the endpoint was mended: everything held back is sent again. */
    void resume() {
        synchronized (this) {
            paused = false;
            release();
        }
    }

    /**
     * Waits until nothing is under way, held back or to be tried again.
     *
     * @return false when that took longer than the given time
     */
    synchronized boolean awaitQuiet(Duration atMost) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (outstanding > 0) {
            long remainingMillis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (remainingMillis <= 0) {
                return false;
            }
            wait(remainingMillis);
        }
        return true;
    }

    private void dispatch() {
        try {
            while (true) {
                Attempt attempt = ready.take();
                if (held(attempt)) {
                    freeSlot(attempt);
                    continue;
                }
                inFlight.acquire();
                HttpRequest.Builder request = HttpRequest.newBuilder(
                                attempt.webhook().target())
                        .timeout(manners.timeout())
                        .POST(HttpRequest.BodyPublishers.ofByteArray(
                                attempt.webhook().body()));
                for (Map.Entry<String, String> header :
                        attempt.webhook().headers().entrySet()) {
                    request.header(header.getKey(), header.getValue());
                }
                CompletableFuture<?> unused = client.sendAsync(request.build(), HttpResponse.BodyHandlers.discarding())
                        .whenComplete((answer, failure) -> {
                            inFlight.release();
                            freeSlot(attempt);
                            settle(attempt, answer == null ? 0 : answer.statusCode());
                        });
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void freeSlot(Attempt attempt) {
        if (attempt.holdsSlot()) {
            slots.release();
        }
    }

    /** Whether the attempt has to wait behind a failing one, or will never be made. */
    private synchronized boolean held(Attempt attempt) {
        if (removed) {
            abandoned++;
            done();
            return true;
        }
        if (paused || (failing != NONE && failing != attempt.serial())) {
            backlog.add(attempt.again(attempt.number()));
            return true;
        }
        return false;
    }

    /** @param status 0 where there was no answer */
    private synchronized void settle(Attempt attempt, int status) {
        if (manners.accepted().test(status)) {
            accepted++;
            done();
            if (failing == attempt.serial()) {
                release();
            }
        } else if (status == 410 && manners.goneRemoves()) {
            removed = true;
            abandoned++;
            done();
        } else if (manners.queuesBehindFailure() && failing != NONE && failing != attempt.serial()) {
            backlog.add(attempt.again(attempt.number()));
        } else if (attempt.number() < manners.pauses().size()) {
            retried++;
            if (manners.queuesBehindFailure()) {
                failing = attempt.serial();
            }
            schedule(attempt.again(attempt.number() + 1), manners.pauses().get(attempt.number()));
        } else if (manners.queuesBehindFailure()) {
            paused = true;
            backlog.addFirst(attempt.again(0));
        } else {
            abandoned++;
            done();
        }
    }

    private synchronized void release() {
        failing = NONE;
        ready.addAll(backlog);
        backlog.clear();
    }

    private synchronized void done() {
        outstanding--;
        notifyAll();
    }

    private void schedule(Attempt attempt, Duration pause) {
        try {
            ScheduledFuture<?> unused = timer.schedule(() -> ready.add(attempt), pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException closing) {
            synchronized (this) {
                abandoned++;
                done();
            }
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        dispatcher.interrupt();
        timer.shutdownNow();
        clientThreads.shutdownNow();
        // Nobody may wait for ever for a slot that the stopped dispatcher would have freed.
        slots.release(Integer.MAX_VALUE / 2);
    }
}
