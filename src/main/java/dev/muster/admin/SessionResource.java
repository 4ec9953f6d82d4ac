package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.access.Access;
import dev.muster.access.Caller;
import dev.muster.access.Permission;
import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditTrail;
import dev.muster.delivery.HttpAnswer;
import java.util.Map;
import java.util.Set;

/** {@code /api/session}: a browser signs in with a token, sees who it is, and signs out. */
public final class SessionResource implements AdminResource {
    private final Access access;
    private final AuditTrail trail;

    public SessionResource(Access access, AuditTrail trail) {
        this.access = access;
        this.trail = trail;
    }

    /** All of them open: to sign in is to prove oneself, and the rest is answered out of the cookie alone. */
    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "readSession",
                call -> HttpAnswer.ok(json(access.session(call.request().credentials()))),
                "openSession",
                this::open,
                "closeSession",
                this::close);
    }

    private HttpAnswer open(ApiCall call) {
        Access.Opened opened =
                access.open(call.said("token", ""), call.request().credentials());
        told(call, "session.open", opened.session().caller());
        return HttpAnswer.ok(json(opened.session())).with("Set-Cookie", opened.cookie());
    }

    private HttpAnswer close(ApiCall call) {
        Caller caller = access.session(call.request().credentials()).caller();
        String cookie = access.close(call.request().credentials());
        told(call, "session.close", caller);
        return new HttpAnswer(204, "", "", Map.of("Set-Cookie", cookie));
    }

    private void told(ApiCall call, String action, Caller caller) {
        String organization = caller.organization();
        trail.record(AuditEntry.act(
                organization == null ? AuditEntry.HUB : organization,
                caller.name(),
                action,
                "session",
                call.request().credentials().peer()));
    }

    private static ObjectNode json(Access.Session session) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("name", session.caller().name());
        permissions(node, session.caller().permissions());
        node.put("organization", session.caller().organization());
        node.put("csrfToken", session.csrfToken());
        return node;
    }

    static void permissions(ObjectNode node, Set<Permission> permissions) {
        ArrayNode names = node.putArray("permissions");
        permissions.stream().sorted().map(Permission::id).forEach(names::add);
    }
}
