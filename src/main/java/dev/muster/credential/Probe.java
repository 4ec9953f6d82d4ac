package dev.muster.credential;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.call.CallPort;
import dev.muster.call.CallPriority;
import dev.muster.call.CredentialUnusable;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.failure.Causes;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.platform.Integration;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Tries an integration out: can it get in, does the account answer, what does it have. */
public final class Probe {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The first step: whether the account lets the hub in. */
    public static final String AUTHENTICATE = "authenticate";

    private static final int MEMBERS_SHOWN = 50;

    private final PlatformCredentials credentials;
    private final CallPort calls;
    private final Clock clock;
    private final Duration limit;

    /** @param limit for all steps together: whoever asks waits no longer */
    public Probe(PlatformCredentials credentials, CallPort calls, Clock clock, Duration limit) {
        this.credentials = credentials;
        this.calls = calls;
        this.clock = clock;
        this.limit = limit;
    }

    /** What came of each step: {@code ok}, {@code skipped} or {@code error}, with how long it took. Kept as the last test. */
    public ObjectNode test(Integration integration) {
        long end = System.nanoTime() + limit.toNanos();
        credentials.retry(integration);
        AuthSettings auth = credentials.auth(integration);
        ObjectNode outcome = JSON.createObjectNode();
        boolean in = step(outcome.putObject(AUTHENTICATE), "a token", () -> {
            await(credentials.of(integration), end);
            return null;
        });
        boolean answers = false;
        if (!in || auth.testPath().isEmpty()) {
            skip(outcome.putObject("testConnection"), in ? "auth.test is not in the platform's file" : "not let in");
        } else {
            answers = step(
                    outcome.putObject("testConnection"),
                    "GET " + auth.testPath(),
                    () -> judged(call(integration, auth.testPath(), end)));
        }
        if (!answers || auth.schemaPath().isEmpty()) {
            skip(
                    outcome.putObject("getSchema"),
                    auth.schemaPath().isEmpty() ? "auth.getSchema is not in the platform's file" : "not connected");
        } else {
            step(
                    outcome.putObject("getSchema"),
                    "GET " + auth.schemaPath(),
                    () -> judged(call(integration, auth.schemaPath(), end)));
        }
        outcome.put("at", clock.instant().toString());
        try {
            credentials.store().noteTest(integration, JSON.writeValueAsString(outcome));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        return outcome;
    }

    private PlatformAnswer call(Integration integration, String path, long end) throws Exception {
        URI address = new Placeholders(integration, "").address(path, "http://here");
        return await(
                calls.call(PlatformRequest.get(
                        integration.platform(),
                        integration.organization(),
                        integration.id(),
                        "test",
                        CallPriority.PROMPT,
                        address.getRawPath() + (address.getRawQuery() == null ? "" : '?' + address.getRawQuery()))),
                end);
    }

    /** What there is at the top of the answer, never its values. */
    private static JsonNode judged(PlatformAnswer answer) {
        if (!answer.isSuccess()) {
            throw new IllegalStateException("the platform answered " + answer.status());
        }
        JsonNode json = answer.json();
        ObjectNode shown = JSON.createObjectNode();
        Iterator<String> names = json.fieldNames();
        for (int i = 0; i < MEMBERS_SHOWN && names.hasNext(); i++) {
            shown.withArray("members").add(names.next());
        }
        if (json.isArray()) {
            shown.put("items", json.size());
        }
        return shown;
    }

    private interface Step {
        @Nullable
        JsonNode run() throws Exception;
    }

    /** @param asked for what, as the platform's file says it */
    private boolean step(ObjectNode node, String asked, Step step) {
        long start = System.nanoTime();
        boolean done = false;
        try {
            JsonNode found = step.run();
            node.put("outcome", "ok");
            if (found != null) {
                node.set("found", found);
            }
            done = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail(node, "the hub stops");
        } catch (TimeoutException e) {
            fail(
                    node,
                    "no answer to " + asked + ": the test took its " + limit.toMillis()
                            + " ms (muster.integration.test.limit). The platform hangs, or the call still waits for"
                            + " its turn (GET /api/quotas); nothing was changed, test again in a while");
        } catch (ExecutionException e) {
            fail(node, told(Causes.first(e.getCause())));
        } catch (Exception e) {
            fail(node, told(e));
        }
        node.put("millis", (System.nanoTime() - start) / 1_000_000);
        return done;
    }

    /** Messages of our own hold no secret; those of others are not repeated. */
    private static String told(Throwable failure) {
        String message = failure.getMessage();
        if (failure instanceof Transient throttled && throttled.code() == FailureCode.PLATFORM_THROTTLED) {
            return message + ": the platform's quota for this account is used up";
        }
        boolean ours = failure instanceof CredentialUnusable
                || failure instanceof Transient
                || failure instanceof Defect
                || failure instanceof IllegalStateException;
        if (ours && message != null) {
            return message;
        }
        if (failure instanceof CallNotPermittedException) {
            return "not called: the platform's circuit breaker is open, as its last calls failed; try again in a while";
        }
        if (failure instanceof UnknownHostException) {
            return "its host is not known: is the base URL right?";
        }
        if (failure instanceof SocketTimeoutException) {
            return "no answer in time: the platform hangs, or its host cannot be reached";
        }
        if (failure instanceof ConnectException) {
            return "nobody takes the connection at its base URL";
        }
        return failure.getClass().getSimpleName();
    }

    private static void fail(ObjectNode node, String why) {
        node.put("outcome", "error");
        node.put("error", why);
    }

    private static void skip(ObjectNode node, String why) {
        node.put("outcome", "skipped");
        node.put("reason", why);
    }

    private static <T> T await(CompletionStage<T> stage, long end) throws Exception {
        return stage.toCompletableFuture().get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    }
}
