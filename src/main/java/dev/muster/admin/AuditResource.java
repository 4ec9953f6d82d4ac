package dev.muster.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditSearch;
import dev.muster.audit.AuditVerdict;
import dev.muster.audit.AuditVerifier;
import dev.muster.audit.Tampering;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code /api/audit}: who did what, when and why; and whether that log is as it was written. */
public final class AuditResource implements AdminResource {
    private final AuditSearch search;
    private final AuditVerifier verifier;
    /** It reads the whole log. */
    private final Turn turn = new Turn("verification of the audit log", Duration.ofSeconds(5));

    public AuditResource(AuditSearch search, AuditVerifier verifier) {
        this.search = search;
        this.verifier = verifier;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of("listAudit", this::list, "verifyAudit", call -> turn.take(() -> verify(call)));
    }

    private HttpAnswer list(ApiCall call) {
        Page page = call.page();
        AuditSearch.Part part = search.find(
                new AuditSearch.Question(
                        call.text("organization"),
                        call.text("actor"),
                        call.text("action"),
                        call.text("entity"),
                        call.queriedId("recordId"),
                        call.queriedId("operationId"),
                        time(call, "from"),
                        time(call, "to")),
                page.before(),
                page.limit());
        ObjectNode node = Rows.JSON.createObjectNode();
        ArrayNode items = node.putArray("items");
        part.items().forEach(found -> items.add(json(found)));
        Page.next(node, part.next());
        return HttpAnswer.ok(node);
    }

    private static @Nullable Instant time(ApiCall call, String name) {
        String text = call.text(name);
        return text == null ? null : Instant.parse(text);
    }

    static ObjectNode json(AuditSearch.Found found) {
        AuditEntry entry = found.entry();
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("id", Ids.format(found.id())).put("seq", found.seq());
        node.put("at", found.at().toString());
        node.put("organization", organization(entry.organization()));
        node.put("actor", entry.actor()).put("action", entry.action()).put("entity", entry.entity());
        node.put("recordId", id(entry.recordId())).put("subject", entry.subject());
        node.put("operationId", id(entry.operationId())).put("reason", entry.reason());
        node.put("redacted", found.isRedacted());
        try {
            node.set(
                    "changes", found.isRedacted() ? Rows.JSON.createObjectNode() : Rows.JSON.readTree(entry.changes()));
        } catch (JsonProcessingException e) {
            // A log that was tampered with is shown as it is.
            node.putObject("changes").put("unreadable", entry.changes());
        }
        return node;
    }

    private HttpAnswer verify(ApiCall call) {
        AuditVerdict verdict = verifier.verify(call.text("organization"));
        ObjectNode node = Rows.JSON.createObjectNode().put("intact", verdict.isIntact());
        node.put("chains", verdict.chains()).put("entries", verdict.entries());
        node.put("redacted", verdict.redacted()).put("beforeTheChain", verdict.before());
        ArrayNode found = node.putArray("found");
        for (Tampering one : verdict.found()) {
            ObjectNode item = found.addObject().put("kind", one.kind().id());
            item.put("organization", organization(one.organization()));
            item.put("seq", one.seq()).put("entryId", id(one.entryId()));
            Rows.time(item, "at", one.at());
            item.put("message", one.message());
        }
        return HttpAnswer.ok(node);
    }

    private static @Nullable String organization(String stored) {
        return stored.equals(AuditEntry.HUB) ? null : stored;
    }

    private static @Nullable String id(@Nullable Long id) {
        return id == null ? null : Ids.format(id);
    }
}
