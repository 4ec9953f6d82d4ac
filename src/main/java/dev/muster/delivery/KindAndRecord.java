package dev.muster.delivery;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happened, and to which object: {@code webhook.kind} and {@code webhook.record}, each from a header, JSON or
 * form.
 *
 * <pre>{@code
 * kind: {header: X-Patreon-Event}
 * record: {json: /data/id}          # or several, which together name the object: {json: [/listId, /email]}
 * }</pre>
 */
public final class KindAndRecord {
    /** Longer than any platform's name for a kind; a longer one is nothing to count or route by. */
    private static final int KIND_LENGTH_MAX = 200;

    private final @Nullable RequestField kind;
    private final List<RequestField> record;

    private KindAndRecord(@Nullable RequestField kind, List<RequestField> record) {
        this.kind = kind;
        this.record = record;
    }

    /** What the platform says happened; null where the request does not tell. */
    public @Nullable String kind(Headers headers, RawBody body) {
        String text = kind == null ? null : kind.value(null, headers, body);
        return text == null || text.isBlank() || text.length() > KIND_LENGTH_MAX ? null : text.strip();
    }

    /** The key of the object it is about, for order and coalescing; null where the request does not name one. */
    public @Nullable String record(Headers headers, RawBody body) {
        if (record.isEmpty()) {
            return null;
        }
        List<String> values = new ArrayList<>(record.size());
        for (RequestField field : record) {
            String value = field.value(null, headers, body);
            if (value == null || value.isBlank()) {
                return null;
            }
            values.add(value.strip());
        }
        return JoinedKey.of(values);
    }

    boolean namesRecord() {
        return !record.isEmpty();
    }

    /** @param owner the section that may have keys {@code kind} and {@code record} */
    static KindAndRecord read(Section owner) {
        RequestField kind = null;
        if (owner.has("kind")) {
            Section section = owner.section("kind");
            List<RequestField> fields = RequestField.several(section, false);
            section.end();
            if (fields.size() > 1) {
                section.problem("names several values where one is expected");
            }
            kind = fields.isEmpty() ? null : fields.get(0);
        }
        List<RequestField> record = List.of();
        if (owner.has("record")) {
            Section section = owner.section("record");
            record = List.copyOf(RequestField.several(section, false));
            section.end();
        }
        return new KindAndRecord(kind, record);
    }
}
