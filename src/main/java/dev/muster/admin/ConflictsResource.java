package dev.muster.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.audit.AuditTrail;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import dev.muster.delivery.Problem;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.golden.Answer;
import dev.muster.golden.Choice;
import dev.muster.golden.FieldRulings;
import dev.muster.golden.Ruled;
import dev.muster.push.PushPlanning;
import dev.muster.push.PushStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /api/conflicts}: what waits for a person, field by field. {@code kind} says what disagrees: {@code sources}, by a rule
 * that may not decide, or a {@code push} that is held because the target says otherwise. The latter are no rows of their own:
 * they are read from the outbox, and resolved there.
 */
public final class ConflictsResource implements AdminResource {
    private static final Logger LOG = LoggerFactory.getLogger(ConflictsResource.class);
    private static final String GOLDEN = "golden record";

    private final Database database;
    private final PushPlanning planning;
    private final FieldRulings rulings;
    private final AuditTrail trail;
    private final Listing conflicts;
    private final Listing held;
    private final String isHeld;

    public ConflictsResource(Database database, PushPlanning planning, FieldRulings rulings, AuditTrail trail) {
        this.database = database;
        this.planning = planning;
        this.rulings = rulings;
        this.trail = trail;
        this.conflicts = Rows.conflicts(database);
        this.held = PushesResource.listing(database);
        this.isHeld = database.notable("u.status", PushStatus.HELD);
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "listConflicts",
                this::list,
                "readConflict",
                this::one,
                "resolveConflict",
                this::resolve,
                "resolveConflicts",
                this::resolveAll);
    }

    // --- looking ------------------------------------------------------------------------------------------------

    /** Newest first: a conflict of sources by when it arose, one of a push by when its record was made. */
    private HttpAnswer list(ApiCall call) {
        Cases cases = Cases.of(call);
        String kind = call.text("kind", "all");
        Page page = call.page();
        Page.Part<ObjectNode> none = new Page.Part<>(List.of(), null);
        Page.Part<ObjectNode> stored = kind.equals("push")
                ? none
                : cases.list(conflicts, "c.", page, call.filters("organization", "entity", "field"));
        Page.Part<ObjectNode> waiting = kind.equals("sources") || !cases.isOpen() ? none : held(call, page);
        return Page.answer(merged(page, stored, waiting));
    }

    private Page.Part<ObjectNode> held(ApiCall call, Page page) {
        Page.Part<ObjectNode> part = held.listWhole(page, isHeld, call.filters("organization", "entity"), "goldenId");
        String only = call.text("field");
        List<ObjectNode> items = new ArrayList<>();
        part.items().forEach(push -> push.path("contested").properties().forEach(field -> {
            if (only == null || only.equals(field.getKey())) {
                items.add(item(push, field.getKey()));
            }
        }));
        return new Page.Part<>(items, part.before());
    }

    private HttpAnswer one(ApiCall call) {
        String id = call.segment("conflict");
        return HttpAnswer.ok(found(call, id));
    }

    /** What is below where one of the lists broke off comes with the next page. */
    private static Page.Part<ObjectNode> merged(
            Page page, Page.Part<ObjectNode> stored, Page.Part<ObjectNode> waiting) {
        Long brokenOff = stored.before();
        Long other = waiting.before();
        if (brokenOff == null || other != null && other > brokenOff) {
            brokenOff = other;
        }
        List<ObjectNode> all = new ArrayList<>(stored.items());
        all.addAll(waiting.items());
        all.sort(Comparator.comparingLong(ConflictsResource::place).reversed());
        List<ObjectNode> items = new ArrayList<>();
        for (ObjectNode one : all) {
            long place = place(one);
            if (brokenOff != null && place < brokenOff) {
                break;
            }
            if (items.size() >= page.limit() && place != place(items.get(items.size() - 1))) {
                return new Page.Part<>(items, place + 1);
            }
            items.add(one);
        }
        return new Page.Part<>(items, brokenOff);
    }

    private static long place(ObjectNode item) {
        String id = item.path(item.path("kind").asText().equals("push") ? "recordId" : "id")
                .asText();
        return Ids.parse(id).orElseThrow();
    }

    /** One field of a held push in the shape of a conflict of sources: what stands, and what says otherwise. */
    private static ObjectNode item(ObjectNode push, String field) {
        JsonNode contested = push.path("contested").path(field);
        HeldField id = new HeldField(
                Ids.parse(push.path("goldenId").asText()).orElseThrow(),
                push.path("target").asText(),
                push.path("integration").asText(),
                field);
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("id", id.text()).put("kind", "push");
        node.set("organization", push.get("organization"));
        node.set("entity", push.get("entity"));
        node.set("recordId", push.get("goldenId"));
        node.put("field", field).put("status", "open");
        node.putArray("standing")
                .addObject()
                .put("platform", GOLDEN)
                .set("value", contested.path("here").isMissingNode() ? Rows.JSON.nullNode() : contested.path("here"));
        ObjectNode rival = node.putArray("rivals").addObject();
        rival.set("platform", push.get("platform"));
        rival.set("externalId", push.get("externalId"));
        rival.set("value", contested.get("there"));
        node.putNull("operationId");
        node.putNull("resolved");
        node.set("target", push.get("target"));
        node.set("integration", push.get("integration"));
        node.put("choice", contested.path("choice").textValue());
        node.set("createdAt", push.get("createdAt"));
        node.set("updatedAt", push.get("updatedAt"));
        return node;
    }

    private ObjectNode found(ApiCall call, String id) {
        return call.seen(Optional.of(HeldField.isOne(id) ? held(HeldField.of(id)) : stored(id)), "conflict", id);
    }

    private ObjectNode stored(String text) {
        return conflicts.find(Ids.parse(text).orElseThrow()).orElseThrow(() -> notFound(text));
    }

    private ObjectNode held(HeldField wanted) {
        Page one = new Page(wanted.goldenId() + 1, Page.LIMIT_MAX);
        Map<String, String> lane = Map.of("target", wanted.target(), "integration", wanted.integration());
        return held.list(one, isHeld + " AND u.golden_id = " + wanted.goldenId(), lane).items().stream()
                .filter(push -> push.path("contested").has(wanted.field()))
                .findFirst()
                .map(push -> item(push, wanted.field()))
                .orElseThrow(() -> notFound(wanted.text()));
    }

    private static Refusal notFound(String id) {
        return new Refusal(FailureCode.NOT_FOUND, 404, "There is no conflict " + Problem.clip(id) + " (any more)");
    }

    // --- resolving ----------------------------------------------------------------------------------------------

    private HttpAnswer resolve(ApiCall call) {
        String id = call.segment("conflict");
        found(call, id);
        ObjectNode answer = Rows.JSON.createObjectNode().put("id", id);
        if (HeldField.isOne(id)) {
            String choice = call.said("choice", "");
            HeldField one = HeldField.of(id);
            ObjectNode before = held(one);
            boolean isDue = database.write(connection -> {
                boolean isDecided = planning.resolve(
                        connection, one.goldenId(), one.target(), one.integration(), one.field(), choice);
                trail.record(
                        connection,
                        call.act(before.path("organization").asText(), "push.resolve", "push", id)
                                .about(one.goldenId())
                                .changing(Map.of(
                                        "field", one.field(),
                                        "choice", choice,
                                        "here", before.path("standing").path(0).path("value"),
                                        "there", before.path("rivals").path(0).path("value"))));
                return isDecided;
            });
            LOG.info("The conflict {} was resolved by {}: {}", id, call.caller().name(), choice);
            answer.put("choice", choice).putNull("act");
            answer.put("push", isDue ? PushStatus.DUE.id() : PushStatus.HELD.id());
        } else {
            Choice choice = choice(call);
            Ruled ruled = rulings.resolve(Ids.parse(id).orElseThrow(), choice, RulingsResource.who(call));
            answer.put("choice", choice.id()).put("act", Ids.format(ruled.id())).putNull("push");
        }
        return HttpAnswer.json(202, answer.toString());
    }

    private static Choice choice(ApiCall call) {
        Object value = RulingsResource.value(call.body().path("value"));
        JsonNode rival = call.body().path("rival");
        return switch (call.said("choice", "")) {
            case "keep_current" -> new Choice.KeepCurrent();
            case "accept_incoming" -> new Choice.AcceptIncoming(rival.isMissingNode() ? null : rival.intValue(), value);
            default -> {
                if (value == null) {
                    throw Page.bad("The choice is 'own', and the value is missing");
                }
                yield new Choice.Own(value);
            }
        };
    }

    private HttpAnswer resolveAll(ApiCall call) {
        List<Long> ids = new ArrayList<>();
        boolean more = false;
        if (call.body().has("ids")) {
            call.body().path("ids").forEach(id -> ids.add(Ids.parse(id.asText()).orElseThrow()));
        } else {
            more = openOnes(call, ids);
        }
        ObjectNode answer = Rows.JSON.createObjectNode();
        ArrayNode items = answer.putArray("items");
        int done = 0;
        for (Answer one : rulings.resolveAll(ids, choice(call), RulingsResource.who(call))) {
            done += one.outcome() == Answer.Outcome.DONE ? 1 : 0;
            Long act = one.act();
            items.addObject()
                    .put("id", Ids.format(one.conflict()))
                    .put("outcome", one.outcome().name().toLowerCase(Locale.ROOT))
                    .put("act", act == null ? null : Ids.format(act))
                    .put("why", one.why());
        }
        return HttpAnswer.ok(answer.put("done", done).put("more", more));
    }

    /** The newest open ones that match, as many as are decided at once; answers whether there are more. */
    private boolean openOnes(ApiCall call, List<Long> ids) {
        Map<String, Object> filters = new TreeMap<>();
        for (String name : List.of("organization", "entity", "field")) {
            String value = call.said(name);
            if (value != null) {
                filters.put(name, value);
            }
        }
        Long before = Long.MAX_VALUE;
        while (before != null) {
            Page.Part<ObjectNode> part = conflicts.list(new Page(before, Page.LIMIT_MAX), "c.status = 'open'", filters);
            for (ObjectNode one : part.items()) {
                if (ids.size() == FieldRulings.CONFLICTS_MAX) {
                    return true;
                }
                ids.add(place(one));
            }
            before = part.before();
        }
        return false;
    }

    /** What names one field of one held push: the outbox has a key of three parts, and no id. */
    private record HeldField(long goldenId, String target, String integration, String field) {
        private static final String BETWEEN = "~";

        static boolean isOne(String text) {
            return text.contains(BETWEEN);
        }

        static HeldField of(String text) {
            String[] parts = text.split(BETWEEN, -1);
            if (parts.length != 4) {
                throw notFound(text);
            }
            return new HeldField(Ids.parse(parts[0]).orElseThrow(), parts[1], parts[2], parts[3]);
        }

        String text() {
            return String.join(BETWEEN, Ids.format(goldenId), target, integration, field);
        }
    }
}
