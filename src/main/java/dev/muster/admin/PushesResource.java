package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import dev.muster.push.PushPlanning;
import dev.muster.push.PushStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/pushes}: the outbox as a list; {@code /plan}: what would be pushed; {@code /enqueue}: makes records due; and
 * {@code /{goldenId}/{target}/{integration}/replay}.
 */
public final class PushesResource implements AdminResource {
    private final PushPlanning planning;
    private final Listing pushes;

    public PushesResource(Database database, PushPlanning planning) {
        this.planning = planning;
        this.pushes = listing(database);
    }

    static Listing listing(Database database) {
        return new Listing(
                database,
                "u.organization, u.platform, u.integration, u.target, u.entity, u.status, u.rank, u.attempts,"
                        + " u.not_before, u.error_code, u.error, u.external_id, u.pushed, u.pushed_at, u.contested, u.created_at,"
                        + " u.updated_at",
                "pushes u",
                "u.golden_id",
                PushesResource::row);
    }

    @Override
    public String name() {
        return "pushes";
    }

    @Override
    public HttpAnswer answer(AdminRequest request, List<String> rest) {
        String first = rest.isEmpty() ? "" : rest.get(0);
        return switch (first) {
            case "" -> list(request);
            case "plan" -> plan(request, rest.size() == 1);
            case "enqueue" -> enqueue(request, rest.size() == 1);
            default -> replay(request, rest);
        };
    }

    private HttpAnswer list(AdminRequest request) {
        request.allow(true, "GET");
        request.only("status", "platform", "organization", "target", "integration", "goldenId", "cursor", "limit");
        Map<String, Object> filters = request.filters("platform", "organization", "target", "integration");
        String golden = request.query().get("goldenId");
        if (golden != null) {
            long id = Page.id(golden, "The parameter 'goldenId'");
            List<ObjectNode> all = pushes.list(new Page(id + 1, Page.LIMIT_MAX), "u.golden_id >= " + id, filters)
                    .items();
            return HttpAnswer.ok(Page.answer(new Page.Part<>(all, null)));
        }
        PushStatus status = status(request.query().get("status"));
        String indexed = null;
        if (status == PushStatus.FAILED || status == PushStatus.HELD) {
            indexed = "u.status > 2 AND u.status = " + status.ordinal();
        } else if (status != null) {
            filters.put("status", status.ordinal());
        }
        return HttpAnswer.ok(Page.answer(pushes.listWhole(Page.of(request.query()), indexed, filters, "goldenId")));
    }

    private static @Nullable PushStatus status(@Nullable String text) {
        if (text == null) {
            return null;
        }
        return Arrays.stream(PushStatus.values())
                .filter(status -> status.id().equals(text))
                .findFirst()
                .orElseThrow(() -> {
                    List<String> names = new ArrayList<>();
                    Arrays.stream(PushStatus.values()).forEach(status -> names.add(status.id()));
                    return Page.bad("The parameter 'status' is none: write one of " + names);
                });
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

    private HttpAnswer plan(AdminRequest request, boolean exists) {
        request.allow(exists, "GET");
        request.only("target", "organization", "integration", "all", "cursor", "limit");
        Page page = Page.of(request.query());
        PushPlanning.Part part = planning.plan(
                needed(request.query().get("target"), "target"),
                request.query().getOrDefault("organization", "default"),
                request.query().get("integration"),
                "true".equals(request.query().get("all")),
                page.before(),
                page.limit());
        ObjectNode node = Rows.JSON.createObjectNode();
        ArrayNode items = node.putArray("items");
        part.items().forEach(planned -> items.add(Rows.JSON.valueToTree(planned)));
        Page.next(node, part.before());
        return HttpAnswer.ok(node);
    }

    private HttpAnswer enqueue(AdminRequest request, boolean exists) {
        request.allow(exists, "POST");
        request.only();
        ObjectNode body = request.json("target", "organization", "integration", "cursor");
        String cursor = body.path("cursor").asText("");
        PushPlanning.Enqueued enqueued = planning.enqueue(
                needed(body.path("target").asText(""), "target"),
                body.path("organization").asText("default"),
                body.hasNonNull("integration") ? body.path("integration").asText() : null,
                cursor.isEmpty() ? Long.MAX_VALUE : Page.id(cursor, "The key 'cursor'"));
        ObjectNode node = Rows.JSON.createObjectNode().put("enqueued", enqueued.records());
        Page.next(node, enqueued.before());
        return HttpAnswer.json(202, node.toString());
    }

    private HttpAnswer replay(AdminRequest request, List<String> rest) {
        request.allow(rest.size() == 4 && rest.get(3).equals("replay"), "POST");
        request.only();
        boolean forced = request.json("force").path("force").asBoolean(false);
        planning.replay(Page.id(rest.get(0), "The golden record's id"), rest.get(1), rest.get(2), forced);
        return HttpAnswer.json(
                202,
                Rows.JSON
                        .createObjectNode()
                        .put("goldenId", rest.get(0))
                        .put("target", rest.get(1))
                        .put("status", PushStatus.DUE.id())
                        .toString());
    }

    private static String needed(@Nullable String value, String name) {
        if (value == null || value.isBlank()) {
            throw Page.bad("'" + name + "' is missing");
        }
        return value;
    }
}
