package dev.muster.delivery;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One value of a request: from a header, the query, a JSON body or a form body. */
sealed interface RequestField {
    /** @return null where the request has no such value */
    @Nullable
    String value(@Nullable String query, Headers headers, RawBody body);

    /** @param name in lower case */
    record Header(String name) implements RequestField {
        @Override
        public @Nullable String value(@Nullable String query, Headers headers, RawBody body) {
            return headers.get(name);
        }
    }

    record Query(String name) implements RequestField {
        @Override
        public @Nullable String value(@Nullable String query, Headers headers, RawBody body) {
            return query == null
                    ? null
                    : FormFields.parse(query.getBytes(StandardCharsets.UTF_8)).text(name);
        }
    }

    record Json(JsonPointer pointer) implements RequestField {
        @Override
        public @Nullable String value(@Nullable String query, Headers headers, RawBody body) {
            return body.scalar(pointer);
        }
    }

    record Form(String name) implements RequestField {
        @Override
        public @Nullable String value(@Nullable String query, Headers headers, RawBody body) {
            return body.form().text(name);
        }
    }

    /**
     * Reads {@code {header: X-Name}}, {@code {query: name}}, {@code {json: /place}} or {@code {form: name}}: one of
     * them.
     */
    static @Nullable RequestField read(Section section) {
        List<RequestField> fields = several(section, true);
        if (fields.size() > 1) {
            section.problem("names several values where one is expected");
        }
        return fields.isEmpty() ? null : fields.get(0);
    }

    /** As {@link #read}, but the one key may have a list: {@code {json: [/source, /id]}}. */
    static List<RequestField> several(Section section, boolean query) {
        List<RequestField> fields = new ArrayList<>();
        int before = section.problems().size();
        int kinds = 0;
        if (section.has("header")) {
            kinds++;
            for (String name : section.texts("header")) {
                fields.add(new Header(name.toLowerCase(Locale.ROOT)));
            }
        }
        if (query && section.has("query")) {
            kinds++;
            section.texts("query").forEach(name -> fields.add(new Query(name)));
        }
        if (section.has("json")) {
            kinds++;
            for (JsonNode text : section.several("json")) {
                JsonPointer pointer = section.pointer("json", text);
                if (pointer != null) {
                    fields.add(new Json(pointer));
                }
            }
        }
        if (section.has("form")) {
            kinds++;
            section.texts("form").forEach(name -> fields.add(new Form(name)));
        }
        if (kinds != 1 && section.problems().size() == before) {
            section.problem("must name one of " + (query ? "header, query, json and form" : "header, json and form"));
        }
        return fields;
    }
}
