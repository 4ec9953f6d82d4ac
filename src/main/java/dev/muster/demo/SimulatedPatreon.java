package dev.muster.demo;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;

/**
 * Patreon (API v2) as its contract describes it: whole JSON:API member documents signed with HMAC-MD5 over bytes in
 * which everything beyond ASCII is escaped, later events queued behind a failing one; an API that gives no attribute
 * unless asked, and nothing to callers who do not say who they are.
 */
public final class SimulatedPatreon extends SimulatedPlatform {
    private static final String API = "https://www.patreon.com/api/oauth2/v2";
    private static final String JSON_API = "application/vnd.api+json";
    private static final String CAMPAIGN = "9440001";
    private static final Duration TOKEN_LIFETIME = Duration.ofSeconds(2_678_400);
    private static final int PAGE_COUNT_STANDARD = 20;
    private static final int PAGE_COUNT_MAX = 1000;
    private static final int PAGE_COUNT_WITH_HISTORY_MAX = 500;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd'T'HH:mm:ss.SSSxxx", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    /** Non-ASCII is escaped by the sender, so whoever signs a re-serialised body gets another signature. */
    private static final ObjectMapper ESCAPING =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private static final List<Duration> PAUSES = List.of(
            Duration.ofHours(1),
            Duration.ofHours(3),
            Duration.ofDays(1),
            Duration.ofDays(3),
            Duration.ofDays(7),
            Duration.ofDays(7),
            Duration.ofDays(7));

    /** What default agents of well-known clients begin with: the contract says they can be answered 403. */
    private static final List<String> AGENTS_REFUSED = List.of(
            "Java-http-client",
            "Java/",
            "Apache-HttpClient",
            "Vert.x",
            "curl/",
            "python-requests",
            "okhttp",
            "Go-http-client");

    private static final Set<String> RELATIONS_OF_MEMBER =
            Set.of("user", "address", "campaign", "currently_entitled_tiers", "pledge_history");
    private static final Set<String> RELATIONS_OF_CAMPAIGN = Set.of("tiers", "benefits", "creator", "goals");

    /** The tiers of the campaign, cheapest first. */
    public enum Tier {
        SAILOR("54321", "Matrose ⚓", 300),
        MATE("54322", "Steuermann", 700),
        CAPTAIN("54323", "Kapitän", 2500);

        private final String id;
        private final String title;
        private final int cents;

        Tier(String id, String title, int cents) {
            this.id = id;
            this.title = title;
            this.cents = cents;
        }

        /** What it costs a month, in cents of the campaign's currency. */
        public int cents() {
            return cents;
        }

        /** The name that patrons see. */
        public String title() {
            return title;
        }
    }

    private record PledgeEvent(String id, String type, Instant date, Tier tier) {}

    /** @param tier null for a follower and for a former patron */
    private record Member(
            String id,
            String userId,
            Person person,
            @Nullable String status,
            @Nullable Tier tier,
            int supportCents,
            @Nullable Instant lastCharge,
            @Nullable String chargeStatus,
            @Nullable Instant pledgeStart,
            List<PledgeEvent> history) {}

    private final NavigableMap<String, Member> members = new ConcurrentSkipListMap<>();
    // The map counts its entries by walking through them, and every webhook states the counts.
    private final AtomicInteger memberCount = new AtomicInteger();
    private final AtomicIntegerArray patronCounts = new AtomicIntegerArray(Tier.values().length);
    private final String token;
    private final String webhookSecret;
    private final SimulatedTokens tokens;
    private final Instant campaignCreated;

    public SimulatedPatreon(SimulatedWorld world, PlatformSettings settings) {
        super("Patreon", world, settings, manners(settings));
        this.token = secret("patreon token", 43);
        this.webhookSecret = secret("patreon webhook", 64);
        this.tokens = new SimulatedTokens(
                this,
                "patreon",
                new SimulatedTokens.Rules(
                        Set.of("authorization_code", "refresh_token"),
                        false,
                        false,
                        true,
                        true,
                        TOKEN_LIFETIME,
                        true,
                        401));
        this.campaignCreated = world.now().minus(1500, ChronoUnit.DAYS);
        routes();
        listen();
    }

    private static WebhookSender.Manners manners(PlatformSettings settings) {
        return new WebhookSender.Manners(
                PAUSES.stream().map(settings::scaled).toList(),
                Duration.ofSeconds(10),
                status -> status >= 200 && status < 300,
                true,
                false);
    }

    @Override
    public Map<String, String> environment() {
        return Map.of(
                "PATREON_BASE_URL", origin(),
                "PATREON_API_KEY", token,
                "PATREON_CAMPAIGN_ID", CAMPAIGN,
                "PATREON_WEBHOOK_SECRET", webhookSecret);
    }

    /** The token endpoint and its client: codes and refresh tokens work once. */
    SimulatedTokens tokens() {
        return tokens;
    }

    /** How many members the campaign has, followers and former patrons included. */
    public int memberCount() {
        return memberCount.get();
    }

    /** The member id of a person, the same in every world with this seed. */
    public String memberId(Person person) {
        return UUID.nameUUIDFromBytes(
                        ("member " + world.seed() + " " + person.number()).getBytes(StandardCharsets.UTF_8))
                .toString();
    }

    /** Whether this person connected an account of Discord. */
    static boolean isOnDiscord(Person person) {
        return person.number() % 4 == 0;
    }

    private static String userId(Person person) {
        return String.valueOf(88_555_000 + person.number());
    }

    /** What the world calls this person's account. */
    static String reference(Person person) {
        return "patreon/user/" + userId(person);
    }

    // what happens there

    /** Somebody follows without paying: {@code members:create}. */
    public synchronized void follow(Person person) {
        put(new Member(memberId(person), userId(person), person, null, null, 0, null, null, null, List.of()));
        announce("members:create", memberId(person));
    }

    /** A first pledge: {@code members:create} and {@code members:pledge:create}. */
    public synchronized void pledge(Person person, Tier tier) {
        pledged(person, tier, world.now());
        announce("members:create", memberId(person));
        announce("members:pledge:create", memberId(person));
    }

    /** A pledge from the time before the hub: no webhook tells of it. */
    public synchronized void pledgeUnheard(Person person, Tier tier) {
        pledged(person, tier, world.now().minus(90, ChronoUnit.DAYS));
    }

    private void pledged(Person person, Tier tier, Instant at) {
        String id = memberId(person);
        put(new Member(
                id,
                userId(person),
                person,
                "active_patron",
                tier,
                tier.cents,
                at,
                "Paid",
                at,
                List.of(new PledgeEvent(id + ":1", "pledge_start", at, tier))));
    }

    /** Another tier: {@code members:pledge:update} and {@code members:update}. */
    public synchronized void changeTier(Person person, Tier tier) {
        Member before = member(person);
        boolean dearer = before.tier() == null || tier.cents > before.tier().cents;
        put(new Member(
                before.id(),
                before.userId(),
                before.person(),
                "active_patron",
                tier,
                before.supportCents(),
                before.lastCharge(),
                before.chargeStatus(),
                before.pledgeStart() == null ? world.now() : before.pledgeStart(),
                remembered(before, dearer ? "pledge_upgrade" : "pledge_downgrade", tier)));
        announce("members:pledge:update", before.id());
        announce("members:update", before.id());
    }

    /** The monthly charge: {@code members:update}. */
    public synchronized void charge(Person person, boolean succeeds) {
        Member before = member(person);
        Tier tier = before.tier();
        if (tier == null) {
            return;
        }
        put(new Member(
                before.id(),
                before.userId(),
                before.person(),
                succeeds ? "active_patron" : "declined_patron",
                tier,
                before.supportCents() + (succeeds ? tier.cents : 0),
                world.now(),
                succeeds ? "Paid" : "Declined",
                before.pledgeStart(),
                remembered(before, "subscription", tier)));
        announce("members:update", before.id());
    }

    /** A payer leaves: {@code members:pledge:delete} and {@code members:update} to former patron. */
    public synchronized void cancel(Person person) {
        Member before = member(person);
        put(new Member(
                before.id(),
                before.userId(),
                before.person(),
                "former_patron",
                null,
                before.supportCents(),
                before.lastCharge(),
                before.chargeStatus(),
                before.pledgeStart(),
                before.tier() == null ? before.history() : remembered(before, "pledge_delete", before.tier())));
        announce("members:pledge:delete", before.id());
        announce("members:update", before.id());
    }

    /** A follower who never paid leaves: {@code members:delete}, with a body like that of an update. */
    public synchronized void unfollow(Person person) {
        Member before = member(person);
        if (before.supportCents() > 0) {
            throw new IllegalStateException("Patreon deletes no member who ever paid: " + before.id());
        }
        announce("members:delete", before.id());
        members.remove(before.id());
        memberCount.decrementAndGet();
        count(before.tier(), -1);
        world.retract(person.number(), reference(person));
    }

    /** Somebody's particulars change: {@code members:update}. */
    public synchronized void restate(Person person) {
        Member before = members.get(memberId(person));
        if (before != null) {
            put(new Member(
                    before.id(),
                    before.userId(),
                    person,
                    before.status(),
                    before.tier(),
                    before.supportCents(),
                    before.lastCharge(),
                    before.chargeStatus(),
                    before.pledgeStart(),
                    before.history()));
            announce("members:update", before.id());
        }
    }

    /** Whether this person is a member now. */
    public boolean knows(Person person) {
        return members.containsKey(memberId(person));
    }

    /** The status as the API names it: {@code active_patron}, ...; null for a follower who never paid. */
    public @Nullable String status(Person person) {
        return member(person).status();
    }

    /** The tier a member pays for; null for followers and former patrons. */
    public @Nullable Tier tier(Person person) {
        return member(person).tier();
    }

    private Member member(Person person) {
        Member member = members.get(memberId(person));
        if (member == null) {
            throw new IllegalArgumentException("Patreon has no member for person " + person.number());
        }
        return member;
    }

    private List<PledgeEvent> remembered(Member member, String type, Tier tier) {
        List<PledgeEvent> history = new ArrayList<>(member.history());
        history.add(new PledgeEvent(member.id() + ":" + (history.size() + 1), type, world.now(), tier));
        return List.copyOf(history);
    }

    private void put(Member member) {
        Member before = members.put(member.id(), member);
        if (before == null) {
            memberCount.incrementAndGet();
        } else {
            count(before.tier(), -1);
        }
        count(member.tier(), 1);
        world.state(new Statement(reference(member.person()), world.now(), member.person(), false, null, null));
    }

    private void count(@Nullable Tier tier, int change) {
        if (tier != null) {
            patronCounts.addAndGet(tier.ordinal(), change);
        }
    }

    private void announce(String trigger, String memberId) {
        Member member = members.get(memberId);
        if (member == null) {
            throw new IllegalArgumentException("Patreon has no member " + memberId);
        }
        ObjectNode document = JSON.createObjectNode();
        Wanted everything =
                new Wanted(Set.of("user", "address", "campaign", "currently_entitled_tiers"), Map.of(), true);
        document.set("data", resource(member, everything));
        // The contract says that included may be missing.
        if (random.nextInt(12) != 0) {
            document.set("included", included(List.of(member), everything));
        }
        document.putObject("links").put("self", API + "/members/" + member.id());
        byte[] body = bytes(ESCAPING, document);
        send(new Webhook(
                URI.create(settings.hub() + "/api/webhooks/patreon"),
                Map.of(
                        "Content-Type",
                        "application/json",
                        "User-Agent",
                        "Patreon HTTP Robot",
                        "X-Patreon-Event",
                        trigger,
                        "X-Patreon-Signature",
                        hexHmac("HmacMD5", webhookSecret, body)),
                body));
    }

    // the API

    private void routes() {
        List<MovingWindow> quota = List.of(window(100, Duration.ofSeconds(2)), window(100, Duration.ofMinutes(1)));
        serveOpenly("GET", "/oauth2/authorize", tokens::authorize);
        serveOpenly("POST", "/api/oauth2/token", tokens::token);
        get("/api/oauth2/v2/identity", quota, this::identity);
        get("/api/oauth2/v2/campaigns", quota, this::campaigns);
        get("/api/oauth2/v2/campaigns/:campaign", quota, this::oneCampaign);
        get("/api/oauth2/v2/campaigns/:campaign/members", quota, this::memberPage);
        get("/api/oauth2/v2/members/:member", quota, this::oneMember);
    }

    @Override
    boolean admissible(RoutingContext context) {
        String agent = context.request().getHeader("User-Agent");
        if (agent == null || agent.isBlank() || AGENTS_REFUSED.stream().anyMatch(agent::startsWith)) {
            error(context, 403, 3, "Forbidden", "Send a User-Agent that names your application.");
            return false;
        }
        String authorization = context.request().getHeader("Authorization");
        if (!("Bearer " + token).equals(authorization) && !tokens.accepts(authorization)) {
            error(
                    context,
                    401,
                    1,
                    "Unauthorized",
                    "The server could not verify that you are authorized to access the URL requested.");
            return false;
        }
        String query = context.request().query();
        if (query != null && (query.contains("[") || query.contains("]"))) {
            error(context, 400, 2, "BadRequest", "Brackets in the query must be URL-encoded.");
            return false;
        }
        return true;
    }

    /** What a caller asked for: nothing but type and id comes without it. */
    private record Wanted(Set<String> relations, Map<String, Set<String>> fields, boolean everything) {
        boolean relation(String name) {
            return relations.contains(name);
        }

        boolean field(String type, String name) {
            return everything || fields.getOrDefault(type, Set.of()).contains(name);
        }
    }

    private @Nullable Wanted wanted(RoutingContext context, Set<String> known) {
        String include = context.request().getParam("include");
        Set<String> relations = include == null || include.isEmpty() ? Set.of() : Set.of(include.split(",", -1));
        for (String relation : relations) {
            if (!known.contains(relation)) {
                error(
                        context,
                        400,
                        1,
                        "ParameterInvalidOnType",
                        "Invalid parameter for 'include': " + relation + " is no relation here.");
                return null;
            }
        }
        Map<String, Set<String>> fields = new LinkedHashMap<>();
        for (Map.Entry<String, String> parameter : context.queryParams()) {
            String name = parameter.getKey();
            if (name.startsWith("fields[") && name.endsWith("]")) {
                fields.put(
                        name.substring(7, name.length() - 1),
                        Set.of(parameter.getValue().split(",", -1)));
            }
        }
        return new Wanted(relations, fields, false);
    }

    private void identity(RoutingContext context) {
        ObjectNode document = JSON.createObjectNode();
        ObjectNode data = document.putObject("data").put("type", "user").put("id", "88555000000");
        data.putObject("attributes");
        document.putObject("links").put("self", API + "/user/88555000000");
        ok(context, document);
    }

    private void campaigns(RoutingContext context) {
        Wanted wanted = wanted(context, RELATIONS_OF_CAMPAIGN);
        if (wanted != null) {
            ObjectNode document = JSON.createObjectNode();
            document.putArray("data").add(campaign(wanted));
            includeTiers(document, wanted);
            pagination(document, 1, null);
            ok(context, document);
        }
    }

    private void oneCampaign(RoutingContext context) {
        Wanted wanted = wanted(context, RELATIONS_OF_CAMPAIGN);
        if (wanted != null && isOurs(context)) {
            ObjectNode document = JSON.createObjectNode();
            document.set("data", campaign(wanted));
            includeTiers(document, wanted);
            ok(context, document);
        }
    }

    private boolean isOurs(RoutingContext context) {
        if (context.pathParam("campaign").equals(CAMPAIGN)) {
            return true;
        }
        error(context, 403, 3, "ViewForbidden", "You do not have permission to view this campaign.");
        return false;
    }

    private void memberPage(RoutingContext context) {
        Wanted wanted = wanted(context, RELATIONS_OF_MEMBER);
        if (wanted == null || !isOurs(context)) {
            return;
        }
        int count = number(context, "page[count]", PAGE_COUNT_STANDARD);
        int countMax = wanted.relation("pledge_history") ? PAGE_COUNT_WITH_HISTORY_MAX : PAGE_COUNT_MAX;
        if (count < 1 || count > countMax) {
            error(context, 400, 1, "ParameterInvalidOnType", "Invalid page[count]: choose 1 to " + countMax + ".");
            return;
        }
        String cursor = context.request().getParam("page[cursor]");
        String after = cursor == null ? "" : decoded(cursor);
        if (after == null) {
            error(context, 400, 1, "ParameterInvalidOnType", "Invalid page[cursor].");
            return;
        }
        List<Member> shown =
                members.tailMap(after, false).values().stream().limit(count).toList();
        String last = shown.isEmpty() ? null : shown.get(shown.size() - 1).id();
        String next = last == null || members.higherKey(last) == null ? null : encoded(last);
        ObjectNode document = JSON.createObjectNode();
        ArrayNode data = document.putArray("data");
        shown.forEach(member -> data.add(resource(member, wanted)));
        if (!wanted.relations().isEmpty()) {
            document.set("included", included(shown, wanted));
        }
        pagination(document, memberCount.get(), next);
        ok(context, document);
    }

    private void oneMember(RoutingContext context) {
        Wanted wanted = wanted(context, RELATIONS_OF_MEMBER);
        if (wanted == null) {
            return;
        }
        Member member = members.get(context.pathParam("member"));
        if (member == null) {
            notFound(context);
            return;
        }
        ObjectNode document = JSON.createObjectNode();
        document.set("data", resource(member, wanted));
        if (!wanted.relations().isEmpty()) {
            document.set("included", included(List.of(member), wanted));
        }
        document.putObject("links").put("self", API + "/members/" + member.id());
        ok(context, document);
    }

    private static String encoded(String key) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(("after " + key).getBytes(StandardCharsets.UTF_8));
    }

    private static @Nullable String decoded(String cursor) {
        try {
            String text = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
            return text.startsWith("after ") ? text.substring(6) : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static void pagination(ObjectNode document, int total, @Nullable String next) {
        ObjectNode pagination = document.putObject("meta").putObject("pagination");
        pagination.putObject("cursors").put("next", next);
        pagination.put("total", total);
    }

    // documents

    private static ObjectNode identifier(String type, String id) {
        return JSON.createObjectNode().put("type", type).put("id", id);
    }

    private static ObjectNode resource(Member member, Wanted wanted) {
        ObjectNode resource = identifier("member", member.id());
        ObjectNode attributes = resource.putObject("attributes");
        Tier tier = member.tier();
        Instant charged = member.lastCharge();
        boolean paying = tier != null && charged != null;
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("campaign_lifetime_support_cents", member.supportCents());
        all.put("currently_entitled_amount_cents", tier == null ? 0 : tier.cents);
        all.put("email", member.person().email());
        all.put("full_name", member.person().fullName());
        all.put("is_follower", false);
        all.put("is_free_trial", false);
        all.put("is_gifted", false);
        all.put("last_charge_date", charged == null ? null : TIME.format(charged));
        all.put("last_charge_status", member.chargeStatus());
        all.put("lifetime_support_cents", member.supportCents());
        all.put("next_charge_date", paying && charged != null ? TIME.format(charged.plus(30, ChronoUnit.DAYS)) : null);
        all.put("note", "");
        all.put("patron_status", member.status());
        all.put("pledge_cadence", tier == null ? null : 1);
        Instant start = member.pledgeStart();
        all.put("pledge_relationship_start", start == null ? null : TIME.format(start));
        all.put("will_pay_amount_cents", tier == null ? 0 : tier.cents);
        choose(attributes, all, "member", wanted);
        ObjectNode relationships = JSON.createObjectNode();
        if (wanted.relation("address")) {
            relationships.putObject("address").putNull("data");
        }
        if (wanted.relation("campaign")) {
            relate(relationships, "campaign", "campaign", "campaigns", CAMPAIGN);
        }
        if (wanted.relation("currently_entitled_tiers")) {
            ArrayNode tiers =
                    relationships.putObject("currently_entitled_tiers").putArray("data");
            if (tier != null) {
                tiers.add(identifier("tier", tier.id));
            }
        }
        if (wanted.relation("pledge_history")) {
            ArrayNode history = relationships.putObject("pledge_history").putArray("data");
            member.history().forEach(event -> history.add(identifier("pledge-event", event.id())));
        }
        if (wanted.relation("user")) {
            relate(relationships, "user", "user", "user", member.userId());
        }
        if (!relationships.isEmpty()) {
            resource.set("relationships", relationships);
        }
        return resource;
    }

    private static void relate(ObjectNode relationships, String name, String type, String path, String id) {
        ObjectNode relation = relationships.putObject(name);
        relation.set("data", identifier(type, id));
        relation.putObject("links").put("related", API + "/" + path + "/" + id);
    }

    private static void choose(ObjectNode attributes, Map<String, @Nullable Object> all, String type, Wanted wanted) {
        all.forEach((name, value) -> {
            if (wanted.field(type, name)) {
                attributes.set(name, JSON.valueToTree(value));
            }
        });
    }

    private ArrayNode included(List<Member> shown, Wanted wanted) {
        ArrayNode included = JSON.createArrayNode();
        if (wanted.relation("campaign")) {
            included.add(campaign(wanted));
        }
        if (wanted.relation("user")) {
            shown.forEach(member -> included.add(user(member, wanted)));
        }
        if (wanted.relation("currently_entitled_tiers")) {
            shown.stream()
                    .map(Member::tier)
                    .filter(tier -> tier != null)
                    .distinct()
                    .forEach(tier -> included.add(tier(tier, wanted)));
        }
        if (wanted.relation("pledge_history")) {
            for (Member member : shown) {
                member.history().forEach(event -> included.add(pledgeEvent(event, wanted)));
            }
        }
        return included;
    }

    private ObjectNode user(Member member, Wanted wanted) {
        Person person = member.person();
        ObjectNode user = identifier("user", member.userId());
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("about", null);
        all.put("created", TIME.format(campaignCreated));
        all.put("email", person.email());
        all.put("first_name", person.givenName());
        all.put("full_name", person.fullName());
        all.put("hide_pledges", false);
        all.put("image_url", "https://images.example.com/" + member.userId() + ".png");
        all.put("is_creator", false);
        all.put("is_email_verified", true);
        all.put("last_name", person.familyName());
        Map<String, @Nullable Object> connections = new LinkedHashMap<>();
        connections.put("discord", isOnDiscord(person) ? Map.of("user_id", SimulatedDiscord.userId(person)) : null);
        connections.put("google", null);
        all.put("social_connections", connections);
        all.put("thumb_url", "https://images.example.com/" + member.userId() + "-small.png");
        all.put("url", "https://www.patreon.com/user?u=" + member.userId());
        all.put("vanity", null);
        choose(user.putObject("attributes"), all, "user", wanted);
        return user;
    }

    private ObjectNode tier(Tier tier, Wanted wanted) {
        ObjectNode resource = identifier("tier", tier.id);
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("amount_cents", tier.cents);
        all.put("created_at", TIME.format(campaignCreated));
        all.put("description", "");
        all.put("discord_role_ids", null);
        all.put("edited_at", TIME.format(campaignCreated));
        all.put("patron_count", patronCounts.get(tier.ordinal()));
        all.put("published", true);
        all.put("published_at", TIME.format(campaignCreated));
        all.put("requires_shipping", false);
        all.put("title", tier.title);
        all.put("unpublished_at", null);
        all.put("url", "/checkout/harbour?rid=" + tier.id);
        all.put("user_limit", null);
        choose(resource.putObject("attributes"), all, "tier", wanted);
        return resource;
    }

    private static ObjectNode pledgeEvent(PledgeEvent event, Wanted wanted) {
        ObjectNode resource = identifier("pledge-event", event.id());
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("amount_cents", event.tier().cents);
        all.put("currency_code", "EUR");
        all.put("date", TIME.format(event.date()));
        all.put("payment_status", event.type().equals("subscription") ? "Paid" : null);
        all.put("tier_id", event.tier().id);
        all.put("tier_title", event.tier().title);
        all.put("type", event.type());
        choose(resource.putObject("attributes"), all, "pledge-event", wanted);
        return resource;
    }

    private ObjectNode campaign(Wanted wanted) {
        ObjectNode resource = identifier("campaign", CAMPAIGN);
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("created_at", TIME.format(campaignCreated));
        all.put("creation_name", "die Rettung des Hafens");
        all.put("is_charged_immediately", true);
        all.put("is_monthly", true);
        all.put("patron_count", memberCount.get());
        all.put("pay_per_name", "month");
        all.put("published_at", TIME.format(campaignCreated));
        all.put("summary", null);
        all.put("url", "https://www.patreon.com/harbour");
        all.put("vanity", "harbour");
        choose(resource.putObject("attributes"), all, "campaign", wanted);
        if (wanted.relation("tiers")) {
            ArrayNode tiers =
                    resource.putObject("relationships").putObject("tiers").putArray("data");
            for (Tier tier : Tier.values()) {
                tiers.add(identifier("tier", tier.id));
            }
        }
        return resource;
    }

    private void includeTiers(ObjectNode document, Wanted wanted) {
        if (wanted.relation("tiers")) {
            ArrayNode included = document.putArray("included");
            for (Tier tier : Tier.values()) {
                included.add(tier(tier, wanted));
            }
        }
    }

    // errors

    private void ok(RoutingContext context, ObjectNode body) {
        answer(context, 200, JSON_API, body);
    }

    private void error(RoutingContext context, int status, int code, String codeName, String detail) {
        answer(context, status, JSON_API, errors(status, code, codeName, detail, null));
    }

    private ObjectNode errors(
            int status, @Nullable Integer code, String codeName, String detail, @Nullable Long retryAfterSeconds) {
        ObjectNode document = JSON.createObjectNode();
        ObjectNode error = document.putArray("errors")
                .addObject()
                .put("code", code)
                .put("code_name", codeName)
                .put("detail", detail)
                .put("id", UUID.randomUUID().toString());
        if (retryAfterSeconds != null) {
            error.put("retry_after_seconds", retryAfterSeconds);
        }
        error.put("status", String.valueOf(status)).put("title", codeName);
        return document;
    }

    @Override
    void notFound(RoutingContext context) {
        error(context, 404, 4, "ResourceMissing", "The requested resource does not exist.");
    }

    @Override
    void methodNotAllowed(RoutingContext context) {
        error(context, 405, 5, "MethodNotAllowed", "The method is not allowed for the requested URL.");
    }

    @Override
    void throttled(RoutingContext context, long retryAfterSeconds) {
        context.response().putHeader("Retry-After", String.valueOf(retryAfterSeconds));
        answer(
                context,
                429,
                JSON_API,
                errors(429, null, "RequestThrottled", "You have made too many requests.", retryAfterSeconds));
    }

    @Override
    void broken(RoutingContext context) {
        error(context, 500, 0, "InternalServerError", "An internal error occurred.");
    }

    @Override
    void unavailable(RoutingContext context) {
        // An outage is answered by whatever stands in front of the API, and that speaks no JSON.
        answer(context, 503, "text/html", null);
    }
}
