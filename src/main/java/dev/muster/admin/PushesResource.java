package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.audit.AuditTrail;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import dev.muster.platform.Integrations;
import dev.muster.push.PushPlanning;
import dev.muster.push.PushStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code /api/pushes}: the outbox as a list; {@code /plan}: what would be pushed; {@code /enqueue}: makes records due; and
 * {@code /{goldenId}/{target}/{integration}/replay}.
 */
public final class PushesResource implements AdminResource {
    private final Database database;
    private final PushPlanning planning;
    private final AuditTrail trail;
    private final Listing pushes;

    public PushesResource(Database database, PushPlanning planning, AuditTrail trail) {
        this.database = database;
        this.planning = planning;
        this.trail = trail;
        this.pushes = listing(database);
    }

    static Listing listing(Database database) {
        return new Listing(
                database,
                "u.organization, u.platform, u.integration, u.target, u.entity, u.status, u.rank, u.attempts,"
                        + " u.not_before, u.error_code, u.error, u.external_id, u.pushed, u.pushed_at, u.contested, u.created_at,"
                        + " u.updated_at",
                "pushes u",
                "u",
                "golden_id",
                PushesResource::row);
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "listPushes", this::list,
                "planPushes", this::plan,
                "enqueuePushes", this::enqueue,
                "replayPush", this::replay);
    }

    private HttpAnswer list(ApiCall call) {
        Map<String, Object> filters = call.filters("platform", "organization", "target", "integration");
        Long golden = call.queriedId("goldenId");
        if (golden != null) {
            List<ObjectNode> all = pushes.list(
                            new Page(golden + 1, Page.LIMIT_MAX), "u.golden_id >= " + golden, filters)
                    .items();
            return Page.answer(new Page.Part<>(all, null));
        }
        String asked = call.text("status");
        String indexed = null;
        if (asked != null) {
            PushStatus status = PushStatus.of(asked).orElseThrow();
            if (status == PushStatus.FAILED || status == PushStatus.HELD) {
                indexed = database.notable("u.status", status);
            } else {
                filters.put("status", status.ordinal());
            }
        }
        return Page.answer(pushes.listWhole(call.page(), indexed, filters, "goldenId"));
    }

    private static ObjectNode row(ResultSet row) throws SQLException {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("goldenId", Ids.format(row.getLong("row_id")));
        node.put("organization", row.getString("organization"));
        node.put("platform", row.getString("platform"));
        node.put("integration", row.getString("integration"));
        node.put("target", row.getString("target"));
        node.put("entity", row.getString("entity"));
        node.put("status", PushStatus.values()[row.getInt("status")].id());
        node.put("urgent", row.getInt("rank") == 0);
        node.put("attempts", row.getInt("attempts"));
        Rows.time(node, "notBefore", row, "not_before");
        node.put("errorCode", row.getString("error_code"));
        node.put("error", row.getString("error"));
        node.put("externalId", row.getString("external_id"));
        node.put("pushed", row.getString("pushed") != null);
        Rows.time(node, "pushedAt", row, "pushed_at");
        String contested = row.getString("contested");
        node.set("contested", contested == null ? null : Rows.stored(contested));
        Rows.time(node, "createdAt", row, "created_at");
        Rows.time(node, "updatedAt", row, "updated_at");
        return node;
    }

    private HttpAnswer plan(ApiCall call) {
        Page page = call.page();
        PushPlanning.Part part = planning.plan(
                call.text("target", ""),
                call.text("organization", Integrations.DEFAULT_ORGANIZATION),
                call.text("integration"),
                call.text("all", "false").equals("true"),
                page.before(),
                page.limit());
        ObjectNode node = Rows.JSON.createObjectNode();
        ArrayNode items = node.putArray("items");
        part.items().forEach(planned -> items.add(Rows.JSON.valueToTree(planned)));
        Page.next(node, part.before());
        return HttpAnswer.ok(node);
    }

    private HttpAnswer enqueue(ApiCall call) {
        String cursor = call.said("cursor");
        PushPlanning.Enqueued enqueued = planning.enqueue(
                call.said("target", ""),
                call.said("organization", Integrations.DEFAULT_ORGANIZATION),
                call.said("integration"),
                cursor == null ? Long.MAX_VALUE : Ids.parse(cursor).orElseThrow());
        trail.record(call.act(
                        call.said("organization", Integrations.DEFAULT_ORGANIZATION),
                        "push.enqueue",
                        "push",
                        call.said("target", ""))
                .changing(Map.of("records", enqueued.records())));
        ObjectNode node = Rows.JSON.createObjectNode().put("enqueued", enqueued.records());
        Page.next(node, enqueued.before());
        return HttpAnswer.json(202, node.toString());
    }

    private Optional<String> organizationOf(long golden) {
        return pushes.list(new Page(golden + 1, 1), "u.golden_id >= " + golden, Map.of()).items().stream()
                .map(push -> push.path("organization").asText())
                .findFirst();
    }

    private HttpAnswer replay(ApiCall call) {
        boolean forced = call.body().path("force").asBoolean(false);
        long golden = call.id("goldenId");
        String organization = organizationOf(golden)
                .filter(one -> call.caller().sees(one))
                .orElseThrow(() -> Page.notFound("push of", call.segment("goldenId")));
        database.change(connection -> {
            planning.replay(connection, golden, call.segment("target"), call.segment("integration"), forced);
            trail.record(
                    connection,
                    call.act(
                                    organization,
                                    "push.replay",
                                    "push",
                                    call.segment("target") + '/' + call.segment("integration"))
                            .about(golden)
                            .changing(Map.of("force", forced)));
        });
        return HttpAnswer.json(
                202,
                Rows.JSON
                        .createObjectNode()
                        .put("goldenId", call.segment("goldenId"))
                        .put("target", call.segment("target"))
                        .put("status", PushStatus.DUE.id())
                        .toString());
    }
}
