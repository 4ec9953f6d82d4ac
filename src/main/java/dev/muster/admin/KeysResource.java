package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.access.ApiKey;
import dev.muster.access.ApiKeys;
import dev.muster.access.Caller;
import dev.muster.access.Permission;
import dev.muster.access.Role;
import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditTrail;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import dev.muster.delivery.Problem;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.platform.Integrations;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code /api/keys}: the keys to this API. A secret is in the answer that makes its key, and nowhere else. */
public final class KeysResource implements AdminResource {
    /** So many organizations are named to whoever wrote another. */
    private static final int NAMED_MAX = 10;

    private final ApiKeys keys;
    private final OrganizationStore organizations;
    private final AuditTrail trail;
    private final Clock clock;

    public KeysResource(ApiKeys keys, Database database, Integrations integrations, AuditTrail trail, Clock clock) {
        this.keys = keys;
        this.organizations = new OrganizationStore(database, integrations, clock);
        this.trail = trail;
        this.clock = clock;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "listKeys",
                this::list,
                "makeKey",
                this::make,
                "readKey",
                call -> find(call.caller(), call.id()),
                "revokeKey",
                this::revoke);
    }

    private HttpAnswer make(ApiCall call) {
        String organization = call.said("organization");
        if (organization != null && call.caller().sees(organization)) {
            requireKnown(organization, call.caller());
        }
        ApiKeys.Made made =
                keys.make(call.caller(), call.said("name", ""), organization, permissions(call), expiresAt(call));
        ObjectNode node = json(made.key());
        record(call, "key.make", made.key());
        node.put("key", made.text());
        return HttpAnswer.json(201, node.toString())
                .with("Location", "/api/keys/" + Ids.format(made.key().id()));
    }

    /** A slip of the pen would make a key that sees nothing, and whatever is made under that name one day. */
    private void requireKnown(String organization, Caller caller) {
        if (organizations.find(organization).isPresent()) {
            return;
        }
        List<String> known = organizations.list().stream()
                .map(OrganizationStore.Organization::id)
                .filter(caller::sees)
                .toList();
        throw new Refusal(
                FailureCode.BAD_REQUEST,
                422,
                "There is no organization '" + Problem.clip(organization) + "'. "
                        + (known.isEmpty()
                                ? "There is none yet"
                                : "There are: "
                                        + known.stream().limit(NAMED_MAX).collect(Collectors.joining(", "))
                                        + (known.size() > NAMED_MAX
                                                ? " and " + (known.size() - NAMED_MAX) + " more"
                                                : ""))
                        + ". ./muster org create, or POST /api/organizations, makes one");
    }

    private HttpAnswer revoke(ApiCall call) {
        ApiKey revoked = keys.revoke(call.caller(), call.id());
        record(call, "key.revoke", revoked);
        return HttpAnswer.ok(json(revoked));
    }

    private void record(ApiCall call, String action, ApiKey key) {
        String organization = key.organization();
        trail.record(call.act(organization == null ? AuditEntry.HUB : organization, action, "key", Ids.format(key.id()))
                .changing(Map.of(
                        "name",
                        key.name(),
                        "permissions",
                        key.permissions().stream().sorted().map(Permission::id).toList())));
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

    private HttpAnswer find(Caller caller, long id) {
        return HttpAnswer.ok(json(keys.find(caller, id)
                .orElseThrow(() ->
                        new Refusal(FailureCode.NOT_FOUND, 404, "There is no key with the id " + Ids.format(id)))));
    }

    private static Set<Permission> permissions(ApiCall call) {
        Set<Permission> permissions = EnumSet.noneOf(Permission.class);
        String role = call.said("role");
        if (role != null) {
            permissions.addAll(Role.of(role).orElseThrow().permissions());
        }
        call.body()
                .path("permissions")
                .forEach(one -> permissions.add(Permission.of(one.asText()).orElseThrow()));
        return permissions;
    }

    private static @Nullable Instant expiresAt(ApiCall call) {
        String text = call.said("expiresAt");
        return text == null ? null : OffsetDateTime.parse(text).toInstant();
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
