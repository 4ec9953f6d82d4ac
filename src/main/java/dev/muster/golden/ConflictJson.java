package dev.muster.golden;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.db.Ids;
import dev.muster.decide.Candidate;
import dev.muster.decide.FieldOverride;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The candidates of a conflict, as the API shows them. */
final class ConflictJson {
    private static final JsonFactory JSON = new JsonFactory();
    private static final ObjectMapper TREES = new ObjectMapper();
    private static final String BY = "by";
    private static final List<String> WHEN = List.of("observedAt", "deliveryId");

    private ConflictJson() {}

    static String candidates(List<Candidate> candidates) {
        StringWriter text = new StringWriter(256);
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartArray();
            for (Candidate candidate : candidates) {
                json.writeStartObject();
                json.writeStringField("platform", candidate.platform());
                json.writeStringField("externalId", candidate.externalId());
                json.writeFieldName("value");
                ValuesJson.value(json, candidate.value());
                json.writeStringField("observedAt", candidate.observedAt().toString());
                json.writeStringField("deliveryId", Ids.format(candidate.deliveryId()));
                json.writeEndObject();
            }
            json.writeEndArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    /** Persons' words as a conflict's candidates. */
    static String persons(List<FieldOverride> words) {
        StringWriter text = new StringWriter(128);
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartArray();
            for (FieldOverride word : words) {
                json.writeStartObject();
                json.writeStringField(BY, word.by());
                json.writeFieldName("value");
                ValuesJson.value(json, word.value());
                json.writeStringField("at", word.at().toString());
                json.writeStringField("reason", word.reason());
                json.writeEndObject();
            }
            json.writeEndArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    /** The candidates' values, in order. */
    static List<Object> values(String candidates) {
        List<Object> values = new ArrayList<>();
        try {
            for (JsonNode candidate : TREES.readTree(candidates)) {
                Object value = ValuesJson.read(candidate.toString()).get("value");
                if (value != null) {
                    values.add(value);
                }
            }
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
        return values;
    }

    /** Whether persons disagree, not sources. */
    static boolean isOfPersons(String candidates) {
        try {
            return TREES.readTree(candidates).path(0).has(BY);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the same sources say the same, whenever and by whichever delivery they said it. */
    static boolean sameClaims(String one, String other) {
        return one.equals(other) || claims(one).equals(claims(other));
    }

    private static JsonNode claims(String candidates) {
        try {
            JsonNode claims = TREES.readTree(candidates);
            for (JsonNode claim : claims) {
                ((ObjectNode) claim).remove(WHEN);
            }
            return claims;
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
