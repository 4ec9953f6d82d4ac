package dev.muster.camel;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Camel's platform HTTP server with two additions: limits on slow and oversized requests that Camel has no option for,
 * and a door for webhooks that is entered on the event loop with the raw bytes. All other paths are Camel's.
 */
public final class HubHttpServer extends VertxPlatformHttpServer {
    private static final Logger LOG = LoggerFactory.getLogger(HubHttpServer.class);
    private static final String DOOR = "/api/webhooks/";
    private static final int HEADER_BYTES_MAX = 16 * 1024;
    private static final int REQUEST_LINE_BYTES_MAX = 8 * 1024;
    private static final int ACCEPT_BACKLOG = 1_024;
    private static final long CLOSE_SECONDS = 5;

    private final Vertx vertx;
    private final VertxPlatformHttpServerConfiguration configuration;
    private final long idleTimeoutMillis;
    private volatile @Nullable Handler<HttpServerRequest> door;
    private @Nullable HttpServer server;

    /** @param idleTimeoutMillis a connection without traffic for so long is closed: slow headers, forgotten keep-alives */
    public HubHttpServer(Vertx vertx, VertxPlatformHttpServerConfiguration configuration, long idleTimeoutMillis) {
        super(configuration);
        this.vertx = vertx;
        this.configuration = configuration;
        this.idleTimeoutMillis = idleTimeoutMillis;
        setVertx(vertx);
    }

    /** Who handles webhooks; null while no route does, which senders see as 503. */
    void door(@Nullable Handler<HttpServerRequest> handler) {
        this.door = handler;
    }

    Vertx vertx() {
        return vertx;
    }

    @Override
    protected void startServer() throws Exception {
        HttpServerOptions options = new HttpServerOptions()
                .setIdleTimeout((int) idleTimeoutMillis)
                .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
                .setMaxHeaderSize(HEADER_BYTES_MAX)
                .setMaxInitialLineLength(REQUEST_LINE_BYTES_MAX)
                .setAcceptBacklog(ACCEPT_BACKLOG)
                .setHandle100ContinueAutomatically(true)
                .setTcpNoDelay(true);
        VertxPlatformHttpRouter router = VertxPlatformHttpRouter.lookup(
                getCamelContext(), VertxPlatformHttpRouter.getRouterNameFromPort(configuration.getPort()));
        server = vertx.createHttpServer(options).requestHandler(request -> {
            String path = request.path();
            if (path != null && path.startsWith(DOOR)) {
                Handler<HttpServerRequest> open = door;
                if (open == null) {
                    request.response()
                            .setStatusCode(503)
                            .putHeader("Retry-After", "5")
                            .putHeader("Connection", "close")
                            .end();
                } else {
                    open.handle(request);
                }
            } else {
                router.handle(request);
            }
        });
        server.listen(configuration.getBindPort(), configuration.getBindHost())
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        LOG.info("HTTP: listening on {}:{}", configuration.getBindHost(), server.actualPort());
    }

    @Override
    public int getPort() {
        HttpServer running = server;
        return running == null ? configuration.getBindPort() : running.actualPort();
    }

    @Override
    protected void stopServer() {
        HttpServer running = server;
        if (running == null) {
            return;
        }
        try {
            running.close().toCompletionStage().toCompletableFuture().get(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("HTTP: the server did not close in {} s: {}", CLOSE_SECONDS, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server = null;
    }
}
