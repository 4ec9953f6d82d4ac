package dev.muster.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.delivery.HttpAnswer;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import dev.muster.quota.Breakers;
import dev.muster.quota.Quotas;
import java.util.List;

/** {@code GET /api/quotas}: each quota and breaker that was used lately, as this hub knows them. */
public final class QuotaResource implements AdminResource {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final PlatformCatalog catalog;
    private final Quotas quotas;
    private final Breakers breakers;

    public QuotaResource(PlatformCatalog catalog, Quotas quotas, Breakers breakers) {
        this.catalog = catalog;
        this.quotas = quotas;
        this.breakers = breakers;
    }

    @Override
    public String name() {
        return "quotas";
    }

    @Override
    public HttpAnswer answer(AdminRequest request, List<String> rest) {
        request.allow(rest.isEmpty(), "GET");
        request.only();
        ObjectNode answer = JSON.createObjectNode();
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
        return HttpAnswer.json(200, answer.toString());
    }

    /** How much of a quota is used, as answers show it. */
    public static ObjectNode json(Quotas.Usage usage) {
        ObjectNode answer = JSON.createObjectNode()
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
}
