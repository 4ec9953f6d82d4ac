package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditSearch;
import dev.muster.audit.AuditTrail;
import dev.muster.canonical.Entity;
import dev.muster.db.Ids;
import dev.muster.decide.SourceRecord;
import dev.muster.delivery.HttpAnswer;
import dev.muster.golden.ByWhom;
import dev.muster.golden.Erasure;
import dev.muster.golden.Roll;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What a person may ask for: {@code DELETE /api/members/{id}?erase=true}, and {@code /export}. */
public final class PersonResource implements AdminResource {
    private static final List<Entity> RELATED =
            List.of(Entity.REGISTRATION, Entity.MEMBERSHIP, Entity.TRANSACTION, Entity.RECURRING_PLAN);

    private final Erasure erasure;
    private final Roll roll;
    private final AuditSearch search;
    private final AuditTrail trail;

    public PersonResource(Erasure erasure, Roll roll, AuditSearch search, AuditTrail trail) {
        this.erasure = erasure;
        this.roll = roll;
        this.search = search;
        this.trail = trail;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of("eraseMember", this::erase, "liftErasure", this::lift, "exportMember", this::export);
    }

    private static ByWhom who(ApiCall call, String reason) {
        return new ByWhom(call.caller().name(), reason, call.caller().organization());
    }

    private HttpAnswer erase(ApiCall call) {
        ByWhom who = who(call, call.text("reason", ""));
        if (!call.text("erase", "false").equals("true")) {
            Erasure.Erased would = erasure.preview(call.id(), who);
            throw Page.bad("This would take the values of " + would.records()
                    + " golden records out of everything that is stored, for ever; known to "
                    + names(would) + ". Send it with erase=true to do that");
        }
        Erasure.Erased erased = erasure.erase(call.id(), who);
        ObjectNode node = Rows.JSON.createObjectNode();
        Long id = erased.id();
        node.put("erasureId", id == null ? null : Ids.format(id));
        node.put("memberId", Ids.format(erased.memberId())).put("organization", erased.organization());
        node.put("records", erased.records()).put("auditEntries", erased.auditEntries());
        node.put("marks", erased.marks());
        ArrayNode platforms = node.putArray("platforms");
        erased.platforms().forEach(known -> platforms.add(Rows.JSON.valueToTree(known)));
        ArrayNode targets = node.putArray("targets");
        erased.targets().forEach(target -> targets.add(Rows.JSON.valueToTree(target)));
        return HttpAnswer.ok(node);
    }

    private static String names(Erasure.Erased erased) {
        Set<String> names = erased.platforms().stream()
                .map(Erasure.KnownAs::platform)
                .collect(Collectors.toCollection(TreeSet::new));
        erased.targets().forEach(target -> names.add(target.platform()));
        return names.isEmpty() ? "no platform" : String.join(", ", names);
    }

    private HttpAnswer lift(ApiCall call) {
        int lifted = erasure.lift(call.id(), who(call, call.said("reason", "")));
        return HttpAnswer.ok(Rows.JSON.createObjectNode().put("lifted", lifted));
    }

    // --- export -------------------------------------------------------------------------------------------------

    private HttpAnswer export(ApiCall call) {
        Roll.Entry person = roll.find(Entity.MEMBER, call.id())
                .filter(entry -> call.caller().sees(entry.record().organization()))
                .orElseThrow(() -> Page.notFound("member", call.segment("id")));
        ObjectNode node = Rows.JSON.createObjectNode();
        node.set("member", RecordJson.record(person));
        node.set("explanation", RecordJson.explanation(person, roll.explain(person), roll.identity(person)));
        ArrayNode sources = node.putArray("sources");
        person.sources().forEach(source -> sources.add(source(source)));
        ArrayNode overrides = node.putArray("overrides");
        person.overrides().forEach((field, override) -> overrides
                .addObject()
                .put("field", field)
                .put("by", override.by())
                .put("at", override.at().toString())
                .put("reason", override.reason())
                .set("value", Rows.JSON.valueToTree(override.value())));
        Set<Long> records = new TreeSet<>(Set.of(call.id()));
        ObjectNode related = node.putObject("related");
        for (Entity entity : RELATED) {
            ArrayNode own = related.putArray(entity.table());
            Long before = Long.MAX_VALUE;
            while (before != null) {
                Roll.Part part = roll.ofMember(entity, person, before, Page.LIMIT_MAX);
                part.entries().forEach(entry -> {
                    records.add(entry.record().id());
                    own.add(RecordJson.record(entry));
                });
                before = part.before();
            }
        }
        Set<Long> operations = audit(records, node.putArray("audit"));
        ArrayNode deliveries = node.putArray("deliveries");
        erasure.deliveries(call.id(), who(call, ""), operations).forEach(raw -> deliveries
                .addObject()
                .put("id", Ids.format(raw.id()))
                .put("platform", raw.platform())
                .put("integration", raw.integration())
                .put("receivedAt", raw.receivedAt().toString())
                .put("kind", raw.kind())
                .set("says", raw.says()));
        trail.record(AuditEntry.act(
                        person.record().organization(), call.caller().name(), "export", Entity.MEMBER.id(), "person")
                .about(call.id()));
        return HttpAnswer.ok(node);
    }

    private static ObjectNode source(SourceRecord source) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("platform", source.key().platform())
                .put("externalId", source.key().externalId());
        node.put("removed", source.removed());
        ArrayNode emails = node.putArray("emails");
        source.emails().forEach(emails::add);
        ObjectNode fields = node.putObject("fields");
        source.fields()
                .forEach((field, observation) -> fields.set(
                        field,
                        Rows.JSON
                                .createObjectNode()
                                .put("observedAt", observation.observedAt().toString())
                                .set("value", Rows.JSON.valueToTree(observation.value()))));
        return node;
    }

    /** @return the operations that changed these records */
    private Set<Long> audit(Set<Long> records, ArrayNode entries) {
        Set<Long> operations = new TreeSet<>();
        for (Long record : records) {
            Long before = Long.MAX_VALUE;
            while (before != null) {
                AuditSearch.Part part = search.find(
                        new AuditSearch.Question(null, null, null, null, record, null, null, null),
                        before,
                        Page.LIMIT_MAX);
                for (AuditSearch.Found found : part.items()) {
                    entries.add(AuditResource.json(found));
                    Long operation = found.entry().operationId();
                    if (operation != null) {
                        operations.add(operation);
                    }
                }
                before = part.next();
            }
        }
        return operations;
    }
}
