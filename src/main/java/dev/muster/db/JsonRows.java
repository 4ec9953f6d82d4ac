package dev.muster.db;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;

/** Rows of text as one JSON array of arrays: what {@link Database#rowsOfJson()} is bound to. */
public final class JsonRows {
    private static final JsonFactory JSON = new JsonFactory();

    private JsonRows() {}

    /** {@code [["a","b"],["c","d"]]}. */
    public static String of(Collection<? extends List<String>> rows) {
        StringWriter text = new StringWriter(rows.size() * 64 + 2);
        try (JsonGenerator generator = JSON.createGenerator(text)) {
            generator.writeStartArray();
            for (List<String> row : rows) {
                generator.writeStartArray();
                for (String value : row) {
                    generator.writeString(value);
                }
                generator.writeEndArray();
            }
            generator.writeEndArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}
