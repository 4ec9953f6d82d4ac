package dev.muster.bench;

import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.delivery.Delivery;
import dev.muster.delivery.DeliveryStore;
import dev.muster.meter.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What the hub's door is measured beside. Arguments: port, mode, data directory. */
final class Comparison {
    private Comparison() {}

    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[0]);
        switch (arguments[1]) {
            case "hello" -> serve(port, (request, body) -> request.response()
                    .putHeader("Content-Type", "text/plain")
                    .end("hello"));
            case "bare" -> bare(port, Path.of(arguments[2]));
            default -> throw new IllegalArgumentException(arguments[1]);
        }
    }

    private interface Whole {
        void handle(HttpServerRequest request, Buffer body) throws Exception;
    }

    private static void serve(int port, Whole whole) throws Exception {
        Vertx vertx = Vertx.vertx();
        vertx.createHttpServer(new HttpServerOptions().setTcpNoDelay(true))
                .requestHandler(request -> request.body().onSuccess(body -> {
                    try {
                        whole.handle(request, body);
                    } catch (Exception e) {
                        request.response().setStatusCode(500).end(e.toString());
                    }
                }))
                .listen(port, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get();
    }

    /** The same batching writer behind a handler that does only what must be done: verify, store, answer. */
    private static void bare(int port, Path data) throws Exception {
        Files.createDirectories(data);
        Ids ids = new Ids();
        DeliveryStore store = store(data, ids);
        SecretKeySpec key = new SecretKeySpec(Deliveries.SECRET.getBytes(StandardCharsets.UTF_8), "HmacMD5");
        ThreadLocal<Mac> macs = ThreadLocal.withInitial(() -> {
            try {
                Mac mac = Mac.getInstance("HmacMD5");
                mac.init(key);
                return mac;
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        });
        Vertx vertx = Vertx.vertx();
        vertx.createHttpServer(new HttpServerOptions().setTcpNoDelay(true))
                .requestHandler(request -> request.body().onSuccess(buffer -> {
                    byte[] body = buffer.getBytes();
                    String signature = request.getHeader("X-Patreon-Signature");
                    if (signature == null
                            || !MessageDigest.isEqual(
                                    HexFormat.of()
                                            .formatHex(macs.get().doFinal(body))
                                            .getBytes(StandardCharsets.US_ASCII),
                                    signature.getBytes(StandardCharsets.US_ASCII))) {
                        request.response().setStatusCode(401).end();
                        return;
                    }
                    Map<String, String> headers = new HashMap<>();
                    request.headers()
                            .forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
                    io.vertx.core.Context context = vertx.getOrCreateContext();
                    store.append(arrival(ids, headers, body)).whenComplete((receipt, failure) -> context.runOnContext(
                            ignored -> {
                                if (failure == null) {
                                    request.response()
                                            .putHeader("Content-Type", "application/json")
                                            .end("{\"deliveryId\":\"" + Ids.format(receipt.deliveryId()) + "\"}");
                                } else {
                                    request.response().setStatusCode(503).end();
                                }
                            }));
                }))
                .listen(port, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get();
    }

    private static DeliveryStore store(Path data, Ids ids) {
        Database database = Database.open("jdbc:sqlite:" + data.resolve("muster.db"), 4);
        return new DeliveryStore(database, ids, new Meters(new SimpleMeterRegistry()), 10_000, 512);
    }

    private static DeliveryStore.Arrival arrival(Ids ids, Map<String, String> headers, byte[] body) {
        return new DeliveryStore.Arrival(
                new Delivery(
                        ids.next(),
                        "default",
                        "patreon",
                        "default",
                        Instant.now(),
                        headers,
                        body,
                        "members:update",
                        headers.get("x-record")),
                List.of(),
                Duration.ZERO);
    }

    /** Deliveries a second through the writer without HTTP, with so many waiting at once; in this very process. */
    static double ceiling(Path data, int waiting, double seconds) throws Exception {
        Files.createDirectories(data);
        Ids ids = new Ids();
        byte[][] bodies = new byte[1_000][];
        for (int i = 0; i < bodies.length; i++) {
            bodies[i] = Deliveries.body(i, 0);
        }
        Map<String, String> headers = Map.of(
                "host", "localhost",
                "content-type", "application/json",
                "user-agent", "Patreon HTTP Robot",
                "x-patreon-event", "members:update",
                "x-patreon-signature", "00112233445566778899aabbccddeeff",
                "content-length", "1050");
        Semaphore window = new Semaphore(waiting);
        AtomicLong done = new AtomicLong();
        try (DeliveryStore store = store(data, ids)) {
            long warmed = System.nanoTime() + (long) (seconds / 3 * 1e9);
            long end = warmed + (long) (seconds * 1e9);
            long atWarm = 0;
            boolean warm = false;
            long now;
            int i = 0;
            while ((now = System.nanoTime()) < end) {
                if (!warm && now >= warmed) {
                    warm = true;
                    warmed = now;
                    atWarm = done.get();
                }
                window.acquire();
                store.append(arrival(ids, headers, bodies[i++ % bodies.length])).whenComplete((receipt, failure) -> {
                    done.incrementAndGet();
                    window.release();
                });
            }
            return (done.get() - atWarm) * 1e9 / (now - warmed);
        }
    }
}
