package dev.muster.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.access.ApiKey;
import dev.muster.access.ApiKeys;
import dev.muster.access.Permission;
import dev.muster.access.Role;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import dev.muster.delivery.Problem;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
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
    public Map<String, ApiHandler> handlers() {
        return Map.of("listKeys", this::list, "makeKey", this::make, "readKey", this::one, "revokeKey", this::revoke);
    }

    private HttpAnswer list(ApiCall call) {
        Page page = call.page();
        List<ApiKey> found = keys.list(call.caller(), page.before(), page.limit() + 1);
        List<ApiKey> shown = found.subList(0, Math.min(found.size(), page.limit()));
        Long next = found.size() > shown.size()
                ? Long.valueOf(shown.get(shown.size() - 1).id())
                : null;
        return Page.answer(new Page.Part<>(shown.stream().map(this::json).toList(), next));
    }

    private HttpAnswer one(ApiCall call) {
        return HttpAnswer.ok(
                json(keys.find(call.caller(), call.id()).orElseThrow(() -> Page.notFound("key", call.segment("id")))));
    }

    private HttpAnswer make(ApiCall call) {
        String organization = call.said("organization");
        ApiKeys.Made made = keys.make(
                call.caller(),
                call.said("name", ""),
                organization == null ? call.caller().organization() : organization,
                permissions(call),
                time(call.said("expiresAt")));
        ObjectNode node = json(made.key());
        node.put("key", made.text());
        return new HttpAnswer(
                201,
                "application/json",
                node.toString(),
                Map.of("Location", "/api/keys/" + Ids.format(made.key().id())));
    }

    private HttpAnswer revoke(ApiCall call) {
        return HttpAnswer.ok(json(keys.revoke(call.caller(), call.id())));
    }

    private static Set<Permission> permissions(ApiCall call) {
        Set<Permission> permissions = EnumSet.noneOf(Permission.class);
        Role.of(call.said("role", "")).ifPresent(role -> permissions.addAll(role.permissions()));
        for (JsonNode one : call.body().path("permissions")) {
            Permission.of(one.asText()).ifPresent(permissions::add);
        }
        return permissions;
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
        Rows.time(node, "createdAt", key.createdAt());
        Rows.time(node, "expiresAt", key.expiresAt());
        Rows.time(node, "revokedAt", key.revokedAt());
        Rows.time(node, "lastUsedAt", key.lastUsedAt());
        return node;
    }
}
