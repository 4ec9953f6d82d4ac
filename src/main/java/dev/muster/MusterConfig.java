package dev.muster;

import dev.muster.access.AccessSettings;
import dev.muster.access.IssuerSettings;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The hub's settings: the environment first, then {@code config/application.properties}, then the defaults here. Each key
 * {@code muster.x.y} is {@code MUSTER_X_Y} in the environment, or the name stated in that file.
 */
public record MusterConfig(
        Path home,
        Path data,
        String databaseUrl,
        String httpHost,
        int httpPort,
        String managementHost,
        int managementPort,
        @Nullable String adminToken,
        @Nullable String encryptionKey,
        @Nullable String encryptionKeyPrevious,
        String publicUrl,
        int workers,
        Duration webhookTimeout,
        int bodyBytesMax,
        int bodiesBytesMax,
        int senderBurst,
        int senderRequestsPerSecond,
        int sendersRemembered,
        List<String> trustedProxies,
        int acceptWaitingMax,
        int acceptBatchMax,
        int applyBatchMax,
        int inFlightMax,
        int integrationInFlightMax,
        int claimMax,
        int retryAttempts,
        Duration retryPause,
        Duration breakerPause,
        int pushAttempts,
        int pushInFlightMax,
        int pushLaneMax,
        Duration credentialPause,
        Duration integrationTestLimit,
        int callsMax,
        int callsWaitingMax,
        int redriveDays,
        String redriveCron,
        Duration lease,
        Duration idleTimeout,
        Duration stopTimeout,
        Duration queueAgeMax,
        int diskFreeMegabytesMin,
        int bulkInFlightMax,
        int pullRunsMax,
        int pullWaitingMax,
        Duration pullLook,
        int historyDays,
        int undoDays,
        Duration deliveriesKept,
        Set<String> keptFields,
        AccessSettings access,
        int trafficMinuteDays,
        int trafficHourDays,
        Duration alertsLook,
        @Nullable Path backupDirectory,
        Map<String, String> environment,
        Map<String, String> placeholders) {
    private static final String FILE = "config/application.properties";

    /** Everything that is wrong with the settings, one line each. */
    public static final class InvalidConfig extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient @Nullable MusterConfig otherwise;

        InvalidConfig(List<String> problems, @Nullable MusterConfig otherwise) {
            super(String.join("\n", problems));
            this.otherwise = otherwise;
        }

        /** The settings with the defaults in the place of what is wrong; empty where none could be read. */
        public Optional<MusterConfig> otherwise() {
            return Optional.ofNullable(otherwise);
        }
    }

    /**
     * Reads the settings.
     *
     * @param home where {@code config/} and {@code routes/} are
     * @param environment usually {@link System#getenv()}
     * @param given settings of the command line, by key; they come before the environment
     * @throws InvalidConfig with every problem at once
     */
    public static MusterConfig read(Path home, Map<String, String> environment, Map<String, String> given) {
        Source source = new Source(properties(home), environment, given);
        int cores = Runtime.getRuntime().availableProcessors();
        Path data = Path.of(
                source.text("muster.data", "MUSTER_DATA", home.resolve("data").toString()));
        MusterConfig config = new MusterConfig(
                home,
                data,
                source.text("muster.database.url", "MUSTER_DATABASE_URL", "jdbc:sqlite:" + data.resolve("muster.db")),
                source.text("muster.http.host", "MUSTER_HTTP_HOST", "0.0.0.0"),
                source.number("muster.http.port", "MUSTER_HTTP_PORT", 8080, 0, 65_535),
                source.text("muster.metrics.host", "METRICS_HOST", "127.0.0.1"),
                source.number("muster.metrics.port", "METRICS_PORT", 9090, 0, 65_535),
                source.secret("muster.admin.token", "MUSTER_ADMIN_TOKEN"),
                source.secret("muster.encryption.key", "ENCRYPTION_KEY"),
                source.secret("muster.encryption.key.previous", "ENCRYPTION_KEY_PREVIOUS"),
                source.text("muster.public.url", "MUSTER_PUBLIC_URL", ""),
                source.number("muster.workers", "SYNC_WORKER_CONCURRENCY", Math.max(4, cores), 1, 256),
                source.millis("muster.webhook.timeout", "WEBHOOK_TIMEOUT_MS", 10_000),
                source.number("muster.webhook.body.max", "WEBHOOK_BODY_BYTES_MAX", 1_048_576, 1_024, 64 * 1_048_576),
                source.number(
                        "muster.webhook.bodies.max",
                        "WEBHOOK_BODIES_BYTES_MAX",
                        32 * 1_048_576,
                        1_048_576,
                        Integer.MAX_VALUE),
                source.number("muster.webhook.sender.burst", "WEBHOOK_SENDER_BURST", 100_000, 1, 10_000_000),
                source.number("muster.webhook.sender.rate", "WEBHOOK_SENDER_RATE", 50_000, 1, 10_000_000),
                source.number("muster.webhook.senders", "WEBHOOK_SENDERS_REMEMBERED", 10_000, 100, 10_000_000),
                source.list("muster.trusted.proxies", "TRUSTED_PROXIES"),
                source.number("muster.accept.waiting.max", "MUSTER_ACCEPT_WAITING_MAX", 10_000, 1, 1_000_000),
                source.number("muster.accept.batch.max", "MUSTER_ACCEPT_BATCH_MAX", 512, 1, 10_000),
                source.number("muster.apply.batch.max", "MUSTER_APPLY_BATCH_MAX", 1_000, 1, 10_000),
                source.number("muster.inflight.max", "MUSTER_INFLIGHT_MAX", 1_000, 1, 100_000),
                source.number("muster.inflight.integration.max", "MUSTER_INFLIGHT_INTEGRATION_MAX", 1_000, 1, 100_000),
                source.number("muster.claim.max", "MUSTER_CLAIM_MAX", 500, 1, 10_000),
                source.number("muster.retry.attempts", "MAX_RETRY_ATTEMPTS", 5, 0, 20),
                source.millis("muster.retry.pause", "MUSTER_RETRY_PAUSE_MS", 1_000),
                source.millis("muster.breaker.pause", "MUSTER_BREAKER_PAUSE_MS", 10_000),
                source.number("muster.push.attempts", "MUSTER_PUSH_ATTEMPTS", 20, 1, 1_000),
                source.number("muster.push.inflight.max", "MUSTER_PUSH_INFLIGHT_MAX", 64, 1, 10_000),
                source.number("muster.push.lane.max", "MUSTER_PUSH_LANE_MAX", 16, 1, 1_000),
                source.millis("muster.credential.pause", "MUSTER_CREDENTIAL_PAUSE_MS", 60_000),
                source.millis("muster.integration.test.limit", "MUSTER_INTEGRATION_TEST_LIMIT_MS", 20_000),
                source.number("muster.calls.max", "MUSTER_CALLS_MAX", 16, 1, 256),
                source.number("muster.calls.waiting.max", "MUSTER_CALLS_WAITING_MAX", 10_000, 1, 1_000_000),
                source.number("muster.redrive.days", "MUSTER_REDRIVE_DAYS", 7, 0, 365),
                source.text("muster.redrive.cron", "MUSTER_REDRIVE_CRON", "0 */15 * * * ?"),
                source.millis("muster.lease", "MUSTER_LEASE_MS", 30_000),
                source.millis("muster.idle.timeout", "MUSTER_IDLE_TIMEOUT_MS", 60_000),
                source.millis("muster.stop.timeout", "MUSTER_STOP_TIMEOUT_MS", 10_000),
                source.millis("muster.queue.age.max", "MUSTER_QUEUE_AGE_MAX_MS", 600_000),
                source.number("muster.disk.free.min", "MUSTER_DISK_FREE_MB_MIN", 200, 0, 10_000_000),
                source.number("muster.inflight.bulk.max", "MUSTER_INFLIGHT_BULK_MAX", 6, 1, 1_000),
                source.number("muster.pull.runs.max", "MUSTER_PULL_RUNS_MAX", 64, 1, 10_000),
                source.number("muster.pull.waiting.max", "MUSTER_PULL_WAITING_MAX", 200, 1, 100_000),
                source.millis("muster.pull.look", "MUSTER_PULL_LOOK_MS", 500),
                source.number("muster.sync.history.days", "MUSTER_SYNC_HISTORY_DAYS", 90, 1, 3_650),
                source.number("muster.undo.days", "MUSTER_UNDO_DAYS", 30, 1, 3_650),
                Duration.ofDays(source.number("muster.deliveries.days", "MUSTER_DELIVERIES_DAYS", 90, 0, 3_650)),
                keptFields(source),
                access(source),
                source.number("muster.traffic.minute.days", "MUSTER_TRAFFIC_MINUTE_DAYS", 7, 4, 90),
                source.number("muster.traffic.hour.days", "MUSTER_TRAFFIC_HOUR_DAYS", 400, 4, 3_650),
                source.millis("muster.alerts.look", "MUSTER_ALERTS_LOOK_MS", 30_000),
                source.path("muster.backup.directory", "MUSTER_BACKUP_DIRECTORY"),
                Map.copyOf(environment),
                source.placeholders());
        source.refuseUnknown();
        if (!source.problems.isEmpty()) {
            throw new InvalidConfig(source.problems, config);
        }
        return config;
    }

    /** What the books need of an erased person's gifts and memberships. */
    private static Set<String> keptFields(Source source) {
        List<String> given = source.list("muster.erasure.kept.fields", "MUSTER_ERASURE_KEPT_FIELDS");
        return given.isEmpty()
                ? Set.of("amount", "currency", "occurredAt", "startedAt", "endedAt", "status", "event", "campaign")
                : Set.copyOf(given);
    }

    private static AccessSettings access(Source source) {
        int idleMinutes = source.number("muster.session.idle.minutes", "MUSTER_SESSION_IDLE_MINUTES", 60, 5, 1_440);
        int lifeHours = source.number("muster.session.life.hours", "MUSTER_SESSION_LIFE_HOURS", 12, 1, 720);
        int keysMax = source.number("muster.access.keys.max", "MUSTER_ACCESS_KEYS_MAX", 10_000, 1, 1_000_000);
        return new AccessSettings(
                Duration.ofMinutes(idleMinutes), Duration.ofHours(lifeHours), keysMax, issuer(source));
    }

    private static @Nullable IssuerSettings issuer(Source source) {
        String domain = source.text("muster.auth0.domain", "AUTH0_DOMAIN", "");
        String audience = source.text("muster.auth0.audience", "AUTH0_AUDIENCE", "");
        String issuer = source.text(
                "muster.access.jwt.issuer",
                "MUSTER_ACCESS_JWT_ISSUER",
                domain.isEmpty() ? "" : "https://" + domain + "/");
        String slash = issuer.endsWith("/") ? "" : "/";
        String keys = source.text(
                "muster.access.jwt.jwks.url", "MUSTER_ACCESS_JWT_JWKS_URL", issuer + slash + ".well-known/jwks.json");
        int leeway = source.number("muster.access.jwt.leeway.seconds", "MUSTER_ACCESS_JWT_LEEWAY_SECONDS", 30, 0, 300);
        List<String> clients = source.list("muster.access.jwt.clients", "MUSTER_ACCESS_JWT_CLIENTS").stream()
                .filter(client -> !client.isEmpty())
                .toList();
        String organization =
                source.text("muster.access.jwt.organization.claim", "MUSTER_ACCESS_JWT_ORGANIZATION_CLAIM", "");
        String rights = source.text("muster.access.jwt.rights", "MUSTER_ACCESS_JWT_RIGHTS", "scope");
        if (!rights.equals("scope") && !rights.equals("scope+permissions")) {
            source.problems.add("MUSTER_ACCESS_JWT_RIGHTS (muster.access.jwt.rights) is '" + rights
                    + "': write scope, or scope+permissions where the issuer's permissions count too");
        }
        if (issuer.isEmpty()) {
            return null;
        }
        if (audience.isEmpty()) {
            source.problems.add(
                    "AUTH0_AUDIENCE (muster.auth0.audience) is not set: whose tokens are taken is, and without"
                            + " the identifier of this API any token of that issuer would do");
        }
        if (!keys.startsWith("https://") && !keys.startsWith("http://127.0.0.1:")) {
            source.problems.add("MUSTER_ACCESS_JWT_JWKS_URL (muster.access.jwt.jwks.url) is '" + keys
                    + "': it has to begin with https://, or anybody on the way could put in a key");
        }
        try {
            return new IssuerSettings(
                    issuer,
                    audience,
                    new URI(keys),
                    Duration.ofSeconds(leeway),
                    Set.copyOf(clients),
                    organization,
                    !rights.equals("scope"));
        } catch (URISyntaxException e) {
            source.problems.add("MUSTER_ACCESS_JWT_JWKS_URL (muster.access.jwt.jwks.url) is no address: " + keys);
            return null;
        }
    }

    private static Properties properties(Path home) {
        Properties properties = new Properties();
        Path file = home.resolve("config").resolve("application.properties");
        if (Files.exists(file)) {
            try (Reader reader = Files.newBufferedReader(file)) {
                properties.load(reader);
            } catch (IOException | IllegalArgumentException e) {
                throw new InvalidConfig(List.of(FILE + " cannot be read: " + e.getMessage()), null);
            }
        }
        return properties;
    }

    /** Where a setting comes from, and what is wrong with it. */
    private static final class Source {
        /** All keys of ours begin so; the others are Camel's, or placeholders of routes. */
        private static final String OWN = "muster.";

        private final Properties properties;
        private final Map<String, String> environment;
        private final Map<String, String> given;
        private final List<String> problems = new ArrayList<>();
        private final Set<String> known = new TreeSet<>();

        Source(Properties properties, Map<String, String> environment, Map<String, String> given) {
            this.properties = properties;
            this.environment = environment;
            this.given = given;
        }

        /** What the file holds for Camel and for the placeholders of routes. */
        Map<String, String> placeholders() {
            Map<String, String> others = new TreeMap<>();
            for (String key : properties.stringPropertyNames()) {
                if (!key.startsWith(OWN)) {
                    others.put(key, properties.getProperty(key));
                }
            }
            return others;
        }

        /** A misspelt setting would be without effect. */
        void refuseUnknown() {
            for (String key : new TreeSet<>(properties.stringPropertyNames())) {
                if (key.startsWith(OWN) && !known.contains(key)) {
                    problems.add(key + " is not a setting: " + FILE + " lists them all, commented out");
                }
            }
        }

        @Nullable
        String optional(String key, String variable) {
            known.add(key);
            String value = given.get(key);
            if (value == null) {
                value = environment.get(variable);
            }
            if (value == null || value.isBlank()) {
                value = properties.getProperty(key);
            }
            return value == null || value.isBlank() ? null : value.strip();
        }

        /** Of the environment only: the file is under version control. */
        @Nullable
        String secret(String key, String variable) {
            known.add(key);
            if (properties.containsKey(key)) {
                problems.add(key + " stands in config/application.properties, where secrets do not belong: set "
                        + variable + " in the environment instead, and take another value where the file was shared");
            }
            String value = environment.get(variable);
            return value == null || value.isBlank() ? null : value.strip();
        }

        String text(String key, String variable, String otherwise) {
            String value = optional(key, variable);
            return value == null ? otherwise : value;
        }

        @Nullable
        Path path(String key, String variable) {
            String value = optional(key, variable);
            return value == null ? null : Path.of(value);
        }

        List<String> list(String key, String variable) {
            String value = optional(key, variable);
            return value == null
                    ? List.of()
                    : Arrays.stream(value.split(",")).map(String::strip).toList();
        }

        int number(String key, String variable, int otherwise, int min, int max) {
            String value = optional(key, variable);
            if (value == null) {
                return otherwise;
            }
            try {
                int number = Integer.parseInt(value);
                if (number >= min && number <= max) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // said below
            }
            problems.add(String.format(
                    Locale.ROOT,
                    "%s (%s) is '%s': write a whole number from %d to %d",
                    variable,
                    key,
                    value,
                    min,
                    max));
            return otherwise;
        }

        Duration millis(String key, String variable, int otherwise) {
            String value = optional(key, variable);
            if (value != null && value.startsWith("P")) {
                try {
                    Duration duration = Duration.parse(value);
                    if (duration.toMillis() > 0) {
                        return duration;
                    }
                } catch (DateTimeParseException | ArithmeticException e) {
                    // said below
                }
                problems.add(variable + " (" + key + ") is '" + value + "': write milliseconds above 0, or PT10S");
                return Duration.ofMillis(otherwise);
            }
            return Duration.ofMillis(number(key, variable, otherwise, 1, Integer.MAX_VALUE));
        }
    }
}
