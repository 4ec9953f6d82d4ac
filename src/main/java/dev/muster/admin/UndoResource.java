package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import dev.muster.golden.ByWhom;
import dev.muster.golden.Undo;
import dev.muster.golden.UndoDifference;
import dev.muster.golden.UndoPreview;
import dev.muster.golden.UndoScope;
import dev.muster.golden.Undos;
import dev.muster.platform.Integrations;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code /api/undo}: what operations made of the roll is taken back, with a preview first. */
public final class UndoResource implements AdminResource {
    private final Undos undos;
    /** A preview holds all that it looked at. */
    private final Turn turn = new Turn("preview of an undo", Duration.ofSeconds(5));

    public UndoResource(Undos undos) {
        this.undos = undos;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "previewUndo", call -> turn.take(() -> preview(call)),
                "listUndos", this::list,
                "beginUndo", this::begin,
                "readUndo", call -> HttpAnswer.ok(json(undos.find(call.id(), who(call)))),
                "undoUndo", call -> begun(call, undos.undo(call.id(), who(call))));
    }

    private static ByWhom who(ApiCall call) {
        return new ByWhom(
                call.caller().name(), call.said("reason", ""), call.caller().organization());
    }

    private HttpAnswer begin(ApiCall call) {
        return begun(call, scope(call));
    }

    private HttpAnswer begun(ApiCall call, UndoScope scope) {
        return HttpAnswer.json(202, json(undos.begin(scope, who(call))).toString());
    }

    private HttpAnswer list(ApiCall call) {
        Page page = call.page();
        List<Undo> found = undos.list(call.text("organization"), page.before(), page.limit());
        List<ObjectNode> items = new ArrayList<>();
        found.forEach(undo -> items.add(json(undo)));
        return Page.answer(new Page.Part<>(
                items,
                found.size() == page.limit() ? found.get(found.size() - 1).id() : null));
    }

    private HttpAnswer preview(ApiCall call) {
        UndoScope scope = scope(call);
        int offset = call.body().path("offset").asInt(0);
        UndoPreview preview =
                undos.preview(scope, offset, call.body().path("limit").asInt(Page.LIMIT_DEFAULT));
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("kind", scope.kind().id());
        node.put("organization", scope.organization()).put("platform", scope.platform());
        node.put("changes", preview.changes()).put("isComplete", preview.isComplete());
        node.put("records", preview.records()).put("withdrawn", preview.withdrawn());
        node.put("goldenRecords", preview.goldenRecords());
        node.put("fields", preview.fields()).put("skipped", preview.skipped());
        node.put("offset", offset);
        ArrayNode differences = node.putArray("differences");
        preview.differences().forEach(one -> differences.add(json(one)));
        return HttpAnswer.ok(node);
    }

    /** What is meant: exactly one of the ways to say it. */
    private UndoScope scope(ApiCall call) {
        String operation = call.said("operation");
        String run = call.said("run");
        String undo = call.said("undo");
        String platform = call.said("platform");
        int ways = (operation == null ? 0 : 1) + (run == null ? 0 : 1) + (undo == null ? 0 : 1);
        boolean isWindow = platform != null || call.said("from") != null || call.said("until") != null;
        if (ways + (isWindow ? 1 : 0) != 1) {
            throw Page.bad("Name what to undo by one of these: operation, run, or platform with from and until");
        }
        if (operation != null) {
            return undos.operation(Ids.parse(operation).orElseThrow(), who(call));
        }
        if (run != null) {
            return undos.run(Ids.parse(run).orElseThrow(), who(call));
        }
        if (undo != null) {
            return undos.undo(Ids.parse(undo).orElseThrow(), who(call));
        }
        String from = call.said("from");
        String until = call.said("until");
        if (platform == null || from == null || until == null) {
            throw Page.bad("A window needs platform, from and until, such as 2026-01-31T09:00:00Z");
        }
        return undos.window(
                call.said("organization", Integrations.DEFAULT_ORGANIZATION),
                platform,
                call.said("integration"),
                time("from", from),
                time("until", until),
                who(call));
    }

    private static Instant time(String name, String text) {
        try {
            return Instant.ofEpochMilli(OffsetDateTime.parse(text).toInstant().toEpochMilli());
        } catch (DateTimeException | ArithmeticException e) {
            throw Page.bad(name + " is not a time such as 2026-01-31T09:00:00Z");
        }
    }

    private static ObjectNode json(UndoDifference one) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("entity", one.key().entity().id()).put("platform", one.key().platform());
        node.put("externalId", one.key().externalId()).put("recordId", Ids.format(one.goldenId()));
        node.put("field", one.field());
        node.set("before", Rows.JSON.valueToTree(one.before()));
        node.set("after", Rows.JSON.valueToTree(one.after()));
        Long writtenBy = one.writtenBy();
        String delivery = writtenBy == null ? null : Ids.format(writtenBy);
        node.put("skippedFor", delivery);
        node.put("why", delivery == null ? null : "the delivery " + delivery + " stated it, which is not undone");
        return node;
    }

    private static ObjectNode json(Undo undo) {
        UndoScope scope = undo.scope();
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("id", Ids.format(undo.id())).put("kind", scope.kind().id());
        node.put("organization", scope.organization()).put("platform", scope.platform());
        node.put("integration", scope.integration());
        Long of = scope.kind() == UndoScope.Kind.OPERATION ? Long.valueOf(scope.firstId()) : scope.runId();
        node.put("of", id(of));
        node.put("madeBy", undo.madeBy()).put("reason", undo.reason());
        node.put("state", undo.state());
        node.put(
                "progress",
                undo.endedAt() != null
                        ? 1.0
                        : undo.total() == 0 ? 0.0 : Math.min(1.0, (double) undo.changes() / undo.total()));
        node.put("total", undo.total()).put("changes", undo.changes());
        node.put("records", undo.records()).put("fields", undo.fields()).put("skipped", undo.skipped());
        node.put("undoneBy", id(undo.undoneBy()));
        Rows.time(node, "createdAt", undo.createdAt());
        Rows.time(node, "updatedAt", undo.updatedAt());
        Rows.time(node, "endedAt", undo.endedAt());
        return node;
    }

    private static @Nullable String id(@Nullable Long id) {
        return id == null ? null : Ids.format(id);
    }
}
