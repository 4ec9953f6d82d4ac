package dev.muster;

import dev.muster.access.Access;
import dev.muster.admin.DashboardFiles;
import dev.muster.alert.Alerting;
import dev.muster.alert.Backups;
import dev.muster.alert.Readings;
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
import dev.muster.camel.OperationsComponent;
import dev.muster.camel.PushesComponent;
import dev.muster.camel.ReceiveRoutes;
import dev.muster.camel.RetryPause;
import dev.muster.camel.RetryTimer;
import dev.muster.camel.RetryTurn;
import dev.muster.camel.SalesforceCall;
import dev.muster.camel.SalesforceCalls;
import dev.muster.camel.WebhookComponent;
import dev.muster.credential.AuthSettings;
import dev.muster.credential.CredentialUpkeep;
import dev.muster.delivery.DoorSettings;
import dev.muster.golden.Brakes;
import dev.muster.golden.DeliverySweep;
import dev.muster.golden.GoldenCounts;
import dev.muster.golden.GoldenStore;
import dev.muster.golden.Undos;
import dev.muster.meter.Meters;
import dev.muster.meter.TrafficStore;
import dev.muster.normalize.InvalidMapping;
import dev.muster.normalize.Mapping;
import dev.muster.normalize.Normalization;
import dev.muster.normalize.Normalizer;
import dev.muster.operation.OperationOutcomes;
import dev.muster.platform.AccountSettings;
import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import dev.muster.platform.SectionCompiler;
import dev.muster.pull.Pulls;
import dev.muster.pull.Streams;
import dev.muster.push.PushTargets;
import dev.muster.push.Pushing;
import dev.muster.quota.Breakers;
import dev.muster.quota.QuotaSettings;
import dev.muster.quota.Quotas;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
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
import org.apache.camel.support.service.ServiceSupport;

/** Binds the hub's {@link Parts} to the names that routes refer to, and to Camel's components and services. */
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
        Parts parts = new Parts(config, data, camel);
        Registry registry = camel.getRegistry();
        registry.bind("traffic", parts.trafficStore);
        registry.bind("pulls", parts.pulls);
        camel.addLifecycleStrategy(new CallsStop(parts.quotas));
        registry.bind("undos", parts.undos);
        registry.bind("brakes", parts.brakes);
        registry.bind("pushing", parts.pushing);
        registry.bind("access", parts.access);
        registry.bind("admin", new AdminEntry(AdminWiring.api(parts, config, camel)::answer, parts.proxies));
        registry.bind("dashboard", new DashboardEntry(new DashboardFiles()));
        registry.bind("door", parts.door);
        registry.bind("normalization", new Normalization(parts.catalog, parts.integrations));
        registry.bind("golden", parts.golden);
        registry.bind(
                "outcomes",
                new OperationOutcomes(
                        parts.operations,
                        parts.deadLetters,
                        parts.meters,
                        parts.clock,
                        config.breakerPause(),
                        config.credentialPause(),
                        parts.suppression::forget));
        CallThreads callThreads = new CallThreads(config.callsMax());
        bindCalls(
                registry,
                parts.catalog,
                parts.integrations,
                parts.credentials,
                parts.clock,
                parts.quotas,
                parts.breakers,
                parts.meters,
                callThreads);
        Supplier<List<String>> platforms =
                () -> parts.catalog.all().stream().map(PlatformDefinition::id).toList();
        LongSupplier freeMegabytes = () -> config.data().toFile().getUsableSpace() / 1_048_576;
        Backups backups = new Backups(config.backupDirectory());
        GoldenCounts goldenCounts = new GoldenCounts(parts.database, parts.clock);
        Measurements measurements = new Measurements(
                parts.operations,
                parts.pushes,
                parts.pushing,
                parts.deadLetters,
                goldenCounts,
                parts.breakers,
                parts.quotas,
                platforms,
                freeMegabytes,
                backups,
                parts.meters,
                parts.clock);
        measurements.measure();
        parts.credentialUpkeep.measure();
        registry.bind(
                "alerting",
                new Alerting(
                        parts.reload::alerts,
                        new Readings(
                                parts.trafficStore,
                                new Readings.Sources(
                                        parts.operations::backlog,
                                        goldenCounts::openConflictsByOrganization,
                                        parts.credentialUpkeep::refused,
                                        parts.breakers,
                                        freeMegabytes,
                                        backups)),
                        parts.alerts,
                        parts.channels,
                        parts.ids,
                        parts.clock,
                        data.hubName(),
                        config.alertsLook()));
        registry.bind("measurements", measurements);
        registry.bind(
                "housekeeping",
                new Housekeeping(
                        parts.database,
                        parts.operations,
                        parts.pushes,
                        parts.deadLetters,
                        parts.breakers,
                        parts.quotas,
                        parts.requests,
                        new DeliverySweep(parts.database, parts.personKeys, parts.clock),
                        parts.retention,
                        config.lease()));
        RetryTimer retryTimer = new RetryTimer();
        registry.bind("retryTimer", retryTimer);
        registry.bind(
                "retryPause", new RetryPause(parts.meters, retryTimer, config.retryPause(), config.retryAttempts()));
        registry.bind("retryTurn", new RetryTurn());
        registry.bind("store", parts.database.dataSource());
        registry.bind("salesforceCall", new SalesforceCall());
        // started with the first call to any Salesforce org
        registry.bind("salesforce-component", new SalesforceCalls());
        registry.bind("credentials", parts.credentialUpkeep);

        Vertx vertx = Vertx.vertx();
        registry.bind("vertx", vertx);
        // Services stop in the reverse order: the stores close after everything that hands work to them.
        camel.addService(new Closing(
                retryTimer::shutdownNow,
                callThreads,
                parts.quotas,
                parts.pushTargets,
                parts.deliveries,
                parts.golden,
                parts.credentials,
                parts.trafficStore,
                parts.database,
                vertx::close));
        VertxPlatformHttpServerConfiguration http = httpConfiguration();
        // Found by type: without it, Camel opens the routes' platform-http paths on the management port.
        registry.bind("httpConfiguration", http);
        HubHttpServer server =
                new HubHttpServer(vertx, http, config.idleTimeout().toMillis(), parts.proxies);
        camel.addService(server);
        camel.addComponent(
                WebhookComponent.SCHEME,
                new WebhookComponent(
                        server,
                        new WebhookComponent.WebhookLimits(
                                config.bodyBytesMax(),
                                config.bodiesBytesMax(),
                                config.webhookTimeout().toMillis()),
                        parts.meters));
        camel.addComponent(
                PushesComponent.SCHEME,
                new PushesComponent(
                        parts.pushes,
                        parts.pushing,
                        new PushesComponent.Settings(
                                config.workers(), config.pushInFlightMax(), config.pushLaneMax())));
        camel.addComponent(
                OperationsComponent.SCHEME,
                new OperationsComponent(
                        parts.operations,
                        parts.signal,
                        new OperationsComponent.Settings(
                                config.workers(),
                                config.inFlightMax(),
                                config.integrationInFlightMax(),
                                config.claimMax(),
                                config.bulkInFlightMax(),
                                platform -> coalesce(parts.catalog, platform))));
        camel.addLifecycleStrategy(new HawtioConsole(
                config.managementPort(),
                InetAddress.getByName(config.managementHost()).isLoopbackAddress(),
                parts.access::openConsole,
                parts.proxies));
        camel.addRoutes(new ReceiveRoutes());
        camel.addService(parts.routeReload);
        HealthChecks health = new HealthChecks(
                parts.database,
                parts.operations,
                parts.pushes,
                parts.pushing,
                parts.quotas,
                platforms,
                parts.clock,
                config);
        new HubHealth(camel, parts.breakers, platforms)
                .readiness("store", health::store)
                .people("queue", health::queue)
                .people("pushes", health::pushes)
                .people("quotas", health::quotas)
                .people("disk", health::disk)
                .people("configuration", () -> configurationHealth(parts.problems()));
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
