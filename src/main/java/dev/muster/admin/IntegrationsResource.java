package dev.muster.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.credential.Consents;
import dev.muster.credential.CredentialUses;
import dev.muster.credential.IntegrationStore;
import dev.muster.credential.IntegrationStore.Change;
import dev.muster.credential.IntegrationStore.Stored;
import dev.muster.credential.PlatformCredentials;
import dev.muster.credential.Probe;
import dev.muster.delivery.HttpAnswer;
import dev.muster.delivery.Problem;
import dev.muster.failure.Failure;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.failure.Transient;
import dev.muster.platform.AccountSettings;
import dev.muster.platform.BrakeSettings;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.Secrets;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/integrations}: the accounts that the hub knows. Stored ones are made, changed and deleted here; those of the
 * environment and of config/integrations.yaml are shown as {@code platform~id}. Secrets go in and never come out.
 */
public final class IntegrationsResource implements AdminResource {
    private static final String CALLBACK = "callback";
    private static final String INTEGRATION = "integration";

    /** A filter by status looks at so many of them for one page. */
    private static final int LOOKED_AT_MAX = 1_000;

    private final PlatformCatalog catalog;
    private final Integrations integrations;
    private final IntegrationStore store;
    private final PlatformCredentials credentials;
    private final CredentialUses uses;
    private final Consents consents;
    private final Probe probe;
    private final Function<Integration, JsonNode> quotaUse;
    private final Consumer<Integration> usable;

    /**
     * @param quotaUse what an integration has used of its quota, for showing; a null node where nothing is known
     * @param usable told of an integration that can be used, or used again: what waited for it need not wait longer
     */
    public IntegrationsResource(
            PlatformCatalog catalog,
            Integrations integrations,
            IntegrationStore store,
            PlatformCredentials credentials,
            CredentialUses uses,
            Consents consents,
            Probe probe,
            Function<Integration, JsonNode> quotaUse,
            Consumer<Integration> usable) {
        this.catalog = catalog;
        this.integrations = integrations;
        this.store = store;
        this.credentials = credentials;
        this.uses = uses;
        this.consents = consents;
        this.probe = probe;
        this.quotaUse = quotaUse;
        this.usable = usable;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "listIntegrations", this::list,
                "createIntegration", this::create,
                "readIntegration", call -> one(found(call)),
                "changeIntegration", this::change,
                "deleteIntegration", this::delete,
                "testIntegration", this::test,
                "beginConsent", this::connect,
                "endConsent", this::callback);
    }

    private Integration found(ApiCall call) {
        String id = call.segment(INTEGRATION);
        Integration integration = find(id);
        if (!call.caller().sees(integration.organization())) {
            throw unknown(id);
        }
        return integration;
    }

    // --- reading --------------------------------------------------------------------------------------------------

    private HttpAnswer list(ApiCall call) {
        String organization = call.text("organization");
        String platform = call.text("platform");
        String status = call.text("status");
        String cursor = call.text("cursor");
        int limit = call.limit();
        ArrayNode items = Rows.JSON.createArrayNode();
        if (cursor == null) {
            // few: they are in files and variables
            for (Integration one : integrations.configured()) {
                boolean asked = (organization == null || organization.equals(one.organization()))
                        && (platform == null || platform.equals(one.platform()));
                ObjectNode shown = asked ? summary(one, one.id()) : null;
                if (shown != null
                        && (status == null || status.equals(shown.path("status").asText()))) {
                    items.add(shown);
                }
            }
        }
        String after = cursor == null ? "" : cursor;
        int stored = 0;
        int looked = 0;
        boolean more = true;
        while (more && stored < limit && looked < LOOKED_AT_MAX) {
            List<Stored> part = store.list(after, organization, platform, limit);
            more = part.size() == limit;
            for (Stored one : part) {
                if (stored == limit) {
                    more = true;
                    break;
                }
                after = one.id();
                looked++;
                Integration integration =
                        integrations.find(one.platform(), one.id()).orElse(null);
                ObjectNode shown = integration == null ? null : summary(integration, one.title());
                if (shown != null
                        && (status == null || status.equals(shown.path("status").asText()))) {
                    items.add(shown);
                    stored++;
                }
            }
        }
        ObjectNode answer = Rows.JSON.createObjectNode();
        answer.set("items", items);
        answer.put("next", more ? after : null);
        return HttpAnswer.ok(answer);
    }

    /** What a person calls it by. */
    private static String shownId(Integration integration) {
        return integration.origin() == Integration.Origin.STORED
                ? integration.id()
                : integration.platform() + '~' + integration.id();
    }

    private ObjectNode summary(Integration integration, String title) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("id", shownId(integration));
        node.put("organization", integration.organization());
        node.put("platform", integration.platform());
        node.put("title", title);
        node.put("origin", integration.origin().name().toLowerCase(java.util.Locale.ROOT));
        node.put("readOnly", integration.origin() != Integration.Origin.STORED);
        node.put("baseUrl", integration.baseUrl());
        ObjectNode settings = node.putObject("settings");
        new TreeMap<>(integration.settings()).forEach(settings::put);
        ObjectNode secrets = node.putObject("secrets");
        new TreeSet<>(integration.secrets().names()).forEach(name -> secrets.put(name, "set"));
        try {
            PlatformCredentials.Standing standing = credentials.standing(integration);
            node.put("status", !integration.enabled() ? "disabled" : standing.refused() ? "needs_reconnect" : "active");
            node.put("reason", standing.reason());
            node.put("hasToken", standing.connected());
            Rows.time(node, "expiresAt", standing.expiresAt());
            Rows.time(node, "renewAt", standing.renewAt());
            node.set("lastTest", test(standing.test()));
        } catch (dev.muster.call.CredentialUnusable e) {
            node.put("status", "needs_reconnect");
            node.put("reason", e.getMessage());
        }
        return node;
    }

    private static JsonNode test(@Nullable String json) {
        try {
            return json == null ? Rows.JSON.nullNode() : Rows.JSON.readTree(json);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            return Rows.JSON.nullNode();
        }
    }

    private Integration find(String shownId) {
        int mark = shownId.indexOf('~');
        Optional<Integration> found = mark > 0
                ? integrations.configured().stream()
                        .filter(one -> shownId(one).equals(shownId))
                        .findFirst()
                : store.stored(shownId).flatMap(one -> integrations.find(one.platform(), one.id()));
        return found.orElseThrow(() -> unknown(shownId));
    }

    private static Refusal unknown(String id) {
        return new Refusal(
                FailureCode.NOT_FOUND,
                404,
                "There is no integration '" + Problem.clip(id) + "'; GET /api/integrations lists them");
    }

    private HttpAnswer one(Integration integration) {
        Optional<Stored> stored =
                integration.origin() == Integration.Origin.STORED ? store.stored(integration.id()) : Optional.empty();
        ObjectNode node = summary(integration, stored.map(Stored::title).orElse(integration.id()));
        stored.ifPresent(row -> {
            node.put("version", row.version());
            Rows.time(node, "createdAt", row.createdAt());
            Rows.time(node, "updatedAt", row.updatedAt());
        });
        node.set("quota", quotaUse.apply(integration));
        ArrayNode used = node.putArray("uses");
        uses.of(integration.platform(), integration.id()).forEach(use -> {
            ObjectNode hour = used.addObject();
            Rows.time(hour, "hour", use.hour());
            hour.put("purpose", use.purpose());
            hour.put("actor", use.actor());
            hour.put("uses", use.uses());
            Rows.time(hour, "lastAt", use.lastAt());
        });
        HttpAnswer shown = HttpAnswer.ok(node);
        return stored.map(row -> shown.with(AdminApi.ETAG, row.version() + ".")).orElse(shown);
    }

    // --- changing -------------------------------------------------------------------------------------------------

    private HttpAnswer create(ApiCall call) {
        ObjectNode body = call.body();
        String platform = call.said("platform", "");
        if (catalog.find(platform).isEmpty()) {
            throw Page.bad("platform is '" + Problem.clip(platform) + "': there is no such file in config/platforms/");
        }
        String organization = call.said("organization", Integrations.DEFAULT_ORGANIZATION);
        String id = call.said("id");
        boolean taken = id != null
                && (id.equals(CALLBACK)
                        || integrations.configured().stream()
                                .anyMatch(one -> one.id().equals(id)));
        Change change = change(body, platform, id == null ? platform : id, null, Map.of(), true);
        Optional<String> created = taken
                ? Optional.empty()
                : store.create(id, organization, platform, change, call.caller().name());
        String made = created.orElseThrow(() -> new Refusal(
                FailureCode.CONFLICTING_STATE, 409, "There is an integration '" + id + "' already: choose another id"));
        Integration integration = find(made);
        usable.accept(integration);
        HttpAnswer shown = one(integration);
        return new HttpAnswer(201, shown.contentType(), shown.body(), Map.of("Location", "/api/integrations/" + made));
    }

    private Stored stored(String id) {
        if (id.contains("~")) {
            find(id);
            throw new Refusal(
                    FailureCode.CONFLICTING_STATE,
                    409,
                    "'" + Problem.clip(id)
                            + "' comes from the environment or from config/integrations.yaml: change it there");
        }
        return store.stored(id).orElseThrow(() -> unknown(id));
    }

    private HttpAnswer change(ApiCall call) {
        String id = call.segment(INTEGRATION);
        found(call);
        Stored before = stored(id);
        call.requireMatch(before.version(), "'" + id + "'");
        ObjectNode body = call.body();
        if (body.has("version") && body.path("version").asLong() != before.version()) {
            throw changed(before.id());
        }
        Change change =
                change(body, before.platform(), before.title(), before.baseUrl(), before.settings(), before.enabled());
        requireSecretsAnew(before, change);
        if (!store.update(before, change, call.caller().name())) {
            throw changed(before.id());
        }
        Integration integration = find(id);
        credentials.retry(integration);
        usable.accept(integration);
        return one(integration);
    }

    /** What was given for one address is sent to no other: who may change an address need not know the secrets. */
    private static void requireSecretsAnew(Stored before, Change change) {
        TreeSet<String> kept = new TreeSet<>(before.secrets());
        kept.removeAll(change.secrets().keySet());
        if (before.isMovedBy(change) && !kept.isEmpty()) {
            throw new Refusal(
                    FailureCode.CONFLICTING_STATE,
                    409,
                    "The secrets of '" + before.id()
                            + "' were given for other addresses, and are not sent to new ones: send "
                            + String.join(", ", kept) + " again with them, or null to remove them");
        }
    }

    private static Refusal changed(String id) {
        return new Refusal(
                FailureCode.CONFLICTING_STATE,
                409,
                "'" + id + "' was changed meanwhile: read it again, and send it anew");
    }

    private Change change(
            ObjectNode body,
            String platform,
            String title,
            @Nullable String baseUrl,
            Map<String, String> settings,
            boolean enabled) {
        String newTitle = body.path("title").asText(title).strip();
        if (newTitle.isEmpty()) {
            throw Page.bad("title is blank");
        }
        return new Change(
                newTitle,
                body.has("baseUrl") ? origin(body.path("baseUrl")) : baseUrl,
                body.has("settings")
                        ? settings(body.path("settings"), platform, settings)
                        : checked(platform, settings),
                body.path("enabled").asBoolean(enabled),
                secrets(body.path("secrets")));
    }

    private static @Nullable String origin(JsonNode value) {
        if (value.isNull()) {
            return null;
        }
        try {
            URI uri = URI.create(value.asText());
            if (uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getRawQuery() == null
                    && String.valueOf(uri.getScheme()).matches("https?")
                    && (uri.getRawPath() == null || uri.getRawPath().matches("/?"))) {
                return value.asText().replaceAll("/+$", "");
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw Page.bad("baseUrl has to be scheme and host only, such as https://api.example.org");
    }

    /** Given ones replace those before one by one; null removes one. */
    private Map<String, String> settings(JsonNode given, String platform, Map<String, String> before) {
        Map<String, String> settings = new HashMap<>(before);
        TreeSet<String> known = new TreeSet<>(integrations.settings(platform).names());
        for (Map.Entry<String, JsonNode> entry : given.properties()) {
            if (!known.contains(entry.getKey())) {
                throw Page.bad("There is no setting '" + Problem.clip(entry.getKey()) + "' of " + platform
                        + "; there are " + known);
            }
            if (entry.getValue().isNull()) {
                settings.remove(entry.getKey());
            } else {
                settings.put(entry.getKey(), entry.getValue().asText());
            }
        }
        return checked(platform, settings);
    }

    private Map<String, String> checked(String platform, Map<String, String> settings) {
        AccountSettings declared = integrations.settings(platform);
        List<String> missing = new ArrayList<>();
        for (String name : declared.missing(settings)) {
            AccountSettings.Setting setting = declared.declared().get(name);
            missing.add("settings." + name + (setting == null ? "" : " (" + setting.title() + ")"));
        }
        if (!missing.isEmpty()) {
            throw Page.bad("Missing: " + String.join(", ", missing));
        }
        String brake = settings.get(BrakeSettings.NAME);
        if (brake != null) {
            try {
                BrakeSettings.of(brake);
            } catch (IllegalArgumentException e) {
                throw Page.bad("settings.brake " + e.getMessage());
            }
        }
        return settings;
    }

    private static Map<String, char[]> secrets(JsonNode given) {
        if (given.isMissingNode()) {
            return Map.of();
        }
        Map<String, char[]> secrets = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : given.properties()) {
            if (!Secrets.NAMES.contains(entry.getKey())) {
                throw Page.bad("There is no secret '" + Problem.clip(entry.getKey()) + "'; there are "
                        + new TreeSet<>(Secrets.NAMES));
            }
            String text =
                    entry.getValue().isNull() ? "" : entry.getValue().asText().strip();
            if (!entry.getValue().isNull() && text.isEmpty()) {
                throw Page.bad("secrets." + entry.getKey() + " is blank: give its text, or null to remove it");
            }
            secrets.put(entry.getKey(), text.toCharArray());
        }
        return secrets;
    }

    private HttpAnswer delete(ApiCall call) {
        String id = call.segment(INTEGRATION);
        Integration integration = found(call);
        Stored stored = stored(id);
        call.requireMatch(stored.version(), "'" + id + "'");
        store.delete(stored, call.caller().name());
        credentials.retry(integration);
        return HttpAnswer.ok(Rows.JSON.createObjectNode().put("deleted", id));
    }

    private HttpAnswer test(ApiCall call) {
        Integration integration = found(call);
        ObjectNode outcome = probe.test(integration);
        store.audit(
                integration.organization(), call.actor(), "integration.test", integration.platform(), integration.id());
        if (outcome.path(Probe.AUTHENTICATE).path("outcome").asText().equals("ok")) {
            usable.accept(integration);
        }
        return HttpAnswer.ok(outcome);
    }

    // --- consent --------------------------------------------------------------------------------------------------

    private HttpAnswer connect(ApiCall call) {
        Integration integration = found(call);
        URI address = consents.begin(integration);
        store.audit(
                integration.organization(),
                call.caller().name(),
                "integration.connect",
                integration.platform(),
                integration.id());
        return HttpAnswer.ok(Rows.JSON.createObjectNode().put("authorizationUrl", address.toString()));
    }

    private HttpAnswer callback(ApiCall call) {
        try {
            Integration integration = consents.end(
                    Optional.ofNullable(call.text("code")),
                    Optional.ofNullable(call.text("state")),
                    Optional.ofNullable(call.text("error")));
            store.audit(
                    integration.organization(),
                    "consent",
                    "integration.connected",
                    integration.platform(),
                    integration.id());
            usable.accept(integration);
            return page(200, "Connected", integration.platform() + " is connected. You may close this page.");
        } catch (Failure e) {
            int status = e instanceof Refusal refusal ? refusal.status() : e instanceof Transient ? 503 : 500;
            String message = e instanceof Transient busy && busy.code() == FailureCode.STORE_UNAVAILABLE
                    ? "The store cannot be used now."
                    : String.valueOf(e.getMessage());
            return page(status, "Not connected", message);
        }
    }

    private static HttpAnswer page(int status, String title, String text) {
        String body = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + escaped(title)
                + "</title></head><body><h1>" + escaped(title) + "</h1><p>" + escaped(text) + "</p></body></html>";
        return new HttpAnswer(
                status,
                "text/html; charset=utf-8",
                body,
                Map.of(
                        "Content-Security-Policy",
                        "default-src 'none'; frame-ancestors 'none'",
                        "Referrer-Policy",
                        "no-referrer",
                        "Cache-Control",
                        "no-store"));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
