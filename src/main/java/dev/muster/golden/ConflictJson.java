package dev.muster.golden;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.muster.db.Ids;
import dev.muster.decide.Candidate;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;

/** The candidates of a conflict, as the API shows them. */
final class ConflictJson {
    private static final JsonFactory JSON = new JsonFactory();

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
}
