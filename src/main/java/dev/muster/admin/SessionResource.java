package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.access.Access;
import dev.muster.access.Permission;
import dev.muster.delivery.HttpAnswer;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code /api/session}: a browser signs in with a token, sees who it is, and signs out. */
public final class SessionResource implements AdminResource {
    private final Access access;

    public SessionResource(Access access) {
        this.access = access;
    }

    @Override
    public String name() {
        return "session";
    }

    /** All of it: to sign in is to prove oneself, and the rest is answered out of the cookie alone. */
    @Override
    public boolean isOpen(AdminRequest request) {
        return true;
    }

    @Override
    public HttpAnswer answer(AdminRequest request, List<String> rest) {
        request.only();
        return switch (request.method()) {
            case "POST" -> {
                request.allow(rest.isEmpty(), "POST");
                yield open(request);
            }
            case "DELETE" -> {
                request.allow(rest.isEmpty(), "DELETE");
                yield new HttpAnswer(204, "", "", Map.of("Set-Cookie", access.close(request.credentials())));
            }
            default -> {
                request.allow(rest.isEmpty(), "GET");
                yield HttpAnswer.ok(json(access.session(request.credentials())));
            }
        };
    }

    private HttpAnswer open(AdminRequest request) {
        String token = request.json("token").path("token").asText("");
        if (token.isEmpty()) {
            throw Page.bad("Send {\"token\":\"…\"} with the admin token or an API key");
        }
        Access.Opened opened = access.open(token, request.credentials());
        return new HttpAnswer(
                200, "application/json", json(opened.session()).toString(), Map.of("Set-Cookie", opened.cookie()));
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
