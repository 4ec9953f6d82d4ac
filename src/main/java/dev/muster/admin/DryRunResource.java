package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.access.Permission;
import dev.muster.db.Ids;
import dev.muster.decide.Survivorship;
import dev.muster.decide.SurvivorshipProblem;
import dev.muster.decide.SurvivorshipRefused;
import dev.muster.decide.SurvivorshipRules;
import dev.muster.delivery.HttpAnswer;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.golden.DryRun;
import dev.muster.normalize.Normalizer;
import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** {@code /api/dry-run}: a changed mapping or changed rules are tried on stored deliveries; nothing is stored. */
public final class DryRunResource implements AdminResource {
    private static final String RULES = "config/survivorship.yaml";
    private static final int LAST_DEFAULT = 100;

    private final DryRun dryRun;
    private final PlatformCatalog catalog;
    private final Supplier<Survivorship> survivorship;
    /** A trial holds one of the few connections that read, for as long as its expressions take. */
    private final Turn turn = new Turn("dry run", Duration.ZERO);

    /** @param survivorship the rules as they are now */
    public DryRunResource(DryRun dryRun, PlatformCatalog catalog, Supplier<Survivorship> survivorship) {
        this.dryRun = dryRun;
        this.catalog = catalog;
        this.survivorship = survivorship;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of("dryRun", call -> turn.take(() -> run(call)));
    }

    private HttpAnswer run(ApiCall call) {
        String platform = call.said("platform", "");
        String mapping = call.said("mapping");
        String rules = call.said("survivorship");
        if (mapping == null && rules == null) {
            throw Page.bad("Send what is changed: mapping, survivorship, or both, as YAML text");
        }
        if (survivorship.get().hasSecrets() && !call.caller().may(Permission.ERASE)) {
            throw new Refusal(
                    FailureCode.FORBIDDEN,
                    403,
                    "Some fields are secret, and changed files could show their values under another name: a dry run needs the"
                            + " permission erase here");
        }
        PlatformDefinition present = catalog.find(platform)
                .orElseThrow(() -> Page.bad("There is no config/platforms/" + platform + ".yaml"));
        Normalizer now = present.section(Normalizer.class);
        Survivorship rulesNow = survivorship.get();
        DryRun.Result result = dryRun.run(
                call.said("organization", Integrations.DEFAULT_ORGANIZATION),
                platform,
                call.body().path("last").asInt(LAST_DEFAULT),
                new DryRun.Trial(
                        now,
                        mapping == null ? now : changed(platform, mapping),
                        rulesNow,
                        rules == null ? rulesNow : changed(rulesNow, rules)));
        return HttpAnswer.ok(json(result));
    }

    private Normalizer changed(String platform, String mapping) {
        try {
            return catalog.judged(platform, mapping).section(Normalizer.class);
        } catch (ConfigException e) {
            throw Page.bad(e.problems().stream().map(ConfigProblem::toString).collect(Collectors.joining("; ")));
        }
    }

    private static Survivorship changed(Survivorship now, String rules) {
        try {
            return now.with(SurvivorshipRules.parse(RULES, rules));
        } catch (SurvivorshipRefused e) {
            throw Page.bad(
                    e.problems().stream().map(SurvivorshipProblem::toString).collect(Collectors.joining("; ")));
        }
    }

    private static ObjectNode json(DryRun.Result result) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("deliveries", result.deliveries()).put("isComplete", result.isComplete());
        node.put("records", result.records()).put("newRecords", result.newRecords());
        node.put("goldenRecords", result.goldenRecords());
        node.put("saidDifferent", result.saidDifferent()).put("goldenDifferent", result.goldenDifferent());
        ArrayNode said = node.putArray("said");
        result.said().forEach(one -> {
            ObjectNode item = said.addObject();
            item.put("deliveryId", Ids.format(one.deliveryId()));
            item.put("entity", one.key().entity().id())
                    .put("externalId", one.key().externalId());
            item.put("field", one.field());
            item.set("before", Rows.JSON.valueToTree(one.before()));
            item.set("after", Rows.JSON.valueToTree(one.after()));
        });
        ArrayNode golden = node.putArray("golden");
        result.golden().forEach(one -> {
            ObjectNode item = golden.addObject();
            item.put("recordId", Ids.format(one.goldenId()))
                    .put("entity", one.entity().id());
            item.put("field", one.field());
            item.set("before", Rows.JSON.valueToTree(one.before()));
            item.set("after", Rows.JSON.valueToTree(one.after()));
        });
        ArrayNode notShown = node.putArray("notShown");
        result.notShown().forEach(one -> notShown.addObject()
                .put("deliveryId", Ids.format(one.deliveryId()))
                .put("why", one.why()));
        return node;
    }
}
