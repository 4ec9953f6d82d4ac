package dev.muster.demo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Classy, now GoFundMe Pro (API 2.0), as its contract describes it: tokens of an hour by client credentials, pages that
 * say how many there are, filters that want to be encoded exactly once, 1,800 calls a minute; webhooks by way of Svix
 * that only name what changed.
 */
public final class SimulatedClassy extends SimulatedPlatform {
    private static final String JSON_TYPE = "application/json";
    private static final long ORGANIZATION = 34;
    private static final long APPLICATION = 7201;
    private static final int PAGE_SIZE_STANDARD = 20;
    private static final int PAGE_SIZE_MAX = 100;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxx", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** What the filter takes; milliseconds are refused. */
    private static final DateTimeFormatter FILTER_TIME = new DateTimeFormatterBuilder()
            .appendPattern("yyyy-MM-dd'T'HH:mm:ss")
            .appendPattern("[XX][XXX]")
            .toFormatter(Locale.ROOT);

    private static final Pattern FILTER = Pattern.compile("([a-z_]+)(<=|>=|<>|!=|=|<|>)(.*)");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");
    private static final Set<String> PAGE_PARAMETERS = Set.of("page", "per_page", "sort", "filter", "with", "fields");
    private static final Set<String> ONE_PARAMETERS = Set.of("with", "fields");
    private static final Set<String> RELATIONS = Set.of(
            "items",
            "member",
            "offline_payment_info",
            "channel_transaction",
            "dedication",
            "reprocess_status",
            "recurring_donation_plan",
            "receipt_serial",
            "supporter",
            "order_donation_match",
            "source_tracking_codes");

    /** Svix's schedule. */
    private static final List<Duration> PAUSES = List.of(
            Duration.ofSeconds(5),
            Duration.ofMinutes(5),
            Duration.ofMinutes(30),
            Duration.ofHours(2),
            Duration.ofHours(5),
            Duration.ofHours(10),
            Duration.ofHours(10));

    /** Something that is listed: what can be filtered and sorted by is read from its document. */
    private interface Row {
        long id();

        Instant updated();
    }

    private record Supporter(long id, Person person, boolean optIn, Instant created, Instant updated) implements Row {}

    private record Campaign(long id, String name, String type, String status, Instant created, Instant updated)
            implements Row {}

    private record Transaction(
            long id,
            long supporter,
            Person person,
            long campaign,
            @Nullable Long plan,
            long cents,
            boolean optIn,
            String status,
            Instant purchased,
            Instant updated)
            implements Row {}

    private record Plan(
            long id,
            long supporter,
            Person person,
            long campaign,
            long cents,
            String status,
            Instant started,
            Instant updated)
            implements Row {}

    private final ConcurrentNavigableMap<Long, Supporter> supporters = new ConcurrentSkipListMap<>();
    private final ConcurrentNavigableMap<Long, Campaign> campaigns = new ConcurrentSkipListMap<>();
    private final ConcurrentNavigableMap<Long, Transaction> transactions = new ConcurrentSkipListMap<>();
    private final ConcurrentNavigableMap<Long, Plan> plans = new ConcurrentSkipListMap<>();
    private final TokenDesk tokens;
    private final MovingWindow minute = window(1800, Duration.ofMinutes(1));
    private final String clientId;
    private final String clientSecret;
    private final byte[] webhookKey;

    public SimulatedClassy(SimulatedWorld world, PlatformSettings settings) {
        super("Classy", world, settings, manners(settings));
        this.clientId = secret("classy client", 16);
        this.clientSecret = secret("classy client secret", 32);
        this.webhookKey = secret("classy webhook", 24).getBytes(StandardCharsets.US_ASCII);
        this.tokens = new TokenDesk(
                world.clock(),
                new Random(SimulatedWorld.mix(world.seed(), "classy tokens".hashCode())),
                Duration.ofHours(1),
                false);
        Instant opened = world.now().minus(90, ChronoUnit.DAYS);
        campaigns.put(450_001L, new Campaign(450_001, "Harbour lights", "crowdfunding", "active", opened, opened));
        campaigns.put(450_002L, new Campaign(450_002, "Lifeboat fund", "donation", "active", opened, opened));
        campaigns.put(450_003L, new Campaign(450_003, "Gala am Kai", "ticketed", "unpublished", opened, opened));
        routes();
        listen();
    }

    private static WebhookSender.Manners manners(PlatformSettings settings) {
        return new WebhookSender.Manners(
                PAUSES.stream().map(settings::scaled).toList(),
                Duration.ofSeconds(15),
                status -> status >= 200 && status < 300,
                false,
                false);
    }

    @Override
    public Map<String, String> environment() {
        return Map.of(
                "CLASSY_BASE_URL",
                origin(),
                "CLASSY_CLIENT_ID",
                clientId,
                "CLASSY_CLIENT_SECRET",
                clientSecret,
                "CLASSY_ORGANIZATION_ID",
                String.valueOf(ORGANIZATION),
                "CLASSY_WEBHOOK_SECRET",
                "whsec_" + Base64.getEncoder().encodeToString(webhookKey));
    }

    /** What the account's owner does who makes every token useless: they count as expired from now on. */
    public void expireTokens() {
        tokens.expireAll();
    }

    // what happens there

    /** The supporter id of a person, the same in every world. */
    public static long supporterId(Person person) {
        return 880_001L + person.number();
    }

    /** The campaigns one can give to. */
    public List<Long> campaignIds() {
        return List.of(450_001L, 450_002L);
    }

    /** Whether this person has ever given. */
    public boolean knows(Person person) {
        return supporters.containsKey(supporterId(person));
    }

    /**
     * Somebody gives once: {@code supporter.created} or {@code supporter.updated}, and {@code transaction.created}.
     *
     * @param optIn the box for news beside the form
     * @return the transaction's id
     */
    public synchronized long donate(Person person, long campaign, long cents, boolean optIn) {
        meet(person, optIn, world.now(), true);
        return charge(person, campaign, null, cents, optIn);
    }

    /** A supporter from the time before the hub, with a gift: no webhook tells of it. */
    public synchronized void donateUnheard(Person person, long campaign, long cents, boolean optIn) {
        Instant then = world.now().minus(60, ChronoUnit.DAYS).plusSeconds(person.number());
        meet(person, optIn, then, false);
        long id = nextTransaction();
        transactions.put(
                id,
                new Transaction(
                        id,
                        supporterId(person),
                        person,
                        known(campaign),
                        null,
                        cents,
                        optIn,
                        "success",
                        then,
                        then.plusSeconds(4)));
    }

    /**
     * Somebody begins to give every month: a plan and its first transaction.
     *
     * @return the plan's id
     */
    public synchronized long pledge(Person person, long campaign, long cents, boolean optIn) {
        Instant now = world.now();
        meet(person, optIn, now, true);
        long id = 60_001L + plans.size();
        plans.put(id, new Plan(id, supporterId(person), person, known(campaign), cents, "active", now, now));
        tell("recurring_donation_plan.created", id);
        charge(person, campaign, id, cents, optIn);
        return id;
    }

    /** The month's gift of a plan. */
    public synchronized void chargePlan(long plan) {
        Plan known = plan(plan);
        Supporter supporter = supporters.get(known.supporter());
        charge(known.person(), known.campaign(), plan, known.cents(), supporter != null && supporter.optIn());
    }

    /** {@code recurring_donation_plan.updated}. */
    public synchronized void cancelPlan(long plan) {
        Plan known = plan(plan);
        plans.put(
                plan,
                new Plan(
                        plan,
                        known.supporter(),
                        known.person(),
                        known.campaign(),
                        known.cents(),
                        "canceled",
                        known.started(),
                        world.now()));
        tell("recurring_donation_plan.updated", plan);
    }

    /** {@code transaction.updated}. */
    public synchronized void refund(long transaction) {
        Transaction known = transactions.get(transaction);
        if (known == null) {
            throw new IllegalArgumentException("Classy has no transaction " + transaction);
        }
        transactions.put(
                transaction,
                new Transaction(
                        transaction,
                        known.supporter(),
                        known.person(),
                        known.campaign(),
                        known.plan(),
                        known.cents(),
                        known.optIn(),
                        "refunded",
                        known.purchased(),
                        world.now()));
        tell("transaction.updated", transaction);
    }

    /** Somebody's particulars change: {@code supporter.updated}. */
    public synchronized void restate(Person person) {
        Supporter before = supporters.get(supporterId(person));
        if (before != null) {
            put(new Supporter(before.id(), person, before.optIn(), before.created(), world.now()));
            tell("supporter.updated", before.id());
        }
    }

    private void meet(Person person, boolean optIn, Instant at, boolean heard) {
        Supporter before = supporters.get(supporterId(person));
        if (before != null && before.optIn() == optIn && before.person().equals(person)) {
            return;
        }
        put(new Supporter(supporterId(person), person, optIn, before == null ? at : before.created(), at));
        if (heard) {
            tell(before == null ? "supporter.created" : "supporter.updated", supporterId(person));
        }
    }

    private long charge(Person person, long campaign, @Nullable Long plan, long cents, boolean optIn) {
        Instant now = world.now();
        long id = nextTransaction();
        transactions.put(
                id,
                new Transaction(
                        id, supporterId(person), person, known(campaign), plan, cents, optIn, "success", now, now));
        tell("transaction.created", id);
        return id;
    }

    private long nextTransaction() {
        return 1_234_001L + transactions.size();
    }

    private long known(long campaign) {
        if (!campaigns.containsKey(campaign)) {
            throw new IllegalArgumentException("Classy has no campaign " + campaign);
        }
        return campaign;
    }

    private Plan plan(long id) {
        Plan plan = plans.get(id);
        if (plan == null) {
            throw new IllegalArgumentException("Classy has no plan " + id);
        }
        return plan;
    }

    private void put(Supporter supporter) {
        supporters.put(supporter.id(), supporter);
        world.state(new Statement(
                "classy/supporter/" + supporter.id(),
                supporter.updated(),
                supporter.person(),
                true,
                new Consent(
                        supporter.optIn() ? Consent.Word.SUBSCRIBED : Consent.Word.NEVER_SUBSCRIBED,
                        supporter.updated(),
                        null),
                null));
    }

    private void tell(String type, long id) {
        ObjectNode document = JSON.createObjectNode().put("type", type);
        document.putObject("data").put("id", id);
        byte[] body = bytes(JSON, document);
        String message = "msg_" + Long.toString(random.nextLong() & Long.MAX_VALUE, 36);
        String timestamp = String.valueOf(world.now().getEpochSecond());
        send(new Webhook(
                URI.create(settings.hub() + "/api/webhooks/classy"),
                Map.of(
                        "Content-Type",
                        JSON_TYPE,
                        "User-Agent",
                        "Svix-Webhooks/1.24",
                        "svix-id",
                        message,
                        "svix-timestamp",
                        timestamp,
                        "svix-signature",
                        "v1," + signature(message, timestamp, body)),
                body));
    }

    private String signature(String id, String timestamp, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(webhookKey, "HmacSHA256"));
            mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This JDK has no HmacSHA256", e);
        }
    }

    // the API

    private void routes() {
        serveOpenly("POST", "/oauth2/auth", this::token);
        List<MovingWindow> quota = List.of(minute);
        String organization = "/2.0/organizations/:organization";
        serve("GET", "/2.0/apps/:app/organizations", PAGE_PARAMETERS, quota, told(this::organizations));
        list(organization + "/supporters", supporters, this::supporter);
        list(organization + "/campaigns", campaigns, this::campaign);
        list(organization + "/transactions", transactions, this::transaction);
        list(organization + "/recurring-donation-plans", plans, this::plan);
        one("/2.0/supporters/:id", supporters, this::supporter);
        one("/2.0/campaigns/:id", campaigns, this::campaign);
        one("/2.0/transactions/:id", transactions, this::transaction);
        one("/2.0/recurring-donation-plans/:id", plans, this::plan);
    }

    private <R extends Row> void list(
            String path, ConcurrentNavigableMap<Long, R> rows, Function<R, ObjectNode> document) {
        serve("GET", path, PAGE_PARAMETERS, List.of(minute), told(context -> page(context, rows, document)));
    }

    private <R extends Row> void one(
            String path, ConcurrentNavigableMap<Long, R> rows, Function<R, ObjectNode> document) {
        serve("GET", path, ONE_PARAMETERS, List.of(minute), told(context -> {
            String id = context.pathParam("id");
            R row = NUMBER.matcher(id).matches() ? rows.get(Long.parseLong(id)) : null;
            if (row == null) {
                notFound(context);
            } else if (relationsKnown(context)) {
                answer(context, 200, JSON_TYPE, shown(context, row, document));
            }
        }));
    }

    private Handler<RoutingContext> told(Handler<RoutingContext> handler) {
        return context -> {
            rateHeaders(context);
            handler.handle(context);
        };
    }

    private void rateHeaders(RoutingContext context) {
        context.response()
                .putHeader("X-RateLimit-Limit", String.valueOf(minute.limit()))
                .putHeader("X-RateLimit-Remaining", String.valueOf(minute.remaining()));
    }

    private void token(RoutingContext context) {
        Map<String, String> asked = fields(context);
        ObjectNode missing = JSON.createObjectNode();
        for (String name : List.of("grant_type", "client_id", "client_secret")) {
            if (asked.getOrDefault(name, "").isEmpty()) {
                missing.putArray(name).add("The " + name.replace('_', ' ') + " field is required.");
            }
        }
        if (!missing.isEmpty()) {
            ObjectNode refusal = JSON.createObjectNode();
            refusal.set("error", missing);
            refusal.putArray("queries_log");
            answer(context, 400, JSON_TYPE, refusal);
        } else if (!"client_credentials".equals(asked.get("grant_type"))) {
            answer(context, 400, JSON_TYPE, error("unsupported_grant_type", "This grant type is not supported"));
        } else if (!clientId.equals(asked.get("client_id")) || !clientSecret.equals(asked.get("client_secret"))) {
            answer(context, 401, JSON_TYPE, error("invalid_client", "Client authentication failed"));
        } else {
            TokenDesk.Tokens given = tokens.issue(false);
            ObjectNode answer = JSON.createObjectNode()
                    .put("access_token", given.accessToken())
                    .put("expires_in", given.lifetimeSeconds())
                    .put("token_type", "bearer");
            answer.putArray("queries_log");
            answer(context, 200, JSON_TYPE, answer);
        }
    }

    @Override
    boolean admissible(RoutingContext context) {
        String authorization = context.request().getHeader("Authorization");
        if (authorization != null
                && authorization.regionMatches(true, 0, "Bearer ", 0, 7)
                && tokens.standing(authorization.substring(7)) == TokenDesk.Standing.VALID) {
            return true;
        }
        answer(context, 401, JSON_TYPE, error("invalid_token", "The access token is invalid or has expired"));
        return false;
    }

    private void organizations(RoutingContext context) {
        if (!context.pathParam("app").equals(String.valueOf(APPLICATION))) {
            forbidden(context, "app");
            return;
        }
        ObjectNode organization =
                JSON.createObjectNode().put("id", ORGANIZATION).put("name", "Harbour Runners");
        pageOf(context, List.of(organization), 1, 1, PAGE_SIZE_STANDARD);
    }

    private <R extends Row> void page(
            RoutingContext context, ConcurrentNavigableMap<Long, R> rows, Function<R, ObjectNode> document) {
        if (!context.pathParam("organization").equals(String.valueOf(ORGANIZATION))) {
            forbidden(context, "organization");
            return;
        }
        int page = number(context, "page", 1);
        int size = number(context, "per_page", PAGE_SIZE_STANDARD);
        if (page < 1) {
            invalid(context, "page", "The page must be at least 1.");
            return;
        }
        if (size < 1 || size > PAGE_SIZE_MAX) {
            invalid(context, "per_page", "The per page must be between 1 and " + PAGE_SIZE_MAX + ".");
            return;
        }
        Comparator<R> order = order(context);
        Predicate<ObjectNode> filter = filter(context);
        if (order == null || filter == null || !relationsKnown(context)) {
            return;
        }
        List<R> all = rows.values().stream()
                .filter(row -> filter.test(document.apply(row)))
                .sorted(order)
                .toList();
        int from = (int) Math.min(all.size(), (page - 1L) * size);
        List<ObjectNode> shown = all.subList(from, Math.min(all.size(), from + size)).stream()
                .map(row -> shown(context, row, document))
                .toList();
        pageOf(context, shown, all.size(), page, size);
    }

    private void pageOf(RoutingContext context, List<ObjectNode> shown, int total, int page, int size) {
        String path = origin() + context.request().path();
        int last = Math.max(1, (total + size - 1) / size);
        LongFunction<String> address = number -> path + "?page=" + number;
        ObjectNode answer = JSON.createObjectNode().put("current_page", page);
        ArrayNode data = answer.putArray("data");
        shown.forEach(data::add);
        answer.put("first_page_url", address.apply(1));
        // Laravel's habit: nothing from nothing
        answer.put("from", shown.isEmpty() ? null : Integer.valueOf((page - 1) * size + 1));
        answer.put("last_page", last).put("last_page_url", address.apply(last));
        // the parameters of this request are not in it
        answer.put("next_page_url", page < last ? address.apply(page + 1) : null);
        answer.put("path", path).put("per_page", size);
        answer.put("prev_page_url", page > 1 ? address.apply(page - 1) : null);
        answer.put("to", shown.isEmpty() ? null : Integer.valueOf((page - 1) * size + shown.size()));
        answer.put("total", total);
        answer.putArray("links");
        answer(context, 200, JSON_TYPE, answer);
    }

    private <R extends Row> @Nullable Comparator<R> order(RoutingContext context) {
        String sort = context.request().getParam("sort");
        Comparator<R> byId = Comparator.comparingLong(Row::id);
        if (sort == null) {
            return byId;
        }
        Comparator<R> byUpdate = Comparator.<R, Instant>comparing(Row::updated).thenComparing(byId);
        switch (sort) {
            case "id", "id:asc" -> {
                return byId;
            }
            case "id:desc" -> {
                return byId.reversed();
            }
            case "updated_at", "updated_at:asc" -> {
                return byUpdate;
            }
            case "updated_at:desc" -> {
                return byUpdate.reversed();
            }
            default -> {
                malformed(context, "The sort " + sort + " is not supported.");
                return null;
            }
        }
    }

    private @Nullable Predicate<ObjectNode> filter(RoutingContext context) {
        String text = context.request().getParam("filter");
        Predicate<ObjectNode> all = document -> true;
        if (text == null) {
            return all;
        }
        for (String condition : text.split(",", -1)) {
            Matcher matcher = FILTER.matcher(condition);
            Predicate<ObjectNode> one =
                    matcher.matches() ? condition(matcher.group(1), matcher.group(2), matcher.group(3)) : null;
            if (one == null) {
                malformed(context, "The filter " + condition + " is not valid.");
                return null;
            }
            all = all.and(one);
        }
        return all;
    }

    private static @Nullable Predicate<ObjectNode> condition(String field, String operator, String value) {
        BiPredicate<Integer, String> holds = (compared, how) -> switch (how) {
            case "=" -> compared == 0;
            case "<>", "!=" -> compared != 0;
            case "<" -> compared < 0;
            case "<=" -> compared <= 0;
            case ">" -> compared > 0;
            default -> compared >= 0;
        };
        switch (field) {
            case "created_at", "updated_at", "purchased_at" -> {
                Instant bound = filterTime(value);
                return bound == null
                        ? null
                        : document -> {
                            String time = document.path(field).asText("");
                            return !time.isEmpty()
                                    && holds.test(Instant.from(TIME.parse(time)).compareTo(bound), operator);
                        };
            }
            case "id", "campaign_id", "supporter_id" -> {
                return NUMBER.matcher(value).matches()
                        ? document ->
                                holds.test(Long.compare(document.path(field).asLong(), Long.parseLong(value)), operator)
                        : null;
            }
            case "status", "email_address", "type" -> {
                return document -> holds.test(document.path(field).asText().compareToIgnoreCase(value), operator);
            }
            default -> {
                return null;
            }
        }
    }

    private static @Nullable Instant filterTime(String value) {
        try {
            return value.length() == 10
                    ? LocalDate.parse(value).atStartOfDay(ZoneOffset.UTC).toInstant()
                    : OffsetDateTime.parse(value, FILTER_TIME).toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }

    private boolean relationsKnown(RoutingContext context) {
        String with = context.request().getParam("with");
        if (with != null && !RELATIONS.containsAll(List.of(with.split(",", -1)))) {
            malformed(context, "The relation " + with + " cannot be expanded.");
            return false;
        }
        return true;
    }

    private <R extends Row> ObjectNode shown(RoutingContext context, R row, Function<R, ObjectNode> document) {
        ObjectNode whole = document.apply(row);
        String with = context.request().getParam("with");
        if (row instanceof Transaction transaction
                && with != null
                && List.of(with.split(",", -1)).contains("items")) {
            whole.putArray("items").add(item(transaction));
        }
        String fields = context.request().getParam("fields");
        return fields == null ? whole : whole.retain(List.of(fields.split(",", -1)));
    }

    // documents

    private ObjectNode supporter(Supporter supporter) {
        Person person = supporter.person();
        Address home = person.address();
        return JSON.createObjectNode()
                .put("id", supporter.id())
                .put("email_address", person.email())
                .put("first_name", person.givenName())
                .put("last_name", person.familyName())
                .putNull("nickname")
                .put("phone", person.phone())
                .putNull("cell_phone")
                .put("address1", home.line1())
                .putNull("address2")
                .put("city", home.city())
                .put("state", home.region())
                .put("postal_code", home.postalCode())
                .put("country", home.country())
                .putNull("gender")
                // the year is not kept
                .put(
                        "birthday",
                        person.birthDate().getMonthValue() + "/"
                                + person.birthDate().getDayOfMonth())
                .put("opt_in", supporter.optIn())
                .put("origin", "checkout")
                .put("member_id", member(person))
                .putNull("source_campaign_id")
                .put("source_organization_id", ORGANIZATION)
                .putNull("metadata")
                .putNull("last_emailed_at")
                .put("created_at", TIME.format(supporter.created()))
                .put("updated_at", TIME.format(supporter.updated()));
    }

    private static long member(Person person) {
        return 3_300_001L + person.number();
    }

    private ObjectNode campaign(Campaign campaign) {
        return JSON.createObjectNode()
                .put("id", campaign.id())
                .put("name", campaign.name())
                .putNull("internal_name")
                .put("organization_id", ORGANIZATION)
                .put("type", campaign.type())
                .put("status", campaign.status())
                .put("goal", 25_000.0)
                .put("raw_goal", "25000.00")
                .put("currency_code", "USD")
                .put("raw_currency_code", "USD")
                .put("started_at", TIME.format(campaign.created()))
                .putNull("ended_at")
                .putNull("venue")
                .putNull("address1")
                .putNull("city")
                .putNull("country")
                .put("timezone_identifier", "US/Eastern")
                .putNull("external_id")
                .put("canonical_url", "https://give.example.org/campaign/c" + campaign.id())
                .put("created_with", "classyapp")
                .put("created_at", TIME.format(campaign.created()))
                .put("updated_at", TIME.format(campaign.updated()));
    }

    private ObjectNode transaction(Transaction transaction) {
        Person person = transaction.person();
        Address home = person.address();
        double amount = units(transaction.cents());
        String purchased = TIME.format(transaction.purchased());
        ObjectNode document = JSON.createObjectNode()
                .put("id", transaction.id())
                .put("status", transaction.status())
                .put("organization_id", ORGANIZATION)
                .put("campaign_id", transaction.campaign())
                .put("supporter_id", transaction.supporter())
                .put("member_id", member(person))
                .put("member_name", person.fullName())
                .put("member_email_address", person.email().toLowerCase(Locale.ROOT))
                .put("member_phone", person.phone())
                .put("billing_first_name", person.givenName())
                .put("billing_last_name", person.familyName())
                .put("billing_address1", home.line1())
                .putNull("billing_address2")
                .put("billing_city", home.city())
                .put("billing_state", home.region())
                .put("billing_postal_code", home.postalCode())
                .put("billing_country", home.country())
                .putNull("company_name")
                .put("total_gross_amount", amount)
                .put("donation_gross_amount", amount)
                .put("donation_net_amount", amount)
                .put("fees_amount", 0.0)
                .put("overhead_net_amount", 0.0)
                .put("pp_fees_amount", "0.15")
                .put("currency_code", "USD")
                .put("raw_total_gross_amount", amount)
                .put("raw_currency_code", "USD")
                .put("frequency", transaction.plan() == null ? "one-time" : "monthly")
                .put("recurring_donation_plan_id", transaction.plan())
                .putNull("parent_transaction_id")
                .putNull("fundraising_page_id")
                .putNull("fundraising_team_id")
                .putNull("designation_id")
                .put("is_anonymous", false)
                .put("payment_method", "WPP")
                .put("payment_type", "Credit Card")
                .put("payment_gateway", "BrainTree")
                .put("purchased_at", purchased)
                .put("charged_at", purchased)
                .put("refunded_at", transaction.status().equals("refunded") ? TIME.format(transaction.updated()) : null)
                .put("created_at", purchased)
                .put("updated_at", TIME.format(transaction.updated()))
                .putNull("metadata");
        document.putObject("consent")
                .put("email_opt_in", transaction.optIn())
                .put("email_consent_decision_date", purchased)
                .putNull("sms_opt_in")
                .putNull("sms_consent_decision_date");
        return document;
    }

    private static ObjectNode item(Transaction transaction) {
        double amount = units(transaction.cents());
        return JSON.createObjectNode()
                .put("id", transaction.id() + 90_000)
                .put("transaction_id", transaction.id())
                .put("type", "donation")
                .putNull("product_id")
                .put("product_name", "donation")
                .put("quantity", 1)
                .put("price", 0)
                .put("raw_final_price", amount)
                .put("final_price", amount)
                .put("currency_code", "USD")
                .put("raw_currency_code", "USD");
    }

    private ObjectNode plan(Plan plan) {
        Person person = plan.person();
        Address home = person.address();
        boolean canceled = plan.status().equals("canceled");
        String region = home.region();
        return JSON.createObjectNode()
                .put("id", plan.id())
                .put("status", plan.status())
                .put("organization_id", ORGANIZATION)
                .put("campaign_id", plan.campaign())
                .put("supporter_id", plan.supporter())
                .put("member_id", member(person))
                .put("frequency", "monthly")
                .put("donation_amount", units(plan.cents()))
                .put("raw_donation_amount", BigDecimal.valueOf(plan.cents(), 2).toPlainString())
                .put("currency_code", "USD")
                .put("raw_currency_code", "USD")
                .put(
                        "next_processing_date",
                        canceled
                                ? null
                                : plan.started()
                                        .atZone(ZoneOffset.UTC)
                                        .plusMonths(1)
                                        .toLocalDate()
                                        .toString())
                .put("started_at", TIME.format(plan.started()))
                .put("canceled_at", canceled ? TIME.format(plan.updated()) : null)
                .putNull("failed_at")
                .putNull("recur_until")
                .put("is_paused", false)
                .putNull("pause_until")
                .put("first_name", person.givenName())
                .put("last_name", person.familyName())
                .put("address", home.line1())
                .putNull("address2")
                .put("city", home.city())
                .put("state", region == null ? "" : region)
                .put("postal_code", home.postalCode())
                .put("country", home.country())
                .put("cc_last_four", "4242")
                .put("payment_type", "Credit Card")
                .put("is_anonymous", false)
                .put("created_at", TIME.format(plan.started()))
                .put("updated_at", TIME.format(plan.updated()));
    }

    private static double units(long cents) {
        return BigDecimal.valueOf(cents, 2).doubleValue();
    }

    // errors

    private static ObjectNode error(String code, String description) {
        return JSON.createObjectNode().put("error", code).put("error_description", description);
    }

    private void forbidden(RoutingContext context, String entity) {
        ObjectNode refusal = JSON.createObjectNode().put("error", "This action is unauthorized.");
        refusal.putArray("permissions").addObject().put("action", "fetch").put("entity", entity);
        answer(context, 403, JSON_TYPE, refusal);
    }

    private void malformed(RoutingContext context, String reason) {
        ObjectNode refusal = JSON.createObjectNode();
        refusal.putArray("errors").add(reason);
        answer(context, 400, JSON_TYPE, refusal);
    }

    private void invalid(RoutingContext context, String field, String reason) {
        ObjectNode refusal = JSON.createObjectNode();
        refusal.putObject("error").putArray(field).add(reason);
        answer(context, 422, JSON_TYPE, refusal);
    }

    @Override
    void unknownParameter(RoutingContext context, String name) {
        malformed(context, "The parameter " + name + " is not known.");
    }

    @Override
    void notFound(RoutingContext context) {
        answer(context, 404, JSON_TYPE, JSON.createObjectNode().put("error", "The resource cannot be found"));
    }

    @Override
    void methodNotAllowed(RoutingContext context) {
        answer(context, 405, JSON_TYPE, JSON.createObjectNode().put("error", "The method is not allowed"));
    }

    @Override
    void throttled(RoutingContext context, long retryAfterSeconds) {
        rateHeaders(context);
        context.response()
                .putHeader("Retry-After", String.valueOf(retryAfterSeconds))
                .putHeader(
                        "X-RateLimit-Reset",
                        String.valueOf(
                                world.now().plusSeconds(retryAfterSeconds).getEpochSecond()));
        answer(
                context,
                429,
                JSON_TYPE,
                JSON.createObjectNode().put("message", "Too Many Attempts.").put("retry_after", retryAfterSeconds));
    }

    @Override
    void broken(RoutingContext context) {
        answer(context, 500, JSON_TYPE, JSON.createObjectNode().put("error", "Server Error"));
    }

    @Override
    void unavailable(RoutingContext context) {
        answer(context, 503, "text/html", null);
    }
}
