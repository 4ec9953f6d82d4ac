package dev.muster.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * HubSpot's contacts (CRM v3) as the contract describes them: tokens of half an hour beside one that lasts, batches of 100
 * that succeed in part, a search that sees at most 10,000 and is behind, one address for one contact, and quotas of 190
 * calls in ten seconds and five searches in one. Webhooks are lists of changed properties, signed over the whole
 * request. It starts empty.
 */
public final class SimulatedHubspot extends SimulatedPlatform {
    /** A property of one's own, whose values are unique: what upserts of a hub are made by. */
    public static final String KEY_PROPERTY = "hub_person_id";

    private static final String JSON_TYPE = "application/json;charset=utf-8";
    private static final String CONTACTS = "/crm/v3/objects/contacts";
    private static final long PORTAL = 3_003;
    private static final long APPLICATION = 4_004;
    private static final int BATCH_MAX = 100;
    private static final int PAGE_MAX = 100;
    private static final int PAGE_STANDARD = 10;
    private static final int SEARCH_MAX = 200;
    private static final int SEARCH_REACH = 10_000;
    private static final int SEARCH_BODY_MAX = 3_000;
    private static final int GROUPS_MAX = 5;
    private static final int FILTERS_IN_GROUP_MAX = 6;
    private static final int FILTERS_MAX = 18;
    private static final int EVENTS_IN_DELIVERY_MAX = 100;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSX", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final Pattern ADDRESS = Pattern.compile("[^@\\s()]+@[^@\\s()]+\\.[^@\\s()]+");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,15}");
    private static final Set<String> ALWAYS_SHOWN =
            Set.of("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname");
    private static final Set<String> READ_ONLY = Set.of("createdate", "hs_object_id", "lastmodifieddate");
    private static final Set<String> SHOWN = Set.of("properties", "propertiesWithHistory", "associations", "archived");

    private record Contact(
            long id, SortedMap<String, String> properties, Instant created, Instant modified, boolean archived) {}

    /** Why an input is not taken. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1;
        private final int status;
        private final String category;

        Refused(int status, String category, String message) {
            super(message);
            this.status = status;
            this.category = category;
        }
    }

    private final SortedMap<Long, Contact> contacts = new TreeMap<>();
    private final Map<String, Boolean> properties = new LinkedHashMap<>();
    private final ArrayNode events = JSON.createArrayNode();
    private final TokenDesk tokens;
    private final MovingWindow burst = window(190, Duration.ofSeconds(10));
    private final MovingWindow day = window(625_000, Duration.ofDays(1));
    private final MovingWindow searches = window(5, Duration.ofSeconds(1));
    private final String token;
    private final String clientId;
    private final String clientSecret;
    private Duration indexLag = Duration.ZERO;
    private long lastId = 5_000;
    private long lastEvent = 1_000;

    public SimulatedHubspot(SimulatedWorld world, PlatformSettings settings) {
        super("HubSpot", world, settings, manners(settings));
        this.token = "pat-eu1-" + secret("hubspot token", 32);
        this.clientId = secret("hubspot client", 36);
        this.clientSecret = secret("hubspot client secret", 36);
        this.tokens = new TokenDesk(
                world.clock(),
                new Random(SimulatedWorld.mix(world.seed(), "hubspot tokens".hashCode())),
                Duration.ofMinutes(30),
                true);
        for (String property : List.of(
                "firstname",
                "lastname",
                "phone",
                "mobilephone",
                "date_of_birth",
                "gender",
                "address",
                "city",
                "state",
                "zip",
                "country",
                "hs_email_optout",
                "hs_language",
                "createdate",
                "lastmodifieddate")) {
            properties.put(property, false);
        }
        properties.put("email", true);
        properties.put("hs_object_id", true);
        properties.put(KEY_PROPERTY, true);
        routes();
        listen();
    }

    /** Ten tries over a day. */
    private static WebhookSender.Manners manners(PlatformSettings settings) {
        List<Duration> pauses = new ArrayList<>();
        for (int tried = 0; tried < 10; tried++) {
            pauses.add(settings.scaled(Duration.ofMinutes(1L << tried)));
        }
        return new WebhookSender.Manners(
                pauses, Duration.ofSeconds(5), status -> status >= 200 && status < 400, false, false);
    }

    @Override
    public Map<String, String> environment() {
        return Map.of(
                "HUBSPOT_BASE_URL", origin(),
                "HUBSPOT_API_KEY", token,
                "HUBSPOT_CLIENT_ID", clientId,
                "HUBSPOT_CLIENT_SECRET", clientSecret,
                "HUBSPOT_WEBHOOK_SECRET", clientSecret);
    }

    /** How often a refresh token came that had been used before. */
    public long refreshTokensReused() {
        return tokens.reuses();
    }

    /** From now on the search sees a change only after this long. */
    public synchronized void indexLag(Duration lag) {
        indexLag = lag;
    }

    // what happens there

    /** The properties of who has this address; empty where nobody has. */
    public synchronized Optional<Map<String, String>> contact(String email) {
        return holder("email", email.toLowerCase(Locale.ROOT)).map(contact -> Map.copyOf(contact.properties()));
    }

    /** How many contacts there are. */
    public synchronized long size() {
        return contacts.values().stream().filter(contact -> !contact.archived()).count();
    }

    /** A contact from the time before the hub: no webhook tells of it. */
    public synchronized void addUnheard(Person person) {
        SortedMap<String, String> given = new TreeMap<>();
        given.put("email", person.email().toLowerCase(Locale.ROOT));
        given.put("firstname", person.givenName());
        given.put("lastname", person.familyName());
        put(null, given, "IMPORT");
        events.removeAll();
    }

    /** From now on every access token given out so far has expired. */
    public void expireTokens() {
        tokens.expireAll();
    }

    /** Somebody of the staff changes a property: {@code contact.propertyChange}. */
    public synchronized void edit(String email, String property, String value) {
        Contact contact = known(email);
        SortedMap<String, String> changed = new TreeMap<>(contact.properties());
        changed.put(property, value);
        put(contact, changed, "CRM_UI");
        flush();
    }

    /** The person wants no more mail: {@code contact.propertyChange} of {@code hs_email_optout}. */
    public void optOut(String email) {
        edit(email, "hs_email_optout", "true");
    }

    /** Somebody of the staff deletes the contact: {@code contact.deletion}. */
    public synchronized void delete(String email) {
        archive(known(email), "CRM_UI");
        flush();
    }

    private Contact known(String email) {
        return holder("email", email.toLowerCase(Locale.ROOT))
                .orElseThrow(() -> new IllegalArgumentException("HubSpot has no contact " + email));
    }

    private Optional<Contact> holder(String property, String value) {
        return contacts.values().stream()
                .filter(contact ->
                        !contact.archived() && value.equals(contact.properties().get(property)))
                .findFirst();
    }

    private Contact put(@Nullable Contact before, SortedMap<String, String> changed, String source) {
        Instant now = world.clock().instant();
        long id = before == null ? ++lastId : before.id();
        Contact after = new Contact(id, changed, before == null ? now : before.created(), now, false);
        changed.put("hs_object_id", String.valueOf(id));
        changed.put("createdate", TIME.format(after.created()));
        changed.put("lastmodifieddate", TIME.format(now));
        contacts.put(id, after);
        if (before == null) {
            happened("contact.creation", id, source).put("changeFlag", "NEW");
        }
        changed.forEach((property, value) -> {
            if (!READ_ONLY.contains(property)
                    && !value.equals(before == null ? "" : before.properties().getOrDefault(property, ""))) {
                happened("contact.propertyChange", id, source)
                        .put("propertyName", property)
                        .put("propertyValue", value);
            }
        });
        return after;
    }

    private void archive(Contact contact, String source) {
        contacts.put(
                contact.id(),
                new Contact(
                        contact.id(),
                        contact.properties(),
                        contact.created(),
                        world.clock().instant(),
                        true));
        happened("contact.deletion", contact.id(), source).put("changeFlag", "DELETED");
    }

    private ObjectNode happened(String type, long id, String source) {
        return events.addObject()
                .put("eventId", ++lastEvent)
                .put("subscriptionId", 2_002)
                .put("portalId", PORTAL)
                .put("appId", APPLICATION)
                .put("occurredAt", world.clock().millis())
                .put("subscriptionType", type)
                .put("attemptNumber", 0)
                .put("objectId", id)
                .put("changeSource", source)
                .put("objectTypeId", "0-1");
    }

    /** What has happened goes out in lists of at most a hundred. */
    private void flush() {
        while (!events.isEmpty()) {
            ArrayNode list = JSON.createArrayNode();
            while (!events.isEmpty() && list.size() < EVENTS_IN_DELIVERY_MAX) {
                list.add(events.remove(0));
            }
            byte[] body = bytes(JSON, list);
            String target = settings.hub() + "/api/webhooks/hubspot";
            String timestamp = String.valueOf(world.clock().millis());
            send(new Webhook(
                    URI.create(target),
                    Map.of(
                            "Content-Type",
                            "application/json",
                            "User-Agent",
                            "HubSpot Connect 2.0 (http://dev.hubspot.com/) - Webhooks",
                            "X-HubSpot-Request-Timestamp",
                            timestamp,
                            "X-HubSpot-Signature-v3",
                            signature(clientSecret, "POST", target, body, timestamp)),
                    body));
        }
    }

    /** Base64 of HMAC-SHA256 over method, address, body and time. */
    static String signature(String secret, String method, String target, byte[] body, String timestamp) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            mac.update((method + target).getBytes(StandardCharsets.UTF_8));
            mac.update(body);
            return Base64.getEncoder().encodeToString(mac.doFinal(timestamp.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This JDK has no HmacSHA256", e);
        }
    }

    // the API

    private void routes() {
        serveOpenly("GET", "/oauth/authorize", this::authorize);
        serveOpenly("POST", "/oauth/v3/token", this::token);
        List<MovingWindow> quota = List.of(burst, day);
        Set<String> page = new HashSet<>(SHOWN);
        page.addAll(Set.of("limit", "after"));
        Set<String> one = new HashSet<>(SHOWN);
        one.add("idProperty");
        String contact = CONTACTS + "/:contact";
        // before the paths with an id, which would take the words for one
        serve("POST", CONTACTS + "/search", Set.of(), List.of(searches), locked(this::search));
        serve("POST", CONTACTS + "/batch/read", Set.of("archived"), quota, told(this::readMany));
        for (String action : List.of("create", "update", "upsert", "archive")) {
            serve("POST", CONTACTS + "/batch/" + action, Set.of(), quota, told(context -> writeMany(context, action)));
        }
        serve("GET", CONTACTS, page, quota, told(this::page));
        serve("POST", CONTACTS, Set.of(), quota, told(this::create));
        serve("GET", contact, one, quota, told(this::read));
        serve("PATCH", contact, Set.of("idProperty"), quota, told(this::update));
        serve("DELETE", contact, Set.of(), quota, told(this::remove));
        serve("GET", "/crm/v3/properties/contacts", Set.of("archived"), quota, told(this::listProperties));
        serve("POST", "/crm/v3/properties/contacts", Set.of(), quota, told(this::createProperty));
    }

    private interface Work {
        void on(RoutingContext context) throws Refused;
    }

    private Handler<RoutingContext> told(Work work) {
        return context -> {
            rateHeaders(context);
            locked(work).handle(context);
        };
    }

    private Handler<RoutingContext> locked(Work work) {
        return context -> {
            synchronized (this) {
                try {
                    work.on(context);
                } catch (Refused refused) {
                    error(context, refused.status, refused.category, String.valueOf(refused.getMessage()));
                }
                flush();
            }
        };
    }

    private void rateHeaders(RoutingContext context) {
        context.response()
                .putHeader("X-HubSpot-RateLimit-Daily", String.valueOf(day.limit()))
                .putHeader("X-HubSpot-RateLimit-Daily-Remaining", String.valueOf(day.remaining()))
                .putHeader("X-HubSpot-RateLimit-Interval-Milliseconds", String.valueOf(burst.lengthSeconds() * 1000))
                .putHeader("X-HubSpot-RateLimit-Max", String.valueOf(burst.limit()))
                .putHeader("X-HubSpot-RateLimit-Remaining", String.valueOf(burst.remaining()));
    }

    private void authorize(RoutingContext context) {
        String redirect = context.request().getParam("redirect_uri");
        String scope = context.request().getParam("scope");
        if (!clientId.equals(context.request().getParam("client_id"))
                || redirect == null
                || scope == null
                || scope.isBlank()) {
            error(context, 400, "VALIDATION_ERROR", "The application, its redirect or its scopes are missing or wrong");
            return;
        }
        String state = context.request().getParam("state");
        String code = tokens.code(redirect, context.request().getParam("code_challenge"));
        context.response()
                .putHeader(
                        "Location",
                        redirect
                                + (redirect.contains("?") ? "&" : "?")
                                + "code="
                                + code
                                + (state == null ? "" : "&state=" + URLEncoder.encode(state, StandardCharsets.UTF_8)));
        answer(context, 302, JSON_TYPE, null);
    }

    private void token(RoutingContext context) {
        Map<String, String> asked = fields(context);
        if (!clientId.equals(asked.get("client_id")) || !clientSecret.equals(asked.get("client_secret"))) {
            error(context, 400, "BAD_CLIENT_ID", "missing or unknown client id");
            return;
        }
        Optional<TokenDesk.Tokens> given =
                switch (asked.getOrDefault("grant_type", "")) {
                    case "authorization_code" ->
                        tokens.redeem(
                                asked.getOrDefault("code", ""),
                                asked.getOrDefault("redirect_uri", ""),
                                asked.get("code_verifier"));
                    case "refresh_token" -> tokens.refresh(asked.getOrDefault("refresh_token", ""));
                    default -> Optional.empty();
                };
        if (given.isEmpty()) {
            error(context, 400, "BAD_GRANT", "missing or invalid code or refresh token");
            return;
        }
        ObjectNode answer = JSON.createObjectNode()
                .put("token_type", "bearer")
                .put("token_use", "access_token")
                .put("access_token", given.get().accessToken())
                .put("refresh_token", given.get().refreshToken())
                .put("expires_in", given.get().lifetimeSeconds())
                .put("hub_id", PORTAL)
                .put("user_id", 7);
        answer.putArray("scopes").add("crm.objects.contacts.read").add("crm.objects.contacts.write");
        answer(context, 200, JSON_TYPE, answer);
    }

    @Override
    boolean admissible(RoutingContext context) {
        String authorization = context.request().getHeader("Authorization");
        String given = authorization != null && authorization.startsWith("Bearer ") ? authorization.substring(7) : "";
        TokenDesk.Standing standing = tokens.standing(given);
        if (given.equals(token) || standing == TokenDesk.Standing.VALID) {
            return true;
        }
        boolean expired = standing == TokenDesk.Standing.EXPIRED;
        error(
                context,
                401,
                expired ? "EXPIRED_AUTHENTICATION" : "INVALID_AUTHENTICATION",
                expired
                        ? "The OAuth token used to make this call expired."
                        : "Authentication credentials not found. This API supports OAuth 2.0 authentication.");
        return false;
    }

    private void page(RoutingContext context) throws Refused {
        int limit = number(context, "limit", PAGE_STANDARD);
        String after = context.request().getParam("after");
        if (limit < 1 || limit > PAGE_MAX) {
            throw new Refused(400, "VALIDATION_ERROR", "limit is 1 to " + PAGE_MAX);
        }
        if (after != null && !NUMBER.matcher(after).matches()) {
            throw new Refused(400, "VALIDATION_ERROR", "after is none of our cursors");
        }
        boolean archived = "true".equals(context.request().getParam("archived"));
        long from = after == null ? 0 : Long.parseLong(after);
        List<Contact> rest = contacts.tailMap(from).values().stream()
                .filter(contact -> contact.archived() == archived)
                .toList();
        List<Contact> shown = rest.subList(0, Math.min(limit, rest.size()));
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode results = answer.putArray("results");
        Set<String> wanted = wanted(context.request().getParam("properties"));
        shown.forEach(contact -> results.add(shown(contact, wanted)));
        if (rest.size() > shown.size()) {
            String next = String.valueOf(rest.get(shown.size()).id());
            answer.putObject("paging")
                    .putObject("next")
                    .put("after", next)
                    .put("link", origin() + CONTACTS + "?after=" + next);
        }
        answer(context, 200, JSON_TYPE, answer);
    }

    private static Set<String> wanted(@Nullable String list) {
        return list == null ? Set.of() : new HashSet<>(Arrays.asList(list.split(",", -1)));
    }

    private Contact found(RoutingContext context) throws Refused {
        return found(context.pathParam("contact"), context.request().getParam("idProperty"));
    }

    private Contact found(String id, @Nullable String idProperty) throws Refused {
        Contact contact = null;
        if (idProperty != null && !idProperty.equals("hs_object_id")) {
            requireUnique(idProperty);
            String value = idProperty.equals("email") ? id.toLowerCase(Locale.ROOT) : id;
            contact = holder(idProperty, value).orElse(null);
        } else if (NUMBER.matcher(id).matches()) {
            contact = contacts.get(Long.parseLong(id));
        }
        if (contact == null || contact.archived()) {
            throw new Refused(404, "OBJECT_NOT_FOUND", "resource not found");
        }
        return contact;
    }

    private void requireUnique(String property) throws Refused {
        if (!properties.getOrDefault(property, false)) {
            throw new Refused(400, "VALIDATION_ERROR", "Property \"" + property + "\" is not a unique property");
        }
    }

    private void read(RoutingContext context) throws Refused {
        answer(
                context,
                200,
                JSON_TYPE,
                shown(found(context), wanted(context.request().getParam("properties"))));
    }

    private void create(RoutingContext context) throws Refused {
        ObjectNode body = required(context);
        Contact contact = put(null, written(null, body.path("properties"), false), "INTEGRATION");
        answer(context, 201, JSON_TYPE, shown(contact, names(body.path("properties"))));
    }

    private void update(RoutingContext context) throws Refused {
        ObjectNode body = required(context);
        Contact before = found(context);
        Contact contact = put(before, written(before, body.path("properties"), false), "INTEGRATION");
        answer(context, 200, JSON_TYPE, shown(contact, names(body.path("properties"))));
    }

    private void remove(RoutingContext context) throws Refused {
        String id = context.pathParam("contact");
        Contact contact = NUMBER.matcher(id).matches() ? contacts.get(Long.parseLong(id)) : null;
        if (contact != null && !contact.archived()) {
            archive(contact, "INTEGRATION");
        }
        answer(context, 204, JSON_TYPE, null);
    }

    private static ObjectNode required(RoutingContext context) throws Refused {
        ObjectNode body = object(context);
        if (body == null) {
            throw new Refused(400, "VALIDATION_ERROR", "Invalid input JSON");
        }
        return body;
    }

    private static Set<String> names(JsonNode given) {
        Set<String> names = new HashSet<>();
        given.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** @param whole whether what is not named is cleared */
    private SortedMap<String, String> written(@Nullable Contact before, JsonNode given, boolean whole) throws Refused {
        if (!given.isObject()) {
            throw new Refused(400, "VALIDATION_ERROR", "properties is missing");
        }
        SortedMap<String, String> written =
                before == null || whole ? new TreeMap<>() : new TreeMap<>(before.properties());
        for (Map.Entry<String, JsonNode> property : given.properties()) {
            String name = property.getKey();
            if (!properties.containsKey(name)) {
                throw new Refused(400, "VALIDATION_ERROR", "Property \"" + name + "\" does not exist");
            }
            if (READ_ONLY.contains(name)) {
                throw new Refused(400, "VALIDATION_ERROR", "\"" + name + "\" is a read only property");
            }
            if (!property.getValue().isTextual()) {
                throw new Refused(400, "VALIDATION_ERROR", "The value of \"" + name + "\" has to be a text");
            }
            String value = property.getValue().textValue();
            if (name.equals("email") && !value.isEmpty()) {
                value = value.toLowerCase(Locale.ROOT);
                if (!ADDRESS.matcher(value).matches()) {
                    throw new Refused(400, "VALIDATION_ERROR", "Email address " + value + " is invalid");
                }
            }
            if (properties.getOrDefault(name, false) && !value.isEmpty()) {
                Optional<Contact> holder = holder(name, value);
                if (holder.isPresent() && (before == null || holder.get().id() != before.id())) {
                    throw new Refused(
                            409,
                            "CONFLICT",
                            "Contact already exists. Existing ID: "
                                    + holder.get().id());
                }
            }
            written.put(name, value);
        }
        return written;
    }

    private List<JsonNode> inputs(RoutingContext context) throws Refused {
        JsonNode inputs = required(context).path("inputs");
        if (!inputs.isArray() || inputs.isEmpty() || inputs.size() > BATCH_MAX) {
            throw new Refused(400, "VALIDATION_ERROR", "A batch has 1 to " + BATCH_MAX + " inputs");
        }
        Set<String> ids = new HashSet<>();
        List<JsonNode> list = new ArrayList<>();
        for (JsonNode input : inputs) {
            if (input.has("id")
                    && !ids.add(input.path("idProperty").asText("")
                            + ' '
                            + input.path("id").asText())) {
                throw new Refused(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input");
            }
            list.add(input);
        }
        return list;
    }

    private void readMany(RoutingContext context) throws Refused {
        List<JsonNode> inputs = inputs(context);
        ObjectNode body = required(context);
        Set<String> wanted = new HashSet<>();
        body.path("properties").forEach(name -> wanted.add(name.asText()));
        String idProperty = body.path("idProperty").asText(null);
        Many many = new Many();
        for (JsonNode input : inputs) {
            try {
                many.results.add(shown(found(input.path("id").asText(), idProperty), wanted));
            } catch (Refused refused) {
                if (refused.status != 404) {
                    throw refused;
                }
                many.failed(refused, input);
            }
        }
        many.answer(context, 200);
    }

    private void writeMany(RoutingContext context, String action) throws Refused {
        List<JsonNode> inputs = inputs(context);
        if (action.equals("archive")) {
            for (JsonNode input : inputs) {
                Contact contact = contacts.get(input.path("id").asLong(-1));
                if (contact != null && !contact.archived()) {
                    archive(contact, "INTEGRATION");
                }
            }
            answer(context, 204, JSON_TYPE, null);
            return;
        }
        Many many = new Many();
        for (JsonNode input : inputs) {
            try {
                ObjectNode result = one(action, input);
                if (input.has("objectWriteTraceId")) {
                    result.set("objectWriteTraceId", input.get("objectWriteTraceId"));
                }
                // no order is promised
                many.results.insert(0, result);
            } catch (Refused refused) {
                many.failed(refused, input);
            }
        }
        many.answer(context, action.equals("create") ? 201 : 200);
    }

    private ObjectNode one(String action, JsonNode input) throws Refused {
        JsonNode given = input.path("properties");
        String id = input.path("id").asText("");
        String idProperty = input.path("idProperty").asText(null);
        if (action.equals("create")) {
            return shown(put(null, written(null, given, false), "INTEGRATION"), names(given));
        }
        if (action.equals("update")) {
            Contact before = found(id, idProperty);
            return shown(put(before, written(before, given, false), "INTEGRATION"), names(given));
        }
        if (id.isEmpty() || idProperty == null) {
            throw new Refused(400, "VALIDATION_ERROR", "An upsert needs id and idProperty");
        }
        requireUnique(idProperty);
        boolean byEmail = idProperty.equals("email");
        Contact before =
                holder(idProperty, byEmail ? id.toLowerCase(Locale.ROOT) : id).orElse(null);
        // by e-mail nothing is kept that is not sent along
        SortedMap<String, String> written = written(before, given, byEmail);
        written.putIfAbsent(idProperty, byEmail ? id.toLowerCase(Locale.ROOT) : id);
        return shown(put(before, written, "INTEGRATION"), names(given)).put("new", before == null);
    }

    /** The answer of a batch. */
    private final class Many {
        private final ArrayNode results = JSON.createArrayNode();
        private final ArrayNode errors = JSON.createArrayNode();
        private final String started = TIME.format(world.clock().instant());

        void failed(Refused refused, JsonNode input) {
            ObjectNode error = errors.addObject()
                    .put("status", "error")
                    .put("category", refused.category)
                    .put("message", refused.getMessage());
            ObjectNode context = error.putObject("context");
            if (input.has("id")) {
                context.putArray("ids").add(input.path("id").asText());
            }
            if (input.has("objectWriteTraceId")) {
                context.putArray("objectWriteTraceId")
                        .add(input.path("objectWriteTraceId").asText());
            }
            error.putArray("errors");
            error.putObject("links");
        }

        void answer(RoutingContext context, int status) {
            ObjectNode answer = JSON.createObjectNode().put("status", "COMPLETE");
            answer.set("results", results);
            answer.put("startedAt", started)
                    .put("completedAt", TIME.format(world.clock().instant()));
            if (!errors.isEmpty()) {
                answer.put("numErrors", errors.size()).set("errors", errors);
            }
            SimulatedHubspot.this.answer(context, errors.isEmpty() ? status : 207, JSON_TYPE, answer);
        }
    }

    private void search(RoutingContext context) throws Refused {
        if (body(context).length() > SEARCH_BODY_MAX) {
            throw new Refused(400, "VALIDATION_ERROR", "A search has at most " + SEARCH_BODY_MAX + " characters");
        }
        ObjectNode query = required(context);
        int limit = query.path("limit").asInt(PAGE_STANDARD);
        int after = query.path("after").asInt(0);
        if (limit < 1 || limit > SEARCH_MAX || after < 0 || after + limit > SEARCH_REACH) {
            throw new Refused(
                    400,
                    "VALIDATION_ERROR",
                    "limit is 1 to " + SEARCH_MAX + ", and nothing lies beyond " + SEARCH_REACH);
        }
        Predicate<Contact> matches = filters(query.path("filterGroups"));
        JsonNode sorts = query.path("sorts");
        if (sorts.size() > 1) {
            throw new Refused(400, "VALIDATION_ERROR", "A search is sorted by one property");
        }
        Comparator<Contact> order = Comparator.comparingLong(Contact::id);
        if (sorts.size() == 1) {
            String property =
                    sorts.get(0).path("propertyName").asText(sorts.get(0).asText());
            order = Comparator.<Contact, String>comparing(
                            contact -> contact.properties().getOrDefault(property, ""))
                    .thenComparing(order);
            if (sorts.get(0).path("direction").asText().equals("DESCENDING")) {
                order = order.reversed();
            }
        }
        Instant seen = world.clock().instant().minus(indexLag);
        List<Contact> all = contacts.values().stream()
                .filter(contact -> !contact.archived() && !contact.modified().isAfter(seen))
                .filter(matches)
                .sorted(order)
                .toList();
        Set<String> wanted = new HashSet<>();
        query.path("properties").forEach(name -> wanted.add(name.asText()));
        int from = Math.min(after, all.size());
        int to = Math.min(all.size(), from + limit);
        ObjectNode answer = JSON.createObjectNode().put("total", all.size());
        ArrayNode results = answer.putArray("results");
        all.subList(from, to).forEach(contact -> results.add(shown(contact, wanted)));
        if (to < all.size()) {
            answer.putObject("paging").putObject("next").put("after", String.valueOf(to));
        }
        answer(context, 200, JSON_TYPE, answer);
    }

    private Predicate<Contact> filters(JsonNode groups) throws Refused {
        int count = 0;
        if (groups.size() > GROUPS_MAX) {
            throw new Refused(400, "VALIDATION_ERROR", "A search has at most " + GROUPS_MAX + " groups");
        }
        Predicate<Contact> any = contact -> groups.isEmpty();
        for (JsonNode group : groups) {
            Predicate<Contact> all = contact -> true;
            if (group.path("filters").size() > FILTERS_IN_GROUP_MAX) {
                throw new Refused(400, "VALIDATION_ERROR", "A group has at most " + FILTERS_IN_GROUP_MAX + " filters");
            }
            for (JsonNode filter : group.path("filters")) {
                count++;
                all = all.and(filter(filter));
            }
            any = any.or(all);
        }
        if (count > FILTERS_MAX) {
            throw new Refused(400, "VALIDATION_ERROR", "A search has at most " + FILTERS_MAX + " filters");
        }
        return any;
    }

    private Predicate<Contact> filter(JsonNode filter) throws Refused {
        String property = filter.path("propertyName").asText();
        if (!properties.containsKey(property)) {
            throw new Refused(400, "VALIDATION_ERROR", "There was a problem with the request: no property " + property);
        }
        String value = filter.path("value").asText("");
        boolean time = property.endsWith("date");
        String bound = time && NUMBER.matcher(value).matches()
                ? TIME.format(Instant.ofEpochMilli(Long.parseLong(value)))
                : value;
        Set<String> values = new HashSet<>();
        filter.path("values").forEach(one -> values.add(one.asText()));
        return switch (filter.path("operator").asText()) {
            case "EQ" -> contact -> bound.equalsIgnoreCase(contact.properties().get(property));
            case "NEQ" ->
                contact -> !bound.equalsIgnoreCase(contact.properties().get(property));
            case "GT" -> contact -> compared(contact, property, bound) > 0;
            case "GTE" -> contact -> compared(contact, property, bound) >= 0;
            case "LT" -> contact -> compared(contact, property, bound) < 0;
            case "LTE" -> contact -> compared(contact, property, bound) <= 0;
            // texts of a list are compared as they are: in lower case
            case "IN" ->
                contact -> values.contains(
                        contact.properties().getOrDefault(property, "").toLowerCase(Locale.ROOT));
            case "HAS_PROPERTY" ->
                contact -> !contact.properties().getOrDefault(property, "").isEmpty();
            case "NOT_HAS_PROPERTY" ->
                contact -> contact.properties().getOrDefault(property, "").isEmpty();
            default ->
                throw new Refused(
                        400,
                        "VALIDATION_ERROR",
                        "Invalid operator: " + filter.path("operator").asText());
        };
    }

    private static int compared(Contact contact, String property, String bound) {
        return contact.properties().getOrDefault(property, "").compareTo(bound);
    }

    private void listProperties(RoutingContext context) {
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode results = answer.putArray("results");
        properties.forEach((name, unique) -> results.add(property(name, unique)));
        answer(context, 200, JSON_TYPE, answer);
    }

    private void createProperty(RoutingContext context) throws Refused {
        ObjectNode body = required(context);
        String name = body.path("name").asText("");
        for (String member : List.of("name", "label", "type", "fieldType", "groupName")) {
            if (body.path(member).asText("").isEmpty()) {
                throw new Refused(400, "VALIDATION_ERROR", "A property needs " + member);
            }
        }
        if (properties.containsKey(name)) {
            throw new Refused(409, "OBJECT_ALREADY_EXISTS", "A property named '" + name + "' already exists.");
        }
        properties.put(name, body.path("hasUniqueValue").asBoolean(false));
        answer(context, 201, JSON_TYPE, property(name, properties.getOrDefault(name, false)));
    }

    private static ObjectNode property(String name, boolean unique) {
        ObjectNode property = JSON.createObjectNode()
                .put("name", name)
                .put("label", name)
                .put("description", "")
                .put("groupName", "contactinformation")
                .put("type", "string")
                .put("fieldType", "text")
                .put("hasUniqueValue", unique);
        property.putArray("options");
        return property;
    }

    private ObjectNode shown(Contact contact, Set<String> wanted) {
        ObjectNode shown = JSON.createObjectNode().put("id", String.valueOf(contact.id()));
        ObjectNode values = shown.putObject("properties");
        Set<String> names = new HashSet<>(wanted);
        names.addAll(ALWAYS_SHOWN);
        names.stream().sorted().filter(properties::containsKey).forEach(name -> {
            String value = contact.properties().getOrDefault(name, "");
            values.put(name, value.isEmpty() ? null : value);
        });
        shown.put("createdAt", TIME.format(contact.created()))
                .put("updatedAt", TIME.format(contact.modified()))
                .put("archived", contact.archived())
                .put("url", "https://app.hubspot.com/contacts/" + PORTAL + "/record/0-1/" + contact.id());
        if (contact.archived()) {
            shown.put("archivedAt", TIME.format(contact.modified()));
        }
        return shown;
    }

    // errors

    private void error(RoutingContext context, int status, String category, String message) {
        answer(
                context,
                status,
                JSON_TYPE,
                JSON.createObjectNode()
                        .put("status", "error")
                        .put("message", message)
                        .put("correlationId", UUID.randomUUID().toString())
                        .put("category", category));
    }

    @Override
    void unknownParameter(RoutingContext context, String name) {
        error(context, 400, "VALIDATION_ERROR", "The query parameter " + name + " is not known");
    }

    @Override
    void notFound(RoutingContext context) {
        error(context, 404, "OBJECT_NOT_FOUND", "resource not found");
    }

    @Override
    void methodNotAllowed(RoutingContext context) {
        error(context, 405, "METHOD_NOT_ALLOWED", "HTTP method not supported for this path");
    }

    /** There is no Retry-After; a search has no headers at all. */
    @Override
    void throttled(RoutingContext context, long retryAfterSeconds) {
        boolean search = context.request().path().endsWith("/search");
        if (!search) {
            rateHeaders(context);
        }
        answer(
                context,
                429,
                JSON_TYPE,
                JSON.createObjectNode()
                        .put("status", "error")
                        .put("message", "You have reached your limit.")
                        .put("errorType", "RATE_LIMIT")
                        .put("correlationId", UUID.randomUUID().toString())
                        .put("policyName", search ? "SECONDLY" : day.isFull() ? "DAILY" : "TEN_SECONDLY_ROLLING")
                        .put("requestId", UUID.randomUUID().toString()));
    }

    @Override
    void broken(RoutingContext context) {
        error(context, 500, "INTERNAL_ERROR", "internal error");
    }

    @Override
    void unavailable(RoutingContext context) {
        answer(context, 503, "text/html", null);
    }
}
