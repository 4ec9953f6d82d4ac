package dev.muster.camel;

import dev.muster.access.SecurityHeaders;
import dev.muster.delivery.HttpAnswer;
import dev.muster.delivery.Problem;
import dev.muster.delivery.TrustedProxies;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.failure.Transient;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.SocketAddress;
import java.net.BindException;
import java.time.Duration;
import java.util.Locale;
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
    static final String DOOR = "/api/webhooks/";
    private static final String API = "/api";
    private static final int HEADER_BYTES_MAX = 16 * 1024;
    private static final int REQUEST_LINE_BYTES_MAX = 8 * 1024;
    private static final int ACCEPT_BACKLOG = 1_024;
    private static final int CONNECTIONS_MAX = 4_096;
    private static final long CLOSE_SECONDS = 5;
    private static final HttpAnswer UNDECODABLE = Problem.of(new Refusal(
            FailureCode.BAD_REQUEST,
            400,
            "The address cannot be decoded: a % must be followed by two hexadecimal digits"));
    private static final HttpAnswer LONG_ADDRESS = Problem.of(new Refusal(
            FailureCode.BAD_REQUEST,
            414,
            "The address is longer than " + REQUEST_LINE_BYTES_MAX + " bytes: ask for less, or send it as a body"));
    private static final HttpAnswer LONG_HEADERS = Problem.of(new Refusal(
            FailureCode.BAD_REQUEST, 431, "The headers are longer than " + HEADER_BYTES_MAX + " bytes in all"));
    private static final HttpAnswer NO_REQUEST =
            Problem.of(new Refusal(FailureCode.BAD_REQUEST, 400, "This is no request of HTTP/1.1"));
    private static final HttpAnswer NO_FORMS = Problem.of(new Refusal(
            FailureCode.BAD_REQUEST,
            415,
            "Forms are not taken here: send JSON, with the header 'Content-Type: application/json'"));
    private static final HttpAnswer NO_DOOR =
            Problem.of(new Transient(FailureCode.STOPPING, "No route takes webhooks now", null, Duration.ofSeconds(5)));
    private static final HttpAnswer NOTHING_HERE =
            Problem.of(new Refusal(FailureCode.UNKNOWN_ENDPOINT, 404, "There is nothing at this address"));

    private final Vertx vertx;
    private final VertxPlatformHttpServerConfiguration configuration;
    private final long idleTimeoutMillis;
    private final TrustedProxies proxies;
    private final OpenConnections connections;
    private volatile @Nullable Handler<HttpServerRequest> door;
    private @Nullable HttpServer server;

    /**
     * @param idleTimeoutMillis a connection without traffic for so long is closed: slow headers, forgotten keep-alives
     * @param proxies whose word about TLS is believed
     */
    public HubHttpServer(
            Vertx vertx,
            VertxPlatformHttpServerConfiguration configuration,
            long idleTimeoutMillis,
            TrustedProxies proxies) {
        super(configuration);
        this.vertx = vertx;
        this.configuration = configuration;
        this.idleTimeoutMillis = idleTimeoutMillis;
        this.proxies = proxies;
        // an answer that takes longer than the idle timeout is cut off by that already
        this.connections =
                new OpenConnections(CONNECTIONS_MAX, Duration.ofMillis(2 * idleTimeoutMillis), System::nanoTime);
        setVertx(vertx);
    }

    /** Who handles webhooks; null while no route does, which senders see as 503. */
    void door(@Nullable Handler<HttpServerRequest> handler) {
        this.door = handler;
    }

    Vertx vertx() {
        return vertx;
    }

    /** Here and not in a route: Camel takes Cache-Control out of what routes answer. */
    private void tellBrowsers(HttpServerRequest request) {
        SocketAddress peer = request.remoteAddress();
        String address = peer == null || peer.hostAddress() == null ? "" : peer.hostAddress();
        boolean tls = proxies.isTls(address, request.getHeader("X-Forwarded-Proto"));
        String path = request.path();
        boolean api = path != null && (path.equals(API) || path.startsWith(API + "/"));
        request.response().headers().addAll(api ? SecurityHeaders.api(tls) : SecurityHeaders.page(tls));
    }

    @Override
    protected void startServer() throws Exception {
        HttpServerOptions options = new HttpServerOptions()
                .setIdleTimeout((int) idleTimeoutMillis)
                .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
                .setMaxHeaderSize(HEADER_BYTES_MAX)
                .setMaxInitialLineLength(REQUEST_LINE_BYTES_MAX)
                .setAcceptBacklog(ACCEPT_BACKLOG)
                // its streams would get round the limit of connections, and no platform asks for it without TLS
                .setHttp2ClearTextEnabled(false)
                .setHandle100ContinueAutomatically(true)
                .setTcpNoDelay(true);
        VertxPlatformHttpRouter router = VertxPlatformHttpRouter.lookup(
                getCamelContext(), VertxPlatformHttpRouter.getRouterNameFromPort(configuration.getPort()));
        router.errorHandler(404, context -> answer(context.response(), NOTHING_HERE));
        server = vertx.createHttpServer(options)
                .connectionHandler(connections::opened)
                .invalidRequestHandler(HubHttpServer::refuseInvalid)
                .requestHandler(request -> {
                    connections.requested(request.connection());
                    if (request.response().writeQueueFull()) {
                        // asks on and on and never reads an answer: they would pile up here
                        OpenConnections.cutOff(request.connection());
                        return;
                    }
                    String path = request.path();
                    if (path != null && path.startsWith(DOOR)) {
                        Handler<HttpServerRequest> open = door;
                        if (open == null) {
                            request.response().putHeader("Connection", "close");
                            answer(request.response(), NO_DOOR);
                        } else {
                            open.handle(request);
                        }
                    } else if (decodable(request.uri())) {
                        tellBrowsers(request);
                        if (isForm(request)) {
                            answer(request.response(), NO_FORMS);
                        } else {
                            router.handle(request);
                        }
                    } else {
                        answer(request.response(), UNDECODABLE);
                    }
                });
        try {
            server.listen(configuration.getBindPort(), configuration.getBindHost())
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof BindException taken) {
                BindException named = new BindException(
                        configuration.getBindHost() + ":" + configuration.getBindPort() + ": " + taken.getMessage());
                named.initCause(e);
                throw named;
            }
            throw e;
        }
        connections.start(vertx);
        LOG.info("HTTP: listening on {}:{}", configuration.getBindHost(), server.actualPort());
    }

    private static void answer(HttpServerResponse response, HttpAnswer answer) {
        response.setStatusCode(answer.status()).putHeader("Content-Type", answer.contentType());
        answer.headers().forEach(response::putHeader);
        response.end(answer.body());
    }

    /** What HTTP itself can make no request of. */
    private static void refuseInvalid(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        request.response().putHeader("Connection", "close");
        answer(
                request.response(),
                cause instanceof TooLongHttpLineException
                        ? LONG_ADDRESS
                        : cause instanceof TooLongHttpHeaderException ? LONG_HEADERS : NO_REQUEST);
    }

    /** Vert.x would take it apart before any route sees it, and fail where it is none or its request is a GET. */
    private static boolean isForm(HttpServerRequest request) {
        String type = request.getHeader("Content-Type");
        String lower = type == null ? "" : type.stripLeading().toLowerCase(Locale.ROOT);
        return lower.startsWith("multipart/") || lower.startsWith("application/x-www-form-urlencoded");
    }

    /** Whether each % is followed by two hexadecimal digits. */
    private static boolean decodable(String address) {
        for (int i = address.indexOf('%'); i >= 0; i = address.indexOf('%', i + 3)) {
            if (i + 2 >= address.length()
                    || Character.digit(address.charAt(i + 1), 16) < 0
                    || Character.digit(address.charAt(i + 2), 16) < 0) {
                return false;
            }
        }
        return true;
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
        connections.stop();
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
