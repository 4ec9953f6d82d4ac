package dev.muster.camel;

import dev.muster.camel.WebhookComponent.WebhookLimits;
import dev.muster.delivery.Admission;
import dev.muster.delivery.HttpAnswer;
import dev.muster.delivery.Problem;
import dev.muster.delivery.WebhookRequest;
import dev.muster.failure.Causes;
import dev.muster.failure.Failure;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.failure.Transient;
import dev.muster.meter.Meters;
import dev.muster.meter.Traffic;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ShutdownRunningTask;
import org.apache.camel.spi.ShutdownAware;
import org.apache.camel.support.DefaultConsumer;
import org.jspecify.annotations.Nullable;

/** Reads requests within the limits, enters the route on the event loop, and answers what the route decided. */
final class WebhookConsumer extends DefaultConsumer implements Handler<HttpServerRequest>, ShutdownAware {
    private static final Buffer EMPTY = Buffer.buffer(0);
    private static final Duration RETRY_LATER = Duration.ofSeconds(5);
    private static final long LINGER_MILLIS = 1_000;
    private static final long LINGER_BYTES_MAX = 1024 * 1024;

    private final HubHttpServer server;
    private final WebhookLimits limits;
    private final Meters meters;
    private final BodyBudget budget;
    private final AtomicInteger pending = new AtomicInteger();
    private final Queue<Runnable> answers = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean answering = new AtomicBoolean();

    WebhookConsumer(Endpoint endpoint, Processor processor, HubHttpServer server, WebhookLimits limits, Meters meters) {
        super(endpoint, processor);
        this.server = server;
        this.limits = limits;
        this.meters = meters;
        this.budget = new BodyBudget(limits.bodiesBytesMax());
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        server.door(this);
    }

    @Override
    protected void doStop() throws Exception {
        server.door(null);
        super.doStop();
    }

    @Override
    protected void doSuspend() {
        server.door(null);
    }

    @Override
    protected void doResume() {
        server.door(this);
    }

    @Override
    public void handle(HttpServerRequest request) {
        String transfer = request.getHeader("Transfer-Encoding");
        if (transfer != null && !transfer.equalsIgnoreCase("chunked")) {
            turnAway(
                    request,
                    new Refusal(FailureCode.BAD_REQUEST, 400, "Transfer-Encoding may be chunked and nothing else"));
            return;
        }
        String encoding = encoding(request);
        if (encoding != null) {
            turnAway(
                    request,
                    new Refusal(
                            FailureCode.ENCODING_NOT_SUPPORTED,
                            415,
                            "Content-Encoding is " + Problem.clip(encoding) + "; send the body as it is"));
            return;
        }
        String length = request.getHeader("Content-Length");
        if (length != null && longer(length)) {
            turnAway(request, tooLarge());
            return;
        }
        new Reading(request).begin();
    }

    /** The first content encoding that changes the bytes; null where there is none. */
    private static @Nullable String encoding(HttpServerRequest request) {
        if (request.getHeader("Content-Encoding") == null) {
            return null;
        }
        for (String encoding : request.headers().getAll("Content-Encoding")) {
            if (!encoding.equalsIgnoreCase("identity")) {
                return encoding;
            }
        }
        return null;
    }

    private boolean longer(String contentLength) {
        try {
            return Long.parseLong(contentLength) > limits.bodyBytesMax();
        } catch (NumberFormatException e) {
            return true;
        }
    }

    private Refusal tooLarge() {
        return new Refusal(
                FailureCode.BODY_TOO_LARGE, 413, "The body is longer than " + limits.bodyBytesMax() + " bytes");
    }

    private static Transient noRoom() {
        return new Transient(
                FailureCode.OVERLOADED,
                "Too many long deliveries are coming in; send this one again later",
                null,
                RETRY_LATER);
    }

    /** One request while its body comes in. Runs on the event loop only. */
    private final class Reading {
        private final HttpServerRequest request;
        private Buffer body = Buffer.buffer();
        private long timer;
        private boolean over;

        Reading(HttpServerRequest request) {
            this.request = request;
        }

        void begin() {
            timer = server.vertx()
                    .setTimer(
                            limits.timeoutMillis(),
                            id -> giveUp(new Refusal(
                                    FailureCode.SENDER_TOO_SLOW,
                                    408,
                                    "The request was not complete after " + limits.timeoutMillis() + " ms")));
            request.handler(chunk -> {
                if (!over) {
                    if (body.length() + chunk.length() > limits.bodyBytesMax()) {
                        giveUp(tooLarge());
                    } else if (!budget.grow(body.length(), body.length() + chunk.length())) {
                        giveUp(noRoom());
                    } else {
                        body.appendBuffer(chunk);
                    }
                }
            });
            request.exceptionHandler(e -> {
                // a chunk that cannot be read; or the sender hung up, and the answer goes nowhere
                giveUp(new Refusal(FailureCode.BODY_UNREADABLE, 400, "The body broke off or cannot be read"));
            });
            request.endHandler(end -> {
                if (!over) {
                    over = true;
                    server.vertx().cancelTimer(timer);
                    enter(request, body.getBytes());
                }
            });
        }

        private void giveUp(Failure failure) {
            if (!over) {
                close();
                turnAway(request, failure);
            }
        }

        private void close() {
            over = true;
            server.vertx().cancelTimer(timer);
            budget.release(body.length());
            body = EMPTY;
        }
    }

    private void turnAway(HttpServerRequest request, Failure failure) {
        meters.refused(Traffic.NOBODY, "door", failure.code());
        write(request, Problem.of(failure), true);
    }

    private void enter(HttpServerRequest request, byte[] body) {
        WebhookRequest message;
        try {
            message = message(request, body);
        } catch (IllegalArgumentException e) {
            budget.release(body.length);
            turnAway(request, new Refusal(FailureCode.BAD_REQUEST, 400, "The path cannot be decoded"));
            return;
        }
        Exchange exchange = createExchange(false);
        exchange.getIn().setBody(message);
        pending.incrementAndGet();
        Context context = server.vertx().getOrCreateContext();
        // A Content-Length beside it was dropped unseen. Who disagrees about the end of this request must not get to
        // say
        // where the next begins.
        boolean close = request.getHeader("Transfer-Encoding") != null;
        getAsyncProcessor().process(exchange, doneSync -> {
            HttpAnswer answer = answer(exchange);
            releaseExchange(exchange, false);
            pending.decrementAndGet();
            budget.release(body.length);
            if (doneSync) {
                write(request, answer, close);
            } else {
                later(context, () -> write(request, answer, close));
            }
        });
    }

    /** Answers of one commit come together: one task on the event loop writes them all. */
    private void later(Context context, Runnable answer) {
        answers.add(answer);
        if (answering.compareAndSet(false, true)) {
            context.runOnContext(ignored -> {
                answering.set(false);
                Runnable next;
                while ((next = answers.poll()) != null) {
                    next.run();
                }
            });
        }
    }

    private static HttpAnswer answer(Exchange exchange) {
        Throwable failure = exchange.getException();
        if (failure == null && exchange.getMessage().getBody() instanceof HttpAnswer answer) {
            return answer;
        }
        if (failure == null && exchange.getMessage().getBody() instanceof Admission.Answered answered) {
            return answered.answer();
        }
        if (failure == null) {
            failure = new IllegalStateException("The receive route ended without an answer");
        }
        // The store's failures come as those of a future.
        return Problem.of(Causes.first(failure));
    }

    private static WebhookRequest message(HttpServerRequest request, byte[] body) {
        Map<String, String> headers = new HashMap<>();
        for (Map.Entry<String, String> header : request.headers()) {
            headers.merge(header.getKey().toLowerCase(Locale.ROOT), header.getValue(), (a, b) -> a + "," + b);
        }
        List<String> path = new ArrayList<>(3);
        String rest = request.path().substring(HubHttpServer.DOOR.length());
        for (String segment : rest.split("/", 8)) {
            if (!segment.isEmpty()) {
                path.add(decoded(segment));
            }
        }
        return new WebhookRequest(
                request.method().name(),
                path,
                request.query(),
                request.absoluteURI(),
                headers,
                body,
                request.remoteAddress() == null ? "" : request.remoteAddress().hostAddress(),
                Instant.now());
    }

    /** A plus is a plus in a path, unlike in a form. */
    private static String decoded(String segment) {
        return segment.indexOf('%') < 0
                ? segment
                : URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private void write(HttpServerRequest request, HttpAnswer answer, boolean close) {
        HttpServerResponse response = request.response();
        if (response.ended() || response.closed()) {
            return;
        }
        response.setStatusCode(answer.status());
        if (!answer.contentType().isEmpty()) {
            response.putHeader("Content-Type", answer.contentType());
        }
        answer.headers().forEach(response::putHeader);
        if (!close) {
            response.end(answer.body());
            return;
        }
        response.putHeader("Connection", "close");
        response.end(answer.body()).onComplete(done -> linger(request));
    }

    /**
     * Closes when the sender is done, or after a moment. Closed at once, while it is still sending, TCP would answer with a
     * reset, which makes the sender lose the answer; so the rest is read and dropped.
     */
    private void linger(HttpServerRequest request) {
        HttpConnection connection = request.connection();
        if (request.isEnded()) {
            connection.close();
            return;
        }
        long[] dropped = new long[1];
        request.handler(chunk -> {
            dropped[0] += chunk.length();
            if (dropped[0] > LINGER_BYTES_MAX) {
                connection.close();
            }
        });
        request.endHandler(end -> connection.close());
        request.exceptionHandler(broken -> connection.close());
        request.resume();
        server.vertx().setTimer(LINGER_MILLIS, timer -> connection.close());
    }

    @Override
    public boolean deferShutdown(ShutdownRunningTask shutdownRunningTask) {
        server.door(request ->
                turnAway(request, new Transient(FailureCode.STOPPING, "The hub is stopping", null, RETRY_LATER)));
        return false;
    }

    @Override
    public int getPendingExchangesSize() {
        return pending.get();
    }

    @Override
    public void prepareShutdown(boolean suspendOnly, boolean forced) {
        // deferShutdown has closed the door already
    }
}
