package dev.muster.camel;

import static java.util.Objects.requireNonNull;

import dev.muster.call.CallCredential;
import dev.muster.call.PlatformRequest;
import dev.muster.platform.Integration;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;

/**
 * Sets up the HTTP request of a call. The address is the account's own host and the call's path; nothing that came in with
 * the message survives into the request.
 */
public final class CallRequest implements Processor {
    private final Clock clock;

    public CallRequest(Clock clock) {
        this.clock = clock;
    }

    @Override
    public void process(Exchange exchange) {
        PlatformCall call = PlatformCall.of(exchange);
        CallCredential credential = requireNonNull(call.credential, "the step callIdentity comes first");
        // It may have waited for its turn for long.
        PlatformRequest request = call.request.lastLook().of(call.request);
        Message message = exchange.getMessage();
        message.removeHeaders("*");
        call.platform.api().headers().forEach((name, value) -> {
            if (!value.contains("{")) {
                message.setHeader(name, value);
            }
        });
        request.headers().forEach(message::setHeader);
        credential.headers().forEach(message::setHeader);
        call.baseUrl = base(call, credential);
        message.setHeader(Exchange.HTTP_URI, call.baseUrl + withQuery(request.path(), credential));
        message.setHeader(Exchange.HTTP_METHOD, request.method());
        message.setBody(request.body().length == 0 ? null : request.body());
        call.heard = null;
        call.cutOff = false;
        call.askedAt = clock.instant();
    }

    /** Whether the platform's requests are made by a Kamelet of its own. */
    public boolean isThroughKamelet(Exchange exchange) {
        return !PlatformCall.of(exchange).platform.api().through().isEmpty();
    }

    /** The endpoint of that Kamelet. */
    public String transport(Exchange exchange) {
        return "kamelet:" + PlatformCall.of(exchange).platform.api().through();
    }

    private static String base(PlatformCall call, CallCredential credential) {
        Integration integration = call.integration;
        if (credential.baseUrl() != null) {
            return credential.baseUrl();
        }
        return integration.baseUrl() == null ? call.platform.api().baseUrl() : integration.baseUrl();
    }

    private static String withQuery(String path, CallCredential credential) {
        StringBuilder address = new StringBuilder(path);
        for (Map.Entry<String, String> parameter : credential.query().entrySet()) {
            address.append(address.indexOf("?") < 0 ? '?' : '&')
                    .append(parameter.getKey())
                    .append('=')
                    .append(URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8));
        }
        return address.toString();
    }
}
