package dev.muster;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A platform's API that answers whatever a test wants and remembers what it was asked. */
public final class StubPlatform implements AutoCloseable {
    /** Answers one call. */
    @FunctionalInterface
    public interface Answer {
        void to(HttpExchange call) throws Exception;
    }

    /**
     * One call.
     *
     * @param nanos when it came
     */
    public record Call(String path, long nanos) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Call> calls = new CopyOnWriteArrayList<>();

    /** Answers so on a port of its own. */
    public StubPlatform(Answer answer) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 100);
        server.createContext("/", call -> {
            calls.add(new Call(call.getRequestURI().getPath(), System.nanoTime()));
            try {
                answer.to(call);
            } catch (Exception e) {
                throw new IOException(e);
            } finally {
                call.close();
            }
        });
        server.setExecutor(threads);
        server.start();
    }

    /** The flow of a platform of configuration alone, as a file of routes. */
    public static String flow(String platform) {
        return """
                - route:
                    id: %1$s
                    routeConfigurationId: operations
                    from:
                      uri: muster-operations:%1$s
                      steps:
                        - to: direct:normalize
                """.formatted(platform);
    }

    /** An answer of JSON. */
    public static void json(HttpExchange call, byte[] body) throws IOException {
        call.getResponseHeaders().add("Content-Type", "application/json");
        call.sendResponseHeaders(200, body.length);
        call.getResponseBody().write(body);
    }

    /** An answer without a body. */
    public static void status(HttpExchange call, int status) throws IOException {
        call.sendResponseHeaders(status, -1);
    }

    /** Half of an answer that was said to be whole; then nothing more comes. */
    public static void cut(HttpExchange call, int status, byte[] whole) throws IOException {
        call.sendResponseHeaders(status, whole.length);
        call.getResponseBody().write(whole, 0, whole.length / 2);
        call.getResponseBody().flush();
    }

    /** Scheme, host and port. */
    public String origin() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** In the order in which they came. */
    public List<Call> calls() {
        return List.copyOf(calls);
    }

    /** What was asked for, in the order of the calls. */
    public List<String> paths() {
        return calls.stream().map(Call::path).toList();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
