package dev.muster;

import dev.muster.admin.AdminApi;
import dev.muster.admin.AdminToken;
import dev.muster.admin.QuotaResource;
import dev.muster.call.ApiKeys;
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
import dev.muster.camel.HawtioConsole;
import dev.muster.camel.HubHealth;
import dev.muster.camel.HubHttpServer;
import dev.muster.camel.OperationsComponent;
import dev.muster.camel.ReceiveRoutes;
import dev.muster.camel.RetryPause;
import dev.muster.camel.RetryTimer;
import dev.muster.camel.RetryTurn;
import dev.muster.camel.RouteReload;
import dev.muster.camel.WebhookComponent;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.decide.Survivorship;
import dev.muster.delivery.DeliveryStore;
import dev.muster.delivery.Door;
import dev.muster.delivery.DoorSettings;
import dev.muster.delivery.SenderLimit;
import dev.muster.delivery.TrustedProxies;
import dev.muster.golden.GoldenCounts;
import dev.muster.golden.GoldenStore;
import dev.muster.golden.Roll;
import dev.muster.meter.Meters;
import dev.muster.normalize.InvalidMapping;
import dev.muster.normalize.Mapping;
import dev.muster.normalize.Normalization;
import dev.muster.normalize.Normalizer;
import dev.muster.operation.DeadLetterStore;
import dev.muster.operation.OperationOutcomes;
import dev.muster.operation.OperationStore;
import dev.muster.operation.QueueSignal;
import dev.muster.platform.AccountSettings;
import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import dev.muster.platform.SectionCompiler;
import dev.muster.pull.Streams;
import dev.muster.push.PushTargets;
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
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.apache.camel.CamelConfiguration;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.spi.Registry;
import org.apache.camel.support.CamelContextHelper;
import org.apache.camel.support.service.ServiceSupport;

/** The one place that calls constructors and binds names. Routes refer to the names bound here. */
public final class Wiring implements CamelConfiguration {
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
                Streams.compiler(),
                QuotaSettings.compiler());
    }

    /** What {@link #configure} binds for routes to refer to, for judging routes where nothing runs. */
    static Map<String, Class<?>> routeBeans() {
        return Map.ofEntries(
                Map.entry("admin", AdminEntry.class),
                Map.entry("normalization", Normalization.class),
                Map.entry("golden", GoldenStore.class),
                Map.entry("outcomes", OperationOutcomes.class),
                Map.entry("housekeeping", Housekeeping.class),
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
        Meters meters = new Meters(meterRegistry == null ? new SimpleMeterRegistry() : meterRegistry);
        Ids ids = new Ids();

        PlatformCatalog catalog = new PlatformCatalog(config.home(), sections(config));
        Integrations integrations = new Integrations(config.home(), config.environment());
        ConfigReload reload = new ConfigReload(config, catalog, integrations);
        reload.loadOrFail();

        Database database = Database.open(config.databaseUrl(), 4);
        OperationStore operations = new OperationStore(database, ids, clock, data.hubName());
        operations.resume();
        DeadLetterStore deadLetters = new DeadLetterStore(database, clock, config.redriveDays());
        QueueSignal signal = new QueueSignal();
        DeliveryStore deliveries =
                new DeliveryStore(database, ids, meters, config.acceptWaitingMax(), config.acceptBatchMax());
        PushTargets pushTargets = new PushTargets(catalog, integrations);
        GoldenStore golden = new GoldenStore(
                database,
                ids,
                clock,
                meters,
                () -> new Survivorship(reload.rules()),
                pushTargets::plan,
                config.inFlightMax() * 64,
                config.applyBatchMax());
        Door door = new Door(
                catalog,
                integrations,
                deliveries,
                ids,
                meters,
                new Door.Guards(
                        TrustedProxies.of(config.trustedProxies()),
                        new SenderLimit(
                                config.senderBurst(),
                                config.senderRequestsPerSecond(),
                                Duration.ofSeconds(1),
                                config.sendersRemembered(),
                                System::nanoTime)),
                signal::arrived);

        RouteReload routeReload =
                new RouteReload(camel, config.home(), routeBeans(), Hub.properties(config), reload::loadAndTell);
        Supplier<List<ConfigProblem>> problems = () -> problems(reload, routeReload);
        Breakers breakers = new Breakers(System::nanoTime);
        Quotas quotas = new Quotas(
                new QuotaStore(database, Ids.format(ids.next())),
                clock,
                meters::waitedForTurn,
                config.callsMax(),
                config.callsWaitingMax());
        camel.addLifecycleStrategy(new CallsStop(quotas));
        AdminToken token = AdminToken.of(config.adminToken(), config.data());
        AdminApi admin = new AdminApi(
                token,
                database,
                new Roll(database, () -> new Survivorship(reload.rules())),
                operations,
                deadLetters,
                signal,
                () -> problems.get().stream().map(ConfigProblem::toString).toList(),
                List.of(new QuotaResource(catalog, quotas, breakers)));

        registry.bind("admin", new AdminEntry(admin::answer));
        registry.bind("door", door);
        registry.bind("normalization", new Normalization(catalog, integrations));
        registry.bind("golden", golden);
        registry.bind(
                "outcomes",
                new OperationOutcomes(
                        operations, deadLetters, meters, clock, config.breakerPause(), config.credentialPause()));
        CallThreads callThreads = new CallThreads(config.callsMax());
        bindCalls(registry, catalog, integrations, clock, quotas, breakers, callThreads);
        Supplier<List<String>> platforms =
                () -> catalog.all().stream().map(PlatformDefinition::id).toList();
        Housekeeping housekeeping = new Housekeeping(
                database,
                operations,
                deadLetters,
                meters,
                clock,
                new GoldenCounts(database, clock),
                breakers,
                quotas,
                platforms,
                config);
        housekeeping.measure();
        registry.bind("housekeeping", housekeeping);
        RetryTimer retryTimer = new RetryTimer();
        registry.bind("retryTimer", retryTimer);
        registry.bind("retryPause", new RetryPause(meters, retryTimer, config.retryPause(), config.retryAttempts()));
        registry.bind("retryTurn", new RetryTurn());
        registry.bind("store", database.dataSource());

        Vertx vertx = Vertx.vertx();
        registry.bind("vertx", vertx);
        // Services stop in the reverse order: the stores close after everything that hands work to them.
        camel.addService(new Closing(retryTimer, callThreads, quotas, deliveries, golden, database, vertx));
        VertxPlatformHttpServerConfiguration http = httpConfiguration();
        // Found by type: without it, Camel opens the routes' platform-http paths on the management port.
        registry.bind("httpConfiguration", http);
        HubHttpServer server =
                new HubHttpServer(vertx, http, config.idleTimeout().toMillis());
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
                OperationsComponent.SCHEME,
                new OperationsComponent(
                        operations,
                        signal,
                        new OperationsComponent.Settings(
                                config.workers(),
                                config.inFlightMax(),
                                config.integrationInFlightMax(),
                                config.claimMax(),
                                platform -> coalesce(catalog, platform))));
        camel.addLifecycleStrategy(new HawtioConsole(
                config.managementPort(),
                InetAddress.getByName(config.managementHost()).isLoopbackAddress(),
                token::opensConsole));
        camel.addRoutes(new ReceiveRoutes());
        camel.addService(routeReload);
        new HubHealth(camel, breakers, platforms)
                .readiness("store", housekeeping::storeHealth)
                .people("queue", housekeeping::queueHealth)
                .people("disk", housekeeping::diskHealth)
                .people("configuration", () -> configurationHealth(problems.get()));
    }

    /** The steps of {@code routes/kamelets/call-platform-action}. */
    private static void bindCalls(
            Registry registry,
            PlatformCatalog catalog,
            Integrations integrations,
            Clock clock,
            Quotas quotas,
            Breakers breakers,
            CallThreads threads) {
        CallCredentials credentials = new ApiKeys(catalog);
        registry.bind("callStart", new CallStart(catalog, integrations));
        registry.bind("callTurn", new CallTurn(quotas, threads));
        registry.bind("callPermission", new CallPermission(breakers));
        registry.bind("callIdentity", new CallIdentity(credentials, threads));
        registry.bind("callRequest", new CallRequest(clock));
        registry.bind("callAnswer", new CallAnswer(clock));
        registry.bind("callEnd", new CallEnd(clock));
        registry.bind("breakers", breakers);
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

    /** Closed after the routes: what they handed over is written first. */
    private static final class Closing extends ServiceSupport {
        private final RetryTimer retryTimer;
        private final CallThreads callThreads;
        private final Quotas quotas;
        private final DeliveryStore deliveries;
        private final GoldenStore golden;
        private final Database database;
        private final Vertx vertx;

        Closing(
                RetryTimer retryTimer,
                CallThreads callThreads,
                Quotas quotas,
                DeliveryStore deliveries,
                GoldenStore golden,
                Database database,
                Vertx vertx) {
            this.retryTimer = retryTimer;
            this.callThreads = callThreads;
            this.quotas = quotas;
            this.deliveries = deliveries;
            this.golden = golden;
            this.database = database;
            this.vertx = vertx;
        }

        @Override
        protected void doStop() {
            retryTimer.shutdownNow();
            callThreads.close();
            quotas.close();
            deliveries.close();
            golden.close();
            database.close();
            vertx.close();
        }
    }
}
