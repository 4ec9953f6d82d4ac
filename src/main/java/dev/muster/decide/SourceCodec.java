package dev.muster.decide;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.SegmentedStringWriter;
import dev.muster.canonical.RecordKey;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Source records as compact JSON text; key and golden id are not in it, they have columns of their own. Equal records
 * give equal text.
 *
 * <pre>{@code
 * {"v":1,
 *  "s":[observedAt s, ns, asOf s, ns, arrival s, ns, delivery id, ...],   statements: most fields share one
 *  "f":{"email":["ana@example.com",0], "tags":[["a","b"],0,1740000000,0]}, value, statement, first seen s, ns
 *  "t":[false,0],                                                         removed?, statement
 *  "e":["ana@example.com"],                                               every e-mail ever observed
 *  "r":{"phone":["12","too short",0]},                                    rejected value, reason, statement
 *  "u":{"city":[["Oslo",1],["Rome",0,"Rome",2,1740000000,0]]}}             taken back: value, statement, then what was passed
 *                                                                          over since: value, statement, first seen s, ns
 * }</pre>
 *
 * First seen is left out where it is the statement's own {@code asOf}; empty parts are left out.
 */
public final class SourceCodec {
    private static final int VERSION = 1;
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private SourceCodec() {}

    /** The record's body as JSON text. */
    public static String encode(SourceRecord record) {
        return encode(record, null);
    }

    /**
     * A change as JSON text: the body of {@link SourceChange#before}, and beside it {@code "a"}, the fields that were added, and
     * {@code "w"}, the addresses that were new.
     */
    public static String encode(SourceChange change) {
        return encode(change.before(), change);
    }

    private static String encode(SourceRecord record, @Nullable SourceChange change) {
        List<Observation> statements = new ArrayList<>(4);
        record.fields().values().forEach(observation -> statementOf(observation, statements));
        statementOf(record.tombstone(), statements);
        record.rejectedObservations().values().forEach(observation -> statementOf(observation, statements));
        record.retractions()
                .values()
                .forEach(taken -> taken.forEach(one -> {
                    statementOf(one.undone(), statements);
                    if (one.repeated() != null) {
                        statementOf(one.repeated(), statements);
                    }
                }));
        try (SegmentedStringWriter text = new SegmentedStringWriter(JSON._getBufferRecycler());
                JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeNumberField("v", VERSION);
            json.writeArrayFieldStart("s");
            for (Observation statement : statements) {
                writeInstant(json, statement.observedAt());
                writeInstant(json, statement.asOf());
                writeInstant(json, statement.arrival());
                json.writeNumber(statement.deliveryId());
            }
            json.writeEndArray();
            json.writeObjectFieldStart("f");
            for (Map.Entry<String, Observation> entry : record.fields().entrySet()) {
                Observation observation = entry.getValue();
                json.writeArrayFieldStart(entry.getKey());
                writeValue(json, observation.value());
                json.writeNumber(statementOf(observation, statements));
                Instant firstSeen = record.firstSeen(entry.getKey(), observation);
                if (!firstSeen.equals(observation.asOf())) {
                    writeInstant(json, firstSeen);
                }
                json.writeEndArray();
            }
            json.writeEndObject();
            json.writeArrayFieldStart("t");
            writeValue(json, record.tombstone().value());
            json.writeNumber(statementOf(record.tombstone(), statements));
            json.writeEndArray();
            writeTexts(json, "e", record.emails());
            if (!record.rejectedObservations().isEmpty()) {
                writeRejected(json, record.rejectedObservations(), statements);
            }
            if (!record.retractions().isEmpty()) {
                writeRetractions(json, record.retractions(), statements);
            }
            if (change != null) {
                writeTexts(json, "a", change.added());
                writeTexts(json, "w", change.emailsAdded());
            }
            json.writeEndObject();
            json.flush();
            return text.getAndClear();
        } catch (IOException e) {
            throw new Defect(
                    FailureCode.INTERNAL, "The source record " + record.key() + " cannot be written as JSON", e);
        }
    }

    private static void writeRejected(
            JsonGenerator json, SortedMap<String, Observation> rejected, List<Observation> statements)
            throws IOException {
        json.writeObjectFieldStart("r");
        for (Map.Entry<String, Observation> entry : rejected.entrySet()) {
            json.writeArrayFieldStart(entry.getKey());
            for (Object text : (List<?>) entry.getValue().value()) {
                json.writeString((String) text);
            }
            json.writeNumber(statementOf(entry.getValue(), statements));
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private static void writeTexts(JsonGenerator json, String part, Collection<String> texts) throws IOException {
        if (!texts.isEmpty()) {
            json.writeArrayFieldStart(part);
            for (String text : texts) {
                json.writeString(text);
            }
            json.writeEndArray();
        }
    }

    private static void writeRetractions(
            JsonGenerator json, SortedMap<String, List<Retraction>> retracted, List<Observation> statements)
            throws IOException {
        json.writeObjectFieldStart("u");
        for (Map.Entry<String, List<Retraction>> entry : retracted.entrySet()) {
            json.writeArrayFieldStart(entry.getKey());
            for (Retraction one : entry.getValue()) {
                json.writeStartArray();
                writeValue(json, one.undone().value());
                json.writeNumber(statementOf(one.undone(), statements));
                Observation repeated = one.repeated();
                Instant seen = one.seen();
                if (repeated != null && seen != null) {
                    writeValue(json, repeated.value());
                    json.writeNumber(statementOf(repeated, statements));
                    writeInstant(json, seen);
                }
                json.writeEndArray();
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    /** The index of the statement an observation comes from; added where it is new. */
    private static int statementOf(Observation observation, List<Observation> statements) {
        for (int i = 0; i < statements.size(); i++) {
            if (statements.get(i).sameStatement(observation)) {
                return i;
            }
        }
        statements.add(observation);
        return statements.size() - 1;
    }

    private static void writeInstant(JsonGenerator json, Instant instant) throws IOException {
        json.writeNumber(instant.getEpochSecond());
        json.writeNumber(instant.getNano());
    }

    static void writeValue(JsonGenerator json, Object value) throws IOException {
        if (value instanceof String text) {
            json.writeString(text);
        } else if (value instanceof Long number) {
            json.writeNumber(number);
        } else if (value instanceof Boolean truth) {
            json.writeBoolean(truth);
        } else {
            json.writeStartArray();
            for (Object element : (List<?>) value) {
                json.writeString((String) element);
            }
            json.writeEndArray();
        }
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws Defect where the text is something else
     */
    public static SourceRecord decode(RecordKey key, long goldenId, String body) {
        return decodeChange(key, goldenId, body).before();
    }

    /** Reads what {@link #encode(SourceChange)} wrote, or a source record as a change that added nothing. */
    public static SourceChange decodeChange(RecordKey key, long goldenId, String body) {
        try (JsonParser json = JSON.createParser(body)) {
            return new Reading(json).change(key, goldenId);
        } catch (IOException | IndexOutOfBoundsException e) {
            throw new Defect(
                    FailureCode.INTERNAL,
                    "The stored source record " + key.reference() + " of " + key.organization()
                            + " cannot be read. Restore it from a backup, or replay its deliveries.",
                    e);
        }
    }

    /** One body being read. */
    private static final class Reading {
        private final JsonParser json;
        private final List<Statement> statements = new ArrayList<>(4);

        Reading(JsonParser json) {
            this.json = json;
        }

        /** The times and the delivery that several observations share. */
        private record Statement(Instant observedAt, Instant asOf, Instant arrival, long deliveryId) {
            Observation says(Object value) {
                return new Observation(value, observedAt, asOf, arrival, deliveryId);
            }
        }

        SourceChange change(RecordKey key, long goldenId) throws IOException {
            SortedMap<String, Observation> fields = new TreeMap<>();
            SortedMap<String, Instant> firstSeen = new TreeMap<>();
            SortedSet<String> emails = new TreeSet<>();
            SortedMap<String, Observation> rejected = new TreeMap<>();
            SortedMap<String, List<Retraction>> retracted = new TreeMap<>();
            SortedSet<String> added = new TreeSet<>();
            SortedSet<String> emailsAdded = new TreeSet<>();
            Observation tombstone = null;
            expect(json.nextToken(), JsonToken.START_OBJECT);
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String part = json.currentName();
                JsonToken start = json.nextToken();
                switch (part) {
                    case "v" -> version();
                    case "s" -> statements();
                    case "f" -> fields(fields, firstSeen);
                    case "t" -> {
                        json.nextToken();
                        Object removed = value();
                        tombstone = statement().says(removed);
                        expect(json.nextToken(), JsonToken.END_ARRAY);
                    }
                    case "e" -> texts(start, emails);
                    case "r" -> rejected(rejected);
                    case "u" -> retracted(retracted);
                    case "a" -> texts(start, added);
                    case "w" -> texts(start, emailsAdded);
                    default -> throw new IOException("Unknown part '" + part + "'");
                }
            }
            if (tombstone == null) {
                throw new IOException("The part 't' is missing");
            }
            return new SourceChange(
                    new SourceRecord(key, fields, firstSeen, tombstone, emails, rejected, retracted, goldenId),
                    added,
                    emailsAdded);
        }

        private void texts(JsonToken start, SortedSet<String> texts) throws IOException {
            expect(start, JsonToken.START_ARRAY);
            while (json.nextToken() == JsonToken.VALUE_STRING) {
                texts.add(json.getText());
            }
        }

        private void retracted(SortedMap<String, List<Retraction>> retracted) throws IOException {
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String field = json.currentName();
                expect(json.nextToken(), JsonToken.START_ARRAY);
                List<Retraction> taken = new ArrayList<>(1);
                while (json.nextToken() == JsonToken.START_ARRAY) {
                    taken.add(retraction());
                }
                retracted.put(field, List.copyOf(taken));
            }
        }

        private Retraction retraction() throws IOException {
            json.nextToken();
            Object value = value();
            Observation undone = statement().says(value);
            if (json.nextToken() == JsonToken.END_ARRAY) {
                return Retraction.of(undone);
            }
            Object again = value();
            Observation repeated = statement().says(again);
            json.nextToken();
            Instant seen = instant();
            expect(json.nextToken(), JsonToken.END_ARRAY);
            return new Retraction(undone, repeated, seen);
        }

        private void version() throws IOException {
            int version = json.getIntValue();
            if (version != VERSION) {
                throw new IOException("Version " + version + " is not known here; a newer Muster may have written it");
            }
        }

        private void statements() throws IOException {
            while (json.nextToken() == JsonToken.VALUE_NUMBER_INT) {
                Instant observedAt = instant();
                json.nextToken();
                Instant asOf = instant();
                json.nextToken();
                Instant arrival = instant();
                json.nextToken();
                // equal instants share one object: most statements have all three the same
                asOf = asOf.equals(observedAt) ? observedAt : asOf;
                statements.add(new Statement(observedAt, asOf, arrival, json.getLongValue()));
            }
        }

        private void fields(SortedMap<String, Observation> fields, SortedMap<String, Instant> firstSeen)
                throws IOException {
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String field = json.currentName();
                expect(json.nextToken(), JsonToken.START_ARRAY);
                json.nextToken();
                Object value = value();
                Statement statement = statement();
                fields.put(field, statement.says(value));
                if (json.nextToken() == JsonToken.END_ARRAY) {
                    firstSeen.put(field, statement.asOf());
                } else {
                    firstSeen.put(field, instant());
                    expect(json.nextToken(), JsonToken.END_ARRAY);
                }
            }
        }

        private void rejected(SortedMap<String, Observation> rejected) throws IOException {
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String field = json.currentName();
                expect(json.nextToken(), JsonToken.START_ARRAY);
                expect(json.nextToken(), JsonToken.VALUE_STRING);
                String value = json.getText();
                expect(json.nextToken(), JsonToken.VALUE_STRING);
                String reason = json.getText();
                rejected.put(field, statement().says(List.of(value, reason)));
                expect(json.nextToken(), JsonToken.END_ARRAY);
            }
        }

        /** The statement whose index comes next. */
        private Statement statement() throws IOException {
            json.nextToken();
            return statements.get(json.getIntValue());
        }

        /** The instant whose seconds are the current token. */
        private Instant instant() throws IOException {
            long seconds = json.getLongValue();
            json.nextToken();
            return Instant.ofEpochSecond(seconds, json.getIntValue());
        }

        private Object value() throws IOException {
            switch (json.currentToken()) {
                case VALUE_STRING:
                    return json.getText();
                case VALUE_NUMBER_INT:
                    return json.getLongValue();
                case VALUE_TRUE:
                    return Boolean.TRUE;
                case VALUE_FALSE:
                    return Boolean.FALSE;
                case START_ARRAY:
                    List<String> texts = new ArrayList<>();
                    while (json.nextToken() == JsonToken.VALUE_STRING) {
                        texts.add(json.getText());
                    }
                    return texts;
                default:
                    throw new IOException("A value was expected, not " + json.currentToken());
            }
        }

        private static void expect(JsonToken token, JsonToken wanted) throws IOException {
            if (token != wanted) {
                throw new IOException(wanted + " was expected, not " + token);
            }
        }
    }
}
