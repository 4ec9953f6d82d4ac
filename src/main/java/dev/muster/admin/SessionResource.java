package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.access.Access;
import dev.muster.access.Permission;
import dev.muster.delivery.HttpAnswer;
import java.util.Map;
import java.util.Set;

/**
 * {@code /api/session}: a browser signs in with a token, sees who it is, and signs out. All of it is open in the contract: to
 * sign in is to prove oneself, and the rest is answered out of the cookie alone.
 */
public final class SessionResource implements AdminResource {
    private final Access access;

    public SessionResource(Access access) {
        this.access = access;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "openSession",
                this::open,
                "readSession",
                call -> HttpAnswer.ok(json(access.session(call.request().credentials()))),
                "closeSession",
                this::close);
    }

    private HttpAnswer open(ApiCall call) {
        Access.Opened opened =
                access.open(call.said("token", ""), call.request().credentials());
        return new HttpAnswer(
                200, "application/json", json(opened.session()).toString(), Map.of("Set-Cookie", opened.cookie()));
    }

    private HttpAnswer close(ApiCall call) {
        String noCookie = access.close(call.request().credentials());
        return new HttpAnswer(204, "", "", Map.of("Set-Cookie", noCookie));
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
