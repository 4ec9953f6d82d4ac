package dev.muster.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a sender is answered.
 *
 * @param contentType null-free; empty where there is no body
 * @param headers further headers, such as Retry-After
 */
public record HttpAnswer(int status, String contentType, String body, Map<String, String> headers) {

    public HttpAnswer {
        headers = Map.copyOf(headers);
    }

    /** 200 with a document. */
    public static HttpAnswer ok(JsonNode document) {
        return json(200, document.toString());
    }

    /** A JSON answer without further headers. */
    public static HttpAnswer json(int status, String body) {
        return new HttpAnswer(status, "application/json", body, Map.of());
    }

    /** The same answer with a further header. */
    public HttpAnswer with(String header, String value) {
        Map<String, String> more = new TreeMap<>(headers);
        more.put(header, value);
        return new HttpAnswer(status, contentType, body, more);
    }
}
