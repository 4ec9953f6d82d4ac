package dev.muster.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.access.ApiKey;
import dev.muster.access.ApiKeys;
import dev.muster.access.Caller;
import dev.muster.access.Permission;
import dev.muster.access.Role;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import dev.muster.delivery.Problem;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code /api/keys}: the keys to this API. A secret is in the answer that makes its key, and nowhere else. */
public final class KeysResource implements AdminResource {
    private final ApiKeys keys;
    private final Clock clock;

    public KeysResource(ApiKeys keys, Clock clock) {
        this.keys = keys;
        this.clock = clock;
    }

    @Override
    public String name() {
        return "keys";
    }

    @Override
    public boolean guardsItself() {
        return true;
    }

    @Override
    public HttpAnswer answer(AdminRequest request, List<String> rest) {
        if (rest.isEmpty() && request.method().equals("POST")) {
            request.only();
            return make(request.caller(), request.json("name", "organization", "role", "permissions", "expiresAt"));
        }
        if (rest.isEmpty()) {
            request.allow(true, "GET");
            request.only("cursor", "limit");
            return list(request.caller(), Page.of(request.query()));
        }
        request.only();
        long id = Page.id(rest.get(0), "The key's id");
        if (rest.size() == 1) {
            request.allow(true, "GET");
            return find(request.caller(), id);
        }
        request.allow(rest.size() == 2 && rest.get(1).equals("revoke"), "POST");
        return HttpAnswer.ok(json(keys.revoke(request.caller(), id)));
    }

    private HttpAnswer make(Caller caller, ObjectNode body) {
        String organization = text(body, "organization");
        ApiKeys.Made made = keys.make(
                caller,
                text(body, "name") == null ? "" : String.valueOf(text(body, "name")),
                organization == null ? caller.organization() : organization,
                permissions(body),
                time(text(body, "expiresAt")));
        ObjectNode node = json(made.key());
        node.put("key", made.text());
        return new HttpAnswer(
                201,
                "application/json",
                node.toString(),
                Map.of("Location", "/api/keys/" + Ids.format(made.key().id())));
    }

    private HttpAnswer list(Caller caller, Page page) {
        List<ApiKey> found = keys.list(caller, page.before(), page.limit() + 1);
        List<ApiKey> shown = found.subList(0, Math.min(found.size(), page.limit()));
        Long next = found.size() > shown.size()
                ? Long.valueOf(shown.get(shown.size() - 1).id())
                : null;
        return HttpAnswer.ok(
                Page.answer(new Page.Part<>(shown.stream().map(this::json).toList(), next)));
    }

    private HttpAnswer find(Caller caller, long id) {
        return HttpAnswer.ok(json(keys.find(caller, id)
                .orElseThrow(() ->
                        new Refusal(FailureCode.NOT_FOUND, 404, "There is no key with the id " + Ids.format(id)))));
    }

    private static Set<Permission> permissions(ObjectNode body) {
        Set<Permission> permissions = EnumSet.noneOf(Permission.class);
        String role = text(body, "role");
        if (role != null) {
            permissions.addAll(Role.of(role)
                    .orElseThrow(() -> Page.bad("There is no role '" + Problem.clip(role) + "'; there are "
                            + Arrays.stream(Role.values()).map(Role::id).toList()))
                    .permissions());
        }
        JsonNode listed = body.path("permissions");
        if (!listed.isArray() && !listed.isMissingNode() && !listed.isNull()) {
            throw Page.bad("'permissions' has to be a list");
        }
        for (JsonNode one : listed) {
            permissions.add(Permission.of(one.asText())
                    .orElseThrow(() -> Page.bad("There is no permission '" + Problem.clip(one.asText())
                            + "'; there are "
                            + Arrays.stream(Permission.values())
                                    .map(Permission::id)
                                    .toList())));
        }
        return permissions;
    }

    private static @Nullable String text(ObjectNode body, String key) {
        JsonNode value = body.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw Page.bad("'" + key + "' has to be a text");
        }
        return value.textValue();
    }

    private static @Nullable Instant time(@Nullable String text) {
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw Page.bad("'expiresAt' is '" + Problem.clip(String.valueOf(text)) + "': write a time such as"
                    + " 2027-01-31T00:00:00Z");
        }
    }

    private ObjectNode json(ApiKey key) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("id", Ids.format(key.id()));
        node.put("name", key.name());
        node.put("organization", key.organization());
        SessionResource.permissions(node, key.permissions());
        boolean good = key.isGood(clock.instant());
        node.put("status", good ? "active" : key.revokedAt() == null ? "expired" : "revoked");
        node.put("createdBy", key.createdBy());
        node.put("createdAt", key.createdAt().toString());
        Rows.time(node, "expiresAt", key.expiresAt());
        Rows.time(node, "revokedAt", key.revokedAt());
        Rows.time(node, "lastUsedAt", key.lastUsedAt());
        return node;
    }
}
