package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.admin.OrganizationStore.Organization;
import dev.muster.audit.AuditTrail;
import dev.muster.db.Database;
import dev.muster.delivery.HttpAnswer;
import dev.muster.delivery.Problem;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.platform.Integrations;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/** {@code /api/organizations}: whose people the hub keeps. A caller of one sees that one. */
public final class OrganizationsResource implements AdminResource {
    private final OrganizationStore store;
    private final AuditTrail trail;

    public OrganizationsResource(Database database, Integrations integrations, AuditTrail trail, Clock clock) {
        this.trail = trail;
        this.store = new OrganizationStore(database, integrations, clock);
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "listOrganizations", this::list,
                "createOrganization", this::create,
                "readOrganization", call -> HttpAnswer.ok(json(found(call))),
                "renameOrganization", this::rename,
                "deleteOrganization", this::delete);
    }

    private HttpAnswer list(ApiCall call) {
        ObjectNode answer = Rows.JSON.createObjectNode();
        ArrayNode items = answer.putArray("items");
        store.list().stream().filter(one -> call.caller().sees(one.id())).forEach(one -> items.add(json(one)));
        return HttpAnswer.ok(answer);
    }

    private Organization found(ApiCall call) {
        String id = call.segment("organization");
        return store.find(id).filter(one -> call.caller().sees(one.id())).orElseThrow(() -> unknown(id));
    }

    private static Refusal unknown(String id) {
        return new Refusal(
                FailureCode.NOT_FOUND,
                404,
                "There is no organization '" + Problem.clip(id) + "'; GET /api/organizations lists them");
    }

    private HttpAnswer create(ApiCall call) {
        String id = call.said("id", "");
        if (store.find(id).isPresent() || !store.create(id, call.said("name", id))) {
            throw new Refusal(
                    FailureCode.CONFLICTING_STATE,
                    409,
                    "There is an organization '" + id + "' already: choose another id, or rename it with PUT");
        }
        trail.record(call.act(id, "organization.create", "organization", id));
        return HttpAnswer.json(
                        201, json(store.find(id).orElseThrow(() -> unknown(id))).toString())
                .with("Location", "/api/organizations/" + id);
    }

    private HttpAnswer rename(ApiCall call) {
        Organization before = found(call);
        String id = before.id();
        String name = call.said("name", id);
        store.rename(id, name);
        trail.record(call.act(id, "organization.rename", "organization", id)
                .changing(Map.of("name", List.of(before.name(), name))));
        return HttpAnswer.ok(json(store.find(id).orElseThrow(() -> unknown(id))));
    }

    private HttpAnswer delete(ApiCall call) {
        String id = found(call).id();
        if (!store.delete(id)) {
            throw new Refusal(
                    FailureCode.CONFLICTING_STATE,
                    409,
                    "Something belongs to the organization '" + id
                            + "': accounts, people, or keys that are not revoked. Remove these first; people are erased one"
                            + " by one");
        }
        trail.record(call.act(id, "organization.delete", "organization", id));
        return new HttpAnswer(204, "", "", Map.of());
    }

    private static ObjectNode json(Organization organization) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("id", organization.id()).put("name", organization.name());
        Rows.time(node, "createdAt", organization.createdAt());
        return node;
    }
}
