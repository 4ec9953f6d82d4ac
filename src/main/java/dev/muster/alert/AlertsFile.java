package dev.muster.alert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.muster.alert.Channel.Kind;
import dev.muster.alert.Channel.Mail;
import dev.muster.alert.Channel.Tls;
import dev.muster.alert.Measure.Scope;
import dev.muster.delivery.StandardWebhooks;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.Integrations;
import dev.muster.platform.KnownKeys;
import dev.muster.platform.SecretReferences;
import dev.muster.platform.Secrets;
import java.io.IOException;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads {@code config/alerts.yaml} and collects everything that is wrong with it. */
final class AlertsFile {
    private static final int RULES_MAX = 100;
    private static final int CHANNELS_MAX = 50;
    private static final int RECIPIENTS_MAX = 20;
    private static final Duration WINDOW_LEAST = Duration.ofMinutes(1);
    private static final Duration WINDOW_MOST = Duration.ofDays(1);
    private static final Duration WINDOW = Duration.ofMinutes(5);
    private static final Duration REMIND = Duration.ofHours(4);
    private static final Duration REMIND_LEAST = Duration.ofMinutes(5);
    private static final Duration RESOLVE_AFTER = Duration.ofMinutes(5);
    private static final Duration MOST = Duration.ofDays(30);

    private static final Set<String> RULE_KEYS = Set.of(
            "name",
            "what",
            "above",
            "below",
            "clearAt",
            "within",
            "for",
            "severity",
            "organizations",
            "platforms",
            "remind",
            "resolveAfter");
    private static final Set<String> CHANNEL_KEYS = Set.of("name", "kind", "severities", "organizations");
    private static final Map<Kind, Set<String>> KIND_KEYS = Map.of(
            Kind.EMAIL,
            Set.of("host", "port", "tls", "user", "password", "from", "to"),
            Kind.SLACK,
            Set.of("url"),
            Kind.DISCORD,
            Set.of("url"),
            Kind.WEBHOOK,
            Set.of("url", "secret"));

    private static final YAMLMapper YAML = new YAMLMapper();

    private final SecretReferences references;
    private final List<ConfigProblem> problems;

    AlertsFile(Map<String, String> environment, List<ConfigProblem> problems) {
        this.references = new SecretReferences(environment);
        this.problems = problems;
    }

    AlertSettings read(String text) {
        JsonNode root;
        try {
            root = YAML.readTree(text);
        } catch (IOException e) {
            problem("is not YAML: " + e.getMessage());
            return AlertSettings.NONE;
        }
        KnownKeys.check(root, "", Set.of("rules", "channels"), AlertSettings.FILE, problems);
        List<Rule> rules = new ArrayList<>();
        Set<String> names = new HashSet<>();
        int index = 0;
        for (JsonNode node : list(root, "rules", "", RULES_MAX)) {
            String where = "rules[" + index++ + "]";
            Rule rule = rule(node, where);
            if (rule != null) {
                rules.add(rule);
                refuseTwice(names, rule.name(), where);
            }
        }
        List<Channel> channels = new ArrayList<>();
        names.clear();
        index = 0;
        for (JsonNode node : list(root, "channels", "", CHANNELS_MAX)) {
            String where = "channels[" + index++ + "]";
            Channel channel = channel(node, where);
            if (channel != null) {
                channels.add(channel);
                refuseTwice(names, channel.name(), where);
            }
        }
        return new AlertSettings(rules, channels);
    }

    // --- rules

    private @Nullable Rule rule(JsonNode node, String where) {
        KnownKeys.check(node, where + ".", RULE_KEYS, AlertSettings.FILE, problems);
        int before = problems.size();
        String name = name(node, where);
        Measure measure = Measure.of(node.path("what").asText()).orElse(null);
        if (measure == null) {
            problem(where + ".what is '" + node.path("what").asText() + "': write one of "
                    + Stream.of(Measure.values()).map(Measure::id).collect(Collectors.joining(", ")));
            return null;
        }
        boolean below = node.has("below");
        Double threshold = threshold(node, where, measure, below);
        Double clearAt = node.has("clearAt") ? number(node, "clearAt", where) : threshold;
        if (threshold != null && clearAt != null && (below ? clearAt < threshold : clearAt > threshold)) {
            problem(where + ".clearAt is " + clearAt + ", where the alert would fire again at once: write "
                    + (below ? "no less than " : "no more than ") + threshold);
        }
        if (node.has("within") && !measure.isWindowed()) {
            problem(where + ".within has no meaning: " + measure.id()
                    + " is measured as of now; for: says for how long");
        }
        Duration window = measure.isWindowed()
                ? duration(node, "within", where, WINDOW, WINDOW_LEAST, WINDOW_MOST)
                : Duration.ZERO;
        Set<String> organizations = ids(node, "organizations", where);
        Set<String> platforms = ids(node, "platforms", where);
        refuseFilter(organizations, "organizations", measure, Set.of(Scope.ORGANIZATION, Scope.ACCOUNT), where);
        refuseFilter(platforms, "platforms", measure, Set.of(Scope.PLATFORM, Scope.ACCOUNT), where);
        Severity severity = severity(node.path("severity").asText(), where + ".severity");
        Duration lasting = duration(node, "for", where, Duration.ZERO, Duration.ZERO, MOST);
        Duration remind = duration(node, "remind", where, REMIND, Duration.ZERO, MOST);
        if (!remind.isZero() && remind.compareTo(REMIND_LEAST) < 0) {
            problem(where + ".remind is " + remind + ": write at least " + REMIND_LEAST + ", or PT0S for never");
        }
        Duration resolveAfter = duration(node, "resolveAfter", where, RESOLVE_AFTER, Duration.ZERO, MOST);
        if (problems.size() > before || threshold == null || clearAt == null || severity == null) {
            return null;
        }
        return new Rule(
                name,
                measure,
                below,
                threshold,
                clearAt,
                window,
                lasting,
                severity,
                organizations,
                platforms,
                remind,
                resolveAfter);
    }

    private @Nullable Double threshold(JsonNode node, String where, Measure measure, boolean below) {
        if (measure == Measure.PLATFORM_DOWN) {
            if (below || node.has("above") || node.has("clearAt")) {
                problem(where + " needs no above:, below: or clearAt:, a platform is down or is not");
            }
            return 0.0;
        }
        if (below == node.has("above")) {
            problem(where + " needs either above: or below:, the last number that is still right");
            return null;
        }
        return number(node, below ? "below" : "above", where);
    }

    private @Nullable Double number(JsonNode node, String key, String where) {
        JsonNode value = node.path(key);
        if (!value.isNumber() || value.asDouble() < 0) {
            problem(where + "." + key + " is '" + value.asText() + "': write a number from 0");
            return null;
        }
        return value.asDouble();
    }

    private void refuseFilter(Set<String> filter, String key, Measure measure, Set<Scope> scopes, String where) {
        if (!filter.isEmpty() && !scopes.contains(measure.scope())) {
            problem(where + "." + key + " would never hold: " + measure.id() + " is measured for all " + key
                    + " together");
        }
    }

    // --- channels

    private @Nullable Channel channel(JsonNode node, String where) {
        int before = problems.size();
        Kind kind = Kind.of(node.path("kind").asText()).orElse(null);
        if (kind == null) {
            problem(where + ".kind is '" + node.path("kind").asText() + "': write one of "
                    + Stream.of(Kind.values()).map(Kind::id).collect(Collectors.joining(", ")));
            return null;
        }
        Set<String> keys = new TreeSet<>(CHANNEL_KEYS);
        keys.addAll(KIND_KEYS.getOrDefault(kind, Set.of()));
        KnownKeys.check(node, where + ".", keys, AlertSettings.FILE, problems);
        String name = name(node, where);
        Set<Severity> severities = EnumSet.allOf(Severity.class);
        if (node.has("severities")) {
            severities.clear();
            for (JsonNode one : list(node, "severities", where + ".", Severity.values().length)) {
                Severity severity = severity(one.asText(), where + ".severities");
                if (severity != null) {
                    severities.add(severity);
                }
            }
        }
        Set<String> organizations = ids(node, "organizations", where);
        Map<String, String> secrets = new HashMap<>();
        Mail mail = kind == Kind.EMAIL ? mail(node, where, secrets) : null;
        if (kind != Kind.EMAIL) {
            url(node, where, secrets);
        }
        if (kind == Kind.WEBHOOK) {
            signingSecret(node, where, secrets);
        }
        return problems.size() > before
                ? null
                : new Channel(name, kind, severities, organizations, mail, Secrets.of(secrets));
    }

    private void url(JsonNode node, String where, Map<String, String> secrets) {
        String url = secret(node, Channel.URL, where, secrets);
        if (url == null) {
            return;
        }
        try {
            URI address = URI.create(url);
            String host = String.valueOf(address.getHost());
            boolean own = Set.of("localhost", "127.0.0.1", "[::1]").contains(host);
            if (address.getHost() != null
                    && ("https".equals(address.getScheme()) || own && "http".equals(address.getScheme()))) {
                return;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        problem(where + ".url: what the variable holds is no https:// address (http:// is for this machine only)");
    }

    private void signingSecret(JsonNode node, String where, Map<String, String> secrets) {
        String secret = secret(node, Channel.SECRET, where, secrets);
        if (secret != null) {
            StandardWebhooks.problemWith(secret).ifPresent(problem -> problem(where + ".secret: " + problem));
        }
    }

    private @Nullable Mail mail(JsonNode node, String where, Map<String, String> secrets) {
        String host = node.path("host").asText();
        if (host.isBlank()) {
            problem(where + " needs host:, the SMTP server");
        }
        Tls tls = Stream.of(Tls.values())
                .filter(one -> one.name()
                        .toLowerCase(Locale.ROOT)
                        .equals(node.path("tls").asText("starttls")))
                .findFirst()
                .orElse(null);
        if (tls == null) {
            problem(where + ".tls is '" + node.path("tls").asText() + "': write starttls, tls or none");
            return null;
        }
        int port = node.path("port").asInt(tls == Tls.TLS ? 465 : tls == Tls.STARTTLS ? 587 : 25);
        if (port < 1 || port > 65_535) {
            problem(where + ".port is " + port + ": write a number from 1 to 65535");
        }
        if (node.has("user") != node.has("password")) {
            problem(where + " needs user: and password:, both or neither");
        }
        if (node.has("password")) {
            secret(node, Channel.PASSWORD, where, secrets);
            if (tls == Tls.NONE) {
                problem(where + ".tls is none, which would send the password in the clear: write starttls or tls");
            }
        }
        String from = node.path("from").asText();
        address(from, where + ".from");
        List<String> to = new ArrayList<>();
        for (JsonNode one : list(node, "to", where + ".", RECIPIENTS_MAX)) {
            to.add(one.asText());
            address(one.asText(), where + ".to");
        }
        if (to.isEmpty()) {
            problem(where + " needs to:, a list of addresses");
        }
        return new Mail(host, port, tls, node.has("user") ? node.path("user").asText() : null, from, to);
    }

    private void address(String address, String where) {
        if (!address.matches("[^@\\s<>,;\"]{1,64}@[A-Za-z0-9.-]{1,253}")) {
            problem(where + " is '" + address + "': write an address such as ops@example.org");
        }
    }

    private @Nullable String secret(JsonNode node, String key, String where, Map<String, String> secrets) {
        String value = references.resolve(node.path(key).asText(), AlertSettings.FILE, where + "." + key, problems);
        if (value != null) {
            secrets.put(key, value);
        }
        return value;
    }

    // --- what both have

    private String name(JsonNode node, String where) {
        String name = node.path("name").asText();
        if (!Integrations.ID.matcher(name).matches()) {
            problem(where + ".name is '" + name + "': use lower-case letters, digits and hyphens");
        }
        return name;
    }

    private void refuseTwice(Set<String> names, String name, String where) {
        if (!names.add(name)) {
            problem(where + ".name: '" + name + "' is there twice");
        }
    }

    private @Nullable Severity severity(String text, String where) {
        Severity severity = Arrays.stream(Severity.values())
                .filter(one -> one.id().equals(text))
                .findFirst()
                .orElse(null);
        if (severity == null) {
            problem(where + " is '" + text + "': write page or ticket");
        }
        return severity;
    }

    private Set<String> ids(JsonNode node, String key, String where) {
        Set<String> ids = new TreeSet<>();
        for (JsonNode one : list(node, key, where + ".", Integer.MAX_VALUE)) {
            String id = one.asText();
            if (Integrations.ID.matcher(id).matches()) {
                ids.add(id);
            } else {
                problem(where + "." + key + ": '" + id + "': use lower-case letters, digits and hyphens");
            }
        }
        return ids;
    }

    private Iterable<JsonNode> list(JsonNode node, String key, String where, int most) {
        JsonNode list = node.path(key);
        if (list.isMissingNode() || list.isNull()) {
            return List.of();
        }
        if (!list.isArray()) {
            problem(where + key + " has to be a list");
            return List.of();
        }
        if (list.size() > most) {
            problem(where + key + " has " + list.size() + " entries: write at most " + most);
        }
        return list;
    }

    private Duration duration(
            JsonNode node, String key, String where, Duration otherwise, Duration least, Duration most) {
        if (!node.has(key)) {
            return otherwise;
        }
        String text = node.path(key).asText();
        try {
            Duration duration = Duration.parse(text);
            if (duration.compareTo(least) >= 0 && duration.compareTo(most) <= 0) {
                return duration;
            }
        } catch (DateTimeException e) {
            // said below
        }
        problem(where + "." + key + " is '" + text + "': write " + least + " to " + most + ", such as PT10M");
        return otherwise;
    }

    private void problem(String message) {
        problems.add(new ConfigProblem(AlertSettings.FILE, 0, message));
    }
}
