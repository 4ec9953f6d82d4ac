package dev.muster.decide;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.SegmentedStringWriter;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The provenance of a golden record's fields as compact JSON text. Equal provenance gives equal text, so texts can be
 * compared to see whether anything changed.
 *
 * <pre>{@code
 * {"v":1,
 *  "p":[["latest",0,"patreon","4711",observedAt s, ns, delivery id],   a source won: the rule, 0, the winner
 *       ["override",1,"ana",at s, ns,"why"]],                          a person decided
 *  "f":{"email":0,"phone":1}}                                          which of them each field has
 * }</pre>
 */
public final class ProvenanceCodec {
    private static final int VERSION = 1;
    private static final int BY_SOURCE = 0;
    private static final int BY_PERSON = 1;
    private static final JsonFactory JSON = new JsonFactory();

    private ProvenanceCodec() {}

    /** The provenance of all fields as JSON text. */
    public static String encode(GoldenState state) {
        List<Provenance> distinct = new ArrayList<>(4);
        state.fields().values().forEach(decided -> indexOf(decided.provenance(), distinct));
        try (SegmentedStringWriter text = new SegmentedStringWriter(JSON._getBufferRecycler());
                JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeNumberField("v", VERSION);
            json.writeArrayFieldStart("p");
            for (Provenance provenance : distinct) {
                write(json, provenance);
            }
            json.writeEndArray();
            json.writeObjectFieldStart("f");
            for (Map.Entry<String, Decided> entry : state.fields().entrySet()) {
                json.writeNumberField(entry.getKey(), indexOf(entry.getValue().provenance(), distinct));
            }
            json.writeEndObject();
            json.writeEndObject();
            json.flush();
            return text.getAndClear();
        } catch (IOException e) {
            throw new Defect(FailureCode.INTERNAL, "Provenance cannot be written as JSON", e);
        }
    }

    private static int indexOf(Provenance provenance, List<Provenance> distinct) {
        int index = distinct.indexOf(provenance);
        if (index >= 0) {
            return index;
        }
        distinct.add(provenance);
        return distinct.size() - 1;
    }

    private static void write(JsonGenerator json, Provenance provenance) throws IOException {
        json.writeStartArray();
        json.writeString(provenance.rule());
        Winner winner = provenance.winner();
        if (winner != null) {
            json.writeNumber(BY_SOURCE);
            json.writeString(winner.platform());
            json.writeString(winner.externalId());
            writeInstant(json, winner.observedAt());
            json.writeNumber(winner.deliveryId());
        }
        Settlement settlement = provenance.overriddenBy();
        if (settlement != null) {
            json.writeNumber(BY_PERSON);
            json.writeString(settlement.by());
            writeInstant(json, settlement.at());
            json.writeString(settlement.reason());
        }
        json.writeEndArray();
    }

    private static void writeInstant(JsonGenerator json, Instant instant) throws IOException {
        json.writeNumber(instant.getEpochSecond());
        json.writeNumber(instant.getNano());
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @return provenance by field
     * @throws Defect where the text is something else
     */
    public static SortedMap<String, Provenance> decode(String text) {
        SortedMap<String, Provenance> fields = new TreeMap<>();
        List<Provenance> distinct = new ArrayList<>(4);
        try (JsonParser json = JSON.createParser(text)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("An object was expected, not " + json.currentToken());
            }
            int version = 0;
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String part = json.currentName();
                json.nextToken();
                switch (part) {
                    case "v" -> version = json.getIntValue();
                    case "p" -> {
                        while (json.nextToken() == JsonToken.START_ARRAY) {
                            distinct.add(read(json));
                        }
                    }
                    case "f" -> {
                        while (json.nextToken() == JsonToken.FIELD_NAME) {
                            String field = json.currentName();
                            json.nextToken();
                            fields.put(field, distinct.get(json.getIntValue()));
                        }
                    }
                    default -> throw new IOException("Unknown part '" + part + "'");
                }
            }
            if (version != VERSION) {
                throw new IOException("Version " + version + " is not known here; a newer Muster may have written it");
            }
            return fields;
        } catch (IOException | IndexOutOfBoundsException e) {
            throw new Defect(
                    FailureCode.INTERNAL,
                    "Stored provenance cannot be read. It is made anew when the record is next resolved.",
                    e);
        }
    }

    /** The provenance whose array was just opened; leaves the parser at its end. */
    private static Provenance read(JsonParser json) throws IOException {
        String rule = text(json);
        json.nextToken();
        Provenance provenance;
        if (json.getIntValue() == BY_SOURCE) {
            String platform = text(json);
            String externalId = text(json);
            Instant observedAt = instant(json);
            json.nextToken();
            provenance = new Provenance(rule, new Winner(platform, externalId, observedAt, json.getLongValue()), null);
        } else {
            String by = text(json);
            Instant at = instant(json);
            provenance = new Provenance(rule, null, new Settlement(by, at, text(json)));
        }
        if (json.nextToken() != JsonToken.END_ARRAY) {
            throw new IOException("The end of a provenance was expected, not " + json.currentToken());
        }
        return provenance;
    }

    private static String text(JsonParser json) throws IOException {
        if (json.nextToken() != JsonToken.VALUE_STRING) {
            throw new IOException("A text was expected, not " + json.currentToken());
        }
        return json.getText();
    }

    private static Instant instant(JsonParser json) throws IOException {
        json.nextToken();
        long seconds = json.getLongValue();
        json.nextToken();
        return Instant.ofEpochSecond(seconds, json.getIntValue());
    }
}
