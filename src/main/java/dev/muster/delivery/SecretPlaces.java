package dev.muster.delivery;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where requests carry secrets, which are taken out before anything is stored: {@code webhook.redact}. The header of a
 * token and the JSON field of a {@code json-field} signature need not be named; nor do headers that hold the
 * integration's own secret, as those do in which a proxy repeats the address.
 *
 * <pre>{@code
 * redact: {headers: [X-Session], json: [/credentials/key]}
 * }</pre>
 */
public final class SecretPlaces {
    private static final List<String> ALWAYS = List.of("authorization", "proxy-authorization", "cookie", "set-cookie");

    /** In which proxies repeat the address, and with it the secret that is its last part, perhaps in another encoding. */
    private static final List<String> ADDRESSES = List.of(
            "referer",
            "x-original-uri",
            "x-original-url",
            "x-forwarded-uri",
            "x-forwarded-url",
            "x-forwarded-path",
            "x-rewrite-url",
            "x-request-uri",
            "x-envoy-original-path");

    /** A shorter secret may stand in a header by chance. */
    private static final int SECRET_LENGTH_MIN = 6;

    private static final byte[] MASK = "\"***\"".getBytes(StandardCharsets.US_ASCII);
    private static final JsonFactory JSON = new JsonFactory();
    private static final JsonMapper MAPPER = new JsonMapper();

    private final Set<String> headers;
    private final Set<JsonPointer> json;

    private SecretPlaces(Set<String> headers, Set<JsonPointer> json) {
        this.headers = headers;
        this.json = json;
    }

    /**
     * @param owner the section that may have a key {@code redact}
     * @param signature null where it could not be read
     */
    static SecretPlaces read(Section owner, @Nullable SignatureSettings signature) {
        Set<String> headers = new HashSet<>(ALWAYS);
        Set<JsonPointer> json = new HashSet<>();
        if (owner.has("redact")) {
            Section section = owner.section("redact");
            section.texts("headers").forEach(name -> headers.add(name.toLowerCase(Locale.ROOT)));
            for (JsonNode text : section.several("json")) {
                JsonPointer pointer = section.pointer("json", text);
                if (pointer != null) {
                    json.add(pointer);
                }
            }
            section.end();
        }
        if (signature != null) {
            switch (signature.scheme()) {
                case TOKEN -> {
                    if (signature.carrier() instanceof SignatureCarrier.Header header) {
                        headers.add(header.name());
                    }
                }
                case JSON_FIELD -> json.add(SignatureScheme.given(signature.field(), "a field"));
                case PATH -> headers.addAll(ADDRESSES);
                default -> {
                    // a signature is no secret
                }
            }
        }
        return new SecretPlaces(Set.copyOf(headers), Set.copyOf(json));
    }

    /**
     * The headers that may be stored, in a map of its own.
     *
     * @param secrets the integration's own: a header that holds one of them is left out, whatever its name
     */
    Map<String, String> storable(Map<String, String> received, List<String> secrets) {
        Map<String, String> kept = new HashMap<>(received);
        kept.keySet().removeAll(headers);
        for (String secret : secrets) {
            if (secret.length() >= SECRET_LENGTH_MIN) {
                kept.values().removeIf(value -> value.contains(secret));
            }
        }
        return kept;
    }

    /**
     * The body with {@code "***"} in the place of each secret and all other bytes as they came; the same object where
     * there is none.
     */
    RawBody storable(RawBody body) {
        if (json.isEmpty() || body.json() == null) {
            return body;
        }
        try {
            byte[] masked = masked(body.bytes());
            return masked == body.bytes() ? body : RawBody.of(masked);
        } catch (IOException e) {
            throw new IllegalStateException("JSON that was read once cannot be read again", e);
        }
    }

    /** From the first byte of a value to the one behind its last. */
    private record Range(int start, int end) {}

    private byte[] masked(byte[] bytes) throws IOException {
        List<Range> secrets = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(bytes)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                boolean value = token.isScalarValue() || token.isStructStart();
                if (value && json.contains(parser.getParsingContext().pathAsPointer())) {
                    long start = parser.currentTokenLocation().getByteOffset();
                    if (start < 0) {
                        // UTF-16 or UTF-32, where the parser counts characters
                        return rewritten(bytes);
                    }
                    parser.skipChildren();
                    parser.finishToken();
                    secrets.add(new Range(
                            (int) start, (int) parser.currentLocation().getByteOffset()));
                }
            }
        }
        if (secrets.isEmpty()) {
            return bytes;
        }
        ByteArrayOutputStream kept = new ByteArrayOutputStream(bytes.length);
        int at = 0;
        for (Range secret : secrets) {
            kept.write(bytes, at, secret.start() - at);
            kept.write(MASK, 0, MASK.length);
            at = secret.end();
        }
        kept.write(bytes, at, bytes.length - at);
        return kept.toByteArray();
    }

    private byte[] rewritten(byte[] bytes) throws IOException {
        JsonNode root = MAPPER.readTree(bytes);
        for (JsonPointer secret : json) {
            JsonPointer name = secret.last();
            JsonNode owner = name == null ? root : root.at(secret.head());
            if (name == null) {
                return MASK;
            } else if (owner instanceof ObjectNode object && object.has(name.getMatchingProperty())) {
                object.put(name.getMatchingProperty(), "***");
            } else if (owner instanceof ArrayNode array && array.has(name.getMatchingIndex())) {
                array.set(name.getMatchingIndex(), "***");
            }
        }
        return MAPPER.writeValueAsBytes(root);
    }
}
