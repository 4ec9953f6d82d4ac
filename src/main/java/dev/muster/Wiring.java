package dev.muster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.muster.access.Access;
import dev.muster.access.AdminToken;
import dev.muster.access.ApiKeys;
import dev.muster.admin.AdminApi;
import dev.muster.admin.AlertsResource;
import dev.muster.admin.AuditResource;
import dev.muster.admin.BrakesResource;
import dev.muster.admin.ConflictsResource;
import dev.muster.admin.DashboardFiles;
import dev.muster.admin.DryRunResource;
import dev.muster.admin.DuplicatesResource;
import dev.muster.admin.FlowsResource;
import dev.muster.admin.HubResource;
import dev.muster.admin.IdempotencyStore;
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
import dev.muster.alert.AlertStore;
import dev.muster.alert.Alerting;
import dev.muster.alert.Backups;
import dev.muster.alert.Channels;
import dev.muster.alert.Readings;
import dev.muster.audit.AuditSearch;
import dev.muster.audit.AuditTrail;
import dev.muster.audit.AuditVerifier;
import dev.muster.call.CallCredentials;
import dev.muster.camel.AdminEntry;
import dev.muster.camel.CallAnswer;
import dev.muster.camel.CallEnd;
import dev.muster.camel.CallIdentity;
import dev.muster.camel.CallPermission;
import dev.muster.camel.CallRequest;
import dev.muster.camel.CallStart;
import dev.muster.camel.CallThreads;
import dev.muster.camel.CallTurn;
import dev.muster.camel.CallsStop;
import dev.muster.camel.DashboardEntry;
import dev.muster.camel.HawtioConsole;
import dev.muster.camel.HubHealth;
import dev.muster.camel.HubHttpServer;
import dev.muster.camel.KameletCalls;
import dev.muster.camel.ManagedFlows;
import dev.muster.camel.OperationsComponent;
import dev.muster.camel.PushesComponent;
import dev.muster.camel.ReceiveRoutes;
import dev.muster.camel.RetryPause;
import dev.muster.camel.RetryTimer;
import dev.muster.camel.RetryTurn;
import dev.muster.camel.RouteReload;
import dev.muster.camel.SalesforceCall;
import dev.muster.camel.SalesforceCalls;
import dev.muster.camel.WebhookComponent;
import dev.muster.credential.AuthSettings;
import dev.muster.credential.Consents;
import dev.muster.credential.CredentialUpkeep;
import dev.muster.credential.CredentialUses;
import dev.muster.credential.FieldKeys;
import dev.muster.credential.HubKey;
import dev.muster.credential.IntegrationStore;
import dev.muster.credential.OuterKey;
import dev.muster.credential.PersonKeys;
import dev.muster.credential.PlatformCredentials;
import dev.muster.credential.Probe;
import dev.muster.credential.Vault;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.decide.Survivorship;
import dev.muster.delivery.DeliveryStore;
import dev.muster.delivery.Door;
import dev.muster.delivery.DoorSettings;
import dev.muster.delivery.SenderLimit;
import dev.muster.delivery.TrustedProxies;
import dev.muster.golden.Brakes;
import dev.muster.golden.DeliverySweep;
import dev.muster.golden.DryRun;
import dev.muster.golden.Erasure;
import dev.muster.golden.FieldRulings;
import dev.muster.golden.GoldenCounts;
import dev.muster.golden.GoldenStore;
import dev.muster.golden.Hearings;
import dev.muster.golden.IdentityRulings;
import dev.muster.golden.Roll;
import dev.muster.golden.Suppression;
import dev.muster.golden.Undos;
import dev.muster.meter.Meters;
import dev.muster.meter.Traffic;
import dev.muster.meter.TrafficStore;
import dev.muster.normalize.InvalidMapping;
import dev.muster.normalize.Mapping;
import dev.muster.normalize.Normalization;
import dev.muster.normalize.Normalizer;
import dev.muster.operation.DeadLetterStore;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationOutcomes;
import dev.muster.operation.OperationStore;
import dev.muster.operation.OperationType;
import dev.muster.operation.QueueSignal;
import dev.muster.operation.Retention;
import dev.muster.platform.AccountSettings;
import dev.muster.platform.BrakeSettings;
import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import dev.muster.platform.SectionCompiler;
import dev.muster.pull.CursorStore;
import dev.muster.pull.Pulls;
import dev.muster.pull.RunStore;
import dev.muster.pull.StreamControl;
import dev.muster.pull.Streams;
import dev.muster.push.PushPlanning;
import dev.muster.push.PushStore;
import dev.muster.push.PushTargets;
import dev.muster.push.Pushing;
import dev.muster.quota.Breakers;
import dev.muster.quota.QuotaSettings;
import dev.muster.quota.QuotaStore;
import dev.muster.quota.Quotas;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.apache.camel.CamelConfiguration;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.spi.Registry;
import org.apache.camel.support.CamelContextHelper;
import org.apache.camel.support.service.ServiceSupport;
import org.jspecify.annotations.Nullable;

/** The one place that calls constructors and binds names. Routes refer to the names bound here. */
public final class Wiring implements CamelConfiguration {
    /** How often a page is asked for in vain before its run has failed: with growing pauses, for about three hours. */
    private static final int PULL_ATTEMPTS = 14;

    private final MusterConfig config;
    private final DataDirectory data;

    Wiring(MusterConfig config, DataDirectory data) {
        this.config = config;
        this.data = data;
    }

    /** The compilers of a platform file's sections, one per chapter that has one. */
    static List<SectionCompiler<?>> sections(MusterConfig config) {
        return List.of(
                DoorSettings.compiler(config.sendersRemembered()),
                mapping(),
                PushTargets.compiler(),
                AccountSettings.compiler(),
                AuthSettings.compiler(),
                Streams.compiler(),
                QuotaSettings.compiler());
    }

    /** What {@link #configure} binds for routes to refer to, for judging routes where nothing runs. */
    static Map<String, Class<?>> routeBeans() {
        return Map.ofEntries(
                Map.entry("access", Access.class),
                Map.entry("admin", AdminEntry.class),
                Map.entry("dashboard", DashboardEntry.class),
                Map.entry("normalization", Normalization.class),
                Map.entry("golden", GoldenStore.class),
                Map.entry("outcomes", OperationOutcomes.class),
                Map.entry("housekeeping", Housekeeping.class),
                Map.entry("measurements", Measurements.class),
                Map.entry("traffic", TrafficStore.class),
                Map.entry("alerting", Alerting.class),
                Map.entry("callStart", CallStart.class),
                Map.entry("callTurn", CallTurn.class),
                Map.entry("callPermission", CallPermission.class),
                Map.entry("callIdentity", CallIdentity.class),
                Map.entry("callRequest", CallRequest.class),
                Map.entry("callAnswer", CallAnswer.class),
                Map.entry("callEnd", CallEnd.class),
                Map.entry("retryPause", RetryPause.class),
                Map.entry("retryTimer", RetryTimer.class),
                Map.entry("retryTurn", RetryTurn.class),
                Map.entry("salesforceCall", SalesforceCall.class),
                Map.entry("pulls", Pulls.class),
                Map.entry("credentials", CredentialUpkeep.class),
                Map.entry("pushing", Pushing.class),
                Map.entry("undos", Undos.class),
                Map.entry("brakes", Brakes.class),
                Map.entry("store", DataSource.class));
    }

    private static SectionCompiler<Normalizer> mapping() {
        return new SectionCompiler<>(
                Normalizer.class, Set.of("objects", "kinds", "mapping", "streams"), (root, file) -> {
                    try {
                        return new Normalizer(Mapping.of(root, file));
                    } catch (InvalidMapping e) {
                        throw new ConfigException(e.problems().stream()
                                .map(problem -> new ConfigProblem(file, 0, problem))
                                .toList());
                    }
                });
    }

    @Override
    public void configure(CamelContext camel) throws Exception {
        Clock clock = Clock.systemUTC();
        Registry registry = camel.getRegistry();
        MeterRegistry meterRegistry = CamelContextHelper.findSingleByType(camel, MeterRegistry.class);
        Traffic traffic = new Traffic(clock);
        Meters meters = new Meters(meterRegistry == null ? new SimpleMeterRegistry() : meterRegistry, traffic);
        Ids ids = new Ids();

        PlatformCatalog catalog = new PlatformCatalog(config.home(), sections(config));
        List<OuterKey> outerKeys = OuterKey.of(config.encryptionKey(), config.encryptionKeyPrevious(), config.data());
        Database database = Database.open(config.databaseUrl(), 4);
        TrafficStore trafficStore = new TrafficStore(
                database,
                traffic,
                clock,
                new TrafficStore.Settings(
                        Duration.ofDays(config.trafficMinuteDays()), Duration.ofDays(config.trafficHourDays())));
        registry.bind("traffic", trafficStore);
        Vault vault = new Vault(database, clock, outerKeys);
        vault.check();
        HubKey hubKey = HubKey.open(database, clock, outerKeys);
        AuditTrail trail = new AuditTrail(database, ids, clock, hubKey.auditSeal());
        trail.begin();
        AuditSearch auditSearch = new AuditSearch(database);
        PersonKeys personKeys = new PersonKeys(hubKey);
        FieldKeys fieldKeys = new FieldKeys(hubKey);
        Suppression suppression = new Suppression(database, personKeys);
        Retention retention = new Retention(database, clock, config.deliveriesKept(), meters);
        CredentialUses uses = new CredentialUses(database, clock, data.hubName());
        IntegrationStore stored = new IntegrationStore(database, vault, uses, trail, ids, clock);
        Integrations integrations = new Integrations(config.home(), config.environment(), stored);
        ConfigReload reload = new ConfigReload(config, catalog, integrations);
        reload.loadOrFail();
        Supplier<Survivorship> survivorship = () -> new Survivorship(reload.rules(), fieldKeys);
        PlatformCredentials credentials =
                new PlatformCredentials(catalog, database, vault, uses, meters, clock, data.hubName());
        CredentialUpkeep credentialUpkeep =
                new CredentialUpkeep(catalog, integrations, credentials, vault, uses, meters, clock);
        OperationStore operations = new OperationStore(database, ids, clock, data.hubName());
        operations.resume();
        DeadLetterStore deadLetters = new DeadLetterStore(database, clock, config.redriveDays());
        QueueSignal signal = new QueueSignal();
        DeliveryStore deliveries =
                new DeliveryStore(database, ids, meters, config.acceptWaitingMax(), config.acceptBatchMax());
        PushTargets pushTargets = new PushTargets(catalog, integrations);
        PushStore pushes = new PushStore(database, clock, data.hubName());
        pushes.resume();
        Roll roll = new Roll(database, survivorship);
        Pushing pushing = new Pushing(
                pushTargets,
                pushes,
                roll,
                reload::segments,
                meters,
                clock,
                new Pushing.Settings(config.pushAttempts(), config.breakerPause()));
        PushPlanning planning = new PushPlanning(pushTargets, pushes, roll, reload::segments);
        GoldenStore golden = new GoldenStore(
                database,
                ids,
                clock,
                trail,
                suppression,
                meters,
                survivorship,
                pushTargets::plan,
                config.inFlightMax() * 64,
                config.applyBatchMax(),
                RunStore::applied,
                operation -> brake(integrations, operation));
        TrustedProxies proxies = TrustedProxies.of(config.trustedProxies());
        Undos undos = new Undos(database, ids, clock, trail, survivorship, pushTargets::plan, config.undoDays());
        Brakes brakes = new Brakes(database, ids, clock, trail, signal::arrived);
        Door door = new Door(
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

        CursorStore cursors = new CursorStore(database, data.hubName());
        RunStore runs = new RunStore(database);
        Pulls pulls = new Pulls(
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
        registry.bind("pulls", pulls);

        RouteReload routeReload = new RouteReload(
                camel,
                config.home(),
                routeBeans(),
                Hub.properties(config),
                reload::loadAndTell,
                new FilesTrail(trail, auditSearch)::noticed);
        Supplier<List<ConfigProblem>> problems = () -> problems(reload, routeReload);
        Breakers breakers = new Breakers(System::nanoTime);
        QuotaStore permits = new QuotaStore(database, data.hubName(), Ids.format(ids.next()));
        permits.resume(clock.millis());
        Quotas quotas = new Quotas(permits, clock, meters::waitedForTurn, config.callsMax(), config.callsWaitingMax());
        camel.addLifecycleStrategy(new CallsStop(quotas));
        AlertStore alerts = new AlertStore(database, ids);
        Channels channels = new Channels(reload::alerts, ids, clock);
        AdminToken token = AdminToken.of(config.adminToken(), config.data());
        ApiKeys apiKeys = new ApiKeys(database, ids, clock, config.access().keysMax());
        Access access = new Access(token, apiKeys, database, clock, config.access());
        Hearings hearings = new Hearings(database, ids, clock, trail, survivorship, pushTargets::plan);
        FieldRulings fieldRulings = new FieldRulings(hearings);
        IdempotencyStore requests = new IdempotencyStore(database, clock);
        AdminApi admin = new AdminApi(
                access,
                requests,
                fieldKeys,
                List.of(
                        new HubResource(
                                database,
                                operations,
                                () -> problems.get().stream()
                                        .map(ConfigProblem::toString)
                                        .toList(),
                                catalog,
                                quotas,
                                breakers,
                                vault,
                                hubKey,
                                trail),
                        new OperationsResource(
                                database, operations, deadLetters, signal, trail, retention, reload::rules),
                        new RecordsResource(roll),
                        new DuplicatesResource(database),
                        new IntegrationsResource(
                                catalog,
                                integrations,
                                stored,
                                credentials,
                                uses,
                                new Consents(credentials, integrations, clock, config.publicUrl()),
                                new Probe(credentials, new KameletCalls(camel), clock, config.integrationTestLimit()),
                                integration -> quotaUse(catalog, quotas, integration),
                                integration -> {
                                    pulls.wake(integration);
                                    pushing.wake(integration);
                                }),
                        new KeysResource(apiKeys, database, integrations, trail, clock),
                        new SessionResource(access, trail),
                        new SyncResource(
                                database,
                                new StreamControl(database, catalog, integrations, cursors, runs, pulls, ids, clock),
                                clock,
                                trail),
                        new UndoResource(undos),
                        new BrakesResource(brakes),
                        new DryRunResource(new DryRun(database, clock), catalog, survivorship),
                        new PushesResource(database, planning, trail),
                        new TrafficResource(trafficStore, clock),
                        new AlertsResource(alerts, reload::alerts, channels, trail, clock),
                        new ConflictsResource(database, planning, fieldRulings, trail),
                        new RulingsResource(roll, fieldRulings, new IdentityRulings(hearings)),
                        new OrganizationsResource(database, integrations, trail, clock),
                        new FlowsResource(new ManagedFlows(camel), trail),
                        new PersonResource(
                                new Erasure(database, ids, clock, trail, personKeys, suppression, config.keptFields()),
                                roll,
                                auditSearch,
                                trail),
                        new AuditResource(auditSearch, new AuditVerifier(database, hubKey.auditSeal()))));

        registry.bind("undos", undos);
        registry.bind("brakes", brakes);
        registry.bind("pushing", pushing);
        registry.bind("access", access);
        registry.bind("admin", new AdminEntry(admin::answer, proxies));
        registry.bind("dashboard", new DashboardEntry(new DashboardFiles()));
        registry.bind("door", door);
        registry.bind("normalization", new Normalization(catalog, integrations));
        registry.bind("golden", golden);
        registry.bind(
                "outcomes",
                new OperationOutcomes(
                        operations, deadLetters, meters, clock, config.breakerPause(), config.credentialPause()));
        CallThreads callThreads = new CallThreads(config.callsMax());
        bindCalls(registry, catalog, integrations, credentials, clock, quotas, breakers, meters, callThreads);
        Supplier<List<String>> platforms =
                () -> catalog.all().stream().map(PlatformDefinition::id).toList();
        LongSupplier freeMegabytes = () -> config.data().toFile().getUsableSpace() / 1_048_576;
        Backups backups = new Backups(config.backupDirectory());
        Measurements measurements = new Measurements(
                operations,
                pushes,
                pushing,
                deadLetters,
                new GoldenCounts(database, clock),
                breakers,
                quotas,
                platforms,
                freeMegabytes,
                backups,
                meters,
                clock);
        measurements.measure();
        credentialUpkeep.measure();
        registry.bind(
                "alerting",
                new Alerting(
                        reload::alerts,
                        new Readings(
                                trafficStore,
                                new Readings.Sources(
                                        operations::backlog,
                                        new GoldenCounts(database, clock)::openConflictsByOrganization,
                                        credentialUpkeep::refused,
                                        breakers,
                                        freeMegabytes,
                                        backups)),
                        alerts,
                        channels,
                        ids,
                        clock,
                        data.hubName(),
                        config.alertsLook()));
        registry.bind("measurements", measurements);
        registry.bind(
                "housekeeping",
                new Housekeeping(
                        database,
                        operations,
                        pushes,
                        deadLetters,
                        breakers,
                        quotas,
                        requests,
                        new DeliverySweep(database, personKeys, clock),
                        retention,
                        config.lease()));
        RetryTimer retryTimer = new RetryTimer();
        registry.bind("retryTimer", retryTimer);
        registry.bind("retryPause", new RetryPause(meters, retryTimer, config.retryPause(), config.retryAttempts()));
        registry.bind("retryTurn", new RetryTurn());
        registry.bind("store", database.dataSource());
        registry.bind("salesforceCall", new SalesforceCall());
        // started with the first call to any Salesforce org
        registry.bind("salesforce-component", new SalesforceCalls());
        registry.bind("credentials", credentialUpkeep);

        Vertx vertx = Vertx.vertx();
        registry.bind("vertx", vertx);
        // Services stop in the reverse order: the stores close after everything that hands work to them.
        camel.addService(new Closing(
                retryTimer::shutdownNow,
                callThreads,
                quotas,
                pushTargets,
                deliveries,
                golden,
                credentials,
                trafficStore,
                database,
                vertx::close));
        VertxPlatformHttpServerConfiguration http = httpConfiguration();
        // Found by type: without it, Camel opens the routes' platform-http paths on the management port.
        registry.bind("httpConfiguration", http);
        HubHttpServer server =
                new HubHttpServer(vertx, http, config.idleTimeout().toMillis(), proxies);
        camel.addService(server);
        camel.addComponent(
                WebhookComponent.SCHEME,
                new WebhookComponent(
                        server,
                        new WebhookComponent.WebhookLimits(
                                config.bodyBytesMax(),
                                config.bodiesBytesMax(),
                                config.webhookTimeout().toMillis()),
                        meters));
        camel.addComponent(
                PushesComponent.SCHEME,
                new PushesComponent(
                        pushes,
                        pushing,
                        new PushesComponent.Settings(
                                config.workers(), config.pushInFlightMax(), config.pushLaneMax())));
        camel.addComponent(
                OperationsComponent.SCHEME,
                new OperationsComponent(
                        operations,
                        signal,
                        new OperationsComponent.Settings(
                                config.workers(),
                                config.inFlightMax(),
                                config.integrationInFlightMax(),
                                config.claimMax(),
                                config.bulkInFlightMax(),
                                platform -> coalesce(catalog, platform))));
        camel.addLifecycleStrategy(new HawtioConsole(
                config.managementPort(),
                InetAddress.getByName(config.managementHost()).isLoopbackAddress(),
                access::openConsole,
                proxies));
        camel.addRoutes(new ReceiveRoutes());
        camel.addService(routeReload);
        HealthChecks health = new HealthChecks(database, operations, pushes, pushing, quotas, platforms, clock, config);
        new HubHealth(camel, breakers, platforms)
                .readiness("store", health::store)
                .people("queue", health::queue)
                .people("pushes", health::pushes)
                .people("quotas", health::quotas)
                .people("disk", health::disk)
                .people("configuration", () -> configurationHealth(problems.get()));
    }

    /** The steps of {@code routes/kamelets/call-platform-action}. */
    private static void bindCalls(
            Registry registry,
            PlatformCatalog catalog,
            Integrations integrations,
            CallCredentials credentials,
            Clock clock,
            Quotas quotas,
            Breakers breakers,
            Meters meters,
            CallThreads threads) {
        registry.bind("callStart", new CallStart(catalog, integrations));
        registry.bind("callTurn", new CallTurn(quotas, threads));
        registry.bind("callPermission", new CallPermission(breakers));
        registry.bind("callIdentity", new CallIdentity(credentials, threads));
        registry.bind("callRequest", new CallRequest(clock));
        registry.bind("callAnswer", new CallAnswer(credentials, clock));
        registry.bind("callEnd", new CallEnd(meters, clock));
        registry.bind("breakers", breakers);
    }

    private static JsonNode quotaUse(PlatformCatalog catalog, Quotas quotas, Integration integration) {
        return catalog.find(integration.platform())
                .<JsonNode>map(platform -> HubResource.json(
                        quotas.usage(platform.id(), integration.id(), platform.section(QuotaSettings.class))))
                .orElse(NullNode.getInstance());
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
    private static List<ConfigProblem> problems(ConfigReload reload, RouteReload routes) {
        List<ConfigProblem> problems = new ArrayList<>(reload.problems());
        problems.addAll(routes.problems());
        return problems;
    }

    private static HubHealth.Answer configurationHealth(List<ConfigProblem> problems) {
        return problems.isEmpty()
                ? new HubHealth.Answer(true, "The files are in use as they are written")
                : new HubHealth.Answer(
                        false,
                        problems.size() + " problems in the files; what was in use before stays in use: "
                                + problems.stream().map(ConfigProblem::toString).collect(Collectors.joining("; ")));
    }

    private static Duration coalesce(PlatformCatalog catalog, String platform) {
        return catalog.find(platform)
                .map(definition -> definition.section(DoorSettings.class).coalesce())
                .orElse(Duration.ZERO);
    }

    private VertxPlatformHttpServerConfiguration httpConfiguration() {
        VertxPlatformHttpServerConfiguration http = new VertxPlatformHttpServerConfiguration();
        http.setBindHost(config.httpHost());
        http.setHost(config.httpHost());
        http.setBindPort(config.httpPort());
        http.setPort(config.httpPort());
        http.setMaxBodySize((long) config.bodyBytesMax());
        http.getBodyHandler().setHandleFileUploads(false);
        return http;
    }

    /** Closed after the routes, in this order: what they handed over is written first. */
    private static final class Closing extends ServiceSupport {
        private final List<AutoCloseable> inOrder;

        Closing(AutoCloseable... inOrder) {
            this.inOrder = List.of(inOrder);
        }

        @Override
        protected void doStop() throws Exception {
            for (AutoCloseable one : inOrder) {
                one.close();
            }
        }
    }
}
