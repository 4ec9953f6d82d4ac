package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.access.Permission;
import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditTrail;
import dev.muster.canonical.FieldSeal;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.decide.SurvivorshipRules;
import dev.muster.delivery.HttpAnswer;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.operation.DeadLetterStore;
import dev.muster.operation.OperationStatus;
import dev.muster.operation.OperationStore;
import dev.muster.operation.QueueSignal;
import dev.muster.operation.Retention;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What came in and what became of it: {@code /api/operations}, {@code /api/deliveries}, {@code /api/dead-letters}. */
public final class OperationsResource implements AdminResource {
    private static final Logger LOG = LoggerFactory.getLogger(OperationsResource.class);
    private static final int REPLAYED_MAX = 1_000;

    private final Database database;
    private final Rows rows;
    private final String isDead;
    private final OperationStore operations;
    private final DeadLetterStore deadLetters;
    private final QueueSignal signal;
    private final AuditTrail trail;
    private final Retention retention;
    private final Supplier<SurvivorshipRules> rules;

    /** @param rules which say whether any field is secret */
    public OperationsResource(
            Database database,
            OperationStore operations,
            DeadLetterStore deadLetters,
            QueueSignal signal,
            AuditTrail trail,
            Retention retention,
            Supplier<SurvivorshipRules> rules) {
        this.database = database;
        this.rows = new Rows(database);
        this.isDead = database.notable("o.status", OperationStatus.DEAD);
        this.operations = operations;
        this.deadLetters = deadLetters;
        this.signal = signal;
        this.trail = trail;
        this.retention = retention;
        this.rules = rules;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.ofEntries(
                Map.entry("listOperations", this::list),
                Map.entry("readOperation", call -> HttpAnswer.ok(operation(call, "operation"))),
                Map.entry("replayOperation", this::replay),
                Map.entry("replayOperations", this::replayAll),
                Map.entry("readDelivery", call -> HttpAnswer.ok(shown(call, delivery(call)))),
                Map.entry("replayDelivery", call -> requeue(call, delivery(call))),
                Map.entry("listDeadLetters", this::listDead),
                Map.entry("groupDeadLetters", this::groups),
                Map.entry("readDeadLetter", this::oneDead),
                Map.entry("replayDeadLetter", this::replayDead),
                Map.entry("replayDeadLetters", this::replayAllDead));
    }

    private HttpAnswer list(ApiCall call) {
        String asked = call.text("status");
        OperationStatus status =
                asked == null ? null : OperationStatus.of(asked).orElseThrow();
        return Page.answer(list(call.page(), status, call.filters("platform", "organization")));
    }

    private Page.Part<ObjectNode> list(Page page, @Nullable OperationStatus status, Map<String, Object> filters) {
        String indexed = null;
        if (status != null && status.ordinal() <= OperationStatus.SUCCESS.ordinal()) {
            // Most succeeded, and those that wait have an index in the order of claims: SQLite would walk all ids to
            // find few.
            filters.put("status", status.ordinal());
        } else if (status != null) {
            indexed = database.notable("o.status", status);
        }
        return rows.operations.list(page, indexed, filters);
    }

    private ObjectNode operation(ApiCall call, String what) {
        return call.seen(rows.operations.find(call.id()), what);
    }

    private HttpAnswer replay(ApiCall call) {
        String delivery = operation(call, "operation").path("deliveryId").asText();
        return requeue(call, call.seen(rows.delivery(Ids.parse(delivery).orElseThrow()), "delivery", delivery));
    }

    private HttpAnswer replayAll(ApiCall call) {
        OperationStatus status = OperationStatus.of(call.said("status", "")).orElseThrow();
        Page.Part<ObjectNode> part = list(part(call), status, filters(call, "organization", "platform"));
        Set<Long> deliveries = new LinkedHashSet<>();
        part.items()
                .forEach(one -> deliveries.add(
                        Ids.parse(one.path("deliveryId").asText()).orElseThrow()));
        return replayed(call, "operations", part, connection -> {
            int replayed = 0;
            for (Long delivery : deliveries) {
                replayed +=
                        operations.requeue(connection, delivery, isForced(call)).isPresent() ? 1 : 0;
            }
            return replayed;
        });
    }

    /** As many as one call replays. */
    private static Page part(ApiCall call) {
        String cursor = call.said("cursor");
        return new Page(cursor == null ? Long.MAX_VALUE : Ids.parse(cursor).orElseThrow(), REPLAYED_MAX);
    }

    private static Map<String, Object> filters(ApiCall call, String... names) {
        Map<String, Object> filters = new TreeMap<>();
        for (String name : names) {
            String value = call.said(name);
            if (value != null) {
                filters.put(name, value);
            }
        }
        return filters;
    }

    /** @param replay answers how many were put into the queue; the audit log tells of it in the same transaction */
    private HttpAnswer replayed(ApiCall call, String what, Page.Part<ObjectNode> part, Database.Work<Integer> replay) {
        int replayed = database.write(connection -> {
            int count = replay.run(connection);
            if (count > 0) {
                trail.record(
                        connection,
                        call.act(call.said("organization", AuditEntry.HUB), "replay.all", what, what)
                                .changing(Map.of("replayed", count, "filters", call.body())));
            }
            return count;
        });
        LOG.info(
                "{} {} were put into the queue once more for {}",
                replayed,
                what,
                call.caller().name());
        part.items().stream()
                .map(one -> one.path("platform").asText())
                .distinct()
                .forEach(signal::arrived);
        ObjectNode answer = Rows.JSON.createObjectNode().put("replayed", replayed);
        Page.next(answer, part.before());
        return HttpAnswer.json(202, answer.toString());
    }

    private ObjectNode delivery(ApiCall call) {
        Optional<ObjectNode> found = rows.delivery(call.id());
        if (found.isEmpty() && retention.isPast(call.id())) {
            throw new Refusal(
                    FailureCode.NOT_FOUND,
                    404,
                    "The delivery " + call.segment("id") + " is not there (any more): raw deliveries are purged after "
                            + retention.days() + " days (muster.deliveries.days)");
        }
        return call.seen(found, "delivery");
    }

    /** A body holds the values of secret fields among others. */
    private ObjectNode shown(ApiCall call, ObjectNode delivery) {
        if (rules.get().hasSecrets() && !call.caller().may(Permission.ERASE)) {
            delivery.put("bodyEncoding", "text").put("body", FieldSeal.MASK);
        }
        return delivery;
    }

    private static boolean isForced(ApiCall call) {
        return call.body().path("force").asBoolean();
    }

    /** For the audit log, which says it only of what is rare. */
    private static Map<String, Boolean> forced(ApiCall call) {
        return isForced(call) ? Map.of("force", true) : Map.of();
    }

    private HttpAnswer requeue(ApiCall call, ObjectNode delivery) {
        String id = delivery.path("id").asText();
        long operation = database.write(connection -> {
            long queued = operations
                    .requeue(connection, Ids.parse(id).orElseThrow(), isForced(call))
                    .orElseThrow(() -> Page.notFound("delivery", id));
            trail.record(
                    connection,
                    call.act(delivery.path("organization").asText(), "delivery.replay", "delivery", id)
                            .of(queued)
                            .changing(forced(call)));
            return queued;
        });
        LOG.info(
                "The delivery {} was queued once more for {}", id, call.caller().name());
        signal.arrived(delivery.path("platform").asText());
        return queued(Ids.format(operation));
    }

    private HttpAnswer listDead(ApiCall call) {
        return Page.answer(
                rows.deadLetters.list(call.page(), isDead, call.filters("platform", "organization", "code", "digest")));
    }

    private HttpAnswer oneDead(ApiCall call) {
        // an operation that never died is found, too, but has no cause
        return HttpAnswer.ok(call.seen(
                rows.deadLetters.find(call.id()).filter(one -> !one.path("cause")
                        .isNull()),
                "dead letter"));
    }

    private HttpAnswer replayDead(ApiCall call) {
        String id = call.segment("id");
        ObjectNode letter = operation(call, "dead letter");
        database.change(connection -> {
            if (deadLetters.replay(connection, List.of(call.id()), isForced(call)) == 0) {
                throw new Refusal(
                        FailureCode.CONFLICTING_STATE,
                        409,
                        "The operation " + id + " is " + letter.path("status").asText()
                                + ", not dead: there is nothing to replay");
            }
            trail.record(
                    connection,
                    call.act(letter.path("organization").asText(), "dead_letter.replay", "operation", id)
                            .of(call.id())
                            .changing(forced(call)));
        });
        LOG.info(
                "The dead letter {} was put back into the queue for {}",
                id,
                call.caller().name());
        signal.arrived(letter.path("platform").asText());
        return queued(id);
    }

    private HttpAnswer replayAllDead(ApiCall call) {
        Page.Part<ObjectNode> part =
                rows.deadLetters.list(part(call), isDead, filters(call, "organization", "platform", "code", "digest"));
        List<Long> ids = new ArrayList<>();
        part.items().forEach(one -> ids.add(Ids.parse(one.path("id").asText()).orElseThrow()));
        return replayed(call, "dead letters", part, connection -> deadLetters.replay(connection, ids, isForced(call)));
    }

    private HttpAnswer groups(ApiCall call) {
        ObjectNode answer = Rows.JSON.createObjectNode();
        ArrayNode items = answer.putArray("items");
        for (DeadLetterStore.Group group : deadLetters.groups(call.text("organization"), call.text("platform"))) {
            items.addObject()
                    .put("organization", group.organization())
                    .put("platform", group.platform())
                    .put("code", group.code())
                    .put("digest", group.digest())
                    .put("cause", group.cause())
                    .put("count", group.count())
                    .put("firstDiedAt", group.firstDiedAt().toString())
                    .put("diedAt", group.diedAt().toString());
        }
        return HttpAnswer.ok(answer);
    }

    private static HttpAnswer queued(String operationId) {
        return HttpAnswer.json(
                202,
                Rows.JSON
                        .createObjectNode()
                        .put("operationId", operationId)
                        .put("status", OperationStatus.PENDING.id())
                        .toString());
    }
}
