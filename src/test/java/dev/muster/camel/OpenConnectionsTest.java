package dev.muster.camel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OpenConnectionsTest {
    private final AtomicLong now = new AtomicLong();
    private final OpenConnections connections = new OpenConnections(2, Duration.ofSeconds(60), now::get);
    private final Vertx vertx = Vertx.vertx();
    private HttpServer server;

    @BeforeEach
    void listen() throws Exception {
        server = vertx.createHttpServer(new HttpServerOptions().setHttp2ClearTextEnabled(false))
                .connectionHandler(connections::opened)
                .requestHandler(request -> {
                    connections.requested(request.connection());
                    request.response().end("ok");
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.actualPort());
        socket.setSoTimeout(10_000);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static boolean closed(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException e) {
            return true;
        }
    }

    @Test
    void oneTooManyIsClosedAndTheirPlaceIsFreeAgain() throws IOException {
        try (Socket first = connect();
                Socket second = connect()) {
            await().until(() -> connections.open() == 2);
            try (Socket third = connect()) {
                assertThat(closed(third)).isTrue();
            }
            assertThat(first.isConnected() && second.isConnected()).isTrue();
        }
        await().until(() -> connections.open() == 0);
        try (Socket next = connect()) {
            send(next, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            assertThat(next.getInputStream().read()).isEqualTo('H');
        }
    }

    @Test
    void headersThatNeverEndAreCutOffHoweverBusy() throws IOException {
        try (Socket slow = connect();
                Socket good = connect()) {
            await().until(() -> connections.open() == 2);
            send(slow, "POST / HTTP/1.1\r\nHost: h\r\nX-A: a");
            now.addAndGet(Duration.ofSeconds(50).toNanos());
            send(good, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            assertThat(good.getInputStream().read()).isEqualTo('H');
            now.addAndGet(Duration.ofSeconds(11).toNanos());

            connections.closeSilent();

            assertThat(closed(slow)).isTrue();
            await().until(() -> connections.open() == 1);
        }
    }
}
