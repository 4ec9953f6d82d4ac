package dev.muster.camel;

import dev.muster.access.Credentials;
import dev.muster.admin.AdminRequest;
import dev.muster.delivery.ClientAddress;
import dev.muster.delivery.HttpAnswer;
import dev.muster.delivery.TrustedProxies;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;

/**
 * Between a platform-http exchange and the admin API: reads the request, and writes the answer over everything that came
 * in, so that no header of a request comes back with its answer.
 */
public final class AdminEntry implements Processor {
    private static final String PREFIX = "/api";

    /** What of a request's head is of any use to the API, beside what says who sent it. */
    private static final List<String> HEADERS = List.of("content-type", "if-match", "if-none-match", "idempotency-key");

    private final Function<AdminRequest, HttpAnswer> api;
    private final TrustedProxies proxies;

    /** @param proxies whose word about addresses and TLS is believed */
    public AdminEntry(Function<AdminRequest, HttpAnswer> api, TrustedProxies proxies) {
        this.api = api;
        this.proxies = proxies;
    }

    @Override
    public void process(Exchange exchange) {
        Message message = exchange.getMessage();
        HttpAnswer answer = api.apply(request(message));
        message.removeHeaders("*");
        message.setHeader(Exchange.HTTP_RESPONSE_CODE, answer.status());
        if (!answer.contentType().isEmpty()) {
            message.setHeader(Exchange.CONTENT_TYPE, answer.contentType());
        }
        answer.headers().forEach(message::setHeader);
        message.setBody(answer.body());
    }

    /** The address can be decoded, or {@link HubHttpServer} would have refused it. */
    private AdminRequest request(Message message) {
        String address = text(message.getHeader(Exchange.HTTP_URI));
        int mark = address.indexOf('?');
        String path = mark < 0 ? address : address.substring(0, mark);
        List<String> segments = new ArrayList<>();
        String rest = path.startsWith(PREFIX) ? path.substring(PREFIX.length()) : path;
        for (String segment : rest.split("/", 16)) {
            if (!segment.isEmpty()) {
                segments.add(decoded(segment.replace("+", "%2B")));
            }
        }
        Map<String, String> query = new HashMap<>();
        String raw = mark < 0 ? "" : address.substring(mark + 1);
        for (String pair : raw.split("&", 64)) {
            if (!pair.isEmpty()) {
                int equals = pair.indexOf('=');
                String name = equals < 0 ? pair : pair.substring(0, equals);
                query.put(decoded(name), equals < 0 ? "" : decoded(pair.substring(equals + 1)));
            }
        }
        String method = text(message.getHeader(Exchange.HTTP_METHOD));
        return new AdminRequest(method, segments, query, headers(message), credentials(message, method), body(message));
    }

    private static Map<String, String> headers(Message message) {
        Map<String, String> headers = new HashMap<>();
        for (String name : HEADERS) {
            String value = header(message, name);
            if (value != null) {
                headers.put(name, value);
            }
        }
        return headers;
    }

    private Credentials credentials(Message message, String method) {
        String peer = host(text(message.getHeader("CamelVertxPlatformHttpRemoteAddress")));
        return new Credentials(
                header(message, "Authorization"),
                header(message, "Cookie"),
                header(message, "X-CSRF-Token"),
                method,
                ClientAddress.resolve(peer, header(message, "X-Forwarded-For"), proxies)
                        .source(),
                proxies.isTls(peer, header(message, "X-Forwarded-Proto")));
    }

    /** One that was sent several times means the same as one with commas. */
    static @Nullable String header(Message message, String name) {
        Object value = message.getHeader(name);
        if (value instanceof Collection<?> several) {
            return several.stream().map(String::valueOf).collect(Collectors.joining(", "));
        }
        return value == null ? null : value.toString();
    }

    private static byte[] body(Message message) {
        byte[] body = message.getBody() == null ? null : message.getBody(byte[].class);
        return body == null ? new byte[0] : body;
    }

    /** Of {@code 198.51.100.1:4711} or {@code [2001:db8::1]:4711}. */
    private static String host(String address) {
        String host = address.substring(0, Math.max(0, address.lastIndexOf(':')));
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static String text(@Nullable Object header) {
        return header == null ? "" : header.toString();
    }

    private static String decoded(String text) {
        return text.indexOf('%') < 0 && text.indexOf('+') < 0 ? text : URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
