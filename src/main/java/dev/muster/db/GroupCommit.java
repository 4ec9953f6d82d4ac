package dev.muster.db;

import dev.muster.failure.Failure;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.ToIntFunction;

/**
 * Lets concurrent writers share one durable transaction: what arrives while one batch is being committed is the next
 * batch. Nobody lingers for company, so a lone item pays one commit and a crowd shares it.
 *
 * <p>A batch that fails with more than one item is halved and tried again, so that one bad item fails alone and its
 * neighbours are written.
 *
 * @param <I> what is written
 * @param <R> what the writer is told afterwards
 */
public final class GroupCommit<I, R> implements AutoCloseable {

    /** Writes a batch in one transaction; answers one result per item, in order. */
    @FunctionalInterface
    public interface Writer<I, R> {
        List<R> write(List<I> batch);
    }

    private record Waiting<I, R>(I item, CompletableFuture<R> done) {}

    private final String name;
    private final BlockingQueue<Waiting<I, R>> queue;
    private final int batchMax;
    private final ToIntFunction<I> weight;
    private final Writer<I, R> writer;
    private final IntConsumer batchSize;
    private final Executor afterwards;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean closing;

    /**
     * @param name of the thread, for dumps and logs
     * @param waitingMax how many may wait; one more is refused at once (back-pressure)
     * @param batchMax the most items in one transaction
     * @param writers how many transactions may run at once
     * @param batchSize told the size of each batch
     * @param afterwards where the futures of a batch complete; one that runs what it is given at once makes the writer
     *     wait for what follows the commit
     */
    public GroupCommit(
            String name,
            int waitingMax,
            int batchMax,
            int writers,
            Writer<I, R> writer,
            IntConsumer batchSize,
            Executor afterwards) {
        this(name, waitingMax, batchMax, item -> 1, writers, writer, batchSize, afterwards);
    }

    /**
     * The same for items of different weight.
     *
     * @param batchMax a transaction that has this weight takes no further item
     */
    public GroupCommit(
            String name,
            int waitingMax,
            int batchMax,
            ToIntFunction<I> weight,
            int writers,
            Writer<I, R> writer,
            IntConsumer batchSize,
            Executor afterwards) {
        this.name = name;
        this.queue = new ArrayBlockingQueue<>(waitingMax);
        this.batchMax = batchMax;
        this.weight = weight;
        this.writer = writer;
        this.batchSize = batchSize;
        this.afterwards = afterwards;
        for (int i = 0; i < writers; i++) {
            Thread thread = new Thread(this::run, name + "-" + i);
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
    }

    /**
     * Hands over an item. The future completes after the commit is on disk, or fails with what went wrong. A full queue or a closed one fails at once with a {@link Transient}.
     */
    public CompletableFuture<R> submit(I item) {
        CompletableFuture<R> done = new CompletableFuture<>();
        if (closing) {
            done.completeExceptionally(
                    new Transient(FailureCode.STOPPING, "The hub is stopping; try again later", null));
            return done;
        }
        Waiting<I, R> waiting = new Waiting<>(item, done);
        if (!queue.offer(waiting)) {
            done.completeExceptionally(new Transient(
                    FailureCode.OVERLOADED,
                    name + ": " + queue.size() + " writes are waiting already; try later",
                    null));
        } else if (closing && queue.remove(waiting)) {
            // Closed just now: perhaps nobody is left to write it.
            done.completeExceptionally(
                    new Transient(FailureCode.STOPPING, "The hub is stopping; try again later", null));
        }
        return done;
    }

    /** How many items wait for a transaction. */
    public int waiting() {
        return queue.size();
    }

    private void run() {
        List<Waiting<I, R>> batch = new ArrayList<>(batchMax);
        try {
            while (true) {
                Waiting<I, R> first = queue.poll(100, TimeUnit.MILLISECONDS);
                if (first == null) {
                    if (closing) {
                        return;
                    }
                    continue;
                }
                int heavy = 0;
                for (Waiting<I, R> next = first; next != null; next = heavy < batchMax ? queue.poll() : null) {
                    batch.add(next);
                    heavy += weight.applyAsInt(next.item());
                }
                batchSize.accept(batch.size());
                write(batch);
                batch.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(List<Waiting<I, R>> batch) {
        List<I> items = new ArrayList<>(batch.size());
        for (Waiting<I, R> waiting : batch) {
            items.add(waiting.item());
        }
        List<R> results;
        try {
            results = writer.write(items);
        } catch (RuntimeException | Error e) {
            if (batch.size() == 1 || storeIsAway(e)) {
                List<Waiting<I, R>> failed = List.copyOf(batch);
                afterwards.execute(
                        () -> failed.forEach(waiting -> waiting.done().completeExceptionally(e)));
            } else {
                int half = batch.size() / 2;
                write(batch.subList(0, half));
                write(batch.subList(half, batch.size()));
            }
            return;
        }
        List<Waiting<I, R>> written = List.copyOf(batch);
        afterwards.execute(() -> {
            for (int i = 0; i < results.size(); i++) {
                written.get(i).done().complete(results.get(i));
            }
        });
    }

    /** An unreachable store fails every half as well; a constraint or a value can be one item's fault. */
    private static boolean storeIsAway(Throwable e) {
        return e instanceof Failure failure
                && failure.code() == FailureCode.STORE_UNAVAILABLE
                && !(failure.getCause() instanceof SQLException cause && Database.isFaultOfTheValue(cause));
    }

    /** Writes what waits, then stops. */
    @Override
    public void close() {
        closing = true;
        for (Thread thread : threads) {
            try {
                thread.join(TimeUnit.SECONDS.toMillis(10));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        Waiting<I, R> left;
        while ((left = queue.poll()) != null) {
            left.done().completeExceptionally(new Transient(FailureCode.STOPPING, "The hub has stopped", null));
        }
    }
}
