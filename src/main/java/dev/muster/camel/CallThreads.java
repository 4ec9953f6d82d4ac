package dev.muster.camel;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that wait for platforms' answers: so many for each platform that is called, so that one that hangs holds up
 * no other. They end when they are idle.
 */
public final class CallThreads implements AutoCloseable {
    private static final int IDLE_SECONDS = 30;

    private final int most;
    private final Map<String, ExecutorService> byPlatform = new ConcurrentHashMap<>();

    /** @param most for one platform */
    public CallThreads(int most) {
        this.most = most;
    }

    /** Those of a platform. */
    Executor of(String platform) {
        return byPlatform.computeIfAbsent(platform, this::threads);
    }

    private ExecutorService threads(String platform) {
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                most, most, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "calls-" + platform);
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    /** Nothing begins any more. */
    @Override
    public void close() {
        byPlatform.values().forEach(ExecutorService::shutdown);
    }
}
