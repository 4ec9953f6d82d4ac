package dev.muster.operation;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Wakes a platform's flow when work arrives in this process, so that nobody polls fast and nobody waits long. */
public final class QueueSignal {
    private final Map<String, Semaphore> platforms = new ConcurrentHashMap<>();

    /** Something arrived for this platform. Cheap, and never blocks. */
    public void arrived(String platform) {
        Semaphore semaphore = of(platform);
        if (semaphore.availablePermits() == 0) {
            semaphore.release();
        }
    }

    /** Waits until something arrived since the last call, or the time is over. */
    public void await(String platform, long millis) throws InterruptedException {
        Semaphore semaphore = of(platform);
        if (semaphore.tryAcquire(millis, TimeUnit.MILLISECONDS)) {
            semaphore.drainPermits();
        }
    }

    private Semaphore of(String platform) {
        return platforms.computeIfAbsent(platform, name -> new Semaphore(0));
    }
}
