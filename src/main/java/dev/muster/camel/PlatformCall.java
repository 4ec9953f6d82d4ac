package dev.muster.camel;

import static java.util.Objects.requireNonNull;

import dev.muster.call.CallCredential;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.platform.Integration;
import dev.muster.platform.PlatformDefinition;
import dev.muster.quota.Breakers.Permission;
import dev.muster.quota.Turn;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/** One call on its way through {@code routes/kamelets/call-platform-action}: what its steps leave for the next. */
final class PlatformCall {
    private static final String PROPERTY = "muster.call";

    final PlatformRequest request;
    final PlatformDefinition platform;
    final Integration integration;

    /** What the platform refused once; the next try shows another. */
    @Nullable
    CallCredential refused;

    @Nullable
    CallCredential credential;

    @Nullable
    Turn turn;

    @Nullable
    Permission permission;

    /** Where it went; empty where it has not left. */
    String baseUrl = "";

    /** Just before it left; null where it has not. */
    @Nullable
    Instant askedAt;

    /** Whatever the platform said last, failures included. */
    @Nullable
    PlatformAnswer heard;

    /** Whether the connection broke within what was heard. */
    boolean cutOff;

    /** Whether it has its answer. */
    boolean over;

    /** The caller's, such as how often Camel has tried already. */
    private final Map<String, Object> headers;

    PlatformCall(
            PlatformRequest request,
            PlatformDefinition platform,
            Integration integration,
            Map<String, Object> headers) {
        this.headers = new HashMap<>(headers);
        this.request = request;
        this.platform = platform;
        this.integration = integration;
    }

    void goWith(Exchange exchange) {
        exchange.setProperty(PROPERTY, this);
    }

    /** Puts the caller's headers in the place of those of HTTP. */
    void restoreHeaders(Exchange exchange) {
        exchange.getMessage().removeHeaders("*");
        headers.forEach(exchange.getMessage()::setHeader);
    }

    static PlatformCall of(Exchange exchange) {
        return requireNonNull(
                exchange.getProperty(PROPERTY, PlatformCall.class),
                "no call has begun: the step callStart comes first");
    }
}
