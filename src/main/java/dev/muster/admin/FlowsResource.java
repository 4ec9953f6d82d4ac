package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.admin.Flows.Flow;
import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditTrail;
import dev.muster.delivery.HttpAnswer;
import dev.muster.delivery.Problem;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /api/flows}: the routes of this hub, their state and their rates; they are stopped and started. */
public final class FlowsResource implements AdminResource {
    private static final Logger LOG = LoggerFactory.getLogger(FlowsResource.class);

    private final Flows flows;
    private final AuditTrail trail;

    public FlowsResource(Flows flows, AuditTrail trail) {
        this.flows = flows;
        this.trail = trail;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "listFlows",
                call -> list(),
                "readFlow",
                call -> HttpAnswer.ok(json(found(call))),
                "stopFlow",
                this::stop,
                "startFlow",
                this::start);
    }

    private HttpAnswer list() {
        ObjectNode answer = Rows.JSON.createObjectNode();
        ArrayNode items = answer.putArray("items");
        flows.all().forEach(flow -> items.add(json(flow)));
        return HttpAnswer.ok(answer);
    }

    private Flow found(ApiCall call) {
        String id = call.segment("flow");
        return flows.find(id)
                .orElseThrow(() -> new Refusal(
                        FailureCode.NOT_FOUND,
                        404,
                        "There is no flow '" + Problem.clip(id) + "'; GET /api/flows lists them"));
    }

    private HttpAnswer stop(ApiCall call) {
        Flow flow = found(call);
        if (!flow.mayStop()) {
            throw new Refusal(
                    FailureCode.CONFLICTING_STATE,
                    409,
                    "The flow '" + flow.id() + "' carries this API and its dashboard: it stops with the hub");
        }
        flows.stop(flow.id());
        trail.record(call.act(AuditEntry.HUB, "flow.stop", "flow", flow.id()));
        LOG.info("The flow {} was stopped by {}", flow.id(), call.caller().name());
        return HttpAnswer.ok(json(found(call)));
    }

    private HttpAnswer start(ApiCall call) {
        Flow flow = found(call);
        flows.start(flow.id());
        trail.record(call.act(AuditEntry.HUB, "flow.start", "flow", flow.id()));
        LOG.info("The flow {} was started by {}", flow.id(), call.caller().name());
        return HttpAnswer.ok(json(found(call)));
    }

    private static ObjectNode json(Flow flow) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("id", flow.id()).put("description", flow.description());
        node.put("state", flow.state()).put("from", flow.from());
        node.put("exchanges", flow.exchanges()).put("failed", flow.failed()).put("inflight", flow.inflight());
        node.put("meanMillis", flow.meanMillis()).put("lastMillis", flow.lastMillis());
        Rows.time(node, "since", flow.since());
        node.put("mayStop", flow.mayStop());
        return node;
    }
}
