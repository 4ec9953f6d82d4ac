package dev.muster.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Mailchimp (Marketing API 3.0) as its contract describes it: members under the MD5 of their address, batches of 500 that
 * succeed and fail one by one, ten connections at once, nobody subscribed again who left; form-encoded webhooks that
 * carry no secret but a signature, sent to addresses that were asked before. It starts empty.
 *
 * <p>Other than the real one it takes the reserved domains that everybody in the simulated world has.
 */
public final class SimulatedMailchimp extends SimulatedPlatform {
    private static final String JSON_TYPE = "application/json; charset=utf-8";
    private static final String PROBLEM_TYPE = "application/problem+json; charset=utf-8";
    private static final String LIST = "a6b5da1054";
    private static final int CONNECTIONS_MAX = 10;
    private static final int BATCH_MAX = 500;
    private static final int COUNT_STANDARD = 10;
    private static final int COUNT_MAX = 1000;
    private static final int TAGS_SHOWN_MAX = 50;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter FIRED =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final Pattern ADDRESS = Pattern.compile("[^@\\s()]+@[^@\\s()]+\\.[^@\\s()]+");
    private static final Pattern BIRTHDAY = Pattern.compile("(0[1-9]|1[0-2])/(0[1-9]|[12][0-9]|3[01])");
    private static final Set<String> STATUSES =
            Set.of("subscribed", "unsubscribed", "cleaned", "pending", "transactional");
    private static final Set<String> MEMBER_KEYS = Set.of(
            "email_address",
            "email_type",
            "status",
            "merge_fields",
            "interests",
            "language",
            "vip",
            "location",
            "ip_signup",
            "timestamp_signup",
            "ip_opt",
            "timestamp_opt");
    private static final Set<String> LIST_PARAMETERS = Set.of(
            "fields",
            "exclude_fields",
            "count",
            "offset",
            "email_type",
            "status",
            "since_timestamp_opt",
            "before_timestamp_opt",
            "since_last_changed",
            "before_last_changed",
            "unique_email_id",
            "vip_only",
            "sort_field",
            "sort_dir",
            "unsubscribed_since");
    private static final Set<String> SHOWN = Set.of("fields", "exclude_fields");
    private static final Set<String> PAGED = Set.of("fields", "exclude_fields", "count", "offset");

    /** Growing pauses, about 75 minutes in all. */
    private static final List<Duration> PAUSES = List.of(
            Duration.ofMinutes(1),
            Duration.ofMinutes(4),
            Duration.ofMinutes(10),
            Duration.ofMinutes(20),
            Duration.ofMinutes(40));

    /** Who makes a change: webhooks can be deaf to each. */
    private enum Origin {
        USER,
        ADMIN,
        API
    }

    /** @param left whether the person left, or the address bounced: no call makes it subscribed again */
    private record Member(
            long webId,
            String contactId,
            String email,
            String status,
            boolean left,
            ObjectNode mergeFields,
            Set<String> tags,
            String language,
            boolean vip,
            String optedIn,
            Instant changed) {

        Member with(String newStatus, boolean hasLeft, Instant now) {
            return new Member(
                    webId, contactId, email, newStatus, hasLeft, mergeFields, tags, language, vip, optedIn, now);
        }

        Member tagged(Set<String> newTags, Instant now) {
            return new Member(webId, contactId, email, status, left, mergeFields, newTags, language, vip, optedIn, now);
        }
    }

    private record Hook(String id, URI target, @Nullable String secret, Set<String> events, Set<Origin> sources) {}

    /** Why a member is not taken. */
    private record Refusal(
            String title, String detail, @Nullable String field) {}

    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1;
        private final transient Refusal refusal;

        Refused(String title, String detail, @Nullable String field) {
            super(detail);
            this.refusal = new Refusal(title, detail, field);
        }
    }

    private final Map<String, Member> members = new TreeMap<>();
    private final Set<String> forgotten = new HashSet<>();
    private final Set<String> distrusted = new HashSet<>();
    private final Map<String, String> mergeTags = new LinkedHashMap<>();
    private final Map<String, Long> tagIds = new TreeMap<>();
    private final Map<String, Hook> hooks = new LinkedHashMap<>();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final TokenDesk tokens;
    private final String key;
    private final String clientId;
    private final String clientSecret;
    private final String webhookSecret;
    private long lastWebId = 512_000_000;

    public SimulatedMailchimp(SimulatedWorld world, PlatformSettings settings) {
        super("Mailchimp", world, settings, manners(settings));
        this.key = secret("mailchimp key", 32) + "-us3";
        this.clientId = secret("mailchimp client", 12);
        this.clientSecret = secret("mailchimp client secret", 50);
        this.webhookSecret = secret("mailchimp webhook", 40);
        this.tokens = new TokenDesk(
                world.clock(),
                new Random(SimulatedWorld.mix(world.seed(), "mailchimp tokens".hashCode())),
                Duration.ofDays(36_500),
                false);
        mergeTags.put("FNAME", "text");
        mergeTags.put("LNAME", "text");
        mergeTags.put("ADDRESS", "address");
        mergeTags.put("PHONE", "phone");
        mergeTags.put("BIRTHDAY", "birthday");
        limitConcurrentCalls((int) Math.max(1, CONNECTIONS_MAX * settings.quotaScale()));
        hooks.put(
                "f0f1f2f3f4",
                new Hook(
                        "f0f1f2f3f4",
                        URI.create(settings.hub() + "/api/webhooks/mailchimp"),
                        webhookSecret,
                        Set.of("subscribe", "unsubscribe", "profile", "cleaned", "upemail"),
                        Set.of(Origin.USER, Origin.ADMIN)));
        routes();
        listen();
    }

    private static WebhookSender.Manners manners(PlatformSettings settings) {
        return new WebhookSender.Manners(
                PAUSES.stream().map(settings::scaled).toList(),
                Duration.ofSeconds(10),
                status -> status >= 200 && status < 300,
                false,
                false);
    }

    @Override
    public Map<String, String> environment() {
        return Map.of(
                "MAILCHIMP_BASE_URL", origin(),
                "MAILCHIMP_API_KEY", key,
                "MAILCHIMP_CLIENT_ID", clientId,
                "MAILCHIMP_CLIENT_SECRET", clientSecret,
                "MAILCHIMP_AUDIENCE_ID", LIST,
                "MAILCHIMP_WEBHOOK_SECRET", webhookSecret);
    }

    /** The MD5 of an address in lower case: what a member is filed under. */
    public static String hash(String email) {
        try {
            byte[] lower = email.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(lower));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This JDK has no MD5", e);
        }
    }

    /** What the account's owner does in the audience's settings: a merge field of the given type. */
    public synchronized void addMergeField(String tag, String type) {
        mergeTags.put(tag, type);
    }

    // what happens there

    /** Who is in the audience with which status, by address. */
    public synchronized Map<String, String> statuses() {
        Map<String, String> statuses = new TreeMap<>();
        members.values().forEach(member -> statuses.put(member.email(), member.status()));
        return statuses;
    }

    /** Somebody of the organization gives a member a tag by hand. */
    public synchronized void tag(String email, String tag) {
        Member member = member(email);
        Set<String> tags = new TreeSet<>(member.tags());
        tags.add(tag);
        put(member.tagged(tags, world.now()));
    }

    /** The tags of a member; none where there is no such member. */
    public synchronized Set<String> tags(String email) {
        Member member = members.get(hash(email));
        return member == null ? Set.of() : new TreeSet<>(member.tags());
    }

    /** A merge field of a member as it is now; a missing node where there is none. */
    public synchronized JsonNode mergeField(String email, String tag) {
        return member(email).mergeFields().path(tag).deepCopy();
    }

    /** Somebody who is in the audience from the time before the hub: no webhook tells of it. */
    public synchronized void subscribeUnheard(Person person) {
        ObjectNode fields = emptyFields().put("FNAME", person.givenName()).put("LNAME", person.familyName());
        Instant now = world.now();
        Member member = new Member(
                ++lastWebId,
                hash("contact " + lastWebId),
                person.email(),
                "subscribed",
                false,
                fields,
                new TreeSet<>(),
                "",
                false,
                TIME.format(now),
                now);
        put(member);
    }

    /** From now on this address looks like none to Mailchimp, as many do that others take. */
    public synchronized void distrust(String email) {
        distrusted.add(hash(email));
    }

    /** The person follows the link below a mailing: {@code unsubscribe}. No call brings the address back. */
    public synchronized void unsubscribe(String email) {
        Member member = member(email);
        put(member.with("unsubscribed", true, world.now()));
        Map<String, String> told = about(member);
        told.put("data[action]", "unsub");
        told.put("data[reason]", "manual");
        tell("unsubscribe", Origin.USER, told);
    }

    /** A mailing bounced for good: {@code cleaned}. */
    public synchronized void bounce(String email) {
        Member member = member(email);
        put(member.with("cleaned", true, world.now()));
        Map<String, String> told = new LinkedHashMap<>();
        told.put("data[list_id]", LIST);
        told.put("data[campaign_id]", "4fjk2ma9xd");
        told.put("data[reason]", "hard");
        told.put("data[email]", email);
        tell("cleaned", Origin.ADMIN, told);
    }

    /** The person edits its profile: {@code profile}. */
    public synchronized void edit(String email, String tag, String value) {
        Member member = member(email);
        ObjectNode fields = member.mergeFields().deepCopy().put(tag, value);
        Member edited = new Member(
                member.webId(),
                member.contactId(),
                member.email(),
                member.status(),
                member.left(),
                fields,
                member.tags(),
                member.language(),
                member.vip(),
                member.optedIn(),
                world.now());
        put(edited);
        tell("profile", Origin.USER, about(edited));
    }

    /** The person changes its address: {@code upemail} and {@code profile}; the contact stays the same. */
    public synchronized void changeEmail(String email, String changed) {
        Member member = member(email);
        members.remove(hash(email));
        Member moved = new Member(
                member.webId(),
                member.contactId(),
                changed,
                member.status(),
                member.left(),
                member.mergeFields(),
                member.tags(),
                member.language(),
                member.vip(),
                member.optedIn(),
                world.now());
        put(moved);
        Map<String, String> told = new LinkedHashMap<>();
        told.put("data[list_id]", LIST);
        told.put("data[new_id]", uniqueId(changed));
        told.put("data[new_email]", changed);
        told.put("data[old_email]", email);
        tell("upemail", Origin.USER, told);
        tell("profile", Origin.USER, about(moved));
    }

    private Member member(String email) {
        Member member = members.get(hash(email));
        if (member == null) {
            throw new IllegalArgumentException("Mailchimp has no member " + email);
        }
        return member;
    }

    private void put(Member member) {
        members.put(hash(member.email()), member);
    }

    private static String uniqueId(String email) {
        return hash("unique " + email.toLowerCase(Locale.ROOT)).substring(0, 10);
    }

    private Map<String, String> about(Member member) {
        Map<String, String> told = new LinkedHashMap<>();
        told.put("data[id]", uniqueId(member.email()));
        told.put("data[email]", member.email());
        told.put("data[email_type]", "html");
        told.put("data[ip_opt]", "203.0.113.7");
        told.put("data[web_id]", String.valueOf(member.webId()));
        told.put("data[merges][EMAIL]", member.email());
        member.mergeFields().fields().forEachRemaining(field -> {
            if (field.getValue().isObject()) {
                field.getValue()
                        .fields()
                        .forEachRemaining(part -> told.put(
                                "data[merges][" + field.getKey() + "][" + part.getKey() + "]",
                                part.getValue().asText()));
            } else {
                told.put(
                        "data[merges][" + field.getKey() + "]", field.getValue().asText());
            }
        });
        told.put("data[list_id]", LIST);
        return told;
    }

    private void tell(String type, Origin origin, Map<String, String> about) {
        StringBuilder form = new StringBuilder("type=" + type + "&fired_at=" + encoded(FIRED.format(world.now())));
        about.forEach((name, value) ->
                form.append('&').append(encoded(name)).append('=').append(encoded(value)));
        byte[] body = form.toString().getBytes(StandardCharsets.US_ASCII);
        String time = String.valueOf(world.now().getEpochSecond());
        for (Hook hook : hooks.values()) {
            if (!hook.events().contains(type) || !hook.sources().contains(origin)) {
                continue;
            }
            Map<String, String> headers = new TreeMap<>();
            headers.put("Content-Type", "application/x-www-form-urlencoded");
            headers.put("User-Agent", "MailChimp");
            if (hook.secret() != null) {
                byte[] signed = (time + "." + form).getBytes(StandardCharsets.US_ASCII);
                headers.put(
                        "X-Mailchimp-Signature", "t=" + time + ",v1=" + hexHmac("HmacSHA256", hook.secret(), signed));
            }
            send(new Webhook(hook.target(), headers, body));
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    // the API

    private void routes() {
        serveOpenly("GET", "/oauth2/authorize", this::authorize);
        serveOpenly("POST", "/oauth2/token", this::token);
        serveOpenly("GET", "/oauth2/metadata", this::metadata);
        api(
                "GET",
                "/3.0/ping",
                Set.of(),
                context -> answer(
                        context, 200, JSON_TYPE, JSON.createObjectNode().put("health_status", "Everything's Chimpy!")));
        String list = "/3.0/lists/:list";
        String member = list + "/members/:member";
        api("GET", list, SHOWN, ofList(this::list));
        api("POST", list, Set.of("skip_merge_validation", "skip_duplicate_check"), ofList(this::batch));
        api("GET", list + "/members", LIST_PARAMETERS, ofList(this::page));
        api("POST", list + "/members", Set.of("skip_merge_validation"), ofList(this::create));
        api("GET", list + "/merge-fields", PAGED, ofList(this::mergeFields));
        api("POST", list + "/merge-fields", Set.of(), ofList(this::createMergeField));
        api("GET", list + "/webhooks", Set.of(), ofList(this::listHooks));
        api("POST", list + "/webhooks", Set.of(), ofList(this::createHook));
        api("DELETE", list + "/webhooks/:hook", Set.of(), ofList(this::deleteHook));
        api("GET", member, SHOWN, ofMember(this::one));
        api("PUT", member, Set.of("skip_merge_validation"), ofList(this::upsert));
        api("PATCH", member, Set.of("skip_merge_validation"), ofMember(this::change));
        api("DELETE", member, Set.of(), ofMember(this::archive));
        api("POST", member + "/actions/delete-permanent", Set.of(), ofMember(this::forget));
        api("GET", member + "/tags", PAGED, ofMember(this::listTags));
        api("POST", member + "/tags", Set.of(), ofMember(this::tag));
    }

    private void api(String method, String path, Set<String> parameters, Handler<RoutingContext> handler) {
        serve(method, path, parameters, List.of(), handler);
    }

    private Handler<RoutingContext> ofList(Handler<RoutingContext> handler) {
        return context -> {
            if (!LIST.equals(context.pathParam("list"))) {
                notFound(context);
            } else {
                synchronized (this) {
                    handler.handle(context);
                }
            }
        };
    }

    private interface MemberHandler {
        void handle(RoutingContext context, Member member);
    }

    private Handler<RoutingContext> ofMember(MemberHandler handler) {
        return ofList(context -> {
            Member member = find(context.pathParam("member"));
            if (member == null) {
                notFound(context);
            } else {
                handler.handle(context, member);
            }
        });
    }

    /** By hash, contact id or address: all are taken. */
    private @Nullable Member find(String name) {
        Member byHash = members.get(name.contains("@") ? hash(name) : name);
        return byHash != null
                ? byHash
                : members.values().stream()
                        .filter(member -> member.contactId().equals(name))
                        .findAny()
                        .orElse(null);
    }

    @Override
    boolean admissible(RoutingContext context) {
        String authorization = context.request().getHeader("Authorization");
        if (authorization == null) {
            problem(context, 401, "API Key Missing", "Your request did not include an API key.");
            return false;
        }
        boolean allowed = false;
        if (authorization.startsWith("Bearer ")) {
            allowed = tokens.standing(authorization.substring(7)) == TokenDesk.Standing.VALID;
        } else if (authorization.startsWith("Basic ")) {
            try {
                String pair =
                        new String(Base64.getDecoder().decode(authorization.substring(6)), StandardCharsets.UTF_8);
                allowed = pair.substring(pair.indexOf(':') + 1).equals(key);
            } catch (IllegalArgumentException notBase64) {
                allowed = false;
            }
        }
        if (!allowed) {
            problem(
                    context,
                    401,
                    "API Key Invalid",
                    "Your API key may be invalid, or you've attempted to access the wrong datacenter.");
        }
        return allowed;
    }

    private void authorize(RoutingContext context) {
        String redirect = context.request().getParam("redirect_uri");
        if (!"code".equals(context.request().getParam("response_type"))
                || !clientId.equals(context.request().getParam("client_id"))
                || redirect == null) {
            problem(context, 400, "Bad Request", "The application is not known, or asks for something else.");
            return;
        }
        String state = context.request().getParam("state");
        context.response()
                .putHeader(
                        "Location",
                        redirect
                                + (redirect.contains("?") ? "&" : "?")
                                + "code="
                                + tokens.code(redirect, null)
                                + (state == null ? "" : "&state=" + encoded(state)));
        answer(context, 302, JSON_TYPE, null);
    }

    private void token(RoutingContext context) {
        Map<String, String> asked = fields(context);
        ObjectNode refusal = JSON.createObjectNode();
        if (!"authorization_code".equals(asked.get("grant_type"))) {
            answer(context, 400, JSON_TYPE, refusal.put("error", "unsupported_grant_type"));
        } else if (!clientId.equals(asked.get("client_id")) || !clientSecret.equals(asked.get("client_secret"))) {
            answer(context, 401, JSON_TYPE, refusal.put("error", "invalid_client"));
        } else {
            tokens.redeem(asked.getOrDefault("code", ""), asked.getOrDefault("redirect_uri", ""), null)
                    .ifPresentOrElse(
                            given -> answer(
                                    context,
                                    200,
                                    JSON_TYPE,
                                    JSON.createObjectNode()
                                            .put("access_token", given.accessToken())
                                            .put("expires_in", 0)
                                            .putNull("scope")),
                            () -> answer(context, 400, JSON_TYPE, refusal.put("error", "invalid_grant")));
        }
    }

    private void metadata(RoutingContext context) {
        String authorization = context.request().getHeader("Authorization");
        if (authorization == null
                || !authorization.startsWith("OAuth ")
                || tokens.standing(authorization.substring(6)) != TokenDesk.Standing.VALID) {
            answer(context, 401, JSON_TYPE, JSON.createObjectNode().put("error", "invalid_token"));
            return;
        }
        answer(
                context,
                200,
                JSON_TYPE,
                JSON.createObjectNode()
                        .put("dc", "us3")
                        .put("role", "owner")
                        .put("accountname", "Harbour Runners")
                        .put("api_endpoint", origin()));
    }

    private void list(RoutingContext context) {
        ObjectNode list = JSON.createObjectNode()
                .put("id", LIST)
                .put("web_id", 410_001)
                .put("name", "Harbour news")
                .put("double_optin", false);
        list.putObject("stats")
                .put("member_count", countOf("subscribed"))
                .put("unsubscribe_count", countOf("unsubscribed"))
                .put("cleaned_count", countOf("cleaned"));
        answer(context, 200, JSON_TYPE, list);
    }

    private long countOf(String status) {
        return members.values().stream()
                .filter(member -> member.status().equals(status))
                .count();
    }

    private void page(RoutingContext context) {
        Window window = window(context);
        if (window == null) {
            return;
        }
        String status = context.request().getParam("status");
        if (status != null && !status.equals("archived") && !STATUSES.contains(status)) {
            problem(context, 400, "Invalid Resource", "The status " + status + " is not one of ours.");
            return;
        }
        Predicate<Member> shown = status == null
                ? member -> !member.status().equals("archived")
                : member -> member.status().equals(status);
        for (Map.Entry<String, String> parameter : context.queryParams()) {
            String name = parameter.getKey();
            if (name.endsWith("last_changed") || name.endsWith("_timestamp_opt") || name.equals("unsubscribed_since")) {
                Instant bound = time(parameter.getValue());
                if (bound == null) {
                    problem(context, 400, "Invalid Resource", name + " is no ISO 8601 time.");
                    return;
                }
                // whether the bound belongs to it is not documented: the harsher way is simulated
                shown = shown.and(
                        name.startsWith("before")
                                ? member -> member.changed().isBefore(bound)
                                : member -> member.changed().isAfter(bound));
            } else if (name.equals("unique_email_id")) {
                shown = shown.and(member -> uniqueId(member.email()).equals(parameter.getValue()));
            }
        }
        String sort = context.request().getParam("sort_field");
        String direction = context.request().getParam("sort_dir");
        if (sort != null
                        && !Set.of("last_changed", "timestamp_opt", "timestamp_signup")
                                .contains(sort)
                || direction != null && !Set.of("ASC", "DESC").contains(direction)) {
            problem(context, 400, "Invalid Resource", "Sort by last_changed, timestamp_opt or timestamp_signup.");
            return;
        }
        Comparator<Member> order = Comparator.comparingLong(Member::webId);
        if ("last_changed".equals(sort)) {
            order = Comparator.comparing(Member::changed).thenComparing(order);
        }
        List<Member> all = members.values().stream()
                .filter(shown)
                .sorted("DESC".equals(direction) ? order.reversed() : order)
                .toList();
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode rows = answer.putArray("members");
        window.of(all).forEach(member -> rows.add(shown(member)));
        answer.put("list_id", LIST).put("total_items", all.size());
        answer.putArray("_links");
        answer(context, 200, JSON_TYPE, trimmed(context, answer, "members"));
    }

    private record Window(int offset, int count) {
        <T> List<T> of(List<T> all) {
            int from = Math.min(offset, all.size());
            return all.subList(from, Math.min(all.size(), from + count));
        }
    }

    private @Nullable Window window(RoutingContext context) {
        int count = number(context, "count", COUNT_STANDARD);
        String offset = context.request().getParam("offset");
        int from = offset == null || offset.equals("0") ? 0 : number(context, "offset", 0);
        if (count < 1 || count > COUNT_MAX || from < 0) {
            problem(context, 400, "Invalid Resource", "count is 1 to " + COUNT_MAX + ", offset 0 or more.");
            return null;
        }
        return new Window(from, count);
    }

    private static @Nullable Instant time(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private static ObjectNode trimmed(RoutingContext context, ObjectNode answer, String rows) {
        String excluded = context.request().getParam("exclude_fields");
        String fields = context.request().getParam("fields");
        if (excluded != null) {
            for (String field : excluded.split(",", -1)) {
                if (field.startsWith(rows + ".")) {
                    answer.path(rows).forEach(row -> ((ObjectNode) row).remove(field.substring(rows.length() + 1)));
                } else {
                    answer.remove(field);
                }
            }
        }
        if (fields != null) {
            List<String> wanted = List.of(fields.split(",", -1));
            List<String> ofRows = wanted.stream()
                    .filter(field -> field.startsWith(rows + "."))
                    .map(field -> field.substring(rows.length() + 1))
                    .toList();
            if (!ofRows.isEmpty()) {
                answer.path(rows).forEach(row -> ((ObjectNode) row).retain(ofRows));
            }
            Set<String> kept = new HashSet<>(wanted);
            if (!ofRows.isEmpty()) {
                kept.add(rows);
            }
            answer.retain(kept);
        }
        return answer;
    }

    private void one(RoutingContext context, Member member) {
        answer(context, 200, JSON_TYPE, shown(member));
    }

    private void create(RoutingContext context) {
        write(context, body -> {
            check(body, MEMBER_KEYS);
            String email = email(body);
            Member before = members.get(hash(email));
            if (before != null && !before.status().equals("archived")) {
                throw new Refused(
                        "Member Exists",
                        email + " is already a list member. Use PUT to insert or update list members.",
                        null);
            }
            return written(body, before, required(body, "status"));
        });
    }

    private void upsert(RoutingContext context) {
        write(context, body -> {
            Set<String> keys = new HashSet<>(MEMBER_KEYS);
            keys.add("status_if_new");
            keys.add("marketing_permissions");
            check(body, keys);
            Member before = find(context.pathParam("member"));
            String email = email(body);
            if (before == null && !hash(email).equals(context.pathParam("member"))) {
                throw new Refused(
                        "Invalid Resource", "The subscriber hash does not match the email address.", "email_address");
            }
            boolean returns = before != null && before.status().equals("archived") && !before.left();
            return written(
                    body,
                    before,
                    before == null || returns
                            ? required(body, "status_if_new")
                            : body.path("status").asText(null));
        });
    }

    private void change(RoutingContext context, Member before) {
        write(context, body -> {
            check(body, MEMBER_KEYS);
            return written(body, before, body.path("status").asText(null));
        });
    }

    private interface Write {
        Member of(ObjectNode body) throws Refused;
    }

    private void write(RoutingContext context, Write write) {
        ObjectNode body = object(context);
        if (body == null) {
            problem(context, 400, "JSON Parse Error", "We encountered an unspecified JSON parsing error.");
            return;
        }
        try {
            answer(context, 200, JSON_TYPE, shown(write.of(body)));
        } catch (Refused refused) {
            refused(context, refused.refusal);
        }
    }

    private static void check(ObjectNode body, Set<String> known) throws Refused {
        for (Map.Entry<String, JsonNode> member : body.properties()) {
            if (!known.contains(member.getKey())) {
                throw new Refused(
                        "Invalid Resource", "Schema describes no such member: " + member.getKey(), member.getKey());
            }
        }
    }

    private static String required(ObjectNode body, String member) throws Refused {
        String status = body.path(member).asText("");
        if (!STATUSES.contains(status)) {
            throw new Refused("Invalid Resource", "This value should be one of " + new TreeSet<>(STATUSES), member);
        }
        return status;
    }

    private String email(ObjectNode body) throws Refused {
        String email = body.path("email_address").asText("");
        if (!ADDRESS.matcher(email).matches()) {
            throw new Refused("Invalid Resource", "Please provide a valid email address.", "email_address");
        }
        if (distrusted.contains(hash(email))) {
            throw new Refused(
                    "Invalid Resource",
                    email + " looks fake or invalid, please enter a real email address.",
                    "email_address");
        }
        if (forgotten.contains(hash(email))) {
            throw new Refused(
                    "Forgotten Email Not Subscribed",
                    email + " was permanently deleted and cannot be re-imported. The contact must re-subscribe.",
                    null);
        }
        return email;
    }

    /** @param status the new one; null to leave it */
    private Member written(ObjectNode body, @Nullable Member before, @Nullable String status) throws Refused {
        String email = before == null || body.has("email_address") ? email(body) : before.email();
        if (status != null && !STATUSES.contains(status)) {
            throw new Refused("Invalid Resource", "This value should be one of " + new TreeSet<>(STATUSES), "status");
        }
        if (before != null && before.left() && "subscribed".equals(status)) {
            throw new Refused(
                    "Member In Compliance State",
                    email + " is in a compliance state due to unsubscribe, bounce or compliance review and cannot be"
                            + " subscribed.",
                    null);
        }
        ObjectNode fields =
                before == null ? emptyFields() : before.mergeFields().deepCopy();
        for (Map.Entry<String, JsonNode> field : body.path("merge_fields").properties()) {
            String type = mergeTags.get(field.getKey());
            if (type != null) {
                // unknown tags are passed over in silence
                checkMergeField(field.getKey(), type, field.getValue());
                fields.set(field.getKey(), field.getValue());
            }
        }
        Instant now = world.now();
        Member after = new Member(
                before == null ? ++lastWebId : before.webId(),
                before == null ? hash("contact " + lastWebId) : before.contactId(),
                email,
                status == null ? before == null ? "subscribed" : before.status() : status,
                before != null && before.left(),
                fields,
                before == null ? new TreeSet<>() : before.tags(),
                body.path("language").asText(before == null ? "" : before.language()),
                body.path("vip").asBoolean(before != null && before.vip()),
                body.path("timestamp_opt").asText(before == null ? TIME.format(now) : before.optedIn()),
                before == null ? now : before.changed());
        Member member = after.equals(before) ? after : after.with(after.status(), after.left(), now);
        if (before != null && !hash(before.email()).equals(hash(email))) {
            members.remove(hash(before.email()));
        }
        put(member);
        if (before == null
                || !before.status().equals(member.status()) && member.status().equals("subscribed")) {
            tell("subscribe", Origin.API, about(member));
        } else if (!member.equals(before)) {
            tell("profile", Origin.API, about(member));
        }
        return member;
    }

    private ObjectNode emptyFields() {
        ObjectNode fields = JSON.createObjectNode();
        mergeTags.keySet().forEach(tag -> fields.put(tag, ""));
        return fields;
    }

    private static void checkMergeField(String tag, String type, JsonNode value) throws Refused {
        if (value.isTextual() && value.textValue().isEmpty()) {
            return;
        }
        boolean fits =
                switch (type) {
                    case "number" ->
                        value.isNumber()
                                || value.isTextual() && value.textValue().matches("-?[0-9]+(\\.[0-9]+)?");
                    case "birthday" ->
                        value.isTextual() && BIRTHDAY.matcher(value.textValue()).matches();
                    case "date" -> value.isTextual() && value.textValue().matches("\\d{4}-\\d{2}-\\d{2}");
                    case "address" ->
                        value.isObject()
                                && List.of("addr1", "city", "state", "zip").stream()
                                        .noneMatch(part ->
                                                value.path(part).asText("").isEmpty());
                    default -> value.isTextual();
                };
        if (!fits) {
            throw new Refused(
                    "Invalid Resource", "Your merge fields were invalid.", "merge_fields." + tag + " (" + type + ")");
        }
    }

    private void batch(RoutingContext context) {
        ObjectNode body = object(context);
        if (body == null || !body.path("members").isArray()) {
            problem(context, 400, "Invalid Resource", "The resource submitted has no members.");
            return;
        }
        if (body.path("members").size() > BATCH_MAX) {
            problem(context, 400, "Invalid Resource", "A batch has at most " + BATCH_MAX + " members.");
            return;
        }
        for (Map.Entry<String, JsonNode> member : body.properties()) {
            if (!Set.of("members", "update_existing", "sync_tags").contains(member.getKey())) {
                problem(context, 400, "Invalid Resource", "Schema describes no such member: " + member.getKey());
                return;
            }
        }
        boolean updates = body.path("update_existing").asBoolean(false);
        boolean lenient = "true".equals(context.request().getParam("skip_duplicate_check"));
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode created = answer.putArray("new_members");
        ArrayNode updated = answer.putArray("updated_members");
        ArrayNode errors = answer.putArray("errors");
        Set<String> seen = new HashSet<>();
        for (JsonNode item : body.path("members")) {
            String address = item.path("email_address").asText("");
            try {
                if (!(item instanceof ObjectNode one)) {
                    throw new Refused("Invalid Resource", "A member is an object.", null);
                }
                check(one, MEMBER_KEYS);
                if (!seen.add(hash(email(one)))) {
                    if (lenient) {
                        continue;
                    }
                    throw new Refused("Invalid Resource", "Duplicate items found for " + address, null);
                }
                Member before = members.get(hash(address));
                boolean there = before != null && !before.status().equals("archived");
                if (there && !updates) {
                    throw new Refused("Member Exists", address + " is already a list member.", null);
                }
                Member member = written(one, before, there ? one.path("status").asText(null) : required(one, "status"));
                ObjectNode shown = shown(member);
                // this answer is not that of a single member
                shown.remove(List.of("contact_id", "full_name", "web_id", "source"));
                (there ? updated : created).add(shown);
            } catch (Refused refused) {
                errors.addObject()
                        .put("email_address", address)
                        .put("error", refused.refusal.detail())
                        .put(
                                "error_code",
                                refused.refusal.title().equals("Member Exists")
                                        ? "ERROR_CONTACT_EXISTS"
                                        : "ERROR_GENERIC")
                        .put("field", refused.refusal.field() == null ? "" : refused.refusal.field())
                        .put("field_message", refused.refusal.field() == null ? "" : refused.refusal.detail());
            }
        }
        answer.put("total_created", created.size())
                .put("total_updated", updated.size())
                .put("error_count", errors.size());
        answer.putArray("_links");
        answer(context, 200, JSON_TYPE, answer);
    }

    private void archive(RoutingContext context, Member member) {
        if (!Set.of("subscribed", "unsubscribed", "transactional").contains(member.status())) {
            methodNotAllowed(context);
            return;
        }
        put(member.with("archived", member.left(), world.now()));
        Map<String, String> told = about(member);
        told.put("data[action]", "delete");
        told.put("data[reason]", "manual");
        tell("unsubscribe", Origin.API, told);
        answer(context, 204, JSON_TYPE, null);
    }

    private void forget(RoutingContext context, Member member) {
        members.remove(hash(member.email()));
        forgotten.add(hash(member.email()));
        answer(context, 204, JSON_TYPE, null);
    }

    private void listTags(RoutingContext context, Member member) {
        Window window = window(context);
        if (window == null) {
            return;
        }
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode tags = answer.putArray("tags");
        for (String tag : window.of(List.copyOf(member.tags()))) {
            tags.addObject().put("id", tagId(tag)).put("name", tag).put("date_added", TIME.format(member.changed()));
        }
        answer.put("total_items", member.tags().size());
        answer(context, 200, JSON_TYPE, answer);
    }

    private void tag(RoutingContext context, Member member) {
        ObjectNode body = object(context);
        if (body == null || !body.path("tags").isArray()) {
            problem(context, 400, "Invalid Resource", "The resource submitted has no tags.");
            return;
        }
        Set<String> tags = new TreeSet<>(member.tags());
        for (JsonNode tag : body.path("tags")) {
            String name = tag.path("name").asText("");
            String status = tag.path("status").asText("");
            if (name.isBlank() || !Set.of("active", "inactive").contains(status)) {
                problem(context, 400, "Invalid Resource", "A tag has a name, and is active or inactive.");
                return;
            }
            if (status.equals("active")) {
                tags.add(name);
            } else {
                tags.remove(name);
            }
        }
        if (!tags.equals(member.tags())) {
            put(member.tagged(tags, world.now()));
        }
        answer(context, 204, JSON_TYPE, null);
    }

    private long tagId(String tag) {
        return tagIds.computeIfAbsent(tag, name -> 4_100_001L + tagIds.size());
    }

    private void mergeFields(RoutingContext context) {
        Window window = window(context);
        if (window == null) {
            return;
        }
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode fields = answer.putArray("merge_fields");
        List<String> tags = List.copyOf(mergeTags.keySet());
        for (String tag : window.of(tags)) {
            fields.add(mergeField(tags.indexOf(tag) + 1, tag));
        }
        answer.put("list_id", LIST).put("total_items", tags.size());
        answer(context, 200, JSON_TYPE, answer);
    }

    private ObjectNode mergeField(int id, String tag) {
        return JSON.createObjectNode()
                .put("merge_id", id)
                .put("tag", tag)
                .put("name", tag)
                .put("type", mergeTags.get(tag))
                .put("required", false)
                .put("default_value", "")
                .put("public", false)
                .put("display_order", id)
                .put("help_text", "")
                .put("list_id", LIST);
    }

    private void createMergeField(RoutingContext context) {
        ObjectNode body = object(context);
        String name = body == null ? "" : body.path("name").asText("");
        String type = body == null ? "" : body.path("type").asText("");
        String tag = body == null ? "" : body.path("tag").asText(name.toUpperCase(Locale.ROOT));
        if (name.isEmpty()
                || !Set.of("text", "number", "address", "phone", "date", "url", "birthday", "zip")
                        .contains(type)
                || tag.length() > 10
                || mergeTags.containsKey(tag)) {
            problem(context, 400, "Invalid Resource", "A merge field has a name, a type and a tag of its own.");
            return;
        }
        mergeTags.put(tag, type);
        members.replaceAll((hash, member) -> {
            member.mergeFields().put(tag, "");
            return member;
        });
        answer(context, 200, JSON_TYPE, mergeField(mergeTags.size(), tag));
    }

    private void listHooks(RoutingContext context) {
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode shown = answer.putArray("webhooks");
        hooks.values().forEach(hook -> shown.add(shown(hook)));
        answer.put("list_id", LIST).put("total_items", hooks.size());
        answer(context, 200, JSON_TYPE, answer);
    }

    private void createHook(RoutingContext context) {
        ObjectNode body = object(context);
        URI target;
        try {
            target = URI.create(body == null ? "" : body.path("url").asText(""));
        } catch (IllegalArgumentException e) {
            target = URI.create("");
        }
        if (body == null || target.getHost() == null) {
            problem(context, 400, "Invalid Resource", "The URL is not valid.");
            return;
        }
        Set<String> events = new TreeSet<>();
        body.path("events").properties().forEach(event -> {
            if (event.getValue().asBoolean()) {
                events.add(event.getKey());
            }
        });
        Set<Origin> sources = new TreeSet<>();
        for (Origin origin : Origin.values()) {
            if (body.path("sources")
                    .path(origin.name().toLowerCase(Locale.ROOT))
                    .asBoolean()) {
                sources.add(origin);
            }
        }
        String id = hash("hook " + hooks.size()).substring(0, 10);
        Hook hook = new Hook(
                id,
                target,
                body.path("signing_enabled").asBoolean() ? secret("hook " + id, 40) : null,
                events,
                sources);
        Context here = Vertx.currentContext();
        CompletableFuture<?> unused = client.sendAsync(
                        HttpRequest.newBuilder(target)
                                .timeout(Duration.ofSeconds(10))
                                .build(),
                        HttpResponse.BodyHandlers.discarding())
                .handle((answer, failure) -> failure == null && answer.statusCode() == 200)
                .thenAccept(reached -> here.runOnContext(asked -> hookAsked(context, hook, reached)));
    }

    private synchronized void hookAsked(RoutingContext context, Hook hook, boolean reached) {
        if (!reached) {
            problem(context, 400, "Invalid Resource", "We could not reach the URL: it has to answer GET with 200.");
            return;
        }
        hooks.put(hook.id(), hook);
        ObjectNode shown = shown(hook);
        if (hook.secret() != null) {
            // told only here
            shown.put("signing_secret", hook.secret());
        }
        answer(context, 200, JSON_TYPE, shown);
    }

    private void deleteHook(RoutingContext context) {
        if (hooks.remove(context.pathParam("hook")) == null) {
            notFound(context);
        } else {
            answer(context, 204, JSON_TYPE, null);
        }
    }

    private static ObjectNode shown(Hook hook) {
        ObjectNode shown = JSON.createObjectNode()
                .put("id", hook.id())
                .put("url", hook.target().toString())
                .put("list_id", LIST);
        ObjectNode events = shown.putObject("events");
        for (String event : List.of("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")) {
            events.put(event, hook.events().contains(event));
        }
        ObjectNode sources = shown.putObject("sources");
        for (Origin origin : Origin.values()) {
            sources.put(origin.name().toLowerCase(Locale.ROOT), hook.sources().contains(origin));
        }
        return shown;
    }

    private ObjectNode shown(Member member) {
        Function<String, String> name = tag -> member.mergeFields().path(tag).asText("");
        ObjectNode shown = JSON.createObjectNode()
                .put("id", hash(member.email()))
                .put("email_address", member.email())
                .put("unique_email_id", uniqueId(member.email()))
                .put("contact_id", member.contactId())
                .put("full_name", (name.apply("FNAME") + " " + name.apply("LNAME")).strip())
                .put("web_id", member.webId())
                .put("email_type", "html")
                .put("status", member.status());
        if (member.status().equals("unsubscribed")) {
            shown.put("unsubscribe_reason", member.left() ? "N/A (Unsubscribed by the member)" : "N/A (API)");
        }
        shown.set("merge_fields", member.mergeFields().deepCopy());
        shown.putObject("stats").put("avg_open_rate", 0).put("avg_click_rate", 0);
        shown.put("ip_signup", "")
                .put("timestamp_signup", "")
                .put("ip_opt", "203.0.113.7")
                .put("timestamp_opt", member.optedIn())
                .put("member_rating", 2)
                .put("last_changed", TIME.format(member.changed()))
                .put("language", member.language())
                .put("vip", member.vip())
                .put("email_client", "");
        shown.putObject("location")
                .put("latitude", 0)
                .put("longitude", 0)
                .put("gmtoff", 0)
                .put("dstoff", 0)
                .put("country_code", "")
                .put("timezone", "")
                .put("region", "");
        shown.put("source", "API - Generic").put("tags_count", member.tags().size());
        ArrayNode tags = shown.putArray("tags");
        member.tags().stream()
                .limit(TAGS_SHOWN_MAX)
                .forEach(tag -> tags.addObject().put("id", tagId(tag)).put("name", tag));
        shown.put("list_id", LIST);
        shown.set("_links", JsonNodeFactory.instance.arrayNode());
        return shown;
    }

    // errors

    private void refused(RoutingContext context, Refusal refusal) {
        ObjectNode document = problemDocument(context, 400, refusal.title(), refusal.detail());
        if (refusal.field() != null) {
            document.putArray("errors")
                    .addObject()
                    .put("field", refusal.field())
                    .put("message", refusal.detail());
        }
        answer(context, 400, PROBLEM_TYPE, document);
    }

    private void problem(RoutingContext context, int status, String title, String detail) {
        answer(context, status, PROBLEM_TYPE, problemDocument(context, status, title, detail));
    }

    private ObjectNode problemDocument(RoutingContext context, int status, String title, String detail) {
        String instance = UUID.randomUUID().toString();
        context.response().putHeader("X-Request-Id", instance);
        return JSON.createObjectNode()
                .put("type", "https://mailchimp.com/developer/marketing/docs/errors/")
                .put("title", title)
                .put("status", status)
                .put("detail", detail)
                .put("instance", instance);
    }

    @Override
    void unknownParameter(RoutingContext context, String name) {
        problem(context, 400, "Invalid Resource", "The query parameter " + name + " is not known.");
    }

    @Override
    void notFound(RoutingContext context) {
        problem(context, 404, "Resource Not Found", "The requested resource could not be found.");
    }

    @Override
    void methodNotAllowed(RoutingContext context) {
        problem(context, 405, "Method Not Allowed", "The requested method and resource are not compatible.");
    }

    /** No header says when to come back. */
    @Override
    void throttled(RoutingContext context, long retryAfterSeconds) {
        problem(
                context,
                429,
                "Too Many Requests",
                "You have exceeded the limit of " + CONNECTIONS_MAX + " simultaneous connections.");
    }

    @Override
    void broken(RoutingContext context) {
        problem(context, 500, "Internal Server Error", "An unexpected internal error has occurred.");
    }

    @Override
    void unavailable(RoutingContext context) {
        answer(context, 503, "text/html", null);
    }
}
