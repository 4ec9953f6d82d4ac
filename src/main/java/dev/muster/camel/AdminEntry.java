package dev.muster.camel;

import dev.muster.admin.AdminRequest;
import dev.muster.delivery.HttpAnswer;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
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

    /** What of a request's head is of any use to the API. */
    private static final List<String> HEADERS = List.of(
            "authorization",
            "cookie",
            "content-type",
            "if-match",
            "if-none-match",
            "idempotency-key",
            "x-csrf-token",
            "x-forwarded-for",
            "x-forwarded-proto");

    private final Function<AdminRequest, HttpAnswer> api;

    public AdminEntry(Function<AdminRequest, HttpAnswer> api) {
        this.api = api;
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
        message.setHeader("X-Content-Type-Options", "nosniff");
        answer.headers().forEach(message::setHeader);
        message.setBody(answer.body());
    }

    /** The address can be decoded, or {@link HubHttpServer} would have refused it. */
    private static AdminRequest request(Message message) {
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
        return new AdminRequest(
                text(message.getHeader(Exchange.HTTP_METHOD)),
                segments,
                query,
                headers(message),
                peer(message),
                body(message));
    }

    private static Map<String, String> headers(Message message) {
        Map<String, String> headers = new HashMap<>();
        for (String name : HEADERS) {
            Object value = message.getHeader(name);
            if (value != null) {
                headers.put(name, value.toString());
            }
        }
        return headers;
    }

    private static byte[] body(Message message) {
        byte[] body = message.getBody() == null ? null : message.getBody(byte[].class);
        return body == null ? new byte[0] : body;
    }

    private static String peer(Message message) {
        Object address = message.getHeader("CamelVertxPlatformHttpRemoteAddress");
        return address == null ? "an unknown address" : address.toString();
    }

    private static String text(@Nullable Object header) {
        return header == null ? "" : header.toString();
    }

    private static String decoded(String text) {
        return text.indexOf('%') < 0 && text.indexOf('+') < 0 ? text : URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
