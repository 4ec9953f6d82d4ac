package dev.muster.delivery;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.failure.Transient;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** RFC 9457 problem details for whatever went wrong. */
public final class Problem {
    private static final Logger LOG = LoggerFactory.getLogger(Problem.class);
    private static final JsonFactory JSON = new JsonFactory();
    private static final int CLIPPED_LENGTH = 60;
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private Problem() {}

    /** A refusal answers its own status, a transient failure 503 with Retry-After, anything else 500 without details. */
    public static HttpAnswer of(Throwable failure) {
        if (failure instanceof Refusal refusal) {
            return answer(refusal.status(), refusal.code(), refusal.getMessage(), refusal.headers());
        }
        if (failure instanceof Transient busy) {
            Duration wait = busy.retryAfter() == null ? RETRY_AFTER : busy.retryAfter();
            int status = busy.code() == FailureCode.RATE_LIMITED ? 429 : 503;
            // What the store says is for the log, not for a stranger.
            String detail = busy.code() == FailureCode.STORE_UNAVAILABLE
                    ? "The store cannot be used now; send it again"
                    : busy.getMessage();
            if (busy.code() == FailureCode.STORE_UNAVAILABLE) {
                LOG.error("{}", busy.getMessage());
            }
            return answer(
                    status,
                    busy.code(),
                    detail,
                    Map.of("Retry-After", Long.toString(Math.max(1, (wait.toMillis() + 999) / 1000))));
        }
        LOG.error("A request failed by a defect of the hub", failure);
        return answer(500, FailureCode.INTERNAL, "A defect of the hub; its log says more", Map.of());
    }

    /** The beginning of what a stranger wrote, as a message repeats it. */
    public static String clip(String text) {
        return text.length() > CLIPPED_LENGTH ? text.substring(0, CLIPPED_LENGTH) + "…" : text;
    }

    private static HttpAnswer answer(
            int status, FailureCode code, @Nullable String detail, Map<String, String> headers) {
        StringWriter text = new StringWriter(160);
        try (JsonGenerator generator = JSON.createGenerator(text)) {
            generator.writeStartObject();
            generator.writeStringField("type", "urn:muster:problem:" + code.id());
            generator.writeStringField("title", code.id().replace('-', ' '));
            generator.writeNumberField("status", status);
            generator.writeStringField("detail", detail == null ? "" : detail);
            generator.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new HttpAnswer(status, "application/problem+json", text.toString(), headers);
    }
}
