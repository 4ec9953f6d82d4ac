package dev.muster.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.ext.web.RoutingContext;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Eventbrite (API v3) as its contract describes it: pointers without a signature to the secret path, in bursts with
 * byte-identical repeats; an API that wants a bearer token and a slash at the end of every path.
 */
public final class SimulatedEventbrite extends SimulatedPlatform {
    static final String API = "https://www.eventbriteapi.com/v3";
    private static final String USER = "123456789012";
    private static final String ORGANIZATION = "440000000001";
    private static final String WEBHOOK_ID = "1234567";
    private static final int PAGE_SIZE_STANDARD = 50;
    private static final int PAGE_SIZE_MAX = 50;
    private static final int PAGE_SIZE_ORGANIZATION_MAX = 100;

    /** The contract knows no schedule; few and short is its assumption. */
    private static final List<Duration> PAUSES =
            List.of(Duration.ofSeconds(10), Duration.ofMinutes(1), Duration.ofMinutes(5));

    /**
     * @param asksEachTicket whether every ticket has its own holder; otherwise all carry the buyer's name and e-mail
     * @param asksContact whether phone, birth date and address are asked for
     * @param price in minor units
     * @param decimals how many digits of the price are behind the point
     */
    private record Occasion(
            String id,
            String name,
            ZoneId zone,
            Instant start,
            Instant created,
            Instant changed,
            String status,
            String currency,
            int decimals,
            long price,
            int capacity,
            boolean asksEachTicket,
            boolean asksContact,
            String city,
            String country) {}

    private record Order(
            String id,
            Instant created,
            Instant changed,
            String status,
            String occasion,
            Person buyer,
            List<String> attendees) {}

    private record Attendee(
            String id,
            String order,
            String occasion,
            Instant created,
            Instant changed,
            boolean checkedIn,
            boolean refunded,
            Instant barcodeChanged,
            Person person) {}

    private final NavigableMap<String, Occasion> occasions = new ConcurrentSkipListMap<>();
    private final NavigableMap<String, Order> orders = new ConcurrentSkipListMap<>();
    private final NavigableMap<String, Attendee> attendees = new ConcurrentSkipListMap<>();
    private final String token;
    private final String webhookSecret;
    private final SimulatedTokens tokens;
    private long lastOrder = 1_034_600_000L;
    private long lastAttendee = 1_346_360_000L;

    public SimulatedEventbrite(SimulatedWorld world, PlatformSettings settings) {
        super("Eventbrite", world, settings, manners(settings));
        this.token = secret("eventbrite token", 20);
        this.webhookSecret = secret("eventbrite webhook", 40);
        // the answer names no lifetime, and there is nothing to refresh it with
        this.tokens = new SimulatedTokens(
                this,
                "eventbrite",
                new SimulatedTokens.Rules(Set.of("authorization_code"), false, false, false, false, null, false, 400));
        foundOccasions();
        routes();
        listen();
    }

    private static WebhookSender.Manners manners(PlatformSettings settings) {
        return new WebhookSender.Manners(
                PAUSES.stream().map(settings::scaled).toList(),
                Duration.ofSeconds(10),
                status -> status >= 200 && status < 300,
                false,
                true);
    }

    private void foundOccasions() {
        Instant now = world.now();
        found("Harbor Run", "Europe/Berlin", "EUR", 2, 5000, true, true, "Hamburg", "DE", now);
        found("Gala für die Münsterorgel", "Europe/Berlin", "EUR", 2, 12_050, false, false, "Freiburg", "DE", now);
        found("桜まつりラン", "Asia/Tokyo", "JPY", 0, 3000, true, true, "東京", "JP", now);
        found("Noche de Verano", "America/New_York", "USD", 2, 3500, true, false, "New York", "US", now);
    }

    private void found(
            String name,
            String zone,
            String currency,
            int decimals,
            long price,
            boolean asksEachTicket,
            boolean asksContact,
            String city,
            String country,
            Instant now) {
        String id = String.valueOf(71_059_810_001L + occasions.size());
        Instant created = now.minus(400 + occasions.size(), ChronoUnit.DAYS);
        occasions.put(
                id,
                new Occasion(
                        id,
                        name,
                        ZoneId.of(zone),
                        now.plus(20L + occasions.size(), ChronoUnit.DAYS).truncatedTo(ChronoUnit.HOURS),
                        created,
                        created,
                        "draft",
                        currency,
                        decimals,
                        price,
                        5000,
                        asksEachTicket,
                        asksContact,
                        city,
                        country));
    }

    @Override
    public Map<String, String> environment() {
        return Map.of(
                "EVENTBRITE_BASE_URL", origin(),
                "EVENTBRITE_API_KEY", token,
                "EVENTBRITE_ORGANIZATION_ID", ORGANIZATION,
                "EVENTBRITE_WEBHOOK_SECRET", webhookSecret);
    }

    /** The token endpoint and its client. */
    SimulatedTokens tokens() {
        return tokens;
    }

    /** The ids of all events, in order. The first asks each ticket's holder for name, phone and address. */
    public List<String> occasionIds() {
        return List.copyOf(occasions.keySet());
    }

    // what happens there

    /** An event goes live: {@code event.published} and {@code event.updated}. */
    public synchronized void publish(String occasion) {
        Occasion before = occasion(occasion);
        occasions.put(occasion, changed(before, before.name(), "live"));
        announce("event.published", "/events/" + occasion + "/");
        announce("event.updated", "/events/" + occasion + "/");
    }

    /** An event is renamed: {@code event.updated}. */
    public synchronized void rename(String occasion, String name) {
        Occasion before = occasion(occasion);
        occasions.put(occasion, changed(before, name, before.status()));
        announce("event.updated", "/events/" + occasion + "/");
    }

    private Occasion changed(Occasion before, String name, String status) {
        return new Occasion(
                before.id(),
                name,
                before.zone(),
                before.start(),
                before.created(),
                world.now(),
                status,
                before.currency(),
                before.decimals(),
                before.price(),
                before.capacity(),
                before.asksEachTicket(),
                before.asksContact(),
                before.city(),
                before.country());
    }

    private Occasion occasion(String id) {
        Occasion occasion = occasions.get(id);
        if (occasion == null) {
            throw new IllegalArgumentException("Eventbrite has no event " + id);
        }
        return occasion;
    }

    /**
     * A sale: the whole burst, {@code order.updated}, {@code order.placed}, {@code attendee.updated} per ticket, and
     * the first once more, byte for byte.
     *
     * @param holders one per ticket
     * @return the order's id
     */
    public synchronized String sell(Person buyer, List<Person> holders, String occasion) {
        return sell(buyer, holders, occasion, world.now(), true);
    }

    /** A sale of long ago, of which the hub hears only now because the first attempts failed. */
    synchronized String sellLongAgo(Person buyer, String occasion) {
        return sell(buyer, List.of(buyer), occasion, world.now().minus(200, ChronoUnit.DAYS), true);
    }

    /** A sale from the time before the hub: no webhook tells of it. */
    public synchronized String sellUnheard(Person buyer, List<Person> holders, String occasion) {
        return sell(buyer, holders, occasion, world.now().minus(30, ChronoUnit.DAYS), false);
    }

    private String sell(Person buyer, List<Person> holders, String occasionId, Instant at, boolean heard) {
        Occasion occasion = occasion(occasionId);
        String order = String.valueOf(++lastOrder);
        List<String> tickets = new ArrayList<>();
        for (Person holder : holders) {
            lastAttendee++;
            // Attendees of older orders carry a suffix, so that nobody takes the id for a number.
            String id = lastAttendee + (lastAttendee % 7 == 0 ? "-1" : "");
            Person person = occasion.asksEachTicket() ? holder : buyer;
            attendees.put(id, new Attendee(id, order, occasionId, at, at, false, false, at, person));
            tickets.add(id);
        }
        orders.put(order, new Order(order, at, at, "placed", occasionId, buyer, List.copyOf(tickets)));
        tickets.forEach(this::state);
        if (heard) {
            String path = random.nextInt(10) == 0
                    ? "/events/" + occasionId + "/orders/" + order + "/"
                    : "/orders/" + order + "/";
            announce("order.updated", path);
            announce("order.placed", path);
            for (String ticket : tickets) {
                announce("attendee.updated", "/events/" + occasionId + "/attendees/" + ticket + "/");
            }
            announce("order.updated", path);
        }
        return order;
    }

    /** The attendees of one order. */
    public List<String> attendeesOf(String order) {
        return order(order).attendees();
    }

    /** Somebody comes through the gate: {@code attendee.checked_in} and {@code barcode.checked_in}. */
    public synchronized void checkIn(String attendee) {
        gate(attendee, true);
        announce("attendee.checked_in", attendeePath(attendee));
        announce("barcode.checked_in", attendeePath(attendee));
    }

    /** The gate took it back: {@code attendee.checked_out} and {@code barcode.un_checked_in}. */
    public synchronized void checkOut(String attendee) {
        gate(attendee, false);
        announce("attendee.checked_out", attendeePath(attendee));
        announce("barcode.un_checked_in", attendeePath(attendee));
    }

    private void gate(String id, boolean in) {
        Attendee before = attendee(id);
        Instant now = world.now();
        attendees.put(
                id,
                new Attendee(
                        id,
                        before.order(),
                        before.occasion(),
                        before.created(),
                        now,
                        in,
                        before.refunded(),
                        now,
                        before.person()));
        state(id);
    }

    /** The whole order is refunded: {@code order.refunded}, {@code order.updated}, {@code attendee.updated} each. */
    public synchronized void refund(String orderId) {
        Order before = order(orderId);
        Instant now = world.now();
        orders.put(
                orderId,
                new Order(
                        orderId,
                        before.created(),
                        now,
                        "refunded",
                        before.occasion(),
                        before.buyer(),
                        before.attendees()));
        announce("order.refunded", "/orders/" + orderId + "/");
        for (String id : before.attendees()) {
            Attendee attendee = attendee(id);
            attendees.put(
                    id,
                    new Attendee(
                            id,
                            orderId,
                            attendee.occasion(),
                            attendee.created(),
                            now,
                            attendee.checkedIn(),
                            true,
                            now,
                            attendee.person()));
            state(id);
            announce("attendee.updated", attendeePath(id));
        }
        announce("order.updated", "/orders/" + orderId + "/");
    }

    /** Somebody's particulars change on all of his or her tickets and orders. */
    public synchronized void restate(Person person) {
        Instant now = world.now();
        for (Order order : List.copyOf(orders.values())) {
            if (order.buyer().number() == person.number()) {
                orders.put(
                        order.id(),
                        new Order(
                                order.id(),
                                order.created(),
                                now,
                                order.status(),
                                order.occasion(),
                                person,
                                order.attendees()));
                announce("order.updated", "/orders/" + order.id() + "/");
            }
        }
        for (Attendee attendee : List.copyOf(attendees.values())) {
            if (attendee.person().number() == person.number()) {
                attendees.put(
                        attendee.id(),
                        new Attendee(
                                attendee.id(),
                                attendee.order(),
                                attendee.occasion(),
                                attendee.created(),
                                now,
                                attendee.checkedIn(),
                                attendee.refunded(),
                                attendee.barcodeChanged(),
                                person));
                state(attendee.id());
                announce("attendee.updated", attendeePath(attendee.id()));
            }
        }
    }

    /** The test button of the settings page: a pointer with a placeholder that nobody may fetch. */
    public synchronized void pressTestButton() {
        send("test", API + "/{api-endpoint-to-fetch-object-details}/");
    }

    private Order order(String id) {
        Order order = orders.get(id);
        if (order == null) {
            throw new IllegalArgumentException("Eventbrite has no order " + id);
        }
        return order;
    }

    private Attendee attendee(String id) {
        Attendee attendee = attendees.get(id);
        if (attendee == null) {
            throw new IllegalArgumentException("Eventbrite has no attendee " + id);
        }
        return attendee;
    }

    private String attendeePath(String id) {
        return "/events/" + attendee(id).occasion() + "/attendees/" + id + "/";
    }

    private void state(String id) {
        Attendee attendee = attendee(id);
        world.state(new Statement(
                "eventbrite/attendee/" + id,
                attendee.changed(),
                attendee.person(),
                occasion(attendee.occasion()).asksContact(),
                null,
                null));
    }

    private void announce(String action, String path) {
        send(action, API + path);
    }

    private void send(String action, String pointer) {
        String door = settings.hub() + "/api/webhooks/eventbrite/" + webhookSecret;
        ObjectNode body = JSON.createObjectNode();
        body.putObject("config")
                .put("action", action)
                .put("user_id", USER)
                .put("endpoint_url", door)
                .put("webhook_id", WEBHOOK_ID);
        body.put("api_url", pointer);
        send(new Webhook(
                URI.create(door),
                Map.of(
                        "Content-Type", "application/json; charset=utf-8",
                        "Accept", "text/plain",
                        "User-Agent", "Eventbrite Hookshot 1.0",
                        "X-Eventbrite-Event", action,
                        "X-Eventbrite-Delivery", WEBHOOK_ID),
                bytes(JSON, body)));
    }

    // the API

    private void routes() {
        List<MovingWindow> quota = List.of(window(2000, Duration.ofHours(1)));
        serveOpenly("GET", "/oauth/authorize", tokens::authorize);
        serveOpenly("POST", "/oauth/token", tokens::token);
        get("/v3/users/me/", quota, context -> ok(context, user()));
        get("/v3/users/me/organizations/", quota, this::organizations);
        get("/v3/organizations/:organization/events/", quota, this::organizationEvents);
        get("/v3/organizations/:organization/orders/", quota, this::organizationOrders);
        get("/v3/organizations/:organization/attendees/", quota, this::organizationAttendees);
        get("/v3/events/:event/", quota, this::oneEvent);
        get("/v3/events/:event/ticket_classes/", quota, this::ticketClasses);
        get("/v3/events/:event/orders/", quota, this::eventOrders);
        get("/v3/events/:event/orders/:order/", quota, this::oneOrder);
        get("/v3/events/:event/attendees/", quota, this::eventAttendees);
        get("/v3/events/:event/attendees/:attendee/", quota, this::oneAttendee);
        get("/v3/orders/:order/", quota, this::oneOrder);
    }

    @Override
    boolean admissible(RoutingContext context) {
        String path = context.request().path();
        if (!path.endsWith("/")) {
            String query = context.request().query();
            context.response().putHeader("Location", origin() + path + "/" + (query == null ? "" : "?" + query));
            answer(context, 301, "text/html", null);
            return false;
        }
        String authorization = context.request().getHeader("Authorization");
        if (authorization == null) {
            error(context, 401, "NO_AUTH", "Authentication not provided.");
            return false;
        }
        if (!authorization.equals("Bearer " + token) && !tokens.accepts(authorization)) {
            error(context, 401, "INVALID_AUTH", "The OAuth token you provided was invalid.");
            return false;
        }
        return true;
    }

    private void organizations(RoutingContext context) {
        ObjectNode organization = JSON.createObjectNode()
                .put("id", ORGANIZATION)
                .put("name", "Friends of the Harbour")
                .put("_type", "organization")
                .putNull("vertical");
        page(context, "organizations", List.of(organization), node -> ORGANIZATION, Function.identity(), 50);
    }

    private void organizationEvents(RoutingContext context) {
        if (isOurs(context)) {
            Set<String> relations = relations(context);
            page(
                    context,
                    "events",
                    matching(occasions.values(), "status", context, Occasion::status),
                    Occasion::id,
                    occasion -> event(occasion, relations, ""),
                    PAGE_SIZE_ORGANIZATION_MAX);
        }
    }

    private void organizationOrders(RoutingContext context) {
        if (isOurs(context)) {
            orderPage(context, new ArrayList<>(orders.values()), PAGE_SIZE_ORGANIZATION_MAX);
        }
    }

    private void organizationAttendees(RoutingContext context) {
        if (isOurs(context)) {
            attendeePage(context, new ArrayList<>(attendees.values()), PAGE_SIZE_ORGANIZATION_MAX);
        }
    }

    private void eventOrders(RoutingContext context) {
        if (exists(context)) {
            String event = context.pathParam("event");
            orderPage(
                    context,
                    orders.values().stream()
                            .filter(order -> order.occasion().equals(event))
                            .toList(),
                    PAGE_SIZE_MAX);
        }
    }

    private void eventAttendees(RoutingContext context) {
        if (exists(context)) {
            String event = context.pathParam("event");
            attendeePage(
                    context,
                    attendees.values().stream()
                            .filter(attendee -> attendee.occasion().equals(event))
                            .toList(),
                    PAGE_SIZE_MAX);
        }
    }

    private void orderPage(RoutingContext context, List<Order> all, int pageSizeMax) {
        Set<String> relations = relations(context);
        changedSince(
                context,
                all,
                Order::changed,
                changed -> page(
                        context,
                        "orders",
                        matching(changed, "status", context, Order::status),
                        Order::id,
                        order -> order(order, relations, ""),
                        pageSizeMax));
    }

    private void attendeePage(RoutingContext context, List<Attendee> all, int pageSizeMax) {
        changedSince(
                context,
                all,
                Attendee::changed,
                changed -> page(
                        context,
                        "attendees",
                        matching(
                                changed,
                                "status",
                                context,
                                attendee -> attendee.refunded() ? "not_attending" : "attending"),
                        Attendee::id,
                        this::attendee,
                        pageSizeMax));
    }

    private void oneEvent(RoutingContext context) {
        if (exists(context)) {
            ok(context, event(occasion(context.pathParam("event")), relations(context), ""));
        }
    }

    private void oneOrder(RoutingContext context) {
        Order order = orders.get(context.pathParam("order"));
        String event = context.pathParam("event");
        if (order == null || (event != null && !event.equals(order.occasion()))) {
            notFound(context);
        } else {
            ok(context, order(order, relations(context), ""));
        }
    }

    private void oneAttendee(RoutingContext context) {
        Attendee attendee = attendees.get(context.pathParam("attendee"));
        if (attendee == null || !attendee.occasion().equals(context.pathParam("event"))) {
            notFound(context);
        } else {
            ok(context, attendee(attendee));
        }
    }

    private void ticketClasses(RoutingContext context) {
        if (exists(context)) {
            Occasion occasion = occasion(context.pathParam("event"));
            ObjectNode ticket = JSON.createObjectNode()
                    .put("id", ticketClass(occasion))
                    .put("event_id", occasion.id())
                    .put("name", "Standard")
                    .put("free", false)
                    .put("donation", false)
                    .put("quantity_total", occasion.capacity())
                    .put("hidden", false);
            ticket.set("cost", money(occasion, occasion.price()));
            page(context, "ticket_classes", List.of(ticket), node -> ticketClass(occasion), Function.identity(), 50);
        }
    }

    private boolean isOurs(RoutingContext context) {
        if (context.pathParam("organization").equals(ORGANIZATION)) {
            return true;
        }
        error(context, 403, "NOT_AUTHORIZED", "You do not have permission to access the resource you requested.");
        return false;
    }

    private boolean exists(RoutingContext context) {
        if (occasions.containsKey(context.pathParam("event"))) {
            return true;
        }
        notFound(context);
        return false;
    }

    private static Set<String> relations(RoutingContext context) {
        String expand = context.request().getParam("expand");
        return expand == null ? Set.of() : Set.of(expand.split(",", -1));
    }

    private static <T> List<T> matching(
            Iterable<T> all, String parameter, RoutingContext context, Function<T, String> value) {
        String wanted = context.request().getParam(parameter);
        List<T> matching = new ArrayList<>();
        for (T one : all) {
            if (wanted == null
                    || wanted.equals("all")
                    || List.of(wanted.split(",", -1)).contains(value.apply(one))) {
                matching.add(one);
            }
        }
        return matching;
    }

    private <T> void changedSince(
            RoutingContext context, List<T> all, Function<T, Instant> changed, Consumer<List<T>> then) {
        String since = context.request().getParam("changed_since");
        try {
            Instant from = since == null ? Instant.MIN : Instant.parse(since);
            then.accept(all.stream()
                    .filter(one -> !changed.apply(one).isBefore(from))
                    .toList());
        } catch (DateTimeParseException e) {
            argumentsError(context, "changed_since", "INVALID");
        }
    }

    /** One page of a list sorted by key; the continuation holds the last key, so that nothing is lost or repeated. */
    private <T> void page(
            RoutingContext context,
            String listName,
            List<T> all,
            Function<T, String> key,
            Function<T, ? extends JsonNode> document,
            int pageSizeMax) {
        int wanted = number(context, "page_size", PAGE_SIZE_STANDARD);
        String continuation = context.request().getParam("continuation");
        String[] position = continuation == null ? new String[] {"0", ""} : position(continuation);
        if (wanted < 0) {
            argumentsError(context, "page_size", "INVALID");
            return;
        }
        if (position == null) {
            argumentsError(context, "continuation", "INVALID");
            return;
        }
        int pageSize = Math.min(wanted, pageSizeMax);
        List<T> rest = all.stream()
                .filter(one -> key.apply(one).compareTo(position[1]) > 0)
                .toList();
        List<T> shown = rest.subList(0, Math.min(pageSize, rest.size()));
        boolean more = shown.size() < rest.size();
        int pageNumber = Integer.parseInt(position[0]) + 1;
        ObjectNode answer = JSON.createObjectNode();
        ObjectNode pagination = answer.putObject("pagination")
                .put("object_count", all.size())
                .put("page_number", pageNumber)
                .put("page_size", pageSize)
                .put("page_count", Math.max(1, (all.size() + pageSize - 1) / pageSize))
                .put("has_more_items", more);
        if (more) {
            String last = pageNumber + " " + key.apply(shown.get(shown.size() - 1));
            pagination.put(
                    "continuation",
                    Base64.getUrlEncoder().withoutPadding().encodeToString(last.getBytes(StandardCharsets.UTF_8)));
        }
        ArrayNode list = answer.putArray(listName);
        shown.forEach(one -> list.add(document.apply(one)));
        ok(context, answer);
    }

    private static String @Nullable [] position(String continuation) {
        try {
            String[] parts =
                    new String(Base64.getUrlDecoder().decode(continuation), StandardCharsets.UTF_8).split(" ", -1);
            return parts.length == 2 && parts[0].chars().allMatch(Character::isDigit) && !parts[0].isEmpty()
                    ? parts
                    : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    // documents

    private static ObjectNode user() {
        ObjectNode user = JSON.createObjectNode()
                .put("id", USER)
                .put("name", "Harbour Office")
                .put("first_name", "Harbour")
                .put("last_name", "Office")
                .put("is_public", false);
        user.putArray("emails")
                .addObject()
                .put("email", "office@example.org")
                .put("verified", true)
                .put("primary", true);
        return user;
    }

    private ObjectNode event(Occasion occasion, Set<String> relations, String prefix) {
        ObjectNode event = JSON.createObjectNode();
        event.putObject("name").put("text", occasion.name()).put("html", occasion.name());
        event.put("summary", occasion.name());
        event.putObject("description").putNull("text").put("html", "<P>" + occasion.name() + "</P>");
        event.put("id", occasion.id()).put("url", "https://www.eventbrite.com/e/" + occasion.id());
        event.set("start", moment(occasion.start(), occasion.zone()));
        event.set("end", moment(occasion.start().plus(4, ChronoUnit.HOURS), occasion.zone()));
        event.put("organization_id", ORGANIZATION)
                .put("created", occasion.created().toString())
                .put("changed", occasion.changed().toString());
        if (occasion.status().equals("draft")) {
            event.putNull("published");
        } else {
            event.put("published", occasion.changed().toString());
        }
        event.put("capacity", occasion.capacity())
                .put("status", occasion.status())
                .put("currency", occasion.currency())
                .put("listed", true)
                .put("online_event", false)
                .put("is_free", false)
                .put("is_series", false)
                .put("is_series_parent", false)
                .putNull("series_id")
                .put("locale", "en_US")
                .putNull("category_id")
                .putNull("format_id")
                .put("organizer_id", "10714830001")
                .put("venue_id", venue(occasion))
                .put("resource_uri", API + "/events/" + occasion.id() + "/");
        if (relations.contains(prefix + "venue")) {
            ObjectNode venue =
                    event.putObject("venue").put("id", venue(occasion)).put("name", occasion.city());
            venue.putObject("address")
                    .putNull("address_1")
                    .put("city", occasion.city())
                    .putNull("region")
                    .putNull("postal_code")
                    .put("country", occasion.country());
        }
        if (relations.contains(prefix + "organizer")) {
            event.putObject("organizer").put("id", "10714830001").put("name", "Friends of the Harbour");
        }
        return event;
    }

    private static String venue(Occasion occasion) {
        return "1" + occasion.id().substring(4);
    }

    private static String ticketClass(Occasion occasion) {
        return "6" + occasion.id().substring(4);
    }

    private static ObjectNode moment(Instant instant, ZoneId zone) {
        return JSON.createObjectNode()
                .put("timezone", zone.getId())
                .put("local", LocalDateTime.ofInstant(instant, zone).toString() + ":00")
                .put("utc", instant.toString());
    }

    private ObjectNode order(Order order, Set<String> relations, String prefix) {
        Occasion occasion = occasion(order.occasion());
        ObjectNode document = JSON.createObjectNode();
        document.set("costs", costs(occasion, order.attendees().size()));
        document.put("resource_uri", API + "/orders/" + order.id() + "/")
                .put("id", order.id())
                .put("changed", order.changed().toString())
                .put("created", order.created().toString())
                .put("name", order.buyer().fullName())
                .put("first_name", order.buyer().givenName())
                .put("last_name", order.buyer().familyName())
                .put("email", order.buyer().email())
                .put("status", order.status())
                .putNull("time_remaining")
                .put("event_id", order.occasion());
        if (relations.contains(prefix + "attendees")) {
            ArrayNode list = document.putArray("attendees");
            order.attendees().forEach(id -> list.add(attendee(attendee(id))));
        }
        if (relations.contains(prefix + "event") || relations.contains(prefix + "event.venue")) {
            document.set("event", event(occasion, relations, prefix + "event."));
        }
        return document;
    }

    private ObjectNode attendee(Attendee attendee) {
        Occasion occasion = occasion(attendee.occasion());
        ObjectNode document = JSON.createObjectNode().putNull("team");
        document.set("costs", costs(occasion, 1));
        document.put("resource_uri", API + "/events/" + occasion.id() + "/attendees/" + attendee.id() + "/")
                .put("id", attendee.id())
                .put("changed", attendee.changed().toString())
                .put("created", attendee.created().toString())
                .put("quantity", 1);
        document.set("profile", profile(attendee.person(), occasion.asksContact()));
        document.putArray("barcodes")
                .addObject()
                .put("status", attendee.refunded() ? "refunded" : attendee.checkedIn() ? "used" : "unused")
                .put("barcode", attendee.order() + attendee.id().replace("-", "") + "001")
                .put("created", attendee.created().toString())
                .put("changed", attendee.barcodeChanged().toString())
                .put("checkin_type", attendee.checkedIn() ? 1 : 0)
                .put("is_printed", false);
        document.putArray("answers");
        document.put("checked_in", attendee.checkedIn())
                .put("cancelled", attendee.refunded())
                .put("refunded", attendee.refunded())
                .putNull("affiliate")
                .putNull("guestlist_id")
                .putNull("invited_by")
                .put(
                        "status",
                        attendee.refunded() ? "Not Attending" : attendee.checkedIn() ? "Checked In" : "Attending")
                .put("ticket_class_name", "Standard")
                .put("ticket_class_id", ticketClass(occasion))
                .put("event_id", occasion.id())
                .put("order_id", attendee.order());
        return document;
    }

    /** What the organizer does not ask for is absent, not null. */
    private static ObjectNode profile(Person person, boolean asksContact) {
        ObjectNode profile = JSON.createObjectNode()
                .put("name", person.fullName())
                .put("first_name", person.givenName())
                .put("last_name", person.familyName())
                .put("email", person.email());
        if (asksContact) {
            Address home = person.address();
            profile.put("cell_phone", person.phone())
                    .put("birth_date", person.birthDate().toString());
            ObjectNode addresses = profile.putObject("addresses");
            addresses
                    .putObject("home")
                    .put("address_1", home.line1())
                    .putNull("address_2")
                    .put("city", home.city())
                    .put("region", home.region())
                    .put("postal_code", home.postalCode())
                    .put("country", home.country());
            addresses.putObject("ship");
            addresses.putObject("work");
            addresses.putObject("bill");
        }
        return profile;
    }

    private static ObjectNode costs(Occasion occasion, int tickets) {
        long base = occasion.price() * tickets;
        long fee = base * 7 / 100;
        ObjectNode costs = JSON.createObjectNode();
        costs.set("base_price", money(occasion, base));
        costs.set("eventbrite_fee", money(occasion, fee));
        costs.set("payment_fee", money(occasion, 0));
        costs.set("tax", money(occasion, 0));
        costs.set("gross", money(occasion, base + fee));
        return costs;
    }

    private static ObjectNode money(Occasion occasion, long minor) {
        String major = BigDecimal.valueOf(minor, occasion.decimals()).toPlainString();
        return JSON.createObjectNode()
                .put("display", occasion.currency() + major)
                .put("currency", occasion.currency())
                .put("value", minor)
                .put("major_value", major);
    }

    // errors

    private void ok(RoutingContext context, JsonNode body) {
        answer(context, 200, "application/json", body);
    }

    private void error(RoutingContext context, int status, String error, String description) {
        answer(
                context,
                status,
                "application/json",
                JSON.createObjectNode()
                        .put("status_code", status)
                        .put("error", error)
                        .put("error_description", description));
    }

    private void argumentsError(RoutingContext context, String field, String problem) {
        ObjectNode body = JSON.createObjectNode()
                .put("status_code", 400)
                .put("error", "ARGUMENTS_ERROR")
                .put("error_description", "There are errors with your arguments: " + field + " - " + problem);
        body.putObject("error_detail")
                .putObject("ARGUMENTS_ERROR")
                .putArray(field)
                .add(problem);
        answer(context, 400, "application/json", body);
    }

    @Override
    void notFound(RoutingContext context) {
        error(context, 404, "NOT_FOUND", "The path you requested does not exist.");
    }

    @Override
    void methodNotAllowed(RoutingContext context) {
        error(context, 405, "METHOD_NOT_ALLOWED", "Method not allowed.");
    }

    @Override
    void throttled(RoutingContext context, long retryAfterSeconds) {
        context.response().putHeader("Retry-After", String.valueOf(retryAfterSeconds));
        error(context, 429, "HIT_RATE_LIMIT", "Hourly rate limit has been reached for this token.");
    }

    @Override
    void broken(RoutingContext context) {
        error(context, 500, "INTERNAL_ERROR", "Unhandled error occurred in Eventbrite.");
    }

    @Override
    void unavailable(RoutingContext context) {
        // An outage is answered by whatever stands in front of the API, and that speaks no JSON.
        answer(context, 503, "text/html", null);
    }
}
