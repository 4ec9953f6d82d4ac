package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.FoldedName;
import dev.muster.canonical.RecordKey;
import dev.muster.canonical.RejectedValue;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How canonical records of one entity are made of an object or payload, compiled. */
final class RecordMapping {
    private static final JsonNode NOTHING = MissingNode.getInstance();
    private static final String FIRST_NAME = "firstName";
    private static final String LAST_NAME = "lastName";

    private record Place(String name, @Nullable Source path) {}

    private final Entity entity;
    private final List<Place> places;
    private final @Nullable Source when;
    private final @Nullable Source unless;
    private final List<List<Source>> let;
    private final Field id;
    private final List<Source> observedAt;
    private final boolean arrivalCounts;
    private final boolean tombstone;
    private final List<Field> fields;

    private RecordMapping(
            Entity entity,
            List<Place> places,
            @Nullable Source when,
            @Nullable Source unless,
            List<List<Source>> let,
            Field id,
            List<Source> observedAt,
            boolean arrivalCounts,
            boolean tombstone,
            List<Field> fields) {
        this.entity = entity;
        this.places = List.copyOf(places);
        this.when = when;
        this.unless = unless;
        this.let = List.copyOf(let);
        this.id = id;
        this.observedAt = List.copyOf(observedAt);
        this.arrivalCounts = arrivalCounts;
        this.tombstone = tombstone;
        this.fields = List.copyOf(fields);
    }

    /** The record's mapping; null and problems in the section where it cannot be compiled. */
    static @Nullable RecordMapping of(MappingSection section, FieldCompiler compiler) {
        section.allow("entity", "of", "when", "unless", "let", "id", "observedAt", "arrival", "tombstone", "fields");
        Entity entity = FieldCompiler.entity(section.child("entity"));
        List<Place> places = places(section.child("of"));
        List<String> names = new ArrayList<>();
        List<List<Source>> let = new ArrayList<>();
        section.child("let").members().forEach((name, value) -> {
            // a name may use the ones above it
            let.add(value.sources(List.copyOf(names)));
            names.add(name);
        });
        Field id = compiler.id(section.child("id"), names);
        List<Field> fields = new ArrayList<>();
        for (MappingSection item : section.child("fields").items()) {
            Field field = compiler.field(item, names);
            if (field != null) {
                fields.add(field);
            }
        }
        String arrival = section.child("arrival").text();
        if (arrival != null && !arrival.equals("counts")) {
            section.child("arrival").problem("is " + arrival + "; there is only counts");
        }
        if (entity == null || id == null) {
            return null;
        }
        return new RecordMapping(
                entity,
                places,
                section.child("when").source(names),
                section.child("unless").source(names),
                let,
                id,
                section.child("observedAt").sources(names),
                arrival != null,
                section.child("tombstone").flag(),
                fields);
    }

    private static List<Place> places(MappingSection section) {
        List<Place> places = new ArrayList<>();
        for (MappingSection item : section.items()) {
            String text = item.requiredText();
            int colon = text.indexOf(':');
            if (colon < 0) {
                places.add(new Place(text, null));
            } else {
                Source path = item.compiled(
                        all -> PathSource.of(all.substring(colon + 1).strip(), List.of()));
                places.add(new Place(text.substring(0, colon).strip(), path));
            }
        }
        if (places.isEmpty()) {
            section.problem("is missing: it names the objects and payloads that this record is made of");
        }
        return places;
    }

    /** The objects and payloads that a record reads, by its {@code of}. */
    static Set<String> names(MappingSection section) {
        Set<String> names = new LinkedHashSet<>();
        for (MappingSection item : section.items()) {
            String text = item.node().asText();
            int colon = text.indexOf(':');
            names.add((colon < 0 ? text : text.substring(0, colon)).strip());
        }
        return names;
    }

    Entity entity() {
        return entity;
    }

    /** Makes the records that {@code document}, known in the mapping as {@code name}, gives. */
    void map(String name, Document document, Origin origin, Outcome outcome) {
        for (Place place : places) {
            if (!place.name().equals(name)) {
                continue;
            }
            JsonNode root = document.root();
            JsonNode found = place.path() == null
                    ? root
                    : place.path().read(new Scope(document, root, origin.kindNode(), new JsonNode[0]));
            if (found.isArray()) {
                for (JsonNode element : found) {
                    record(element, document, origin, outcome);
                }
            } else {
                record(found, document, origin, outcome);
            }
        }
    }

    private void record(JsonNode node, Document document, Origin origin, Outcome outcome) {
        if (!node.isObject() || node.isEmpty()) {
            return;
        }
        Scope scope = scope(node, document, origin);
        if (when != null && ValueType.isBlank(when.read(scope))
                || unless != null && !ValueType.isBlank(unless.read(scope))) {
            return;
        }
        boolean tombstone = this.tombstone || origin.removed();
        List<RejectedValue> rejected = new ArrayList<>(2);
        Object externalId = id.read(scope, rejected);
        if (!(externalId instanceof String)) {
            String reason = rejected.isEmpty() ? "it has none" : rejected.get(0).reason();
            outcome.reject(entity, origin, "without its id it cannot be told from others: " + reason);
            return;
        }
        rejected.clear();
        Map<String, Object> values = new LinkedHashMap<>();
        Map<String, Instant> times = new HashMap<>();
        for (Field field : fields) {
            if (values.containsKey(field.target())) {
                continue;
            }
            Object value = field.read(scope, rejected);
            if (value != null) {
                values.put(field.target(), value);
                Instant time = past(field.target(), Field.time(field.observedAt(), scope), origin, rejected);
                if (time != null) {
                    times.put(field.target(), time);
                }
            }
        }
        if (entity == Entity.MEMBER) {
            withoutPlaceholder(values);
        }
        String missing = missing(values);
        if (missing != null) {
            outcome.reject(
                    entity,
                    origin,
                    externalId + " has no valid " + missing + ", which is required"
                            + (rejected.isEmpty()
                                    ? ""
                                    : "; not valid: " + rejected.get(0).reason()));
            return;
        }
        if (values.isEmpty() && rejected.isEmpty() && !tombstone) {
            // it says nothing about the record but that it exists
            return;
        }
        Instant own = past(CanonicalRecord.OBSERVED_AT, Field.time(observedAt, scope), origin, rejected);
        Instant observed = own == null ? origin.receivedAt() : own;
        times.values().removeIf(observed::equals);
        outcome.add(new CanonicalRecord(
                new RecordKey(origin.organization(), origin.platform(), entity, (String) externalId),
                values,
                observed,
                times,
                origin.asOf(own == null && arrivalCounts ? Instant.EPOCH : observed, tombstone),
                arrivalCounts && !origin.fetched() ? origin.receivedAt() : Instant.EPOCH,
                tombstone,
                rejected));
    }

    /** The time; null and a rejected value where it is none, because the platform's clock or its date is wrong. */
    private static @Nullable Instant past(
            String field, @Nullable Instant time, Origin origin, List<RejectedValue> rejected) {
        if (time == null || !time.isAfter(origin.latest())) {
            return time;
        }
        rejected.add(new RejectedValue(
                field, time.toString(), "a time of the future, so it cannot say since when this holds"));
        return null;
    }

    /** "Info Requested" is nobody's name, and as a value it would be newer than the real one. */
    private static void withoutPlaceholder(Map<String, Object> values) {
        Object first = values.get(FIRST_NAME);
        Object last = values.get(LAST_NAME);
        if ((first != null || last != null)
                && FoldedName.isPlaceholder(
                        first == null ? "" : first.toString(), last == null ? "" : last.toString())) {
            values.remove(FIRST_NAME);
            values.remove(LAST_NAME);
        }
    }

    private Scope scope(JsonNode node, Document document, Origin origin) {
        JsonNode[] named = new JsonNode[let.size()];
        Scope scope = new Scope(document, node, origin.kindNode(), named);
        for (int i = 0; i < named.length; i++) {
            named[i] = NOTHING;
            for (Source source : let.get(i)) {
                JsonNode value = source.read(scope);
                if (saysSomething(value)) {
                    named[i] = value;
                    break;
                }
            }
        }
        return scope;
    }

    /** Of an object, one of its members has to: an address with all its lines null is no address. */
    private static boolean saysSomething(JsonNode value) {
        if (!value.isObject()) {
            return !ValueType.isBlank(value);
        }
        for (JsonNode member : value) {
            if (!ValueType.isBlank(member)) {
                return true;
            }
        }
        return false;
    }

    private @Nullable String missing(Map<String, Object> values) {
        for (Field field : fields) {
            if (field.required() && !values.containsKey(field.target())) {
                return field.target();
            }
        }
        return null;
    }
}
