package dev.muster.call;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import java.io.IOException;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a platform answered, read to its end within the size limit. Throttling (429), failures of the platform (5xx, 408)
 * and refused credentials (401 after a renewal) never come here: they are exceptions of the call.
 *
 * @param status 2xx, 3xx or 4xx
 * @param headers names in lower case
 * @param body empty for none; never changed by anyone
 * @param askedAt just before the call: what it says is no older than that
 * @param baseUrl whom was asked: scheme and host, and what stands before every path: the account's own, also where a token named it
 */
public record PlatformAnswer(int status, Map<String, String> headers, byte[] body, Instant askedAt, String baseUrl) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public PlatformAnswer {
        Map<String, String> lower = new TreeMap<>();
        headers.forEach((name, value) -> lower.put(name.toLowerCase(Locale.ROOT), value));
        headers = Map.copyOf(lower);
    }

    /** Whether it is a 2xx. */
    public boolean isSuccess() {
        return status >= 200 && status < 300;
    }

    /** Whether the platform says that there is no such thing (any more). */
    public boolean isGone() {
        return status == 404 || status == 410;
    }

    /** @param name in any case */
    public @Nullable String header(String name) {
        return headers.get(name.toLowerCase(Locale.ROOT));
    }

    /**
     * The body as JSON; a missing node where there is none.
     *
     * @throws Transient {@code PLATFORM_UNAVAILABLE} if it is something else: a proxy's page, or cut off
     */
    public JsonNode json() {
        if (body.length == 0) {
            return MissingNode.getInstance();
        }
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new Transient(FailureCode.PLATFORM_UNAVAILABLE, "The answer (" + status + ") is not JSON", e);
        } catch (IOException e) {
            throw new Transient(FailureCode.PLATFORM_UNAVAILABLE, "The answer (" + status + ") cannot be read", e);
        }
    }

    /** Neither headers nor body. */
    @Override
    public String toString() {
        return status + ", " + body.length + " bytes";
    }

    /** By identity alone: Camel looks bodies up by hash. */
    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    @SuppressWarnings("ReferenceEquality")
    public boolean equals(@Nullable Object other) {
        return this == other;
    }
}
