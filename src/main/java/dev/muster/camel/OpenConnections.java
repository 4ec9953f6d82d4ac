package dev.muster.camel;

import io.netty.channel.ChannelFuture;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How many connections may be open, and for how long one may go without a whole request. The idle timeout does not see a
 * sender that brings its headers one byte at a time; this does.
 */
final class OpenConnections {
    private static final long SWEEP_MILLIS = 1_000;

    private final int most;
    private final long silenceNanosMax;
    private final LongSupplier nanoTime;
    private final Map<HttpConnection, Long> lastRequests = new ConcurrentHashMap<>();
    private @Nullable Runnable stopSweeping;

    /**
     * @param most connections at a time; a further one is closed at once
     * @param silenceMax since a connection was opened or last brought a request's whole head; longer than any request
     *     takes to be answered
     * @param nanoTime a clock that only moves forward
     */
    OpenConnections(int most, Duration silenceMax, LongSupplier nanoTime) {
        this.most = most;
        this.silenceNanosMax = silenceMax.toNanos();
        this.nanoTime = nanoTime;
    }

    void start(Vertx vertx) {
        long timer = vertx.setPeriodic(SWEEP_MILLIS, id -> closeSilent());
        stopSweeping = () -> vertx.cancelTimer(timer);
    }

    void stop() {
        Runnable stop = stopSweeping;
        if (stop != null) {
            stop.run();
        }
    }

    void opened(HttpConnection connection) {
        if (lastRequests.size() >= most) {
            cutOff(connection);
            return;
        }
        lastRequests.put(connection, nanoTime.getAsLong());
        connection.closeHandler(closed -> lastRequests.remove(connection));
    }

    /** To be told of each request when its headers are complete. */
    void requested(HttpConnection connection) {
        lastRequests.computeIfPresent(connection, (known, before) -> nanoTime.getAsLong());
    }

    int open() {
        return lastRequests.size();
    }

    /** Closes the connections that brought no request for too long. */
    void closeSilent() {
        long now = nanoTime.getAsLong();
        lastRequests.forEach((connection, last) -> {
            if (now - last > silenceNanosMax) {
                cutOff(connection);
            }
        });
    }

    /** Closes at once. An ordinary close waits until what was written is read, which may be never. */
    static void cutOff(HttpConnection connection) {
        if (connection instanceof ConnectionBase open) {
            ChannelFuture unused = open.channelHandlerContext().close();
        } else {
            connection.close();
        }
    }
}
