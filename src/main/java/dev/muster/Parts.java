package dev.muster;

import dev.muster.access.Access;
import dev.muster.access.AdminToken;
import dev.muster.access.ApiKeys;
import dev.muster.admin.IdempotencyStore;
import dev.muster.alert.AlertStore;
import dev.muster.alert.Channels;
import dev.muster.audit.AuditSearch;
import dev.muster.audit.AuditTrail;
import dev.muster.camel.RouteReload;
import dev.muster.credential.CredentialUpkeep;
import dev.muster.credential.CredentialUses;
import dev.muster.credential.FieldKeys;
import dev.muster.credential.HubKey;
import dev.muster.credential.IntegrationStore;
import dev.muster.credential.OuterKey;
import dev.muster.credential.PersonKeys;
import dev.muster.credential.PlatformCredentials;
import dev.muster.credential.Vault;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.decide.Survivorship;
import dev.muster.delivery.DeliveryStore;
import dev.muster.delivery.Door;
import dev.muster.delivery.SenderLimit;
import dev.muster.delivery.TrustedProxies;
import dev.muster.golden.Brakes;
import dev.muster.golden.FieldRulings;
import dev.muster.golden.GoldenStore;
import dev.muster.golden.Hearings;
import dev.muster.golden.Heart;
import dev.muster.golden.Roll;
import dev.muster.golden.Suppression;
import dev.muster.golden.Undos;
import dev.muster.meter.Meters;
import dev.muster.meter.Traffic;
import dev.muster.meter.TrafficStore;
import dev.muster.operation.DeadLetterStore;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationStore;
import dev.muster.operation.OperationType;
import dev.muster.operation.QueueSignal;
import dev.muster.operation.Retention;
import dev.muster.platform.BrakeSettings;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.pull.CursorStore;
import dev.muster.pull.Pulls;
import dev.muster.pull.RunStore;
import dev.muster.push.PushPlanning;
import dev.muster.push.PushStore;
import dev.muster.push.PushTargets;
import dev.muster.push.Pushing;
import dev.muster.quota.Breakers;
import dev.muster.quota.QuotaStore;
import dev.muster.quota.Quotas;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.support.CamelContextHelper;
import org.jspecify.annotations.Nullable;

/** The objects of a hub, each made once, in the order in which they need each other; {@link Wiring} names them for routes. */
final class Parts {
    /** How often a page is asked for in vain before its run has failed: with growing pauses, for about three hours. */
    private static final int PULL_ATTEMPTS = 14;

    final Clock clock;
    final Meters meters;
    final Ids ids;
    final PlatformCatalog catalog;
    final Database database;
    final TrafficStore trafficStore;
    final Vault vault;
    final HubKey hubKey;
    final AuditTrail trail;
    final AuditSearch auditSearch;
    final PersonKeys personKeys;
    final FieldKeys fieldKeys;
    final Suppression suppression;
    final Retention retention;
    final CredentialUses uses;
    final IntegrationStore stored;
    final Integrations integrations;
    final ConfigReload reload;
    final Supplier<Survivorship> survivorship;
    final PlatformCredentials credentials;
    final CredentialUpkeep credentialUpkeep;
    final OperationStore operations;
    final DeadLetterStore deadLetters;
    final QueueSignal signal;
    final DeliveryStore deliveries;
    final PushTargets pushTargets;
    final PushStore pushes;
    final Roll roll;
    final Pushing pushing;
    final PushPlanning planning;
    final GoldenStore golden;
    final TrustedProxies proxies;
    final Undos undos;
    final Brakes brakes;
    final Door door;
    final CursorStore cursors;
    final RunStore runs;
    final Pulls pulls;
    final RouteReload routeReload;
    final Breakers breakers;
    final Quotas quotas;
    final AlertStore alerts;
    final Channels channels;
    final ApiKeys apiKeys;
    final Access access;
    final Hearings hearings;
    final FieldRulings fieldRulings;
    final IdempotencyStore requests;

    Parts(MusterConfig config, DataDirectory data, CamelContext camel) throws Exception {
        this.clock = Clock.systemUTC();
        MeterRegistry meterRegistry = CamelContextHelper.findSingleByType(camel, MeterRegistry.class);
        Traffic traffic = new Traffic(clock);
        this.meters = new Meters(meterRegistry == null ? new SimpleMeterRegistry() : meterRegistry, traffic);
        this.ids = new Ids();
        this.catalog = new PlatformCatalog(config.home(), Wiring.sections(config));
        List<OuterKey> outerKeys = OuterKey.of(config.encryptionKey(), config.encryptionKeyPrevious(), config.data());
        this.database = Database.open(config.databaseUrl(), 4);
        this.trafficStore = new TrafficStore(
                database,
                traffic,
                clock,
                new TrafficStore.Settings(
                        Duration.ofDays(config.trafficMinuteDays()), Duration.ofDays(config.trafficHourDays())));
        this.vault = new Vault(database, clock, outerKeys);
        vault.check();
        this.hubKey = HubKey.open(database, clock, outerKeys);
        this.trail = new AuditTrail(database, ids, clock, hubKey.auditSeal());
        trail.begin();
        this.auditSearch = new AuditSearch(database);
        this.personKeys = new PersonKeys(hubKey);
        this.fieldKeys = new FieldKeys(hubKey);
        this.suppression = new Suppression(database, personKeys);
        this.retention = new Retention(database, clock, config.deliveriesKept(), meters);
        this.uses = new CredentialUses(database, clock, data.hubName());
        this.stored = new IntegrationStore(database, vault, uses, trail, ids, clock);
        this.integrations = new Integrations(config.home(), config.environment(), stored);
        this.reload = new ConfigReload(config, catalog, integrations);
        reload.loadOrFail();
        this.survivorship = () -> new Survivorship(reload.rules(), fieldKeys);
        this.credentials = new PlatformCredentials(catalog, database, vault, uses, meters, clock, data.hubName());
        this.credentialUpkeep = new CredentialUpkeep(catalog, integrations, credentials, vault, uses, meters, clock);
        this.operations = new OperationStore(database, ids, clock, data.hubName());
        operations.resume();
        this.deadLetters = new DeadLetterStore(database, clock, config.redriveDays());
        this.signal = new QueueSignal();
        this.deliveries = new DeliveryStore(database, ids, meters, config.acceptWaitingMax(), config.acceptBatchMax());
        this.pushTargets = new PushTargets(catalog, integrations);
        this.pushes = new PushStore(database, clock, data.hubName());
        pushes.resume();
        this.roll = new Roll(database, survivorship);
        this.pushing = new Pushing(
                pushTargets,
                pushes,
                roll,
                reload::segments,
                meters,
                clock,
                new Pushing.Settings(config.pushAttempts(), config.breakerPause()));
        this.planning = new PushPlanning(pushTargets, pushes, roll, reload::segments);
        Heart heart = new Heart(database, ids, clock, trail, survivorship, pushTargets::plan);
        this.golden = new GoldenStore(
                heart,
                suppression,
                meters,
                config.inFlightMax() * 64,
                config.applyBatchMax(),
                RunStore::applied,
                operation -> brake(integrations, operation));
        this.proxies = TrustedProxies.of(config.trustedProxies());
        this.undos = new Undos(heart, config.undoDays());
        this.brakes = new Brakes(database, ids, clock, trail, signal::arrived);
        this.door = new Door(
                catalog,
                integrations,
                deliveries,
                ids,
                meters,
                new Door.Guards(
                        proxies,
                        new SenderLimit(
                                config.senderBurst(),
                                config.senderRequestsPerSecond(),
                                Duration.ofSeconds(1),
                                config.sendersRemembered(),
                                System::nanoTime)),
                signal::arrived);
        this.cursors = new CursorStore(database, data.hubName());
        this.runs = new RunStore(database);
        this.pulls = new Pulls(
                database,
                catalog,
                integrations,
                cursors,
                runs,
                deliveries,
                operations,
                ids,
                clock,
                new Pulls.Settings(
                        config.pullRunsMax(),
                        config.pullWaitingMax(),
                        config.lease(),
                        config.retryPause(),
                        PULL_ATTEMPTS,
                        config.breakerPause(),
                        config.credentialPause(),
                        config.historyDays()),
                signal::arrived,
                () -> camel.getStatus().isStopping());
        pulls.resume();
        this.routeReload = new RouteReload(
                camel,
                config.home(),
                Wiring.routeBeans(),
                Hub.properties(config),
                reload::loadAndTell,
                new FilesTrail(trail, auditSearch)::noticed);
        this.breakers = new Breakers(System::nanoTime);
        QuotaStore permits = new QuotaStore(database, data.hubName(), Ids.format(ids.next()));
        permits.resume(clock.millis());
        this.quotas = new Quotas(permits, clock, meters::waitedForTurn, config.callsMax(), config.callsWaitingMax());
        this.alerts = new AlertStore(database, ids);
        this.channels = new Channels(reload::alerts, ids, clock);
        AdminToken token = AdminToken.of(config.adminToken(), config.data());
        this.apiKeys = new ApiKeys(database, ids, clock, config.access().keysMax());
        this.access = new Access(token, apiKeys, database, clock, config.access(), trail);
        this.hearings = new Hearings(heart);
        this.fieldRulings = new FieldRulings(hearings);
        this.requests = new IdempotencyStore(database, clock);
    }

    /** A person's replay is never stopped; webhooks only where their account says so. */
    static @Nullable BrakeSettings brake(Integrations integrations, Operation operation) {
        boolean isPulled = operation.type() == OperationType.BULK_SYNC;
        if (operation.type() == OperationType.MANUAL) {
            return null;
        }
        BrakeSettings said = integrations
                .find(operation.platform(), operation.integration())
                .map(integration -> integration.settings().get(BrakeSettings.NAME))
                .map(text -> BrakeSettings.of(text).orElse(BrakeSettings.OFF))
                .orElse(BrakeSettings.DEFAULT);
        return said.equals(BrakeSettings.OFF) || !isPulled && !said.webhooks() ? null : said;
    }

    /** What is wrong in the files now, those of the routes included. */
    List<ConfigProblem> problems() {
        List<ConfigProblem> problems = new ArrayList<>(reload.problems());
        problems.addAll(routeReload.problems());
        return problems;
    }
}
