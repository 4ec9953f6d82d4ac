package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditTrail;
import dev.muster.credential.HubKey;
import dev.muster.credential.Vault;
import dev.muster.db.Database;
import dev.muster.delivery.HttpAnswer;
import dev.muster.operation.OperationStore;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import dev.muster.quota.Breakers;
import dev.muster.quota.Quotas;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** How the hub is: {@code /api/status}, {@code /api/quotas}, {@code /api/platforms}, and its vault. */
public final class HubResource implements AdminResource {
    private final Rows rows;
    private final OperationStore operations;
    private final Supplier<List<String>> configProblems;
    private final PlatformCatalog catalog;
    private final Quotas quotas;
    private final Breakers breakers;
    private final Vault vault;
    private final HubKey hubKey;
    private final AuditTrail trail;

    /** @param configProblems what is wrong in the files under {@code config/} now, for a person */
    public HubResource(
            Database database,
            OperationStore operations,
            Supplier<List<String>> configProblems,
            PlatformCatalog catalog,
            Quotas quotas,
            Breakers breakers,
            Vault vault,
            HubKey hubKey,
            AuditTrail trail) {
        this.rows = new Rows(database);
        this.operations = operations;
        this.configProblems = configProblems;
        this.catalog = catalog;
        this.quotas = quotas;
        this.breakers = breakers;
        this.vault = vault;
        this.hubKey = hubKey;
        this.trail = trail;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "readStatus",
                call -> status(),
                "readQuotas",
                call -> quotas(),
                "listPlatforms",
                call -> platforms(),
                "rotateVaultKey",
                this::rotated);
    }

    private HttpAnswer status() {
        ObjectNode node = Rows.JSON.createObjectNode();
        List<String> problems = configProblems.get();
        node.put("status", problems.isEmpty() ? "up" : "degraded");
        ArrayNode config = node.putArray("configProblems");
        problems.forEach(config::add);
        ObjectNode queue = node.putObject("queue");
        operations.backlog().forEach((platform, backlog) -> {
            ObjectNode waiting = queue.putObject(platform);
            waiting.put("waiting", backlog.depth());
            Rows.time(waiting, "oldestAt", backlog.oldestAt());
        });
        ObjectNode counts = node.putObject("counts");
        rows.counts().forEach(counts::put);
        return HttpAnswer.ok(node);
    }

    private HttpAnswer platforms() {
        ObjectNode answer = Rows.JSON.createObjectNode();
        ArrayNode items = answer.putArray("items");
        catalog.all().forEach(one -> items.addObject().put("id", one.id()).put("title", one.title()));
        return HttpAnswer.ok(answer);
    }

    private HttpAnswer quotas() {
        ObjectNode answer = Rows.JSON.createObjectNode();
        ArrayNode used = answer.putArray("quotas");
        ArrayNode states = answer.putArray("breakers");
        for (PlatformDefinition platform : catalog.all()) {
            quotas.of(platform.id())
                    .forEach((key, usage) -> used.addObject().put("quota", key).setAll(json(usage)));
            breakers.of(platform.id()).forEach((organization, state) -> states.addObject()
                    .put("platform", platform.id())
                    .put("organization", organization)
                    .put("state", state.name()));
        }
        return HttpAnswer.ok(answer);
    }

    /** How much of a quota is used, as answers show it. */
    public static ObjectNode json(Quotas.Usage usage) {
        ObjectNode answer = Rows.JSON
                .createObjectNode()
                .put("used", Math.round(usage.used() * 1000) / 1000.0)
                .put("waiting", usage.waiting())
                .put("underWay", usage.underWay())
                .put("pausedForMillis", usage.pausedFor().toMillis());
        ArrayNode windows = answer.putArray("windows");
        usage.windows().forEach(one -> windows.addObject()
                .put("calls", one.window().calls())
                .put("per", one.window().per().toString())
                .put("used", one.calls()));
        return answer;
    }

    private HttpAnswer rotated(ApiCall call) {
        int resealed = vault.rotate();
        hubKey.rewrap();
        trail.record(call.act(AuditEntry.HUB, "vault.rotate", "vault", "vault").changing(Map.of("resealed", resealed)));
        return HttpAnswer.ok(Rows.JSON.createObjectNode().put("resealed", resealed));
    }
}
