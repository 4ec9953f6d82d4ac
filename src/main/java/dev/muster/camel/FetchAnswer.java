package dev.muster.camel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.normalize.Assembly;
import dev.muster.platform.PlatformCatalog;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;

/**
 * Reads a platform's answer within the size limit and adds it to the assembly, or says which failure it is. A refusal is
 * only kept here, for {@link FetchVerdict} to tell: a wrong key of one connection says nothing of its platform, and must not
 * open the circuit breaker for the others.
 */
public final class FetchAnswer implements Processor {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration RETRY_AFTER_MAX = Duration.ofDays(30);

    private final PlatformCatalog catalog;
    private final Clock clock;

    public FetchAnswer(PlatformCatalog catalog, Clock clock) {
        this.catalog = catalog;
        this.clock = clock;
    }

    @Override
    public void process(Exchange exchange) throws IOException {
        try {
            take(exchange);
        } catch (Defect refused) {
            exchange.setProperty(FetchVerdict.REFUSED, refused);
        }
    }

    private void take(Exchange exchange) throws IOException {
        Message message = exchange.getMessage();
        Assembly assembly = exchange.getVariable(FetchRequest.ASSEMBLY, Assembly.class);
        String platform = assembly.operation().platform();
        int status = message.getHeader(Exchange.HTTP_RESPONSE_CODE, 0, Integer.class);
        String what =
                platform + " answered " + status + " to " + assembly.next().object();
        byte[] body = read(message, catalog.find(platform).orElseThrow().api().responseBytesMax(), what);
        if (status == 429) {
            throw new Transient(FailureCode.PLATFORM_THROTTLED, what, null, retryAfter(message));
        }
        if (status >= 500 || status == 408 || status == 0) {
            throw new Transient(FailureCode.PLATFORM_UNAVAILABLE, what, null, retryAfter(message));
        }
        // not the time of the answer: a slow one, of before a change, would beat the fetch that the change set off
        Instant readAt = exchange.getVariable(FetchRequest.ASKED_AT, Instant.class);
        if (status == 404 || status == 410) {
            assembly.fetched(assembly.next(), MissingNode.getInstance(), readAt);
        } else if (status == 200) {
            assembly.fetched(assembly.next(), parse(body, what), readAt);
        } else {
            throw new Defect(
                    FailureCode.FETCH_REFUSED,
                    what
                            + (status == 401 || status == 403
                                    ? ": the integration's key is wrong, expired or lacks a permission; replace it and replay"
                                    : ": redirects and other answers are not followed"));
        }
        message.removeHeaders("*");
        message.setBody(assembly);
    }

    private static byte[] read(Message message, int bytesMax, String what) throws IOException {
        Object body = message.getBody();
        if (body == null) {
            return new byte[0];
        }
        try (InputStream stream = message.getBody(InputStream.class)) {
            byte[] bytes = stream.readNBytes(bytesMax + 1);
            if (bytes.length > bytesMax) {
                throw new Defect(
                        FailureCode.FETCH_REFUSED,
                        what + " with more than " + bytesMax + " bytes; raise api.responseBytesMax if that is right");
            }
            return bytes;
        }
    }

    private static JsonNode parse(byte[] body, String what) throws IOException {
        try {
            JsonNode tree = JSON.readTree(body);
            if (tree == null || tree.isMissingNode()) {
                throw new Transient(FailureCode.PLATFORM_UNAVAILABLE, what + " with an empty body", null);
            }
            return tree;
        } catch (JsonProcessingException e) {
            throw new Transient(FailureCode.PLATFORM_UNAVAILABLE, what + " with something that is not JSON", e);
        }
    }

    /** Seconds or an HTTP date; at most 30 days, as more is a mistake of the platform; null where it was not said. */
    private @Nullable Duration retryAfter(Message message) {
        String value = message.getHeader("Retry-After", String.class);
        if (value == null) {
            return null;
        }
        Duration wait;
        try {
            wait = Duration.ofSeconds(Long.parseLong(value.strip()));
        } catch (NumberFormatException e) {
            try {
                wait = Duration.between(
                        clock.instant(),
                        ZonedDateTime.parse(value.strip(), DateTimeFormatter.RFC_1123_DATE_TIME)
                                .toInstant());
            } catch (DateTimeParseException notADate) {
                return null;
            }
        }
        if (wait.isNegative()) {
            return Duration.ZERO;
        }
        return wait.compareTo(RETRY_AFTER_MAX) > 0 ? RETRY_AFTER_MAX : wait;
    }
}
