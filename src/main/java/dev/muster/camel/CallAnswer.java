package dev.muster.camel;

import static java.util.Objects.requireNonNull;

import dev.muster.call.CallCredentials;
import dev.muster.call.PlatformAnswer;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.quota.RetryAfter;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;

/**
 * Reads what a platform answered, within the size limit, and says which failure it is, if it is one. A credential that was
 * refused for the first time is none yet: the call is made again with another.
 */
public final class CallAnswer implements Processor {
    private final CallCredentials credentials;
    private final Clock clock;

    public CallAnswer(CallCredentials credentials, Clock clock) {
        this.credentials = credentials;
        this.clock = clock;
    }

    @Override
    public void process(Exchange exchange) {
        PlatformCall call = PlatformCall.of(exchange);
        Message message = exchange.getMessage();
        int status = message.getHeader(Exchange.HTTP_RESPONSE_CODE, 0, Integer.class);
        String what = call.request.platform() + " answered " + status + " to " + call.request.method() + ' '
                + pathOnly(call.request.path());
        Map<String, String> headers = headers(message);
        // Also where its body is too much to read: the platform has answered, and counted the call.
        call.heard = new PlatformAnswer(status, headers, new byte[0], requireNonNull(call.askedAt), call.baseUrl);
        byte[] body;
        try {
            body = read(message, call.platform.api().responseBytesMax(), what);
        } catch (IOException e) {
            call.cutOff = true;
            throw new Transient(
                    FailureCode.PLATFORM_UNAVAILABLE, what + ", and the answer was cut off: " + e.getMessage(), e);
        }
        call.heard = new PlatformAnswer(status, headers, body, call.askedAt, call.baseUrl);
        if (status == 429) {
            throw new Transient(FailureCode.PLATFORM_THROTTLED, what, null, RetryAfter.of(call.heard, clock.instant()));
        }
        if (status >= 500 || status == 408 || status == 0) {
            throw new Transient(
                    FailureCode.PLATFORM_UNAVAILABLE, what, null, RetryAfter.of(call.heard, clock.instant()));
        }
        if (status == 401) {
            if (call.refused != null) {
                throw credentials.refused(call.integration, requireNonNull(call.credential));
            }
            call.refused = call.credential;
            return;
        }
        call.over = true;
        message.setBody(call.heard);
    }

    /** A query may hold what is nobody's business. */
    private static String pathOnly(String path) {
        int query = path.indexOf('?');
        return query < 0 ? path : path.substring(0, query);
    }

    private static Map<String, String> headers(Message message) {
        Map<String, String> headers = new HashMap<>();
        message.getHeaders().forEach((name, value) -> {
            if (value != null && !name.startsWith("Camel")) {
                headers.put(name, String.valueOf(value));
            }
        });
        return headers;
    }

    private static byte[] read(Message message, int bytesMax, String what) throws IOException {
        if (message.getBody() == null) {
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
}
