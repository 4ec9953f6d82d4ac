package dev.muster.camel;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The one thread of a consumer that claims work. While the store is away it looks again now and then. */
final class ClaimingThread {
    /** Between two looks while the store is away. */
    static final long STORE_AWAY_MILLIS = 1_000;

    /** Claims what there is, and waits a moment where there is nothing. */
    @FunctionalInterface
    interface Look {
        void look() throws InterruptedException;
    }

    private final String name;
    private final Look look;
    private final Runnable wake;
    private final Consumer<RuntimeException> failed;
    private volatile boolean claiming;
    private @Nullable Thread thread;

    /**
     * @param name of what is claimed
     * @param wake ends a look's waiting
     * @param failed told of each look that failed
     */
    ClaimingThread(String name, Look look, Runnable wake, Consumer<RuntimeException> failed) {
        this.name = "claim-" + name;
        this.look = look;
        this.wake = wake;
        this.failed = failed;
    }

    /** Whether it goes on claiming. */
    boolean isClaiming() {
        return claiming;
    }

    synchronized void start() {
        claiming = true;
        Thread started = new Thread(this::run, name);
        started.setDaemon(true);
        thread = started;
        started.start();
    }

    /** Returns when the look under way has ended, or after a few seconds. */
    synchronized void stop() {
        claiming = false;
        wake.run();
        Thread running = thread;
        if (running != null && running != Thread.currentThread()) {
            try {
                running.join(STORE_AWAY_MILLIS * 5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        thread = null;
    }

    private void run() {
        while (claiming) {
            try {
                look.look();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                failed.accept(e);
                try {
                    Thread.sleep(STORE_AWAY_MILLIS);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
    }
}
