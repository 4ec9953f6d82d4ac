package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.db.Ids;
import dev.muster.decide.ExplainedCandidate;
import dev.muster.decide.FieldExplanation;
import dev.muster.decide.IdentityRuling;
import dev.muster.decide.Settlement;
import dev.muster.decide.SourceRecord;
import dev.muster.decide.Winner;
import dev.muster.golden.GoldenRecord;
import dev.muster.golden.Roll;
import java.util.List;

/** Golden records and their explanations, as the API shows them. */
final class RecordJson {
    private RecordJson() {}

    /** The canonical fields and, beside them, whose record it is and since when. */
    static ObjectNode golden(GoldenRecord record) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("id", Ids.format(record.id()));
        record.values().forEach((field, value) -> node.set(field, Rows.JSON.valueToTree(value)));
        // Said once more, so that no canonical field of the same name can stand for it.
        node.put("id", Ids.format(record.id()));
        node.put("organization", record.organization());
        node.put("version", record.version());
        node.put("createdAt", record.createdAt().toString());
        node.put("updatedAt", record.updatedAt().toString());
        Rows.time(node, "deletedAt", record.deletedAt());
        Long mergedInto = record.mergedInto();
        node.put("mergedInto", mergedInto == null ? null : Ids.format(mergedInto));
        return node;
    }

    /** The canonical fields and, beside them, whose record it is, since when, and what it was made of. */
    static ObjectNode record(Roll.Entry entry) {
        ObjectNode node = golden(entry.record());
        ArrayNode sources = node.putArray("sources");
        ArrayNode rejected = node.putArray("rejected");
        for (SourceRecord source : entry.sources()) {
            ObjectNode from = sources.addObject();
            from.put("platform", source.key().platform());
            from.put("externalId", source.key().externalId());
            from.put("removed", source.removed());
            source.rejected().forEach(value -> rejected.addObject()
                    .put("field", value.field())
                    .put("value", value.value())
                    .put("reason", value.reason())
                    .put("platform", source.key().platform())
                    .put("externalId", source.key().externalId()));
        }
        return node;
    }

    static ObjectNode explanation(Roll.Entry entry, List<FieldExplanation> fields, List<IdentityRuling> rulings) {
        GoldenRecord record = entry.record();
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("id", Ids.format(record.id()));
        node.put("organization", record.organization());
        node.put("entity", record.entity().id());
        Long mergedInto = record.mergedInto();
        node.put("mergedInto", mergedInto == null ? null : Ids.format(mergedInto));
        ArrayNode array = node.putArray("fields");
        fields.forEach(field -> array.add(field(field)));
        ArrayNode identity = node.putArray("identity");
        rulings.forEach(ruling -> identity.add(ruling(ruling)));
        return node;
    }

    private static ObjectNode ruling(IdentityRuling ruling) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("id", Ids.format(ruling.id()));
        node.put("kind", ruling.kind().id());
        ArrayNode one = node.putArray("one");
        ruling.one().forEach(source -> one.add(source.reference()));
        ArrayNode other = node.putArray("other");
        ruling.other().forEach(source -> other.add(source.reference()));
        node.put("by", ruling.settlement().by());
        node.put("at", ruling.settlement().at().toString());
        node.put("reason", ruling.settlement().reason());
        return node;
    }

    private static ObjectNode field(FieldExplanation field) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("field", field.field());
        node.set("value", Rows.JSON.valueToTree(field.value()));
        node.put("rule", field.rule());
        node.put("why", field.why());
        node.put("conflict", field.conflict());
        Winner winner = field.winner();
        if (winner == null) {
            node.putNull("winner");
        } else {
            node.putObject("winner")
                    .put("platform", winner.platform())
                    .put("externalId", winner.externalId())
                    .put("observedAt", winner.observedAt().toString())
                    .put("deliveryId", Ids.format(winner.deliveryId()));
        }
        Settlement settlement = field.overriddenBy();
        if (settlement == null) {
            node.putNull("overriddenBy");
        } else {
            node.putObject("overriddenBy")
                    .put("by", settlement.by())
                    .put("at", settlement.at().toString())
                    .put("reason", settlement.reason());
        }
        ArrayNode candidates = node.putArray("candidates");
        for (ExplainedCandidate candidate : field.candidates()) {
            ObjectNode one = candidates.addObject();
            one.put("platform", candidate.platform());
            one.put("externalId", candidate.externalId());
            one.set("value", Rows.JSON.valueToTree(candidate.value()));
            one.put("observedAt", candidate.observedAt().toString());
            one.put("asOf", candidate.asOf().toString());
            one.put("deliveryId", Ids.format(candidate.deliveryId()));
            one.put("stands", candidate.stands());
            one.put("why", candidate.why());
        }
        return node;
    }
}
