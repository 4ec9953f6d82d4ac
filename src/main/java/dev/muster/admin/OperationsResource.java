package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditTrail;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.operation.DeadLetterStore;
import dev.muster.operation.OperationStatus;
import dev.muster.operation.OperationStore;
import dev.muster.operation.QueueSignal;
import dev.muster.operation.Retention;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What came in and what became of it: {@code /api/operations}, {@code /api/deliveries}, {@code /api/dead-letters}. */
public final class OperationsResource implements AdminResource {
    private static final Logger LOG = LoggerFactory.getLogger(OperationsResource.class);
    private static final String DEAD = "o.status > 2 AND o.status = " + OperationStatus.DEAD.ordinal();

    private final Rows rows;
    private final OperationStore operations;
    private final DeadLetterStore deadLetters;
    private final QueueSignal signal;
    private final AuditTrail trail;
    private final Retention retention;

    public OperationsResource(
            Database database,
            OperationStore operations,
            DeadLetterStore deadLetters,
            QueueSignal signal,
            AuditTrail trail,
            Retention retention) {
        this.rows = new Rows(database);
        this.operations = operations;
        this.deadLetters = deadLetters;
        this.signal = signal;
        this.trail = trail;
        this.retention = retention;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "listOperations", this::list,
                "readOperation", this::one,
                "readDelivery", call -> HttpAnswer.ok(delivery(call)),
                "replayDelivery", this::replayDelivery,
                "listDeadLetters", this::listDead,
                "readDeadLetter", this::oneDead,
                "replayDeadLetter", this::replayDead);
    }

    private HttpAnswer list(ApiCall call) {
        Map<String, Object> filters = call.filters("platform", "organization");
        String asked = call.text("status");
        String indexed = null;
        if (asked != null) {
            OperationStatus status = OperationStatus.of(asked).orElseThrow();
            if (status == OperationStatus.SUCCESS) {
                // Most are: no index, and none needed.
                filters.put("status", status.ordinal());
            } else {
                indexed = (status.ordinal() > OperationStatus.SUCCESS.ordinal() ? "o.status > 2 AND " : "")
                        + "o.status = " + status.ordinal();
            }
        }
        return Page.answer(rows.operations.list(call.page(), indexed, filters));
    }

    private HttpAnswer one(ApiCall call) {
        return HttpAnswer.ok(call.seen(rows.operations.find(call.id()), "operation"));
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

    private HttpAnswer replayDelivery(ApiCall call) {
        ObjectNode delivery = delivery(call);
        long operation = operations.requeue(call.id()).orElseThrow(() -> Page.notFound("delivery", call.segment("id")));
        LOG.info(
                "The delivery {} was queued once more for {}",
                call.segment("id"),
                call.caller().name());
        trail.record(AuditEntry.act(
                        delivery.path("organization").asText(),
                        call.actor(),
                        "delivery.replay",
                        "delivery",
                        call.segment("id"))
                .of(operation));
        signal.arrived(delivery.path("platform").asText());
        return queued(Ids.format(operation));
    }

    private HttpAnswer listDead(ApiCall call) {
        return Page.answer(
                rows.deadLetters.list(call.page(), DEAD, call.filters("platform", "organization", "code", "digest")));
    }

    private HttpAnswer oneDead(ApiCall call) {
        return HttpAnswer.ok(call.seen(rows.deadLetters.find(call.id()), "dead letter"));
    }

    private HttpAnswer replayDead(ApiCall call) {
        String id = call.segment("id");
        ObjectNode letter = call.seen(rows.operations.find(call.id()), "dead letter");
        if (!deadLetters.replay(call.id())) {
            throw new Refusal(
                    FailureCode.CONFLICTING_STATE,
                    409,
                    "The operation " + id + " is " + letter.path("status").asText()
                            + ", not dead: there is nothing to replay");
        }
        LOG.info(
                "The dead letter {} was put back into the queue for {}",
                id,
                call.caller().name());
        trail.record(AuditEntry.act(
                        letter.path("organization").asText(), call.actor(), "dead_letter.replay", "operation", id)
                .of(call.id()));
        signal.arrived(letter.path("platform").asText());
        return queued(id);
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
