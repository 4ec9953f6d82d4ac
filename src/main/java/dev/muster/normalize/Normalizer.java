package dev.muster.normalize;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.muster.canonical.CutText;
import dev.muster.db.Ids;
import dev.muster.delivery.Delivery;
import dev.muster.delivery.FormFields;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.operation.Operation;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns one platform's deliveries into canonical records, by its {@link Mapping}. First {@link #parts} says what a
 * delivery is about and what has to be fetched, then {@link #normalize} makes the records. Pure: no clock, no network.
 * Immutable and safe for many threads.
 */
public final class Normalizer {
    private static final ObjectReader JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .readerFor(JsonNode.class);
    private static final int SHOWN_LENGTH_MAX = 120;

    /** What the kind of a delivery that was pulled begins with; the name of its stream follows. */
    public static final String PULLED = "pull:";

    /** The same where the body is one record instead of a page. */
    public static final String PULLED_ONE = "pull-one:";

    private final Mapping mapping;

    public Normalizer(Mapping mapping) {
        this.mapping = mapping;
    }

    /**
     * What the delivery is about, in its order. One fetch stands only once, at the first part that needs it.
     *
     * @throws Defect {@code MALFORMED_PAYLOAD} if the body is not what the platform sends
     */
    public List<Part> parts(Operation operation) {
        Delivery delivery = operation.delivery();
        if (delivery.body().length == 0 && delivery.headers().containsKey(Delivery.ERASED)) {
            return List.of(new Part(operation.kind(), null, null, "it was about somebody who was erased"));
        }
        if (isPulled(operation.kind())) {
            // a page is one part, so that its items are not all kept beside their records
            return List.of(new Part(operation.kind(), null, tree(delivery), null));
        }
        JsonNode body = body(delivery);
        if (mapping.items() == null) {
            return List.of(part(kind(delivery, body), body));
        }
        JsonNode items = mapping.items().read(scope(body, ""));
        if (!items.isArray()) {
            throw malformed(delivery, "its list of events is " + ValueType.describe(items), null);
        }
        List<Part> parts = new ArrayList<>(items.size());
        Set<FetchTarget> fetches = new HashSet<>();
        for (JsonNode item : items) {
            Part part = itemPart(item);
            if (part.fetch() != null && !fetches.add(part.fetch())) {
                part = part.payload() == null
                        ? new Part(part.kind(), null, null, "the same object is fetched for an earlier event already")
                        : new Part(part.kind(), null, part.payload(), null);
            }
            parts.add(part);
        }
        return parts;
    }

    /**
     * Makes the canonical records of a part, in the order of the mapping, and says which could not be made.
     *
     * @param fetched the object of the part's fetch target; a {@link MissingNode} where the platform answered that it
     *     is gone; null where nothing was fetched
     * @param readAt when it was fetched
     * @throws Defect {@code MALFORMED_PAYLOAD} if the fetched document is not an object
     */
    public Normalized normalize(Operation operation, Part part, @Nullable JsonNode fetched, Instant readAt) {
        Outcome outcome = new Outcome();
        if (isPulled(part.kind()) && part.payload() != null) {
            pulled(operation.delivery(), part.kind(), part.payload(), outcome);
            return outcome.normalized();
        }
        Handling handling = part.ignored() == null ? mapping.handling(part.kind()) : null;
        if (handling == null) {
            return outcome.normalized();
        }
        Delivery delivery = operation.delivery();
        boolean gone = fetched != null && fetched.isMissingNode();
        JsonNode object = gone ? null : fetched;
        JsonNode payload = part.payload();
        String payloadName = handling.payload();
        if (payload != null && payloadName != null && (object == null || handling.completes())) {
            Origin origin = Origin.of(delivery, part.kind(), null, gone ? readAt : null);
            records(payloadName, payload, origin, outcome);
        }
        if (object != null) {
            if (part.fetch() == null) {
                throw new IllegalArgumentException("A part without a fetch target was given a fetched object");
            }
            if (!object.isObject()) {
                throw new Defect(
                        FailureCode.MALFORMED_PAYLOAD,
                        "Asked for " + part.fetch().path() + ", " + mapping.platform() + " answered with "
                                + ValueType.describe(object)
                                + " instead of an object. Look at the platform's answer, then replay");
            }
            records(part.fetch().object(), object, Origin.of(delivery, part.kind(), readAt, null), outcome);
        }
        return outcome.normalized();
    }

    private static boolean isPulled(String kind) {
        return kind.startsWith(PULLED) || kind.startsWith(PULLED_ONE);
    }

    private void pulled(Delivery delivery, String kind, JsonNode body, Outcome outcome) {
        PulledPage page = mapping.page(kind.substring(kind.indexOf(':') + 1));
        if (page == null) {
            throw new Defect(
                    FailureCode.MAPPING_FAILED,
                    "There is no stream " + shown(kind.substring(kind.indexOf(':') + 1)) + " in config/platforms/"
                            + mapping.platform() + ".yaml any more; restore it and replay");
        }
        Origin origin = Origin.of(delivery, kind, null, null);
        Origin gone = origin.ofRemoved();
        if (kind.startsWith(PULLED_ONE)) {
            boolean removed = page.isRemoved(body);
            String name = removed && !page.removedRecord().isEmpty() ? page.removedRecord() : page.record();
            records(name, new Document(body), removed ? gone : origin, outcome);
            return;
        }
        JsonNode items = page.items().from(body);
        if (!items.isArray()) {
            throw malformed(delivery, "its list of items is " + ValueType.describe(items), null);
        }
        Document whole = new Document(body);
        int at = 0;
        for (JsonNode item : items) {
            at++;
            if (!item.isObject()) {
                outcome.reject(mapping.entity(page.record()), origin, "item " + at + " is " + ValueType.describe(item));
                continue;
            }
            boolean removed = page.isRemoved(item);
            String name = removed && !page.removedRecord().isEmpty() ? page.removedRecord() : page.record();
            records(name, new Document(page.document(item, body), whole), removed ? gone : origin, outcome);
        }
    }

    private void records(String name, JsonNode node, Origin origin, Outcome outcome) {
        records(name, new Document(node), origin, outcome);
    }

    private void records(String name, Document document, Origin origin, Outcome outcome) {
        for (RecordMapping record : mapping.records(name)) {
            record.map(name, document, origin, outcome);
        }
    }

    private Part itemPart(JsonNode item) {
        if (!item.isObject()) {
            return new Part("", null, null, "an event of the list is " + ValueType.describe(item));
        }
        Scope scope = scope(item, "");
        JsonNode kind = mapping.itemKind() == null
                ? MissingNode.getInstance()
                : mapping.itemKind().read(scope);
        JsonNode payload =
                mapping.itemPayload() == null ? item : mapping.itemPayload().read(scope);
        String name = kind.isTextual() ? kind.textValue() : "";
        return payload.isObject()
                ? part(name, payload)
                : new Part(
                        name, null, null, "the event holds " + ValueType.describe(payload) + " instead of its payload");
    }

    private Part part(String kind, JsonNode payload) {
        Handling handling = mapping.handling(kind);
        if (handling == null) {
            return new Part(
                    kind,
                    null,
                    null,
                    kind.isEmpty()
                            ? "it does not say of which kind it is"
                            : "the kind " + shown(kind) + " is not known");
        }
        if (handling.ignored() != null) {
            return new Part(kind, null, null, handling.ignored());
        }
        JsonNode kept = handling.payload() == null ? null : payload;
        if (handling.pointed()) {
            return pointedPart(kind, payload, kept);
        }
        FetchTarget fetch = handling.fetch() == null ? null : handling.fetch().heldBy(scope(payload, kind));
        return fetch == null && kept == null
                ? new Part(kind, null, null, "it holds no valid id of the object to fetch")
                : new Part(kind, fetch, kept, null);
    }

    private Part pointedPart(String kind, JsonNode payload, @Nullable JsonNode kept) {
        JsonNode url = mapping.pointer() == null
                ? MissingNode.getInstance()
                : mapping.pointer().read(scope(payload, kind));
        FetchTarget fetch = url.isTextual() ? mapping.pointed(url.textValue()) : null;
        if (fetch == null && kept == null) {
            String given = url.isTextual() ? shown(url.textValue()) : ValueType.describe(url);
            return new Part(kind, null, null, "its pointer is no address of an object that may be fetched: " + given);
        }
        return new Part(kind, fetch, kept, null);
    }

    private String kind(Delivery delivery, JsonNode body) {
        String known = delivery.kind();
        if (known != null && !known.isBlank()) {
            return known;
        }
        if (mapping.kindHeader() != null) {
            return delivery.headers().getOrDefault(mapping.kindHeader(), "").strip();
        }
        JsonNode kind = mapping.kindSource() == null
                ? MissingNode.getInstance()
                : mapping.kindSource().read(scope(body, ""));
        return kind.isTextual() ? kind.textValue() : "";
    }

    private static Scope scope(JsonNode node, String kind) {
        return new Scope(new Document(node), node, TextNode.valueOf(kind), new JsonNode[0]);
    }

    private static JsonNode tree(Delivery delivery) {
        if (FormFields.isForm(delivery.headers().get("content-type"))) {
            JsonNode form = FormFields.parse(delivery.body()).document();
            if (form.isEmpty()) {
                throw malformed(delivery, "its body says that it is a form and holds no fields", null);
            }
            return form;
        }
        try {
            return JSON.readTree(delivery.body());
        } catch (IOException notJson) {
            throw malformed(delivery, "its body is not JSON", notJson);
        }
    }

    private JsonNode body(Delivery delivery) {
        JsonNode body = tree(delivery);
        // some send a bare list of events
        if (!body.isObject() && !(body.isArray() && mapping.items() != null)) {
            throw malformed(delivery, "its body is " + ValueType.describe(body) + " instead of an object", null);
        }
        return body;
    }

    private static Defect malformed(Delivery delivery, String reason, @Nullable Throwable cause) {
        return new Defect(
                FailureCode.MALFORMED_PAYLOAD,
                "The delivery " + Ids.format(delivery.id()) + " of " + delivery.platform() + " cannot be read: "
                        + reason + ". Look at it in the dead letters, and ask the platform if it comes again",
                cause);
    }

    private static String shown(String text) {
        return CutText.of(CleanText.of(text), SHOWN_LENGTH_MAX);
    }
}
