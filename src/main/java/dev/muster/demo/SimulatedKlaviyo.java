package dev.muster.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Klaviyo (revisioned JSON:API) as its contract describes it: several events in one delivery, signed with HMAC-SHA256
 * over body and timestamp header, whose clock is hours off; an API that wants a revision, shows consent only when
 * asked, and tells its quotas in headers.
 */
public final class SimulatedKlaviyo extends SimulatedPlatform {
    private static final String API = "https://a.klaviyo.com/api";
    private static final String JSON_API = "application/vnd.api+json";
    private static final String REVISION = "2026-07-15";
    private static final String WEBHOOK_ID = "01HXYZ7Q2V9K4M8N6P3R5S1T0W";
    private static final String ACCOUNT = "HbR123";
    private static final String LIST = "Y6nRLr";
    private static final String CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private static final int EVENTS_IN_DELIVERY_MAX = 1000;
    private static final int IMPORTED_AT_ONCE_MAX = 10_000;
    private static final int SUBSCRIBED_AT_ONCE_MAX = 1000;
    private static final int UNSUBSCRIBED_AT_ONCE_MAX = 100;
    private static final int STRANGER = -1;
    private static final Pattern EMAIL = Pattern.compile("[^@\\s]+@[^@\\s]+\\.[^@\\s]+");
    private static final Pattern PHONE = Pattern.compile("\\+[1-9][0-9]{6,14}");
    private static final Set<String> PROFILE_ATTRIBUTES = Set.of(
            "email",
            "phone_number",
            "external_id",
            "anonymous_id",
            "first_name",
            "last_name",
            "organization",
            "locale",
            "title",
            "image",
            "location",
            "properties");

    /** What was seen in live deliveries: labelled GMT, and five hours off. */
    private static final Duration HEADER_CLOCK_ERROR = Duration.ofHours(-5);

    private static final DateTimeFormatter HEADER_TIME = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final Pattern ID = Pattern.compile("[0-9A-Z]{26}");
    private static final Pattern FILTER =
            Pattern.compile("(greater-than|greater-or-equal|less-than|equals)\\((\\w+),[\"']?([^\"']*)[\"']?\\)");
    private static final Set<Integer> ACCEPTED = Set.of(200, 201, 202);

    private record Profile(
            String id, Person person, Instant created, Instant updated, Consent emailConsent, Consent smsConsent) {}

    /** A bulk import: done at once, and told in steps. */
    private static final class ImportJob {
        private final String id;
        private final Instant created;
        private final int total;
        private final ArrayNode errors = JSON.createArrayNode();
        private int asked;

        ImportJob(String id, Instant created, int total) {
            this.id = id;
            this.created = created;
            this.total = total;
        }
    }

    private record Event(String id, String uuid, String topic, String profile, Instant at) {}

    private final ConcurrentMap<String, Profile> profiles = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, Event> events = new ConcurrentHashMap<>();
    private final List<Event> unsent = new ArrayList<>();
    private final String key;
    private final String webhookSecret;
    private final SimulatedTokens tokens;
    private final Map<String, ObjectNode> pushed = new ConcurrentHashMap<>();
    private final Map<String, ImportJob> jobs = new ConcurrentHashMap<>();

    public SimulatedKlaviyo(SimulatedWorld world, PlatformSettings settings) {
        super("Klaviyo", world, settings, manners(settings));
        this.key = "pk_" + secret("klaviyo key", 34);
        this.webhookSecret = secret("klaviyo webhook", 32);
        this.tokens = new SimulatedTokens(
                this,
                "klaviyo",
                new SimulatedTokens.Rules(
                        Set.of("authorization_code", "refresh_token"),
                        true,
                        true,
                        true,
                        true,
                        Duration.ofHours(1),
                        true,
                        400));
        routes();
        listen();
    }

    /** Exponential pauses, at most an hour each, until 48 hours have passed; then the webhook is disabled. */
    private static WebhookSender.Manners manners(PlatformSettings settings) {
        List<Duration> pauses = new ArrayList<>();
        Duration total = Duration.ZERO;
        Duration pause = Duration.ofSeconds(10);
        while (total.compareTo(Duration.ofHours(48)) < 0) {
            pauses.add(settings.scaled(pause));
            total = total.plus(pause);
            pause = pause.multipliedBy(2).compareTo(Duration.ofHours(1)) > 0
                    ? Duration.ofHours(1)
                    : pause.multipliedBy(2);
        }
        return new WebhookSender.Manners(pauses, Duration.ofSeconds(5), ACCEPTED::contains, false, false);
    }

    @Override
    public Map<String, String> environment() {
        return Map.of(
                "KLAVIYO_BASE_URL", origin(),
                "KLAVIYO_API_KEY", key,
                "KLAVIYO_WEBHOOK_SECRET", webhookSecret);
    }

    /** The token endpoint and its client; refresh tokens work once. */
    SimulatedTokens tokens() {
        return tokens;
    }

    /** The profile id of a person, the same in every world with this seed. */
    public String profileId(Person person) {
        return identifier("profile " + person.number(), "01H", 26);
    }

    private String identifier(String what, String prefix, int length) {
        Random digits = new Random(SimulatedWorld.mix(world.seed(), what.hashCode()));
        StringBuilder id = new StringBuilder(prefix);
        while (id.length() < length) {
            id.append(CROCKFORD.charAt(digits.nextInt(CROCKFORD.length())));
        }
        return id.toString();
    }

    // what happens there; an event waits until flush() or until a delivery is full

    /** Somebody signs up with the form of the web site: a profile, consent to e-mail, and a list. */
    public synchronized void subscribe(Person person) {
        Instant now = world.now();
        Profile before = profiles.get(profileId(person));
        speaksForItself(person);
        put(new Profile(
                profileId(person),
                person,
                before == null ? now : before.created(),
                now,
                new Consent(Consent.Word.SUBSCRIBED, now, null),
                before == null ? Consent.NONE : before.smsConsent()));
        happened(person, "subscribed_to_list");
        happened(person, "subscribed_to_email_marketing");
    }

    /** A profile from the time before the hub: no webhook tells of it. */
    public synchronized void subscribeUnheard(Person person) {
        Instant then = world.now().minus(60, ChronoUnit.DAYS).plusSeconds(person.number());
        put(new Profile(
                profileId(person), person, then, then, new Consent(Consent.Word.SUBSCRIBED, then, null), Consent.NONE));
    }

    /** {@code unsubscribed_from_email_marketing}. */
    public synchronized void unsubscribe(Person person) {
        Profile before = profile(person);
        Instant now = world.now();
        put(consenting(before, new Consent(Consent.Word.UNSUBSCRIBED, now, null), before.smsConsent()));
        happened(person, "unsubscribed_from_email_marketing");
    }

    /** {@code subscribed_to_sms_marketing}, or the way back. */
    public synchronized void consentToSms(Person person, boolean yes) {
        Profile before = profile(person);
        put(consenting(
                before,
                before.emailConsent(),
                new Consent(yes ? Consent.Word.SUBSCRIBED : Consent.Word.UNSUBSCRIBED, world.now(), null)));
        happened(person, yes ? "subscribed_to_sms_marketing" : "unsubscribed_from_sms_marketing");
    }

    /** A mailing bounced for good: {@code bounced_email}; the profile is suppressed whatever it consented to. */
    public synchronized void bounce(Person person) {
        suppress(person, "HARD_BOUNCE");
        happened(person, "bounced_email");
    }

    /** {@code marked_email_as_spam}; the profile is suppressed. */
    public synchronized void complain(Person person) {
        suppress(person, "SPAM_COMPLAINT");
        happened(person, "marked_email_as_spam");
    }

    /** Somebody opened a mailing: {@code opened_email}, which changes nothing. */
    public synchronized void open(Person person) {
        happened(person, "opened_email");
    }

    /**
     * Somebody's particulars change, in the form of the web site that also confirms the list:
     * {@code subscribed_to_list}. There is no topic for a changed profile.
     */
    public synchronized void restate(Person person) {
        Profile before = profiles.get(profileId(person));
        if (before != null) {
            speaksForItself(person);
            put(new Profile(
                    before.id(), person, before.created(), world.now(), before.emailConsent(), before.smsConsent()));
            happened(person, "subscribed_to_list");
        }
    }

    /** What somebody enters now replaces what was pushed. */
    private void speaksForItself(Person person) {
        ObjectNode more = pushed.get(profileId(person));
        if (more != null) {
            more.retain("external_id");
        }
    }

    /** Whether this person has a profile. */
    public boolean knows(Person person) {
        return profiles.containsKey(profileId(person));
    }

    /** How many events wait for the next delivery. */
    public synchronized int unsent() {
        return unsent.size();
    }

    /** Sends what has happened since, as one delivery; nothing where nothing has. */
    public synchronized void flush() {
        if (unsent.isEmpty()) {
            return;
        }
        Instant now = world.now();
        ObjectNode document = JSON.createObjectNode();
        ArrayNode data = document.putArray("data");
        for (Event event : unsent) {
            ObjectNode one = data.addObject().put("external_id", event.uuid()).put("topic", event.topic());
            ObjectNode payload = one.putObject("payload");
            payload.set("data", event(event));
            payload.putArray("included");
        }
        document.putObject("meta")
                .put("klaviyo_account_id", ACCOUNT)
                .put("klaviyo_webhook_id", WEBHOOK_ID)
                .put("timestamp", TIME.format(now))
                .put("version", REVISION);
        unsent.clear();
        byte[] body = bytes(JSON, document);
        String timestamp = HEADER_TIME.format(now.plus(HEADER_CLOCK_ERROR));
        byte[] stamp = timestamp.getBytes(StandardCharsets.US_ASCII);
        byte[] signed = Arrays.copyOf(body, body.length + stamp.length);
        System.arraycopy(stamp, 0, signed, body.length, stamp.length);
        send(new Webhook(
                URI.create(settings.hub() + "/api/webhooks/klaviyo"),
                Map.of(
                        "Content-Type",
                        "application/json",
                        "User-Agent",
                        "Klaviyo/1.0",
                        "Klaviyo-Signature",
                        hexHmac("HmacSHA256", webhookSecret, signed),
                        "Klaviyo-Timestamp",
                        timestamp,
                        "Klaviyo-Webhook-Id",
                        WEBHOOK_ID),
                body));
    }

    private void suppress(Person person, String reason) {
        Profile before = profile(person);
        put(consenting(
                before,
                new Consent(before.emailConsent().word(), before.emailConsent().at(), reason),
                before.smsConsent()));
    }

    private Profile consenting(Profile before, Consent email, Consent sms) {
        return new Profile(before.id(), before.person(), before.created(), world.now(), email, sms);
    }

    private Profile profile(Person person) {
        Profile profile = profiles.get(profileId(person));
        if (profile == null) {
            throw new IllegalArgumentException("Klaviyo has no profile for person " + person.number());
        }
        return profile;
    }

    private void put(Profile profile) {
        profiles.put(profile.id(), profile);
        if (profile.person().number() == STRANGER) {
            return;
        }
        world.state(new Statement(
                "klaviyo/profile/" + profile.id(),
                profile.updated(),
                profile.person(),
                true,
                profile.emailConsent(),
                profile.smsConsent()));
    }

    private void happened(Person person, String topic) {
        int number = events.size() + 1;
        Event event = new Event(
                identifier("event " + number, "", 10) + number,
                new UUID(random.nextLong(), random.nextLong()).toString(),
                "event:klaviyo." + topic,
                profileId(person),
                world.now());
        events.put(event.id(), event);
        unsent.add(event);
        if (unsent.size() == EVENTS_IN_DELIVERY_MAX) {
            flush();
        }
    }

    // the API

    private void routes() {
        List<MovingWindow> profileList = large();
        List<MovingWindow> oneProfile = large();
        List<MovingWindow> eventList = List.of(window(350, Duration.ofSeconds(1)), window(3500, Duration.ofMinutes(1)));
        List<MovingWindow> oneEvent = List.of(window(10, Duration.ofSeconds(1)), window(150, Duration.ofMinutes(1)));
        List<MovingWindow> accounts = List.of(window(1, Duration.ofSeconds(1)), window(15, Duration.ofMinutes(1)));
        List<MovingWindow> medium = List.of(window(10, Duration.ofSeconds(1)), window(150, Duration.ofMinutes(1)));
        List<MovingWindow> jobList = List.of(window(10, Duration.ofSeconds(1)), window(150, Duration.ofMinutes(1)));
        List<MovingWindow> imports = large();
        List<MovingWindow> subscriptions = large();
        List<MovingWindow> unsubscriptions = large();
        serveOpenly("GET", "/oauth/authorize", tokens::authorize);
        serveOpenly("POST", "/oauth/token", tokens::token);
        serve("POST", "/api/profile-import", Set.of(), imports, told(imports, this::importProfile));
        serve("POST", "/api/profile-bulk-import-jobs", Set.of(), medium, told(medium, this::importProfiles));
        get("/api/profile-bulk-import-jobs/:job", jobList, told(jobList, this::importJob));
        get("/api/profile-bulk-import-jobs/:job/import-errors", jobList, told(jobList, this::importErrors));
        serve(
                "POST",
                "/api/profile-subscription-bulk-create-jobs",
                Set.of(),
                subscriptions,
                told(subscriptions, context -> changeConsents(context, true)));
        serve(
                "POST",
                "/api/profile-subscription-bulk-delete-jobs",
                Set.of(),
                unsubscriptions,
                told(unsubscriptions, context -> changeConsents(context, false)));
        get("/api/accounts", accounts, told(accounts, this::accounts));
        get("/api/profiles", profileList, told(profileList, this::profilePage));
        get("/api/profiles/:profile", oneProfile, told(oneProfile, this::oneProfile));
        get("/api/events", eventList, told(eventList, this::eventPage));
        get("/api/events/:event", oneEvent, told(oneEvent, this::oneEvent));
    }

    private List<MovingWindow> large() {
        return List.of(window(75, Duration.ofSeconds(1)), window(750, Duration.ofMinutes(1)));
    }

    /** Answers other than 429 tell what is left of the tighter window. */
    private static Handler<RoutingContext> told(List<MovingWindow> quota, Handler<RoutingContext> handler) {
        MovingWindow burst = quota.get(0);
        MovingWindow steady = quota.get(1);
        String limit = burst.limit() + ", " + burst.limit() + ";w=" + burst.lengthSeconds() + ", " + steady.limit()
                + ";w=" + steady.lengthSeconds();
        return context -> {
            MovingWindow tighter = steady.remaining() < burst.remaining() ? steady : burst;
            context.response()
                    .putHeader("RateLimit-Limit", limit)
                    .putHeader("RateLimit-Remaining", String.valueOf(tighter.remaining()))
                    .putHeader("RateLimit-Reset", String.valueOf(tighter.lengthSeconds()));
            handler.handle(context);
        };
    }

    @Override
    boolean admissible(RoutingContext context) {
        String authorization = context.request().getHeader("Authorization");
        if (authorization == null) {
            error(
                    context,
                    401,
                    "not_authenticated",
                    "Authentication credentials were not provided.",
                    "Missing or invalid authorization scheme. Please use Klaviyo-API-Key.",
                    "/data/");
            return false;
        }
        if (!authorization.equals("Klaviyo-API-Key " + key) && !tokens.accepts(authorization)) {
            error(
                    context,
                    401,
                    "authentication_failed",
                    "Incorrect authentication credentials.",
                    "The API key specified is invalid.",
                    "/data/");
            return false;
        }
        String revision = context.request().getHeader("revision");
        if (revision == null || !revision.matches("\\d{4}-\\d{2}-\\d{2}")) {
            error(
                    context,
                    400,
                    "invalid",
                    "Invalid input.",
                    "The header 'revision' is missing or no date; the newest revision is " + REVISION + ".",
                    "revision");
            return false;
        }
        return true;
    }

    // pushes

    private void importProfile(RoutingContext context) {
        JsonNode data = pushed(context, "profile");
        if (data == null) {
            return;
        }
        String problem = problem(data);
        if (problem != null) {
            error(context, 400, "invalid", "Invalid input.", problem, "/data/attributes");
            return;
        }
        boolean known = matching(data) != null;
        Profile profile = upsert(data);
        ObjectNode document = JSON.createObjectNode();
        document.set("data", profile(profile, false));
        document.putObject("links").put("self", API + "/profiles/" + profile.id());
        answer(context, known ? 200 : 201, JSON_API, document);
    }

    private void importProfiles(RoutingContext context) {
        JsonNode data = pushed(context, "profile-bulk-import-job");
        if (data == null) {
            return;
        }
        JsonNode all = data.at("/attributes/profiles/data");
        if (!all.isArray() || all.isEmpty() || all.size() > IMPORTED_AT_ONCE_MAX) {
            error(
                    context,
                    400,
                    "invalid",
                    "Invalid input.",
                    "Give 1 to " + IMPORTED_AT_ONCE_MAX + " profiles.",
                    "/data/attributes/profiles/data");
            return;
        }
        ImportJob job = new ImportJob(identifier("job " + jobs.size(), "", 22), world.now(), all.size());
        for (JsonNode one : all) {
            String problem = problem(one);
            if (problem == null) {
                upsert(one);
            } else {
                ObjectNode error = job.errors
                        .addObject()
                        .put("type", "import-error")
                        .put("id", identifier(job.id + job.errors.size(), "", 26));
                error.putObject("attributes")
                        .put("code", "invalid")
                        .put("title", "Invalid input.")
                        .put("detail", problem)
                        .set("original_payload", one);
                ((ObjectNode) error.get("attributes"))
                        .putObject("source")
                        .put("pointer", "/data/attributes/profiles/data");
                error.putObject("links")
                        .put("self", API + "/import-errors/" + error.path("id").asText() + "/");
            }
        }
        jobs.put(job.id, job);
        answer(context, 202, JSON_API, document(job));
    }

    private void importJob(RoutingContext context) {
        ImportJob job = jobs.get(context.pathParam("job"));
        if (job == null) {
            notFound(context);
            return;
        }
        job.asked++;
        ok(context, document(job));
    }

    private void importErrors(RoutingContext context) {
        ImportJob job = jobs.get(context.pathParam("job"));
        if (job == null) {
            notFound(context);
            return;
        }
        ObjectNode document = JSON.createObjectNode();
        document.set("data", job.errors);
        document.putObject("links")
                .put("self", API + "/profile-bulk-import-jobs/" + job.id + "/import-errors")
                .putNull("next")
                .putNull("prev");
        ok(context, document);
    }

    private static ObjectNode document(ImportJob job) {
        boolean complete = job.asked > 1;
        ObjectNode document = JSON.createObjectNode();
        ObjectNode data = document.putObject("data")
                .put("type", "profile-bulk-import-job")
                .put("id", job.id);
        data.putObject("attributes")
                .put("status", complete ? "complete" : job.asked == 0 ? "queued" : "processing")
                .put("created_at", TIME.format(job.created))
                .put("total_count", job.total)
                .put("completed_count", complete ? job.total - job.errors.size() : 0)
                .put("failed_count", complete ? job.errors.size() : 0)
                .put("completed_at", complete ? TIME.format(job.created) : null)
                .put("expires_at", TIME.format(job.created.plus(7, ChronoUnit.DAYS)))
                .put("started_at", job.asked == 0 ? null : TIME.format(job.created));
        String self = API + "/profile-bulk-import-jobs/" + job.id;
        data.putObject("links").put("self", self + "/");
        document.putObject("links").put("self", self + "/");
        return document;
    }

    private synchronized void changeConsents(RoutingContext context, boolean yes) {
        JsonNode data =
                pushed(context, yes ? "profile-subscription-bulk-create-job" : "profile-subscription-bulk-delete-job");
        if (data == null) {
            return;
        }
        int atOnceMax = yes ? SUBSCRIBED_AT_ONCE_MAX : UNSUBSCRIBED_AT_ONCE_MAX;
        JsonNode all = data.at("/attributes/profiles/data");
        String word = yes ? "SUBSCRIBED" : "UNSUBSCRIBED";
        if (!all.isArray() || all.isEmpty() || all.size() > atOnceMax) {
            error(
                    context,
                    400,
                    "invalid",
                    "Invalid input.",
                    "Give 1 to " + atOnceMax + " profiles.",
                    "/data/attributes/profiles/data");
            return;
        }
        for (JsonNode one : all) {
            JsonNode attributes = one.path("attributes");
            if (!attributes
                            .at("/subscriptions/email/marketing/consent")
                            .asText()
                            .equals(word)
                    || !EMAIL.matcher(attributes.path("email").asText()).matches()) {
                error(
                        context,
                        400,
                        "invalid",
                        "Invalid input.",
                        "Each profile needs an email and the consent " + word + " for it.",
                        "/data/attributes/profiles/data");
                return;
            }
        }
        for (JsonNode one : all) {
            // Without a list nobody is created by this.
            Profile profile = matching(one);
            if (profile != null) {
                put(consenting(
                        profile, new Consent(Consent.Word.valueOf(word), world.now(), null), profile.smsConsent()));
            }
        }
        answer(context, 202, JSON_API, null);
    }

    /** The document's data, of the given type; null where there is none and the refusal has been answered. */
    private @Nullable JsonNode pushed(RoutingContext context, String type) {
        String contentType = context.request().getHeader("Content-Type");
        if (contentType == null || !(contentType.startsWith(JSON_API) || contentType.startsWith("application/json"))) {
            error(context, 415, "unsupported_media_type", "Unsupported media type.", "Send " + JSON_API + ".", null);
            return null;
        }
        ObjectNode document = object(context);
        JsonNode data = document == null ? null : document.get("data");
        if (data == null || !data.path("type").asText().equals(type)) {
            error(context, 400, "invalid", "Invalid input.", "The type must be '" + type + "'.", "/data/type");
            return null;
        }
        return data;
    }

    private static @Nullable String problem(JsonNode data) {
        JsonNode attributes = data.path("attributes");
        if (!data.path("type").asText().equals("profile")) {
            return "The type must be 'profile'.";
        }
        if (!data.has("id")
                && !attributes.hasNonNull("email")
                && !attributes.hasNonNull("phone_number")
                && !attributes.hasNonNull("external_id")) {
            return "One of id, email, phone_number, external_id or anonymous_id must be given.";
        }
        for (String name : (Iterable<String>) attributes::fieldNames) {
            if (!PROFILE_ATTRIBUTES.contains(name)) {
                return "'" + name + "' is not a valid field for the resource 'profile'.";
            }
        }
        if (attributes.hasNonNull("email")
                && !EMAIL.matcher(attributes.path("email").asText()).matches()) {
            return "Invalid email address.";
        }
        if (attributes.hasNonNull("phone_number")
                && !PHONE.matcher(attributes.path("phone_number").asText()).matches()) {
            return "Invalid phone number format (must be E.164).";
        }
        return null;
    }

    private @Nullable Profile matching(JsonNode data) {
        JsonNode attributes = data.path("attributes");
        if (data.hasNonNull("id")) {
            return profiles.get(data.path("id").asText());
        }
        String email = attributes.path("email").asText("");
        String external = attributes.path("external_id").asText("");
        for (Profile profile : profiles.values()) {
            ObjectNode more = pushed.get(profile.id());
            if ((!email.isEmpty() && email.equalsIgnoreCase(profile.person().email()))
                    || (!email.isEmpty()
                            && more != null
                            && email.equalsIgnoreCase(more.path("email").asText()))
                    || (!external.isEmpty()
                            && more != null
                            && external.equals(more.path("external_id").asText()))) {
                return profile;
            }
        }
        return null;
    }

    private synchronized Profile upsert(JsonNode data) {
        Profile before = matching(data);
        Instant now = world.now();
        String id = before == null ? identifier("pushed profile " + profiles.size(), "01J", 26) : before.id();
        Person person = before == null ? stranger(data.path("attributes")) : before.person();
        Profile after = new Profile(
                id,
                person,
                before == null ? now : before.created(),
                now,
                before == null ? Consent.NONE : before.emailConsent(),
                before == null ? Consent.NONE : before.smsConsent());
        // An absent attribute stays as it is; null clears it.
        ObjectNode more = pushed.getOrDefault(id, JSON.createObjectNode()).deepCopy();
        merge(more, data.path("attributes"));
        pushed.put(id, more);
        profiles.put(id, after);
        return after;
    }

    private static void merge(ObjectNode target, JsonNode source) {
        source.fields().forEachRemaining(field -> {
            if (field.getValue().isObject() && target.path(field.getKey()).isObject()) {
                merge((ObjectNode) target.get(field.getKey()), field.getValue());
            } else {
                target.set(field.getKey(), field.getValue().deepCopy());
            }
        });
    }

    /** Somebody whom this world does not know: only what was pushed is shown. */
    private Person stranger(JsonNode attributes) {
        return new Person(
                STRANGER,
                "",
                "",
                false,
                attributes.path("email").asText(""),
                true,
                null,
                null,
                LocalDate.EPOCH,
                new Address("", "", null, "", "", ""),
                false,
                -1,
                false,
                false,
                true,
                false);
    }

    /** What a push has left of a profile: its attributes as it gave them; empty where none did. */
    public ObjectNode pushed(String profileId) {
        return pushed.getOrDefault(profileId, JSON.createObjectNode()).deepCopy();
    }

    /** The word for the consent to e-mail of whoever has this address; null where nobody has. */
    public @Nullable String emailConsent(String email) {
        ObjectNode data = JSON.createObjectNode();
        data.putObject("attributes").put("email", email);
        Profile profile = matching(data);
        return profile == null ? null : profile.emailConsent().word().name();
    }

    private void accounts(RoutingContext context) {
        ObjectNode document = JSON.createObjectNode();
        ObjectNode account =
                document.putArray("data").addObject().put("type", "account").put("id", ACCOUNT);
        ObjectNode attributes = account.putObject("attributes")
                .put("test_account", false)
                .put("public_api_key", ACCOUNT)
                .put("timezone", "Europe/Berlin")
                .put("preferred_currency", "EUR")
                .put("locale", "en-US");
        ObjectNode contact = attributes
                .putObject("contact_information")
                .put("default_sender_name", "Harbour Runners")
                .put("default_sender_email", "news@harbour.example")
                .put("organization_name", "Harbour Runners");
        contact.putObject("street_address").put("city", "Kiel").put("country", "DE");
        account.putObject("links").put("self", API + "/accounts/" + ACCOUNT + "/");
        ok(context, document);
    }

    private void oneProfile(RoutingContext context) {
        String id = context.pathParam("profile");
        if (!ID.matcher(id).matches()) {
            error(context, 400, "invalid", "Invalid input.", "'" + id + "' is no profile id.", "/data/id");
            return;
        }
        Profile profile = profiles.get(id);
        if (profile == null) {
            notFound(context);
            return;
        }
        ObjectNode document = JSON.createObjectNode();
        document.set("data", profile(profile, showsSubscriptions(context)));
        document.putObject("links").put("self", API + "/profiles/" + id);
        ok(context, document);
    }

    private void oneEvent(RoutingContext context) {
        Event event = events.get(context.pathParam("event"));
        if (event == null) {
            notFound(context);
            return;
        }
        ObjectNode document = JSON.createObjectNode();
        document.set("data", event(event));
        document.putObject("links").put("self", API + "/events/" + event.id());
        ok(context, document);
    }

    private void profilePage(RoutingContext context) {
        boolean subscriptions = showsSubscriptions(context);
        Predicate<Profile> filter = profileFilter(context);
        if (filter == null) {
            return;
        }
        String sort = context.request().getParam("sort");
        Function<Profile, String> key;
        if (sort == null || sort.equals("id") || sort.equals("-id")) {
            key = Profile::id;
        } else if (sort.equals("updated") || sort.equals("-updated")) {
            key = profile -> profile.updated() + " " + profile.id();
        } else if (sort.equals("created") || sort.equals("-created")) {
            key = profile -> profile.created() + " " + profile.id();
        } else {
            error(context, 400, "invalid", "Invalid input.", "'" + sort + "' is no sort of profiles.", "sort");
            return;
        }
        page(
                context,
                "/api/profiles",
                profiles.values().stream().filter(filter).toList(),
                key,
                sort != null && sort.startsWith("-"),
                20,
                100,
                profile -> profile(profile, subscriptions));
    }

    private void eventPage(RoutingContext context) {
        String sort = context.request().getParam("sort");
        page(
                context,
                "/api/events",
                new ArrayList<>(events.values()),
                event -> event.at() + " " + event.id(),
                sort != null && sort.startsWith("-"),
                200,
                1000,
                this::event);
    }

    private @Nullable Predicate<Profile> profileFilter(RoutingContext context) {
        String text = context.request().getParam("filter");
        if (text == null) {
            return profile -> true;
        }
        Matcher matcher = FILTER.matcher(text);
        Predicate<Profile> all = profile -> true;
        int end = 0;
        while (end < text.length() && matcher.find(end)) {
            if (matcher.start() != end + (end > 0 ? 1 : 0)) {
                break;
            }
            Predicate<Profile> one = condition(matcher.group(1), matcher.group(2), matcher.group(3));
            if (one == null) {
                break;
            }
            all = all.and(one);
            end = matcher.end();
        }
        if (end == text.length()) {
            return all;
        }
        error(context, 400, "invalid", "Invalid input.", "The filter is not understood: " + text, "filter");
        return null;
    }

    private static @Nullable Predicate<Profile> condition(String operator, String field, String value) {
        if (operator.equals("equals")) {
            return switch (field) {
                case "email" -> profile -> profile.person().email().equalsIgnoreCase(value);
                case "id" -> profile -> profile.id().equals(value);
                case "phone_number" -> profile -> value.equals(profile.person().phoneE164());
                default -> null;
            };
        }
        if (operator.equals("greater-or-equal") || !(field.equals("updated") || field.equals("created"))) {
            return null;
        }
        Function<Profile, Instant> time = field.equals("updated") ? Profile::updated : Profile::created;
        try {
            Instant bound = DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(value, Instant::from);
            return operator.equals("greater-than")
                    ? profile -> time.apply(profile).isAfter(bound)
                    : profile -> time.apply(profile).isBefore(bound);
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private <T> void page(
            RoutingContext context,
            String path,
            List<T> all,
            Function<T, String> key,
            boolean descending,
            int pageSizeStandard,
            int pageSizeMax,
            Function<T, ObjectNode> resource) {
        int pageSize = number(context, "page[size]", pageSizeStandard);
        if (pageSize < 1 || pageSize > pageSizeMax) {
            error(
                    context,
                    400,
                    "invalid",
                    "Invalid input.",
                    "Page size must be an integer between 1 and " + pageSizeMax + ".",
                    "page[size]");
            return;
        }
        String cursor = context.request().getParam("page[cursor]");
        String after = cursor == null ? null : decoded(cursor);
        if (cursor != null && after == null) {
            error(context, 400, "invalid", "Invalid input.", "The cursor is not one of ours.", "page[cursor]");
            return;
        }
        Comparator<String> order = descending ? Comparator.reverseOrder() : Comparator.naturalOrder();
        List<T> rest = all.stream()
                .filter(one -> after == null || order.compare(key.apply(one), after) > 0)
                .sorted(Comparator.comparing(key, order))
                .toList();
        List<T> shown = rest.subList(0, Math.min(pageSize, rest.size()));
        ObjectNode document = JSON.createObjectNode();
        ArrayNode data = document.putArray("data");
        shown.forEach(one -> data.add(resource.apply(one)));
        ObjectNode links =
                document.putObject("links").put("self", context.request().absoluteURI());
        if (shown.size() < rest.size()) {
            links.put("next", next(context, path, key.apply(shown.get(shown.size() - 1))));
        } else {
            links.putNull("next");
        }
        links.putNull("prev");
        ok(context, document);
    }

    /** The whole address of the next page, with every parameter of this one; on the host that was asked. */
    private String next(RoutingContext context, String path, String last) {
        StringBuilder address = new StringBuilder(origin() + path + "?");
        for (Map.Entry<String, String> parameter : context.queryParams()) {
            if (!parameter.getKey().equals("page[cursor]")) {
                address.append(encoded(parameter.getKey()))
                        .append('=')
                        .append(encoded(parameter.getValue()))
                        .append('&');
            }
        }
        String cursor = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(("next::" + last).getBytes(StandardCharsets.UTF_8));
        return address.append("page%5Bcursor%5D=").append(cursor).toString();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static @Nullable String decoded(String cursor) {
        try {
            String text = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
            return text.startsWith("next::") ? text.substring(6) : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static boolean showsSubscriptions(RoutingContext context) {
        String additional = context.request().getParam("additional-fields[profile]");
        return additional != null && List.of(additional.split(",", -1)).contains("subscriptions");
    }

    // documents

    private ObjectNode profile(Profile profile, boolean showsSubscriptions) {
        ObjectNode resource = told(profile, showsSubscriptions);
        ObjectNode more = pushed.get(profile.id());
        ObjectNode attributes = (ObjectNode) resource.get("attributes");
        if (profile.person().number() == STRANGER) {
            attributes.set("properties", JSON.createObjectNode());
            for (String name : List.of("email", "phone_number", "first_name", "last_name")) {
                attributes.putNull(name);
            }
            ((ObjectNode) attributes.get("location"))
                    .putNull("address1")
                    .putNull("city")
                    .putNull("country")
                    .putNull("region")
                    .putNull("zip");
        }
        if (more != null) {
            merge(attributes, more);
        }
        return resource;
    }

    private static ObjectNode told(Profile profile, boolean showsSubscriptions) {
        Person person = profile.person();
        Address home = person.address();
        ObjectNode resource = JSON.createObjectNode().put("type", "profile").put("id", profile.id());
        ObjectNode attributes = resource.putObject("attributes")
                .put("email", person.email())
                .put("phone_number", person.phoneE164())
                .putNull("external_id")
                .putNull("anonymous_id")
                .putNull("whatsapp_bsuid")
                .put("first_name", person.givenName())
                .put("last_name", person.familyName())
                .putNull("organization")
                .putNull("locale")
                .putNull("title")
                .putNull("image")
                .put("created", TIME.format(profile.created()))
                .put("updated", TIME.format(profile.updated()))
                .putNull("last_event_date");
        attributes
                .putObject("location")
                .put("address1", home.line1())
                .putNull("address2")
                .put("city", home.city())
                .put("country", home.countryName())
                .putNull("latitude")
                .putNull("longitude")
                .put("region", home.region())
                .put("zip", home.postalCode())
                .putNull("timezone")
                .putNull("ip");
        attributes.putObject("properties").put("birth_date", person.birthDate().toString());
        if (showsSubscriptions) {
            ObjectNode subscriptions = attributes.putObject("subscriptions");
            subscriptions
                    .putObject("email")
                    .set("marketing", marketing("can_receive_email_marketing", profile, profile.emailConsent(), true));
            if (profile.smsConsent().equals(Consent.NONE)) {
                subscriptions.putNull("sms");
            } else {
                subscriptions
                        .putObject("sms")
                        .set("marketing", marketing("can_receive_sms_marketing", profile, profile.smsConsent(), false));
            }
            subscriptions.putNull("mobile_push");
        }
        String self = API + "/profiles/" + profile.id();
        resource.putObject("relationships")
                .putObject("lists")
                .putObject("links")
                .put("self", self + "/relationships/lists/")
                .put("related", self + "/lists/");
        resource.putObject("links").put("self", self + "/");
        return resource;
    }

    private static ObjectNode marketing(String verdict, Profile profile, Consent consent, boolean email) {
        Instant at = consent.at();
        ObjectNode marketing = JSON.createObjectNode()
                .put(verdict, consent.allows())
                .put("consent", consent.word().name())
                .put("consent_timestamp", at == null ? null : TIME.format(at))
                .put("last_updated", TIME.format(profile.updated()))
                .put("method", "FORM")
                .put("method_detail", LIST);
        if (email) {
            marketing.putNull("custom_method_detail").put("double_optin", false);
            ArrayNode suppressions = marketing.putArray("suppression");
            String reason = consent.suppression();
            if (reason != null) {
                suppressions.addObject().put("reason", reason).put("timestamp", TIME.format(profile.updated()));
            }
            marketing.putArray("list_suppressions");
        }
        return marketing;
    }

    private ObjectNode event(Event event) {
        ObjectNode resource = JSON.createObjectNode().put("type", "event").put("id", event.id());
        ObjectNode attributes = resource.putObject("attributes")
                .put("timestamp", event.at().getEpochSecond())
                .put("datetime", TIME.format(event.at()))
                .put("uuid", event.uuid());
        ObjectNode properties = attributes.putObject("event_properties").put("$event_id", event.uuid());
        if (event.topic().endsWith("subscribed_to_list")) {
            properties.put("List", "Harbour news");
        }
        ObjectNode relationships = resource.putObject("relationships");
        relationships
                .putObject("metric")
                .putObject("data")
                .put("type", "metric")
                .put("id", identifier("metric " + event.topic(), "", 6));
        relationships
                .putObject("profile")
                .putObject("data")
                .put("type", "profile")
                .put("id", event.profile());
        return resource;
    }

    // errors

    private void ok(RoutingContext context, ObjectNode body) {
        answer(context, 200, JSON_API, body);
    }

    private void error(
            RoutingContext context, int status, String code, String title, String detail, @Nullable String source) {
        ObjectNode document = JSON.createObjectNode();
        ObjectNode error = document.putArray("errors")
                .addObject()
                .put("id", UUID.randomUUID().toString())
                .put("status", status)
                .put("code", code)
                .put("title", title)
                .put("detail", detail);
        ObjectNode place = error.putObject("source");
        if (source != null) {
            place.put(source.startsWith("/") ? "pointer" : "parameter", source);
        }
        error.putObject("links");
        error.putObject("meta");
        answer(context, status, JSON_API, document);
    }

    @Override
    void notFound(RoutingContext context) {
        error(context, 404, "not_found", "Not found.", "A resource with this id does not exist.", null);
    }

    @Override
    void methodNotAllowed(RoutingContext context) {
        error(context, 405, "method_not_allowed", "Method not allowed.", "Use GET.", null);
    }

    @Override
    void throttled(RoutingContext context, long retryAfterSeconds) {
        context.response().putHeader("Retry-After", String.valueOf(retryAfterSeconds));
        error(
                context,
                429,
                "throttled",
                "Request was throttled.",
                "Request was throttled. Expected available in " + retryAfterSeconds + " seconds.",
                null);
    }

    @Override
    void broken(RoutingContext context) {
        error(context, 500, "error", "A server error occurred.", "A server error occurred.", null);
    }

    @Override
    void unavailable(RoutingContext context) {
        error(context, 503, "service_unavailable", "Service unavailable.", "Try again later.", null);
    }
}
