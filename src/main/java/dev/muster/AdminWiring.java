package dev.muster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.muster.admin.AdminApi;
import dev.muster.admin.AlertsResource;
import dev.muster.admin.AuditResource;
import dev.muster.admin.BrakesResource;
import dev.muster.admin.ConflictsResource;
import dev.muster.admin.DryRunResource;
import dev.muster.admin.DuplicatesResource;
import dev.muster.admin.FlowsResource;
import dev.muster.admin.HubResource;
import dev.muster.admin.IntegrationsResource;
import dev.muster.admin.KeysResource;
import dev.muster.admin.OperationsResource;
import dev.muster.admin.OrganizationsResource;
import dev.muster.admin.PersonResource;
import dev.muster.admin.PushesResource;
import dev.muster.admin.RecordsResource;
import dev.muster.admin.RulingsResource;
import dev.muster.admin.SessionResource;
import dev.muster.admin.SyncResource;
import dev.muster.admin.TrafficResource;
import dev.muster.admin.UndoResource;
import dev.muster.audit.AuditVerifier;
import dev.muster.camel.KameletCalls;
import dev.muster.camel.ManagedFlows;
import dev.muster.credential.Consents;
import dev.muster.credential.Probe;
import dev.muster.golden.DryRun;
import dev.muster.golden.Erasure;
import dev.muster.golden.IdentityRulings;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.Integration;
import dev.muster.platform.PlatformCatalog;
import dev.muster.pull.StreamControl;
import dev.muster.quota.QuotaSettings;
import dev.muster.quota.Quotas;
import java.util.List;
import org.apache.camel.CamelContext;

/** The admin API with all its resources. */
final class AdminWiring {
    private AdminWiring() {}

    static AdminApi api(Parts parts, MusterConfig config, CamelContext camel) {
        return new AdminApi(
                parts.access,
                parts.requests,
                parts.fieldKeys,
                List.of(
                        new HubResource(
                                parts.database,
                                parts.operations,
                                () -> parts.problems().stream()
                                        .map(ConfigProblem::toString)
                                        .toList(),
                                parts.catalog,
                                parts.quotas,
                                parts.breakers,
                                parts.vault,
                                parts.hubKey,
                                parts.trail),
                        new OperationsResource(
                                parts.database,
                                parts.operations,
                                parts.deadLetters,
                                parts.signal,
                                parts.trail,
                                parts.retention,
                                parts.reload::rules),
                        new RecordsResource(parts.roll),
                        new DuplicatesResource(parts.database),
                        new IntegrationsResource(
                                parts.catalog,
                                parts.integrations,
                                parts.stored,
                                parts.credentials,
                                parts.uses,
                                new Consents(parts.credentials, parts.integrations, parts.clock, config.publicUrl()),
                                new Probe(
                                        parts.credentials,
                                        new KameletCalls(camel),
                                        parts.clock,
                                        config.integrationTestLimit()),
                                integration -> quotaUse(parts.catalog, parts.quotas, integration),
                                integration -> {
                                    parts.pulls.wake(integration);
                                    parts.pushing.wake(integration);
                                }),
                        new KeysResource(parts.apiKeys, parts.database, parts.integrations, parts.trail, parts.clock),
                        new SessionResource(parts.access, parts.trail),
                        new SyncResource(
                                parts.database,
                                new StreamControl(
                                        parts.database,
                                        parts.catalog,
                                        parts.integrations,
                                        parts.cursors,
                                        parts.runs,
                                        parts.pulls,
                                        parts.ids,
                                        parts.clock),
                                parts.clock,
                                parts.trail),
                        new UndoResource(parts.undos),
                        new BrakesResource(parts.brakes),
                        new DryRunResource(new DryRun(parts.database, parts.clock), parts.catalog, parts.survivorship),
                        new PushesResource(parts.database, parts.planning, parts.trail),
                        new TrafficResource(parts.trafficStore, parts.clock),
                        new AlertsResource(
                                parts.alerts, parts.reload::alerts, parts.channels, parts.trail, parts.clock),
                        new ConflictsResource(parts.database, parts.planning, parts.fieldRulings, parts.trail),
                        new RulingsResource(parts.roll, parts.fieldRulings, new IdentityRulings(parts.hearings)),
                        new OrganizationsResource(parts.database, parts.integrations, parts.trail, parts.clock),
                        new FlowsResource(new ManagedFlows(camel), parts.trail),
                        new PersonResource(
                                new Erasure(
                                        parts.database,
                                        parts.ids,
                                        parts.clock,
                                        parts.trail,
                                        parts.personKeys,
                                        parts.suppression,
                                        config.keptFields()),
                                parts.roll,
                                parts.auditSearch,
                                parts.trail),
                        new AuditResource(
                                parts.auditSearch, new AuditVerifier(parts.database, parts.hubKey.auditSeal()))));
    }

    private static JsonNode quotaUse(PlatformCatalog catalog, Quotas quotas, Integration integration) {
        return catalog.find(integration.platform())
                .<JsonNode>map(platform -> HubResource.json(
                        quotas.usage(platform.id(), integration.id(), platform.section(QuotaSettings.class))))
                .orElse(NullNode.getInstance());
    }
}
