package dev.muster.bench;

import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.delivery.Delivery;
import dev.muster.delivery.DeliveryStore;
import dev.muster.delivery.DeliveryStore.Arrival;
import dev.muster.meter.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
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
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What the hub is measured against: its HTTP server without Camel, answering hello, or in front of its store. */
final class BareServer {
    private BareServer() {}

    /** {@code hello|store PORT DATA}. */
    public static void main(String[] args) throws Exception {
        HttpServerOptions options = new HttpServerOptions().setTcpNoDelay(true).setAcceptBacklog(1_024);
        Vertx vertx = Vertx.vertx();
        vertx.createHttpServer(options)
                .requestHandler(args[0].equals("hello") ? BareServer::hello : new Storing(vertx, Path.of(args[2]))::handle)
                .listen(Integer.parseInt(args[1]), "0.0.0.0")
                .toCompletionStage()
                .toCompletableFuture()
                .get();
    }

    private static void hello(HttpServerRequest request) {
        request.endHandler(end -> request.response().end("{\"deliveryId\":\"hello\"}"));
    }

    /** The store that a bench feeds without a server. */
    static DeliveryStore store(Database database, Ids ids) {
        return new DeliveryStore(database, ids, new Meters(new SimpleMeterRegistry()), 10_000, 512);
    }

    static Database sqlite(Path data) {
        return Database.open("jdbc:sqlite:" + data.resolve("muster.db"), 1);
    }

    static Arrival arrival(Ids ids, Map<String, String> headers, byte[] body, String record) {
        return new Arrival(
                new Delivery(
                        ids.next(), "default", "patreon", "default", Instant.now(), headers, body, "members:update",
                        record),
                List.of(),
                Duration.ZERO);
    }

    private static final class Storing {
        private final Vertx vertx;
        private final Ids ids = new Ids();
        private final DeliveryStore store;
        private final Mac mac;

        Storing(Vertx vertx, Path data) throws GeneralSecurityException {
            this.vertx = vertx;
            this.store = store(sqlite(data), ids);
            this.mac = Mac.getInstance("HmacMD5");
            mac.init(new SecretKeySpec(PatreonRequests.SECRET.getBytes(StandardCharsets.UTF_8), "HmacMD5"));
        }

        void handle(HttpServerRequest request) {
            Context context = vertx.getOrCreateContext();
            request.body().onSuccess(buffer -> {
                byte[] body = buffer.getBytes();
                byte[] signature = HexFormat.of().parseHex(request.getHeader("X-Patreon-Signature"));
                if (!MessageDigest.isEqual(signature, mac.doFinal(body))) {
                    request.response().setStatusCode(401).end();
                    return;
                }
                Map<String, String> headers = new HashMap<>();
                request.headers().forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
                store.append(arrival(ids, headers, body, null)).whenComplete((receipt, failure) -> context.runOnContext(
                        ignored -> request.response()
                                .setStatusCode(failure == null ? 200 : 503)
                                .putHeader("Content-Type", "application/json")
                                .end(failure == null
                                        ? "{\"deliveryId\":\"" + Ids.format(receipt.deliveryId()) + "\"}"
                                        : "")));
            });
        }
    }
}
