package dev.muster.delivery;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The ids of what a delivery carries, where the platform's contract calls them unique: {@code webhook.deduplicateBy}. A
 * delivery all of whose ids were seen before is a duplicate; one without ids never is.
 *
 * <pre>{@code
 * deduplicateBy: {header: webhook-id}                           # one id for the delivery
 * deduplicateBy: {json: [/source, /id]}                         # several values make one id
 * deduplicateBy: {each: /data, fields: [external_id, topic]}    # an id for each element of an array
 * deduplicateBy: [{header: webhook-id}, {header: svix-id}]      # the first that is there
 * }</pre>
 *
 * A field name that ends in a question mark may be missing from an element; all others must be there.
 */
public final class UniqueIds {
    /** For platforms whose contract calls no id unique. */
    public static final UniqueIds NONE = new UniqueIds(List.of());

    /** Ten times what any platform sends at once; a delivery with more is not deduplicated. */
    private static final int IDS_MAX = 10_000;

    private interface Rule {
        List<String> ids(Headers headers, RawBody body);
    }

    private final List<Rule> rules;

    private UniqueIds(List<Rule> rules) {
        this.rules = rules;
    }

    /**
     * Finds the ids, each once.
     *
     * @return empty where the delivery must not be taken for a duplicate: the contract names no id, one is missing, or
     *     the body cannot be read
     */
    public List<String> of(Headers headers, RawBody body) {
        for (Rule rule : rules) {
            List<String> ids = rule.ids(headers, body);
            if (!ids.isEmpty()) {
                return ids;
            }
        }
        return List.of();
    }

    /** @param owner the section that may have a key {@code deduplicateBy} */
    static UniqueIds read(Section owner) {
        List<Rule> rules = new ArrayList<>();
        for (Section section : owner.sections("deduplicateBy")) {
            Rule rule = section.has("each") || section.has("fields") ? each(section) : whole(section);
            section.end();
            if (rule != null) {
                rules.add(rule);
            }
        }
        return rules.isEmpty() ? NONE : new UniqueIds(List.copyOf(rules));
    }

    private static Rule whole(Section section) {
        List<RequestField> fields = RequestField.several(section, false);
        return (headers, body) -> {
            List<String> values = new ArrayList<>(fields.size());
            for (RequestField field : fields) {
                String value = field.value(null, headers, body);
                if (value == null || value.isBlank()) {
                    return List.of();
                }
                values.add(value);
            }
            return values.isEmpty() ? List.of() : List.of(JoinedKey.of(values));
        };
    }

    /** A value of an array's element. */
    private record ElementField(JsonPointer pointer, boolean optional) {}

    private static @Nullable Rule each(Section section) {
        JsonPointer array = section.pointer("each");
        List<ElementField> fields = new ArrayList<>();
        boolean required = false;
        for (String text : section.texts("fields")) {
            boolean optional = text.endsWith("?");
            String name = optional ? text.substring(0, text.length() - 1) : text;
            JsonPointer pointer = name.startsWith("/")
                    ? JsonPointer.compile(name)
                    : JsonPointer.empty().appendProperty(name);
            fields.add(new ElementField(pointer, optional));
            required |= !optional;
        }
        if (array == null || !required) {
            section.problem("needs both: each, the place of an array in the JSON body (\"\" where it is the body), "
                    + "and fields, at least one of which is always there");
            return null;
        }
        return (headers, body) -> idsOfElements(body, array, fields);
    }

    private static List<String> idsOfElements(RawBody body, JsonPointer array, List<ElementField> fields) {
        JsonNode root = body.json();
        JsonNode elements = root == null ? null : root.at(array);
        if (elements == null || !elements.isArray() || elements.size() > IDS_MAX) {
            return List.of();
        }
        Set<String> ids = new LinkedHashSet<>();
        List<String> values = new ArrayList<>(fields.size());
        for (JsonNode element : elements) {
            values.clear();
            for (ElementField field : fields) {
                String value = RawBody.scalar(element.at(field.pointer()));
                if (!field.optional() && (value == null || value.isBlank())) {
                    // an element that cannot be recognised must not be dropped because its neighbours are
                    return List.of();
                }
                values.add(value == null ? "" : value);
            }
            ids.add(JoinedKey.of(values));
        }
        return List.copyOf(ids);
    }
}
