package dev.muster.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.access.Permission;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import dev.muster.golden.ByWhom;
import dev.muster.golden.FieldRulings;
import dev.muster.golden.GoldenRecord;
import dev.muster.golden.IdentityRulings;
import dev.muster.golden.Roll;
import dev.muster.golden.Ruled;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What people say of fields and of who is who: overrides, merges, and their taking back. */
public final class RulingsResource implements AdminResource {
    private final Roll roll;
    private final FieldRulings fields;
    private final IdentityRulings identity;

    public RulingsResource(Roll roll, FieldRulings fields, IdentityRulings identity) {
        this.roll = roll;
        this.fields = fields;
        this.identity = identity;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        Map<String, ApiHandler> handlers = new HashMap<>();
        handlers.put("overrideMember", call -> override(call, Entity.MEMBER));
        handlers.put("liftMemberOverride", call -> lift(call, Entity.MEMBER));
        handlers.put("overrideRecord", call -> override(call, RecordsResource.entity(call)));
        handlers.put("liftRecordOverride", call -> lift(call, RecordsResource.entity(call)));
        handlers.put("mergeMembers", this::merge);
        handlers.put("keepMembersApart", this::keepApart);
        handlers.put("unmergeMember", this::unmerge);
        handlers.put("liftRuling", call -> answer(identity.lift(call.id(), who(call))));
        handlers.put("confirmDuplicate", call -> answer(identity.confirm(call.id(), who(call))));
        handlers.put("rejectDuplicate", call -> answer(identity.reject(call.id(), who(call))));
        return handlers;
    }

    /** Whoever asks, with the reason that they give. */
    static ByWhom who(ApiCall call) {
        String reason = call.reason();
        return new ByWhom(
                call.actor(),
                reason == null ? "" : reason,
                call.caller().organization(),
                call.caller().may(Permission.ERASE));
    }

    /** A canonical value as the body has it; null where it has none. */
    static @Nullable Object value(JsonNode value) {
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (value.isArray()) {
            List<String> texts = new ArrayList<>(value.size());
            value.forEach(one -> texts.add(one.asText()));
            return List.copyOf(texts);
        }
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        if (value.isIntegralNumber()) {
            if (!value.canConvertToLong()) {
                throw Page.bad("The value is a number beyond 64 bits");
            }
            return value.longValue();
        }
        return value.asText();
    }

    private HttpAnswer override(ApiCall call, Entity entity) {
        Object value = value(call.body().path("value"));
        if (value == null) {
            throw Page.bad("The value is missing");
        }
        return answer(fields.override(entity, call.id(), call.segment("field"), value, call.ifMatch(), who(call)));
    }

    private HttpAnswer lift(ApiCall call, Entity entity) {
        return answer(fields.lift(entity, call.id(), call.segment("field"), call.ifMatch(), who(call)));
    }

    private HttpAnswer merge(ApiCall call) {
        return answer(identity.merge(call.id(), other(call, "with"), call.ifMatch(), null, who(call)));
    }

    private HttpAnswer keepApart(ApiCall call) {
        return answer(identity.keepApart(call.id(), other(call, "from"), who(call)));
    }

    private static long other(ApiCall call, String key) {
        return Ids.parse(call.said(key, "")).orElseThrow();
    }

    private HttpAnswer unmerge(ApiCall call) {
        if (!call.body().has("sources")) {
            return answer(identity.unmerge(call.id(), who(call)));
        }
        Roll.Entry member = roll.find(Entity.MEMBER, call.id())
                .filter(entry -> call.caller().sees(entry.record().organization()))
                .orElseThrow(() -> Page.notFound(Entity.MEMBER.id(), call.segment("id")));
        Set<RecordKey> leaving = new TreeSet<>();
        for (JsonNode source : call.body().path("sources")) {
            leaving.add(new RecordKey(
                    member.record().organization(),
                    source.path("platform").asText(),
                    Entity.MEMBER,
                    source.path("externalId").asText()));
        }
        return answer(identity.unmerge(call.id(), leaving, call.ifMatch(), who(call)));
    }

    private static HttpAnswer answer(Ruled ruled) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("act", Ids.format(ruled.id()));
        Long ruling = ruled.ruling();
        node.put("ruling", ruling == null ? null : Ids.format(ruling));
        ArrayNode records = node.putArray("records");
        for (GoldenRecord record : ruled.records()) {
            records.add(RecordJson.golden(record));
        }
        return HttpAnswer.ok(node);
    }
}
