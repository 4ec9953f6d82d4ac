package dev.muster.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One Salesforce org as its contract describes it: tokens without a stated end and with the instance's own address, SOQL
 * in pages of at most 2,000, collections that succeed and fail record by record, and a daily limit that is told in a
 * header and refused with 403. Errors are arrays. It sends no webhooks.
 */
public final class SimulatedSalesforce extends SimulatedPlatform {
    private static final String VERSION = "v60.0";
    private static final String DATA = "/services/data/" + VERSION;
    private static final String ORGANIZATION = "00Dxx0000001gPLEAY";
    private static final String USER = "005xx0000000001AAA";
    private static final String EXTERNAL_ID = "Muster_Id__c";
    private static final int PAGE_MAX = 2000;
    private static final int PAGE_MIN = 200;
    private static final int COLLECTION_MAX = 200;
    private static final int CALLS_PER_DAY = 15_000;
    private static final Duration SESSION = Duration.ofHours(2);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd'T'HH:mm:ss.SSSxx", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final Pattern SOQL = Pattern.compile(
            "SELECT\\s+(?<fields>[\\w.,\\s]+?)\\s+FROM\\s+(?<object>\\w+)"
                    + "(\\s+WHERE\\s+(?<where>.+?))?(\\s+ORDER\\s+BY\\s+(?<order>[\\w,\\s]+?))?(\\s+LIMIT\\s+(?<limit>\\d+))?",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern CONDITION = Pattern.compile("(\\w+)\\s*(>=|>|=|!=)\\s*('(?:[^'\\\\]|\\\\.)*'|\\S+)");
    private static final Pattern EMAIL = Pattern.compile("[^@\\s]+@[^@\\s]+\\.[^@\\s]+");

    /** The type of each field, by object; a field ends with its type after a blank. */
    private static final Map<String, Map<String, String>> OBJECTS = Map.of(
            "Contact",
            fields(
                    "Id id",
                    "IsDeleted boolean",
                    "FirstName string",
                    "LastName string",
                    "Email email",
                    "Phone phone",
                    "MobilePhone phone",
                    "Birthdate date",
                    "HasOptedOutOfEmail boolean",
                    "DoNotCall boolean",
                    "MailingStreet textarea",
                    "MailingCity string",
                    "MailingState string",
                    "MailingPostalCode string",
                    "MailingCountry string",
                    "CreatedDate datetime",
                    "LastModifiedDate datetime",
                    "SystemModstamp datetime",
                    EXTERNAL_ID + " string"),
            "Opportunity",
            fields(
                    "Id id",
                    "IsDeleted boolean",
                    "Name string",
                    "Amount currency",
                    "CloseDate date",
                    "StageName picklist",
                    "ContactId reference",
                    "CampaignId reference",
                    "CreatedDate datetime",
                    "LastModifiedDate datetime",
                    "SystemModstamp datetime"),
            "Campaign",
            fields(
                    "Id id",
                    "IsDeleted boolean",
                    "Name string",
                    "Type picklist",
                    "Status picklist",
                    "StartDate date",
                    "EndDate date",
                    "CreatedDate datetime",
                    "LastModifiedDate datetime",
                    "SystemModstamp datetime"));

    private static final Map<String, String> PREFIXES =
            Map.of("Contact", "003", "Opportunity", "006", "Campaign", "701");
    private static final Set<String> READ_ONLY =
            Set.of("Id", "IsDeleted", "CreatedDate", "LastModifiedDate", "SystemModstamp");

    private final Map<String, Map<String, ObjectNode>> records = new TreeMap<>();
    private final Map<String, List<ObjectNode>> cursors = new ConcurrentHashMap<>();
    private final Set<String> locked = new HashSet<>();
    private final SimulatedTokens tokens;
    private final MovingWindow daily;
    private long serial;

    public SimulatedSalesforce(SimulatedWorld world, PlatformSettings settings) {
        super("Salesforce", world, settings, manners(settings));
        OBJECTS.keySet().forEach(object -> records.put(object, new LinkedHashMap<>()));
        this.daily = window(CALLS_PER_DAY, Duration.ofDays(1));
        this.tokens = new SimulatedTokens(
                        this,
                        "salesforce",
                        new SimulatedTokens.Rules(
                                Set.of(
                                        "client_credentials",
                                        "refresh_token",
                                        "authorization_code",
                                        SimulatedTokens.JWT_BEARER),
                                false,
                                false,
                                true,
                                false,
                                SESSION,
                                false,
                                400))
                .completing(answer -> answer.put("instance_url", origin())
                        .put("id", origin() + "/id/" + ORGANIZATION + "/" + USER)
                        .put("issued_at", String.valueOf(world.now().toEpochMilli()))
                        .put("signature", secret("salesforce signature", 43) + "=")
                        .put("scope", "api refresh_token"));
        routes();
        listen();
    }

    private static WebhookSender.Manners manners(PlatformSettings settings) {
        return new WebhookSender.Manners(
                List.of(settings.scaled(Duration.ofMinutes(1))),
                Duration.ofSeconds(10),
                status -> status == 200,
                false,
                false);
    }

    private static Map<String, String> fields(String... namesAndTypes) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String one : namesAndTypes) {
            fields.put(one.substring(0, one.indexOf(' ')), one.substring(one.indexOf(' ') + 1));
        }
        return fields;
    }

    @Override
    public Map<String, String> environment() {
        return Map.of(
                "SALESFORCE_BASE_URL", origin(),
                "SALESFORCE_CLIENT_ID", tokens.clientId(),
                "SALESFORCE_CLIENT_SECRET", tokens.clientSecret(),
                "SALESFORCE_EXTERNAL_ID_FIELD", EXTERNAL_ID);
    }

    /** The token endpoint and its client. */
    SimulatedTokens tokens() {
        return tokens;
    }

    // what happens there

    /** Somebody is entered by hand. */
    public synchronized String enter(Person person) {
        return enter(person, world.now());
    }

    /** Somebody was entered then, and not changed since. */
    public synchronized String enter(Person person, Instant at) {
        ObjectNode contact = blank("Contact");
        describe(contact, person);
        stamp(contact.put("CreatedDate", TIME.format(at)), at);
        String id = contact.path("Id").asText();
        table("Contact").put(id, contact);
        state(person, id, at);
        return id;
    }

    /** Somebody's contact is changed by hand. */
    public synchronized void restate(String contactId, Person person) {
        ObjectNode contact = record("Contact", contactId);
        describe(contact, person);
        stamp(contact);
        state(person, contactId, world.now());
    }

    /** Somebody opts out of e-mail. */
    public synchronized void optOut(String contactId) {
        ObjectNode contact = record("Contact", contactId).put("HasOptedOutOfEmail", true);
        stamp(contact);
    }

    /** A gift of somebody, in units of the org's currency. */
    public synchronized String give(String contactId, String name, int amount) {
        ObjectNode gift = blank("Opportunity")
                .put("Name", name)
                .put("Amount", amount)
                .put(
                        "CloseDate",
                        LocalDate.ofInstant(world.now(), ZoneOffset.UTC).toString())
                .put("StageName", "Closed Won")
                .put("ContactId", contactId);
        stamp(gift);
        table("Opportunity").put(gift.path("Id").asText(), gift);
        return gift.path("Id").asText();
    }

    /** A record goes to the recycle bin: only {@code queryAll} shows it. */
    public synchronized void delete(String object, String id) {
        stamp(record(object, id).put("IsDeleted", true));
    }

    /** Somebody else is at work on a record: the next change of it is refused. */
    public synchronized void lock(String id) {
        locked.add(id);
    }

    /** What the org holds of a record now. */
    public synchronized ObjectNode look(String object, String id) {
        return record(object, id).deepCopy();
    }

    /** The contact with this address that the hub has told of, not deleted; empty where there is none. */
    public synchronized Optional<ObjectNode> toldContact(String email) {
        return table("Contact").values().stream()
                .filter(contact -> contact.path("Email").asText("").equalsIgnoreCase(email)
                        && contact.path(EXTERNAL_ID).isTextual()
                        && !contact.path("IsDeleted").asBoolean())
                .map(ObjectNode::deepCopy)
                .findFirst();
    }

    /** How many contacts there are, deleted ones left out. */
    public synchronized long contacts() {
        return table("Contact").values().stream()
                .filter(contact -> !contact.path("IsDeleted").asBoolean())
                .count();
    }

    /** How many of them have this address. */
    public synchronized long contactsWith(String email) {
        return table("Contact").values().stream()
                .filter(contact -> !contact.path("IsDeleted").asBoolean()
                        && contact.path("Email").asText("").equalsIgnoreCase(email))
                .count();
    }

    /** The id of the contact with this external id, not deleted; null where there is none. */
    public synchronized @Nullable String contactOf(String externalId) {
        return table("Contact").values().stream()
                .filter(contact -> contact.path(EXTERNAL_ID).asText("").equals(externalId)
                        && !contact.path("IsDeleted").asBoolean())
                .map(contact -> contact.path("Id").asText())
                .findFirst()
                .orElse(null);
    }

    /** What the world calls this contact. */
    static String reference(String contactId) {
        return "salesforce/contact/" + contactId;
    }

    private void state(Person person, String id, Instant at) {
        world.state(new Statement(reference(id), at, person, true, null, null));
    }

    private static void describe(ObjectNode contact, Person person) {
        Address home = person.address();
        contact.put("FirstName", person.givenName())
                .put("LastName", person.familyName())
                .put("Email", person.emailValid() ? person.email() : null)
                .put("Phone", person.phone())
                .put("Birthdate", person.birthDate().toString())
                .put("MailingStreet", home.line1())
                .put("MailingCity", home.city())
                .put("MailingState", home.region())
                .put("MailingPostalCode", home.postalCode())
                .put("MailingCountry", home.countryName());
    }

    private Map<String, ObjectNode> table(String object) {
        Map<String, ObjectNode> table = records.get(object);
        if (table == null) {
            throw new IllegalArgumentException("Salesforce has no object " + object);
        }
        return table;
    }

    private ObjectNode record(String object, String id) {
        ObjectNode record = table(object).get(id);
        if (record == null) {
            throw new IllegalArgumentException("Salesforce has no " + object + " " + id);
        }
        return record;
    }

    private ObjectNode blank(String object) {
        serial++;
        ObjectNode record = JSON.createObjectNode();
        OBJECTS.getOrDefault(object, Map.of()).forEach((field, type) -> {
            if (type.equals("boolean")) {
                record.put(field, false);
            } else {
                record.putNull(field);
            }
        });
        return record.put("Id", "%sxx%010dAAA".formatted(PREFIXES.get(object), serial))
                .put("CreatedDate", TIME.format(world.now()));
    }

    private void stamp(ObjectNode record) {
        stamp(record, world.now());
    }

    private static void stamp(ObjectNode record, Instant at) {
        String time = TIME.format(at);
        record.put("LastModifiedDate", time).put("SystemModstamp", time);
    }

    // the API

    private void routes() {
        List<MovingWindow> quota = List.of(daily);
        serveOpenly("GET", "/services/oauth2/authorize", tokens::authorize);
        serveOpenly("POST", "/services/oauth2/token", tokens::token);
        get(DATA + "/limits", quota, told(this::limits));
        get(DATA + "/limits/", quota, told(this::limits));
        get(DATA + "/sobjects/:object/describe", quota, told(this::describe));
        get(DATA + "/sobjects/:object/describe/", quota, told(this::describe));
        get(DATA + "/sobjects/:object/:id", quota, told(this::oneRecord));
        for (String end : List.of("", "/")) {
            serve("GET", DATA + "/query" + end, Set.of("q"), quota, told(context -> query(context, false)));
            serve("GET", DATA + "/queryAll" + end, Set.of("q"), quota, told(context -> query(context, true)));
        }
        get(DATA + "/query/:locator", quota, told(this::nextPage));
        serve("PATCH", DATA + "/composite/sobjects/:object/:field", Set.of(), quota, told(this::upsertAll));
        serve("PATCH", DATA + "/composite/sobjects", Set.of(), quota, told(this::updateAll));
        serve("DELETE", DATA + "/composite/sobjects", Set.of("ids", "allOrNone"), quota, told(this::deleteAll));
    }

    private Handler<RoutingContext> told(Handler<RoutingContext> handler) {
        return context -> {
            context.response()
                    .putHeader(
                            "Sforce-Limit-Info",
                            "api-usage=" + (daily.limit() - daily.remaining()) + "/" + daily.limit());
            handler.handle(context);
        };
    }

    @Override
    boolean admissible(RoutingContext context) {
        if (tokens.accepts(context.request().getHeader("Authorization"))) {
            return true;
        }
        error(context, 401, "INVALID_SESSION_ID", "Session expired or invalid");
        return false;
    }

    private void limits(RoutingContext context) {
        ObjectNode limits = JSON.createObjectNode();
        limits.putObject("DailyApiRequests").put("Max", daily.limit()).put("Remaining", daily.remaining());
        ok(context, limits);
    }

    private void describe(RoutingContext context) {
        String object = context.pathParam("object");
        Map<String, String> fields = OBJECTS.get(object);
        if (fields == null) {
            notFound(context);
            return;
        }
        ObjectNode description = JSON.createObjectNode()
                .put("name", object)
                .put("label", object)
                .put("keyPrefix", PREFIXES.get(object))
                .put("queryable", true)
                .put("createable", true)
                .put("updateable", true);
        ArrayNode list = description.putArray("fields");
        fields.forEach((name, type) -> list.addObject()
                .put("name", name)
                .put("label", name)
                .put("type", type)
                .put("nillable", !name.equals("LastName") && !READ_ONLY.contains(name))
                .put("createable", !READ_ONLY.contains(name))
                .put("updateable", !READ_ONLY.contains(name))
                .put("externalId", name.equals(EXTERNAL_ID))
                .put("unique", name.equals(EXTERNAL_ID))
                .put("custom", name.endsWith("__c")));
        ok(context, description);
    }

    private synchronized void oneRecord(RoutingContext context) {
        Map<String, ObjectNode> table = records.get(context.pathParam("object"));
        ObjectNode record = table == null ? null : table.get(context.pathParam("id"));
        if (record == null || record.path("IsDeleted").asBoolean()) {
            notFound(context);
        } else {
            ok(context, shown(context.pathParam("object"), record, record::fieldNames));
        }
    }

    private synchronized void query(RoutingContext context, boolean deletedToo) {
        String text = context.request().getParam("q");
        Matcher soql = SOQL.matcher(text == null ? "" : text.strip());
        if (!soql.matches()) {
            error(context, 400, "MALFORMED_QUERY", "unexpected token in: " + text);
            return;
        }
        String object = soql.group("object");
        Map<String, String> known = OBJECTS.get(object);
        if (known == null) {
            error(context, 400, "INVALID_TYPE", "sObject type '" + object + "' is not supported.");
            return;
        }
        List<String> wanted = Stream.of(soql.group("fields").split(",", -1))
                .map(String::strip)
                .toList();
        for (String field : wanted) {
            if (!known.containsKey(field)) {
                error(context, 400, "INVALID_FIELD", "No such column '" + field + "' on entity '" + object + "'.");
                return;
            }
        }
        Predicate<ObjectNode> condition = condition(soql.group("where"), known);
        if (condition == null) {
            error(context, 400, "MALFORMED_QUERY", "unexpected condition: " + soql.group("where"));
            return;
        }
        Stream<ObjectNode> found = table(object).values().stream()
                .filter(record -> deletedToo || !record.path("IsDeleted").asBoolean())
                .filter(condition);
        if (soql.group("order") != null) {
            Comparator<ObjectNode> order = Comparator.comparing(record -> "");
            for (String field : soql.group("order").split(",", -1)) {
                String name = field.strip();
                order = order.thenComparing(record -> record.path(name).asText());
            }
            found = found.sorted(order);
        }
        if (soql.group("limit") != null) {
            found = found.limit(Long.parseLong(soql.group("limit")));
        }
        List<ObjectNode> all =
                found.map(record -> shown(object, record, wanted)).toList();
        page(context, all, 0, pageSize(context));
    }

    private static int pageSize(RoutingContext context) {
        String options = context.request().getHeader("Sforce-Query-Options");
        if (options != null && options.matches("batchSize=\\d{1,5}")) {
            int wanted = Integer.parseInt(options.substring("batchSize=".length()));
            return Math.max(PAGE_MIN, Math.min(PAGE_MAX, wanted));
        }
        return PAGE_MAX;
    }

    /** @return null where the condition is not understood */
    private static @Nullable Predicate<ObjectNode> condition(@Nullable String where, Map<String, String> known) {
        Predicate<ObjectNode> all = record -> true;
        if (where == null) {
            return all;
        }
        for (String part : where.split("(?i)\\s+AND\\s+", -1)) {
            Matcher one = CONDITION.matcher(part.strip());
            if (!one.matches() || !known.containsKey(one.group(1))) {
                return null;
            }
            String field = one.group(1);
            String operator = one.group(2);
            String value = one.group(3);
            boolean datetime = "datetime".equals(known.get(field));
            if (datetime) {
                try {
                    // literals of times are never quoted
                    Instant bound = OffsetDateTime.parse(value).toInstant();
                    all = all.and(record -> holds(
                            OffsetDateTime.parse(record.path(field).asText(), TIME)
                                    .toInstant()
                                    .compareTo(bound),
                            operator));
                } catch (DateTimeParseException e) {
                    return null;
                }
            } else if (operator.equals("=") || operator.equals("!=")) {
                String plain = value.startsWith("'") ? value.substring(1, value.length() - 1) : value;
                all = all.and(record -> record.path(field).asText("null").equals(plain) == operator.equals("="));
            } else {
                return null;
            }
        }
        return all;
    }

    private static boolean holds(int comparison, String operator) {
        return switch (operator) {
            case ">" -> comparison > 0;
            case ">=" -> comparison >= 0;
            case "=" -> comparison == 0;
            default -> comparison != 0;
        };
    }

    private void nextPage(RoutingContext context) {
        String[] locator = context.pathParam("locator").split("-", -1);
        List<ObjectNode> all = cursors.get(locator[0]);
        if (all == null || locator.length != 2 || !locator[1].matches("\\d{1,9}")) {
            error(context, 400, "INVALID_QUERY_LOCATOR", "invalid query locator");
            return;
        }
        page(context, all, Integer.parseInt(locator[1]), pageSize(context));
    }

    private void page(RoutingContext context, List<ObjectNode> all, int from, int size) {
        int to = Math.min(all.size(), from + size);
        boolean done = to == all.size();
        ObjectNode page = JSON.createObjectNode().put("totalSize", all.size()).put("done", done);
        if (!done) {
            String cursor = cursors.entrySet().stream()
                    .filter(entry -> entry.getValue() == all)
                    .map(Map.Entry::getKey)
                    .findFirst()
                    .orElseGet(() -> "01gxx%010dAAA".formatted(cursors.size() + 1));
            cursors.put(cursor, all);
            page.put("nextRecordsUrl", DATA + "/query/" + cursor + "-" + to);
        }
        ArrayNode list = page.putArray("records");
        all.subList(from, to).forEach(list::add);
        ok(context, page);
    }

    private static ObjectNode shown(String object, ObjectNode record, Iterable<String> fields) {
        ObjectNode shown = JSON.createObjectNode();
        shown.putObject("attributes")
                .put("type", object)
                .put(
                        "url",
                        DATA + "/sobjects/" + object + "/" + record.path("Id").asText());
        fields.forEach(field -> shown.set(field, record.path(field)));
        return shown;
    }

    // collections

    private synchronized void upsertAll(RoutingContext context) {
        String object = context.pathParam("object");
        String key = context.pathParam("field");
        Map<String, String> known = OBJECTS.get(object);
        if (known == null || !key.equals(EXTERNAL_ID) || !known.containsKey(key)) {
            error(context, 404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: " + key);
            return;
        }
        boolean allowsDuplicates = "allowSave=true".equals(context.request().getHeader("Sforce-Duplicate-Rule-Header"));
        Set<String> seen = new HashSet<>();
        writeAll(context, object, record -> upsert(object, record, seen, allowsDuplicates));
    }

    /** By the ids of the org: an unknown one makes nothing. */
    private synchronized void updateAll(RoutingContext context) {
        Set<String> seen = new HashSet<>();
        writeAll(context, null, record -> update(record, seen));
    }

    /**
     * Each record by itself, with a result for each.
     *
     * @param only the one object that all of them have to be; null where each says its own
     */
    private void writeAll(RoutingContext context, @Nullable String only, Function<JsonNode, ObjectNode> write) {
        ObjectNode body = object(context);
        if (body == null || !body.path("records").isArray()) {
            error(context, 400, "JSON_PARSER_ERROR", "The HTTP entity body is required, with a list of records.");
            return;
        }
        if (body.path("records").size() > COLLECTION_MAX) {
            error(context, 400, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200 records");
            return;
        }
        for (JsonNode record : body.path("records")) {
            String object = record.at("/attributes/type").asText();
            Map<String, String> known = OBJECTS.get(object);
            if (known == null || (only != null && !object.equals(only))) {
                error(context, 400, "INVALID_INPUT", "Each record needs attributes.type of a known sObject.");
                return;
            }
            for (String field : (Iterable<String>) record::fieldNames) {
                boolean isAddress = field.equals("attributes") || (only == null && field.equals("id"));
                if (!isAddress && (!known.containsKey(field) || READ_ONLY.contains(field))) {
                    error(context, 400, "INVALID_FIELD", "No such column '" + field + "' on sobject of type " + object);
                    return;
                }
            }
        }
        Map<String, Map<String, ObjectNode>> before = new TreeMap<>();
        records.forEach((object, table) -> {
            Map<String, ObjectNode> copy = new LinkedHashMap<>();
            table.forEach((id, record) -> copy.put(id, record.deepCopy()));
            before.put(object, copy);
        });
        ArrayNode results = JSON.createArrayNode();
        boolean failed = false;
        for (JsonNode record : body.path("records")) {
            ObjectNode result = write.apply(record);
            failed |= !result.path("success").asBoolean();
            results.add(result);
        }
        if (failed && body.path("allOrNone").asBoolean()) {
            records.putAll(before);
            ArrayNode rolledBack = JSON.createArrayNode();
            results.forEach(result -> rolledBack.add(
                    result.path("success").asBoolean()
                            ? refusal("ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back", List.of())
                            : result));
            results = rolledBack;
        }
        answer(context, 200, "application/json;charset=UTF-8", results);
    }

    private ObjectNode upsert(String object, JsonNode given, Set<String> seen, boolean allowsDuplicates) {
        String externalId = given.path(EXTERNAL_ID).asText("");
        if (externalId.isEmpty()) {
            return refusal("MISSING_ARGUMENT", EXTERNAL_ID + " not specified", List.of());
        }
        if (!seen.add(externalId)) {
            return refusal("DUPLICATE_VALUE", "Duplicate external id specified: " + externalId, List.of(EXTERNAL_ID));
        }
        String id = contactOf(externalId);
        if (id == null && given.path("LastName").asText("").isEmpty()) {
            return refusal("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", List.of("LastName"));
        }
        if (id == null && !allowsDuplicates && isDuplicate(given)) {
            return refusal("DUPLICATES_DETECTED", "Use one of these records?", List.of());
        }
        ObjectNode result = written(object, id, given);
        return result.path("success").asBoolean() ? result.put("created", id == null) : result;
    }

    private ObjectNode update(JsonNode given, Set<String> seen) {
        String object = given.at("/attributes/type").asText();
        String id = given.path("id").asText("");
        if (id.isEmpty()) {
            return refusal("MISSING_ARGUMENT", "Id not specified in an update call", List.of());
        }
        if (!seen.add(id)) {
            return refusal("DUPLICATE_VALUE", "duplicate id in list: " + id, List.of("Id"));
        }
        ObjectNode record = table(object).get(id);
        if (record == null) {
            return refusal("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", List.of());
        }
        if (record.path("IsDeleted").asBoolean()) {
            return refusal("ENTITY_IS_DELETED", "entity is deleted", List.of());
        }
        String externalId = given.path(EXTERNAL_ID).asText("");
        String holder = externalId.isEmpty() ? null : contactOf(externalId);
        if (holder != null && !holder.equals(id)) {
            return refusal(
                    "DUPLICATE_VALUE",
                    "duplicate value found: " + EXTERNAL_ID + " duplicates value on record with id: " + holder,
                    List.of());
        }
        return written(object, id, given);
    }

    /** @param id of the record that is changed; null for a new one */
    private ObjectNode written(String object, @Nullable String id, JsonNode given) {
        if (id != null && locked.remove(id)) {
            return refusal("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", List.of());
        }
        String email = given.path("Email").asText("");
        if (!email.isEmpty() && !EMAIL.matcher(email).matches()) {
            return refusal("INVALID_EMAIL_ADDRESS", "Email: invalid email address: " + email, List.of("Email"));
        }
        if (given.has("LastName") && given.path("LastName").asText("").isEmpty()) {
            return refusal("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", List.of("LastName"));
        }
        ObjectNode record = id == null ? blank(object) : record(object, id);
        given.fields().forEachRemaining(field -> {
            if (!field.getKey().equals("attributes") && !field.getKey().equals("id")) {
                record.set(field.getKey(), field.getValue());
            }
        });
        stamp(record);
        String stored = record.path("Id").asText();
        table(object).put(stored, record);
        ObjectNode result = JSON.createObjectNode().put("id", stored).put("success", true);
        result.putArray("errors");
        return result;
    }

    /** The rule every new org has: the same name and address are the same contact. */
    private boolean isDuplicate(JsonNode given) {
        String email = given.path("Email").asText("");
        return !email.isEmpty()
                && table("Contact").values().stream()
                        .anyMatch(contact -> !contact.path("IsDeleted").asBoolean()
                                && email.equalsIgnoreCase(contact.path("Email").asText(""))
                                && contact.path("LastName").equals(given.path("LastName"))
                                && contact.path("FirstName")
                                        .equals(
                                                given.has("FirstName")
                                                        ? given.path("FirstName")
                                                        : NullNode.getInstance()));
    }

    private synchronized void deleteAll(RoutingContext context) {
        String ids = context.request().getParam("ids");
        if (ids == null || ids.split(",", -1).length > COLLECTION_MAX) {
            error(context, 400, "EXCEEDED_ID_LIMIT", "Give 1 to 200 ids.");
            return;
        }
        ArrayNode results = JSON.createArrayNode();
        for (String id : ids.split(",", -1)) {
            ObjectNode record = records.values().stream()
                    .map(table -> table.get(id))
                    .filter(found -> found != null)
                    .findFirst()
                    .orElse(null);
            if (record == null) {
                results.add(refusal("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", List.of()));
            } else if (record.path("IsDeleted").asBoolean()) {
                results.add(refusal("ENTITY_IS_DELETED", "entity is deleted", List.of()));
            } else {
                stamp(record.put("IsDeleted", true));
                ObjectNode result = JSON.createObjectNode().put("id", id).put("success", true);
                result.putArray("errors");
                results.add(result);
            }
        }
        answer(context, 200, "application/json;charset=UTF-8", results);
    }

    private static ObjectNode refusal(String code, String message, List<String> fields) {
        ObjectNode result = JSON.createObjectNode().put("success", false);
        ObjectNode error =
                result.putArray("errors").addObject().put("statusCode", code).put("message", message);
        ArrayNode names = error.putArray("fields");
        fields.forEach(names::add);
        return result;
    }

    // errors

    private void ok(RoutingContext context, JsonNode body) {
        answer(context, 200, "application/json;charset=UTF-8", body);
    }

    private void error(RoutingContext context, int status, String code, String message) {
        ArrayNode errors = JSON.createArrayNode();
        errors.addObject().put("message", message).put("errorCode", code);
        answer(context, status, "application/json;charset=UTF-8", errors);
    }

    @Override
    void notFound(RoutingContext context) {
        error(context, 404, "NOT_FOUND", "The requested resource does not exist");
    }

    @Override
    void methodNotAllowed(RoutingContext context) {
        error(
                context,
                405,
                "METHOD_NOT_ALLOWED",
                "HTTP Method '" + context.request().method() + "' not allowed.");
    }

    @Override
    void unknownParameter(RoutingContext context, String name) {
        error(context, 400, "INVALID_PARAM", "Unknown query parameter " + name);
    }

    /** No 429 here, and no Retry-After. */
    @Override
    void throttled(RoutingContext context, long retryAfterSeconds) {
        context.response().putHeader("Sforce-Limit-Info", "api-usage=" + daily.limit() + "/" + daily.limit());
        error(context, 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    }

    @Override
    void broken(RoutingContext context) {
        error(context, 500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId.");
    }

    @Override
    void unavailable(RoutingContext context) {
        error(context, 503, "SERVER_UNAVAILABLE", "Service is busy. Please try again later.");
    }
}
