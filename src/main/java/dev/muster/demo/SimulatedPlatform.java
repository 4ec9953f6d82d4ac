package dev.muster.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What the simulated platforms have in common: an HTTP API on 127.0.0.1 that counts its calls, holds its quotas over
 * moving windows, throws seeded faults and has good and bad days; and webhooks that are sent with the platform's
 * manners. Safe for use by several threads.
 */
public abstract class SimulatedPlatform implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();

    private enum Weather {
        HEALTHY,
        SLOW,
        DOWN
    }

    final SimulatedWorld world;
    final PlatformSettings settings;
    final Random random;

    private final String name;
    private final Vertx vertx;
    private final Router router;
    private final WebhookSender sender;
    private final Random faults;
    private final ConcurrentMap<String, AtomicLong> calls = new ConcurrentHashMap<>();
    private final ConcurrentMap<Integer, AtomicLong> answers = new ConcurrentHashMap<>();
    private final AtomicLong quotaViolations = new AtomicLong();
    private final AtomicLong faultsThrown = new AtomicLong();

    private volatile Weather weather = Weather.HEALTHY;
    private volatile Duration delay = Duration.ZERO;
    private int port;

    SimulatedPlatform(String name, SimulatedWorld world, PlatformSettings settings, WebhookSender.Manners manners) {
        this.name = name;
        this.world = world;
        this.settings = settings;
        long seed = SimulatedWorld.mix(world.seed(), name.hashCode());
        this.random = new Random(seed);
        this.faults = new Random(seed + 1);
        this.sender =
                new WebhookSender(name, manners, settings.mischief(), settings.inFlightMax(), new Random(seed + 2));
        this.vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        this.router = Router.router(vertx);
    }

    /** Called once by each platform's constructor, after its routes are in place. */
    final void listen() {
        router.route().handler(context -> admit(context, "unknown path", List.of(), this::notFound));
        HttpServer server = vertx.createHttpServer(new HttpServerOptions().setHandle100ContinueAutomatically(true))
                .requestHandler(this::receive);
        try {
            port = server.listen(settings.port(), "127.0.0.1")
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join()
                    .actualPort();
        } catch (CompletionException e) {
            close();
            throw new IllegalStateException(
                    "The simulated " + name + " cannot listen on port " + settings.port()
                            + "; end what uses the port, or choose 0 for any free one",
                    e.getCause());
        }
    }

    /** Where the API is, without a path: {@code http://127.0.0.1:PORT}. */
    public final String origin() {
        return "http://127.0.0.1:" + port;
    }

    /** The environment a hub needs to speak with this platform: {@code X_BASE_URL}, its key and its webhook secret. */
    public abstract Map<String, String> environment();

    /** From now on every call is answered 503. */
    public final void down() {
        weather = Weather.DOWN;
    }

    /** From now on every answer comes this much later. */
    public final void slow(Duration later) {
        delay = later;
        weather = Weather.SLOW;
    }

    /** Ends {@link #down} and {@link #slow}. */
    public final void healthy() {
        weather = Weather.HEALTHY;
    }

    /** How often each path was called, by the path with {@code :id} in place of ids, however it was answered. */
    public final Map<String, Long> calls() {
        Map<String, Long> counted = new TreeMap<>();
        calls.forEach((path, count) -> counted.put(path, count.get()));
        return counted;
    }

    /** How often each status was answered. */
    public final Map<Integer, Long> answers() {
        Map<Integer, Long> counted = new TreeMap<>();
        answers.forEach((status, count) -> counted.put(status, count.get()));
        return counted;
    }

    /** How many calls came beyond a quota; each was answered 429. */
    public final long quotaViolations() {
        return quotaViolations.get();
    }

    /** How many answers 429 and 500 were thrown by chance. */
    public final long faultsThrown() {
        return faultsThrown.get();
    }

    /** What became of the webhooks so far. */
    public final DeliveryTally deliveries() {
        return sender.tally();
    }

    /** Whether the platform stopped sending, because the hub failed for too long or said 410. */
    public final boolean webhookStopped() {
        return sender.stopped();
    }

    /** Switches a stopped webhook on again, as its owner would; what was held back is sent. */
    public final void resumeWebhook() {
        sender.resume();
    }

    /**
     * Waits until every webhook was acknowledged or given up.
     *
     * @return false when that took longer than the given time
     */
    public final boolean awaitQuiet(Duration atMost) throws InterruptedException {
        return sender.awaitQuiet(atMost);
    }

    @Override
    public void close() {
        sender.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    final void send(Webhook webhook) {
        sender.send(webhook);
    }

    final MovingWindow window(int limit, Duration length) {
        return new MovingWindow((int) Math.max(1, limit * settings.quotaScale()), length, world.clock());
    }

    /** Serves GET on a path; {@code quotas} are checked together, and a refused call takes a place in none. */
    final void get(String path, List<MovingWindow> quotas, Handler<RoutingContext> handler) {
        router.get(path).handler(context -> admit(context, path, quotas, handler));
        router.route(path).handler(context -> admit(context, path, List.of(), this::methodNotAllowed));
    }

    private void receive(HttpServerRequest request) {
        if (weather == Weather.SLOW) {
            request.pause();
            vertx.setTimer(Math.max(1, delay.toMillis()), timer -> {
                request.resume();
                router.handle(request);
            });
        } else {
            router.handle(request);
        }
    }

    private void admit(
            RoutingContext context, String path, List<MovingWindow> quotas, Handler<RoutingContext> handler) {
        calls.computeIfAbsent(path, counted -> new AtomicLong()).incrementAndGet();
        if (weather == Weather.DOWN) {
            unavailable(context);
            return;
        }
        if (!admissible(context)) {
            return;
        }
        List<MovingWindow> full = new ArrayList<>();
        for (MovingWindow quota : quotas) {
            if (quota.isFull()) {
                full.add(quota);
            }
        }
        if (!full.isEmpty()) {
            quotaViolations.incrementAndGet();
            throttled(
                    context,
                    full.stream()
                            .mapToLong(MovingWindow::secondsUntilFree)
                            .max()
                            .orElse(1));
            return;
        }
        quotas.forEach(MovingWindow::admit);
        double chance;
        synchronized (faults) {
            chance = faults.nextDouble();
        }
        if (chance < settings.mischief().throttled()) {
            faultsThrown.incrementAndGet();
            throttled(context, 1);
        } else if (chance
                < settings.mischief().throttled() + settings.mischief().broken()) {
            faultsThrown.incrementAndGet();
            broken(context);
        } else {
            handler.handle(context);
        }
    }

    /** Whether the caller may go on; otherwise the refusal has been answered. */
    abstract boolean admissible(RoutingContext context);

    abstract void notFound(RoutingContext context);

    abstract void methodNotAllowed(RoutingContext context);

    abstract void throttled(RoutingContext context, long retryAfterSeconds);

    abstract void broken(RoutingContext context);

    abstract void unavailable(RoutingContext context);

    final void answer(RoutingContext context, int status, String contentType, @Nullable JsonNode body) {
        answers.computeIfAbsent(status, counted -> new AtomicLong()).incrementAndGet();
        context.response().setStatusCode(status);
        if (body == null) {
            context.response().end();
        } else {
            context.response().putHeader("Content-Type", contentType).end(Buffer.buffer(bytes(JSON, body)));
        }
    }

    static byte[] bytes(ObjectMapper mapper, JsonNode body) {
        try {
            return mapper.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A tree could not be written as JSON", e);
        }
    }

    /** The hexadecimal HMAC in lower case, as all these platforms write it. */
    static String hexHmac(String algorithm, String secret, byte[] message) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), algorithm));
            return HexFormat.of().formatHex(mac.doFinal(message));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This JDK has no " + algorithm, e);
        }
    }

    /** A secret of the given length that follows from the world's seed: letters and digits only. */
    final String secret(String purpose, int length) {
        Random letters = new Random(SimulatedWorld.mix(world.seed(), purpose.hashCode()));
        StringBuilder secret = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            secret.append(Character.forDigit(letters.nextInt(36), 36));
        }
        return secret.toString();
    }

    /** A query parameter as a whole number within bounds; the default where it is absent, -1 where it is unusable. */
    static int number(RoutingContext context, String parameter, int standard) {
        String text = context.request().getParam(parameter);
        if (text == null) {
            return standard;
        }
        try {
            int number = Integer.parseInt(text);
            return number < 1 ? -1 : number;
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
