package dev.muster.demo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One Discord guild (HTTP API v10) as its contract describes it: members by ascending user id, roles that are given and
 * taken one by one, a bucket for each route that is told in headers, and 50 calls a second for the bot in all. The bot may
 * hand out only roles that stand below its own. It sends no webhooks.
 */
public final class SimulatedDiscord extends SimulatedPlatform {
    private static final String API = "/api/v10";
    private static final String GUILD = "1290000000000000000";
    private static final String BOT_ROLE = "1290000000000000900";
    private static final long BOT = 1_290_000_000L;
    private static final int BOT_POSITION = 10;
    private static final int MEMBERS_MAX = 1000;
    private static final int REASON_MAX = 512;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd'T'HH:mm:ss.SSSSSSxxx", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    /** The roles of the guild, weakest first. */
    public enum Role {
        MEMBER("1290000000000000001", "Mitglied", 1, false),
        SAILOR("1290000000000000002", "Matrose", 2, false),
        MATE("1290000000000000003", "Steuermann", 3, false),
        CAPTAIN("1290000000000000004", "Kapitän", 4, false),
        /** Given by whoever boosts the server: nobody can hand it out. */
        BOOSTER("1290000000000000005", "Booster", 5, true),
        /** Above the bot. */
        ADMIRAL("1290000000000000006", "Admiral", 20, false);

        private final String id;
        private final String title;
        private final int position;
        private final boolean managed;

        Role(String id, String title, int position, boolean managed) {
            this.id = id;
            this.title = title;
            this.position = position;
            this.managed = managed;
        }

        String title() {
            return title;
        }

        /** As the API names it. */
        public String id() {
            return id;
        }
    }

    private record Account(String id, String name, boolean bot, Instant joined, NavigableSet<String> roles) {}

    private final NavigableMap<Long, Account> members = new TreeMap<>();
    private final Set<String> strangers = new TreeSet<>();
    private final String token;
    private final MovingWindow global;

    public SimulatedDiscord(SimulatedWorld world, PlatformSettings settings) {
        super(
                "Discord",
                world,
                settings,
                new WebhookSender.Manners(
                        List.of(settings.scaled(Duration.ofMinutes(1))),
                        Duration.ofSeconds(3),
                        status -> status == 204,
                        false,
                        false));
        this.token = secret("discord token", 59) + "." + secret("discord token's end", 12);
        this.global = window(50, Duration.ofSeconds(1));
        members.put(
                BOT, new Account(String.valueOf(BOT), "muster", true, world.now(), new TreeSet<>(Set.of(BOT_ROLE))));
        routes();
        listen();
    }

    @Override
    public Map<String, String> environment() {
        return Map.of(
                "DISCORD_BASE_URL",
                origin(),
                "DISCORD_API_KEY",
                token,
                "DISCORD_GUILD_ID",
                GUILD,
                "DISCORD_MEMBER_ROLE_ID",
                Role.MEMBER.id,
                "DISCORD_TIER1",
                SimulatedPatreon.Tier.SAILOR.title(),
                "DISCORD_TIER1_ROLE_ID",
                Role.SAILOR.id,
                "DISCORD_TIER2",
                SimulatedPatreon.Tier.MATE.title(),
                "DISCORD_TIER2_ROLE_ID",
                Role.MATE.id,
                "DISCORD_TIER3",
                SimulatedPatreon.Tier.CAPTAIN.title(),
                "DISCORD_TIER3_ROLE_ID",
                Role.CAPTAIN.id);
    }

    /** The user id of a person: what Patreon names as the connected account. */
    public static String userId(Person person) {
        return "30" + (88_555_000 + person.number());
    }

    // what happens there

    /** Somebody joins the guild, with no role. */
    public synchronized void join(Person person) {
        String id = userId(person);
        strangers.remove(id);
        members.put(
                Long.parseLong(id), new Account(id, "sailor" + person.number(), false, world.now(), new TreeSet<>()));
    }

    /** Somebody leaves; the account lives on. */
    public synchronized void leave(Person person) {
        members.remove(Long.parseLong(userId(person)));
        strangers.add(userId(person));
    }

    /** An account that never joined. */
    public synchronized void exist(Person person) {
        strangers.add(userId(person));
    }

    /** A moderator gives a role by hand. */
    public synchronized void give(Person person, Role role) {
        Account account = members.get(Long.parseLong(userId(person)));
        if (account == null) {
            throw new IllegalArgumentException("Not in the guild: person " + person.number());
        }
        account.roles().add(role.id);
    }

    /** The ids of somebody's roles; empty for whoever is not in the guild. */
    public synchronized Set<String> rolesOf(Person person) {
        Account account = members.get(Long.parseLong(userId(person)));
        return account == null ? Set.of() : Set.copyOf(account.roles());
    }

    /** Calls answered 401, 403 or 429: 10,000 of them in ten minutes end in a ban of the address. */
    public long invalidCalls() {
        Map<Integer, Long> answers = answers();
        return answers.getOrDefault(401, 0L) + answers.getOrDefault(403, 0L) + answers.getOrDefault(429, 0L);
    }

    // the API

    private void routes() {
        MovingWindow list = window(10, Duration.ofSeconds(10));
        MovingWindow one = window(5, Duration.ofSeconds(1));
        MovingWindow roleChanges = window(10, Duration.ofSeconds(10));
        MovingWindow roles = window(10, Duration.ofSeconds(10));
        MovingWindow self = window(30, Duration.ofSeconds(30));
        String member = API + "/guilds/:guild/members/:user";
        serve("GET", API + "/users/@me", Set.of(), List.of(self, global), told("self", self, this::self));
        serve(
                "GET",
                API + "/guilds/:guild/members",
                Set.of("limit", "after"),
                List.of(list, global),
                told("members", list, this::memberPage));
        serve("GET", member, Set.of(), List.of(one, global), told("member", one, this::oneMember));
        serve("GET", API + "/guilds/:guild/roles", Set.of(), List.of(roles, global), told("roles", roles, this::roles));
        // both share one bucket, as they do there
        for (String method : List.of("PUT", "DELETE")) {
            serve(
                    method,
                    member + "/roles/:role",
                    Set.of(),
                    List.of(roleChanges, global),
                    told("role-changes", roleChanges, context -> changeRole(context, method.equals("PUT"))));
        }
    }

    private Handler<RoutingContext> told(String bucket, MovingWindow window, Handler<RoutingContext> handler) {
        return context -> {
            tell(context, bucket, window);
            handler.handle(context);
        };
    }

    private void tell(RoutingContext context, String bucket, MovingWindow window) {
        long seconds = window.remaining() == window.limit() ? window.lengthSeconds() : window.secondsUntilFree();
        context.response()
                .putHeader("X-RateLimit-Limit", String.valueOf(window.limit()))
                .putHeader("X-RateLimit-Remaining", String.valueOf(window.remaining()))
                .putHeader("X-RateLimit-Reset", world.now().getEpochSecond() + seconds + ".000")
                .putHeader("X-RateLimit-Reset-After", seconds + ".000")
                .putHeader("X-RateLimit-Bucket", "b" + Integer.toHexString(bucket.hashCode()));
    }

    @Override
    boolean admissible(RoutingContext context) {
        String agent = context.request().getHeader("User-Agent");
        if (agent == null || !agent.startsWith("DiscordBot (")) {
            // what stands in front of the API speaks no JSON
            answer(context, 403, "text/html", null);
            return false;
        }
        if (!("Bot " + token).equals(context.request().getHeader("Authorization"))) {
            error(context, 401, 0, "401: Unauthorized");
            return false;
        }
        String reason = context.request().getHeader("X-Audit-Log-Reason");
        if (reason != null && (reason.isEmpty() || reason.length() > REASON_MAX)) {
            error(context, 400, 50_035, "Invalid Form Body");
            return false;
        }
        return true;
    }

    private boolean isOurs(RoutingContext context) {
        if (context.pathParam("guild").equals(GUILD)) {
            return true;
        }
        error(context, 404, 10_004, "Unknown Guild");
        return false;
    }

    private void self(RoutingContext context) {
        answer(
                context,
                200,
                "application/json",
                user(members.get(BOT)).put("mfa_enabled", true).put("locale", "en-US"));
    }

    private synchronized void memberPage(RoutingContext context) {
        if (!isOurs(context)) {
            return;
        }
        int limit = number(context, "limit", 1);
        String after = context.request().getParam("after");
        if (limit < 1 || limit > MEMBERS_MAX || (after != null && !after.matches("\\d{1,19}"))) {
            error(context, 400, 50_035, "Invalid Form Body");
            return;
        }
        ArrayNode page = JSON.createArrayNode();
        members.tailMap(after == null ? 0L : Long.parseLong(after), false).values().stream()
                .limit(limit)
                .forEach(account -> page.add(member(account)));
        answer(context, 200, "application/json", page);
    }

    private synchronized void oneMember(RoutingContext context) {
        Account account = isOurs(context) ? account(context) : null;
        if (account != null) {
            answer(context, 200, "application/json", member(account));
        }
    }

    private void roles(RoutingContext context) {
        if (!isOurs(context)) {
            return;
        }
        ArrayNode roles = JSON.createArrayNode();
        roles.add(role(GUILD, "@everyone", 0, false));
        for (Role role : Role.values()) {
            roles.add(role(role.id, role.title, role.position, role.managed));
        }
        roles.add(role(BOT_ROLE, "muster", BOT_POSITION, true));
        answer(context, 200, "application/json", roles);
    }

    private synchronized void changeRole(RoutingContext context, boolean give) {
        Account account = isOurs(context) ? account(context) : null;
        if (account == null) {
            return;
        }
        String id = context.pathParam("role");
        Role role = null;
        for (Role one : Role.values()) {
            role = one.id.equals(id) ? one : role;
        }
        if (role == null) {
            error(context, 404, 10_011, "Unknown Role");
        } else if (role.managed || role.position >= BOT_POSITION) {
            error(context, 403, 50_013, "Missing Permissions");
        } else {
            if (give) {
                account.roles().add(id);
            } else {
                account.roles().remove(id);
            }
            answer(context, 204, "application/json", null);
        }
    }

    /** Null where there is none, and the refusal has been answered. */
    private @Nullable Account account(RoutingContext context) {
        String id = context.pathParam("user");
        if (!id.matches("\\d{1,19}")) {
            error(context, 400, 50_035, "Invalid Form Body");
            return null;
        }
        Account account = members.get(Long.parseLong(id));
        if (account == null) {
            boolean exists = strangers.contains(id);
            error(context, 404, exists ? 10_007 : 10_013, exists ? "Unknown Member" : "Unknown User");
        }
        return account;
    }

    // documents

    private static ObjectNode user(@Nullable Account account) {
        if (account == null) {
            throw new IllegalStateException("The bot is always there");
        }
        ObjectNode user = JSON.createObjectNode()
                .put("id", account.id())
                .put("username", account.name())
                .putNull("avatar")
                .put("discriminator", "0")
                .put("public_flags", 0)
                .put("flags", 0)
                .putNull("global_name")
                .putNull("primary_guild");
        if (account.bot()) {
            user.put("bot", true);
        }
        return user;
    }

    private static ObjectNode member(Account account) {
        ObjectNode member = JSON.createObjectNode();
        member.set("user", user(account));
        ArrayNode roles = member.putNull("nick")
                .putNull("avatar")
                .putNull("banner")
                .putNull("communication_disabled_until")
                .put("flags", 0)
                .put("joined_at", TIME.format(account.joined()))
                .put("pending", false)
                .putNull("premium_since")
                .put("mute", false)
                .put("deaf", false)
                .putArray("roles");
        account.roles().forEach(roles::add);
        return member;
    }

    private static ObjectNode role(String id, String name, int position, boolean managed) {
        ObjectNode role = JSON.createObjectNode()
                .put("id", id)
                .put("name", name)
                .putNull("description")
                .put("permissions", "0")
                .put("position", position)
                .put("color", 0)
                .put("hoist", false)
                .put("managed", managed)
                .put("mentionable", false)
                .putNull("icon")
                .putNull("unicode_emoji")
                .put("flags", 0);
        role.putObject("colors")
                .put("primary_color", 0)
                .putNull("secondary_color")
                .putNull("tertiary_color");
        return role;
    }

    // errors

    private void error(RoutingContext context, int status, int code, String message) {
        answer(
                context,
                status,
                "application/json",
                JSON.createObjectNode().put("message", message).put("code", code));
    }

    @Override
    void notFound(RoutingContext context) {
        error(context, 404, 0, "404: Not Found");
    }

    @Override
    void methodNotAllowed(RoutingContext context) {
        error(context, 405, 0, "405: Method Not Allowed");
    }

    @Override
    void unknownParameter(RoutingContext context, String name) {
        error(context, 400, 50_035, "Invalid Form Body");
    }

    @Override
    void throttled(RoutingContext context, long retryAfterSeconds) {
        boolean everywhere = global.isFull();
        context.response()
                .putHeader("Retry-After", String.valueOf(retryAfterSeconds))
                .putHeader("X-RateLimit-Scope", everywhere ? "global" : "user");
        if (everywhere) {
            context.response().putHeader("X-RateLimit-Global", "true");
        }
        answer(
                context,
                429,
                "application/json",
                JSON.createObjectNode()
                        .put("message", "You are being rate limited.")
                        .put("retry_after", (double) retryAfterSeconds)
                        .put("global", everywhere)
                        .put("code", 0));
    }

    @Override
    void broken(RoutingContext context) {
        error(context, 500, 0, "500: Internal Server Error");
    }

    @Override
    void unavailable(RoutingContext context) {
        // An outage is answered by whatever stands in front of the API, and that speaks no JSON.
        answer(context, 503, "text/html", null);
    }
}
