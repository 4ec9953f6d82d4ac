package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import dev.muster.golden.BrakeCase;
import dev.muster.golden.Brakes;
import dev.muster.golden.ByWhom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code /api/brakes}: accounts that were stopped because they changed too much, and what becomes of what they sent. */
public final class BrakesResource implements AdminResource {
    private final Brakes brakes;

    public BrakesResource(Brakes brakes) {
        this.brakes = brakes;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "listBrakes", this::list,
                "readBrake", call -> HttpAnswer.ok(json(brakes.find(call.id(), who(call)))),
                "approveBrake", call -> HttpAnswer.ok(json(brakes.approve(call.id(), who(call)))),
                "rejectBrake", call -> HttpAnswer.ok(json(brakes.reject(call.id(), who(call)))));
    }

    private static ByWhom who(ApiCall call) {
        return new ByWhom(
                call.caller().name(), call.said("reason", ""), call.caller().organization());
    }

    private HttpAnswer list(ApiCall call) {
        Page page = call.page();
        List<BrakeCase> found = brakes.list(
                call.text("organization"), call.text("state", "open").equals("open"), page.before(), page.limit());
        List<ObjectNode> items = new ArrayList<>();
        found.forEach(one -> items.add(json(one)));
        return Page.answer(new Page.Part<>(
                items,
                found.size() == page.limit() ? found.get(found.size() - 1).id() : null));
    }

    private static ObjectNode json(BrakeCase one) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("id", Ids.format(one.id())).put("organization", one.organization());
        node.put("platform", one.platform()).put("integration", one.integration());
        node.put("entity", one.entity().id()).put("state", one.state());
        node.put("changed", one.changed()).put("allowed", one.allowed());
        node.put("window", one.window().toString()).put("held", one.held());
        node.put("decidedBy", one.decidedBy()).put("reason", one.reason());
        Rows.time(node, "exemptUntil", one.exemptUntil());
        Rows.time(node, "createdAt", one.createdAt());
        Rows.time(node, "decidedAt", one.decidedAt());
        Rows.time(node, "closedAt", one.closedAt());
        return node;
    }
}
