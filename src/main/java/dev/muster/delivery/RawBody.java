package dev.muster.delivery;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a request's body, and what they say when somebody asks: parsed at most once, and not at all where nobody
 * asks. Belongs to one request and one thread at a time. The bytes are not copied and must not be changed.
 */
public final class RawBody {
    private static final ObjectReader JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .reader();

    private final byte[] bytes;
    private boolean parsed;
    private @Nullable JsonNode json;
    private @Nullable FormFields form;

    private RawBody(byte[] bytes) {
        this.bytes = bytes;
    }

    /** @param bytes as they came, before any parsing */
    public static RawBody of(byte[] bytes) {
        return new RawBody(bytes);
    }

    /** The bytes as they came. */
    public byte[] bytes() {
        return bytes;
    }

    /** The body as JSON; null where it is not. */
    public @Nullable JsonNode json() {
        if (!parsed) {
            parsed = true;
            json = parse(bytes);
        }
        return json;
    }

    /** The text, number or truth value at a place of the JSON body; null where there is none. */
    @Nullable
    String scalar(JsonPointer pointer) {
        JsonNode root = json();
        return root == null ? null : scalar(root.at(pointer));
    }

    /** The fields of a form body; none where it is not one. */
    FormFields form() {
        FormFields fields = form;
        if (fields == null) {
            fields = FormFields.parse(bytes);
            form = fields;
        }
        return fields;
    }

    static @Nullable String scalar(JsonNode node) {
        return node.isValueNode() && !node.isNull() ? node.asText() : null;
    }

    private static @Nullable JsonNode parse(byte[] bytes) {
        try {
            JsonNode node = JSON.readTree(bytes);
            return node == null || node.isMissingNode() ? null : node;
        } catch (IOException e) {
            return null;
        }
    }
}
