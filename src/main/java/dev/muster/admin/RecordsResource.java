package dev.muster.admin;

import dev.muster.canonical.Entity;
import dev.muster.delivery.HttpAnswer;
import dev.muster.golden.Roll;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The golden records: {@code /api/members}, and {@code /api/records/{entity}} for all kinds. */
public final class RecordsResource implements AdminResource {
    private static final Set<Entity> OF_A_MEMBER =
            EnumSet.of(Entity.REGISTRATION, Entity.MEMBERSHIP, Entity.TRANSACTION, Entity.RECURRING_PLAN);

    private final Roll roll;

    public RecordsResource(Roll roll) {
        this.roll = roll;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "listMembers", call -> list(call, Entity.MEMBER),
                "readMember", call -> one(call, Entity.MEMBER),
                "explainMember", call -> explain(call, Entity.MEMBER),
                "listRecords", call -> list(call, entity(call)),
                "readRecord", call -> one(call, entity(call)),
                "explainRecord", call -> explain(call, entity(call)));
    }

    /** By its own name or its table's. */
    static Entity entity(ApiCall call) {
        String name = call.segment("entity");
        return Arrays.stream(Entity.values())
                .filter(entity -> entity.id().equals(name) || entity.table().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private Roll.Entry found(ApiCall call, Entity entity) {
        return found(call, entity, call.id(), call.segment("id"));
    }

    private Roll.Entry found(ApiCall call, Entity entity, long id, String text) {
        return roll.find(entity, id)
                .filter(entry -> call.caller().sees(entry.record().organization()))
                .orElseThrow(() -> Page.notFound(entity.id(), text));
    }

    private HttpAnswer one(ApiCall call, Entity entity) {
        Roll.Entry entry = found(call, entity);
        HttpAnswer shown = HttpAnswer.ok(RecordJson.record(entry));
        return shown.with(AdminApi.ETAG, entry.record().version() + ".");
    }

    private HttpAnswer explain(ApiCall call, Entity entity) {
        Roll.Entry entry = found(call, entity);
        String field = call.text("field");
        return HttpAnswer.ok(RecordJson.explanation(
                entry,
                roll.explain(entry).stream()
                        .filter(one -> field == null || one.field().equals(field))
                        .toList(),
                roll.identity(entry)));
    }

    private HttpAnswer list(ApiCall call, Entity entity) {
        Page page = call.page();
        String organization = call.text("organization");
        String email = call.text("email");
        if (email != null) {
            if (entity != Entity.MEMBER) {
                throw Page.bad("The parameter 'email' is of members only, not of each " + entity.id());
            }
            return byEmail(email, organization, page);
        }
        String search = call.text("search");
        if (search != null) {
            return list(roll.search(search, organization, page.before(), page.limit()));
        }
        Long member = call.queriedId("member");
        if (member != null) {
            if (!OF_A_MEMBER.contains(entity)) {
                throw Page.bad("The parameter 'member' is not of a " + entity.id());
            }
            Roll.Entry person = found(call, Entity.MEMBER, member, call.text("member", ""));
            return list(roll.ofMember(entity, person, page.before(), page.limit()));
        }
        return list(roll.list(entity, organization, page.before(), page.limit()));
    }

    private HttpAnswer byEmail(String email, @Nullable String organization, Page page) {
        List<Roll.Entry> found = roll.membersByEmail(email.strip().toLowerCase(Locale.ROOT), organization).stream()
                .filter(entry -> entry.record().id() < page.before())
                .toList();
        List<Roll.Entry> part = found.subList(0, Math.min(found.size(), page.limit()));
        return list(new Roll.Part(
                part,
                part.size() < found.size()
                        ? Long.valueOf(part.get(part.size() - 1).record().id())
                        : null));
    }

    private static HttpAnswer list(Roll.Part part) {
        return Page.answer(
                new Page.Part<>(part.entries().stream().map(RecordJson::record).toList(), part.before()));
    }
}
