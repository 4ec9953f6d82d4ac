package dev.muster.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
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
        HELD,
        DOWN
    }

    /** What goes wrong with a call that was made rightly. */
    public enum Trouble {
        /** It is answered 500, and nothing was done. */
        BROKEN,
        /** It is answered 429 although the quota holds, and nothing was done. */
        THROTTLED,
        /** The connection is cut, and nothing was done. */
        CUT,
        /** What was asked is done, and then the connection is cut instead of an answer. */
        DONE_THEN_CUT,
        /** What was asked is done, and no answer ever comes. */
        DONE_THEN_SILENT
    }

    /**
     * Something that can be called.
     *
     * @param name under which calls are counted: the path, and before it the method where it is not GET
     * @param open whether callers need no credential
     * @param parameters what may stand in the query; null where nobody looks
     */
    private record Endpoint(
            String name,
            boolean open,
            @Nullable Set<String> parameters,
            List<MovingWindow> quotas,
            Handler<RoutingContext> handler) {}

    private static final String BODY = "body";
    private static final String CROWDED = "crowded";
    private static final String TROUBLE = "trouble";

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
    private final AtomicInteger concurrent = new AtomicInteger();
    private final AtomicInteger concurrentPeak = new AtomicInteger();
    private final Queue<Trouble> troubles = new ConcurrentLinkedQueue<>();
    private final Queue<Runnable> held = new ConcurrentLinkedQueue<>();
    private final List<Consumer<ApiExchange>> observers = new CopyOnWriteArrayList<>();
    private final Set<String> paths = new LinkedHashSet<>();

    private volatile int concurrentMax = Integer.MAX_VALUE;
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
        router.route().handler(this::arrive);
    }

    /** Called once by each platform's constructor, after its routes are in place. */
    final void listen() {
        for (String path : paths) {
            Endpoint other = new Endpoint(path, false, null, List.of(), this::methodNotAllowed);
            router.route(path).handler(context -> admit(context, other));
        }
        Endpoint unknown = new Endpoint("unknown path", false, null, List.of(), this::notFound);
        router.route().handler(context -> admit(context, unknown));
        HttpServer server = vertx.createHttpServer(new HttpServerOptions().setHandle100ContinueAutomatically(true))
                .requestHandler(router);
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

    /** From now on calls are taken and wait, unanswered, until {@link #healthy}. */
    public final void hold() {
        weather = Weather.HELD;
    }

    /** Ends {@link #down}, {@link #slow} and {@link #hold}. */
    public final void healthy() {
        weather = Weather.HEALTHY;
        release();
    }

    /** This happens to the next calls that are allowed and within their quota. */
    public final void trouble(Trouble trouble, int nextCalls) {
        for (int i = 0; i < nextCalls; i++) {
            troubles.add(trouble);
        }
    }

    /** Tells of every call and its answer, in the thread that answers: the observer must not wait for anything. */
    public final void observe(Consumer<ApiExchange> observer) {
        observers.add(observer);
    }

    /** How many calls were under way at once, at most. */
    public final int concurrentPeak() {
        return concurrentPeak.get();
    }

    /** How many calls are under way now. */
    public final int concurrent() {
        return concurrent.get();
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

    /** More calls than this at once are refused, and count as violations of the quota. */
    final void limitConcurrentCalls(int atMost) {
        concurrentMax = atMost;
    }

    /** Serves GET on a path; {@code quotas} are checked together, and a refused call takes a place in none. */
    final void get(String path, List<MovingWindow> quotas, Handler<RoutingContext> handler) {
        serve(HttpMethod.GET, path, new Endpoint(path, false, null, quotas, handler));
    }

    /** As {@link #get}, for any method; a query that holds other parameters is refused. */
    final void serve(
            String method,
            String path,
            Set<String> parameters,
            List<MovingWindow> quotas,
            Handler<RoutingContext> handler) {
        String name = method.equals("GET") ? path : method + " " + path;
        serve(HttpMethod.valueOf(method), path, new Endpoint(name, false, parameters, quotas, handler));
    }

    /** Serves what needs no credential, such as a token endpoint. */
    final void serveOpenly(String method, String path, Handler<RoutingContext> handler) {
        serve(HttpMethod.valueOf(method), path, new Endpoint(method + " " + path, true, null, List.of(), handler));
    }

    private void serve(HttpMethod method, String path, Endpoint endpoint) {
        router.route(method, path).handler(context -> admit(context, endpoint));
        paths.add(path);
    }

    /** The bytes that came with the call. */
    static Buffer body(RoutingContext context) {
        Buffer body = context.get(BODY);
        return body == null ? Buffer.buffer() : body;
    }

    /** The body as a JSON object; null where it is none. */
    static @Nullable ObjectNode object(RoutingContext context) {
        try {
            return JSON.readTree(body(context).getBytes()) instanceof ObjectNode object ? object : null;
        } catch (IOException notJson) {
            return null;
        }
    }

    /** The fields of a form-encoded body; of JSON, its members. A field that comes twice counts once. */
    static Map<String, String> fields(RoutingContext context) {
        Map<String, String> fields = new TreeMap<>();
        String type = context.request().getHeader("Content-Type");
        if (type != null && type.startsWith("application/json")) {
            ObjectNode object = object(context);
            if (object != null) {
                object.fields()
                        .forEachRemaining(field ->
                                fields.put(field.getKey(), field.getValue().asText()));
            }
        } else if (type != null && type.startsWith("application/x-www-form-urlencoded")) {
            new QueryStringDecoder(body(context).toString(StandardCharsets.UTF_8), false)
                    .parameters()
                    .forEach((name, values) -> fields.put(name, values.get(0)));
        }
        return fields;
    }

    private void arrive(RoutingContext context) {
        int now = concurrent.incrementAndGet();
        concurrentPeak.accumulateAndGet(now, Math::max);
        context.addEndHandler(ended -> concurrent.decrementAndGet());
        if (now > concurrentMax) {
            context.put(CROWDED, true);
        }
        Weather today = weather;
        if (now > concurrentMax || today == Weather.HEALTHY || today == Weather.DOWN) {
            read(context);
        } else if (today == Weather.SLOW) {
            context.request().pause();
            vertx.setTimer(Math.max(1, delay.toMillis()), timer -> read(context));
        } else {
            context.request().pause();
            Context here = vertx.getOrCreateContext();
            held.add(() -> here.runOnContext(released -> read(context)));
            if (weather != Weather.HELD) {
                // it was let go meanwhile
                release();
            }
        }
    }

    private void release() {
        for (Runnable waiting = held.poll(); waiting != null; waiting = held.poll()) {
            waiting.run();
        }
    }

    private static void read(RoutingContext context) {
        context.request().body().onSuccess(body -> {
            context.put(BODY, body);
            context.next();
        });
        context.request().resume();
    }

    private void admit(RoutingContext context, Endpoint endpoint) {
        calls.computeIfAbsent(endpoint.name(), counted -> new AtomicLong()).incrementAndGet();
        if (weather == Weather.DOWN) {
            unavailable(context);
            return;
        }
        if (context.get(CROWDED) != null) {
            quotaViolations.incrementAndGet();
            throttled(context, 1);
            return;
        }
        if (!endpoint.open() && !admissible(context)) {
            return;
        }
        if (endpoint.parameters() != null) {
            for (Map.Entry<String, String> parameter : context.queryParams()) {
                if (!endpoint.parameters().contains(parameter.getKey())) {
                    unknownParameter(context, parameter.getKey());
                    return;
                }
            }
        }
        List<MovingWindow> quotas = endpoint.quotas();
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
        Trouble trouble = troubles.poll();
        if (trouble == Trouble.BROKEN) {
            broken(context);
            return;
        }
        if (trouble == Trouble.THROTTLED) {
            throttled(context, 1);
            return;
        }
        if (trouble == Trouble.CUT) {
            context.request().connection().close();
            return;
        }
        if (trouble != null) {
            context.put(TROUBLE, trouble);
        }
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
            endpoint.handler().handle(context);
        }
    }

    /** Whether the caller may go on; otherwise the refusal has been answered. */
    abstract boolean admissible(RoutingContext context);

    abstract void notFound(RoutingContext context);

    abstract void methodNotAllowed(RoutingContext context);

    abstract void throttled(RoutingContext context, long retryAfterSeconds);

    /** The query holds a parameter that the platform does not know. */
    void unknownParameter(RoutingContext context, String name) {
        notFound(context);
    }

    abstract void broken(RoutingContext context);

    abstract void unavailable(RoutingContext context);

    final void answer(RoutingContext context, int status, String contentType, @Nullable JsonNode body) {
        answers.computeIfAbsent(status, counted -> new AtomicLong()).incrementAndGet();
        byte[] bytes = body == null ? new byte[0] : bytes(JSON, body);
        HttpServerResponse response = context.response().setStatusCode(status);
        if (body != null) {
            response.putHeader("Content-Type", contentType);
        }
        if (!observers.isEmpty()) {
            HttpServerRequest request = context.request();
            ApiExchange exchange = new ApiExchange(
                    request.method().name(),
                    request.uri(),
                    headers(request.headers()),
                    body(context).getBytes(),
                    status,
                    headers(response.headers()),
                    bytes);
            observers.forEach(observer -> observer.accept(exchange));
        }
        Trouble trouble = context.get(TROUBLE);
        if (trouble == Trouble.DONE_THEN_CUT) {
            context.request().connection().close();
        } else if (trouble == null) {
            response.end(Buffer.buffer(bytes));
        }
    }

    private static Map<String, String> headers(MultiMap headers) {
        Map<String, String> byName = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        headers.forEach((name, value) -> byName.putIfAbsent(name, value));
        return byName;
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
