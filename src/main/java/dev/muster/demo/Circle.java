package dev.muster.demo;

import dev.muster.demo.SimulatedDiscord.Role;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The story of one person, step by step, as the platforms see it: Ana gives through Classy and is a patron; the hub tells
 * Mailchimp and HubSpot of her, finds her in Salesforce, and gives her roles on Discord; she unsubscribes in Mailchimp; HubSpot,
 * Salesforce and Klaviyo hear of it, and Mailchimp hears nothing back. For one thread at a time.
 */
final class Circle {
    /** How long she is in the audience before she leaves it: a person at the screen wants to see it. */
    private static final Duration READS_FOR = Duration.ofSeconds(6);

    private static final int WIDTH = 76;

    /** What has to happen, in this order. */
    private enum Step {
        GIVES,
        IN_MAILCHIMP,
        IN_HUBSPOT,
        IN_SALESFORCE,
        ON_DISCORD,
        LEAVES,
        HUBSPOT_TOLD,
        SALESFORCE_TOLD,
        KLAVIYO_TOLD
    }

    private final SimulatedPlatforms platforms;
    private final Person ana;
    private final AtomicInteger toldBack = new AtomicInteger();
    private final List<@Nullable Duration> done = new ArrayList<>();
    private volatile boolean left;

    Circle(SimulatedPlatforms platforms) {
        this.platforms = platforms;
        this.ana = platforms.world().person(platforms.world().showcase());
        platforms.mailchimp().observe(this::heard);
        for (Step ignored : Step.values()) {
            done.add(null);
        }
    }

    private void heard(ApiExchange exchange) {
        boolean isAboutHer = exchange.path().contains(ana.email().replace("@", "%40"))
                || new String(exchange.requestBody(), StandardCharsets.UTF_8).contains(ana.email());
        if (left && !exchange.method().equals("GET") && isAboutHer) {
            toldBack.incrementAndGet();
        }
    }

    /**
     * Looks how far it is, and lets her leave when it is time.
     *
     * @param running since when the season is played
     * @return the lines of the steps that were seen for the first time
     */
    List<String> look(Duration running) {
        List<String> news = new ArrayList<>();
        for (Step step : Step.values()) {
            if (done.get(step.ordinal()) != null) {
                continue;
            }
            if (!holds(step, running)) {
                break;
            }
            done.set(step.ordinal(), running);
            news.add(line(step));
        }
        return news;
    }

    private boolean holds(Step step, Duration running) {
        Map<String, String> hubspot = platforms.hubspot().contact(ana.email()).orElse(Map.of());
        return switch (step) {
            case GIVES -> platforms.classy().knows(ana) && platforms.patreon().knows(ana);
            case IN_MAILCHIMP ->
                "subscribed".equals(platforms.mailchimp().statuses().get(ana.email()))
                        && platforms.mailchimp().tags(ana.email()).containsAll(Set.of("Donor", "Patron"));
            case IN_HUBSPOT -> !hubspot.isEmpty();
            case IN_SALESFORCE ->
                platforms.salesforce().toldContact(ana.email()).isPresent();
            case ON_DISCORD -> roles().containsAll(Set.of(Role.MEMBER, Role.MATE));
            case LEAVES -> leaves(running);
            case SALESFORCE_TOLD ->
                platforms
                        .salesforce()
                        .toldContact(ana.email())
                        .map(contact -> contact.path("HasOptedOutOfEmail").asBoolean())
                        .orElse(false);
            case HUBSPOT_TOLD -> "true".equals(hubspot.get("hs_email_optout"));
            case KLAVIYO_TOLD -> "UNSUBSCRIBED".equals(platforms.klaviyo().emailConsent(ana.email()));
        };
    }

    private boolean leaves(Duration running) {
        Duration since = done.get(Step.LEAVES.ordinal() - 1);
        if (since == null || running.minus(since).compareTo(READS_FOR) < 0) {
            return false;
        }
        left = true;
        platforms.mailchimp().unsubscribe(ana.email());
        return true;
    }

    private List<Role> roles() {
        Set<String> ids = platforms.discord().rolesOf(ana);
        return Stream.of(Role.values()).filter(role -> ids.contains(role.id())).toList();
    }

    /** The whole story; always the same number of lines, none longer than 76 characters. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("  The story of " + ana.fullName() + ", " + ana.email() + ":");
        for (Step step : Step.values()) {
            lines.add(line(step));
        }
        lines.add(cut("            Mailchimp was told of her since she left: " + toldBack.get() + " times"));
        return lines;
    }

    private String line(Step step) {
        Duration at = done.get(step.ordinal());
        String when = at == null ? "   ...  " : String.format(Locale.ROOT, "%5d s ", at.toSeconds());
        return cut("  " + when + "  " + (at == null ? expected(step) : seen(step)));
    }

    private static String expected(Step step) {
        return switch (step) {
            case GIVES -> "gives through Classy, and is a patron on Patreon";
            case IN_MAILCHIMP -> "one golden member, in Mailchimp with tags and merge fields";
            case IN_HUBSPOT -> "in HubSpot";
            case IN_SALESFORCE -> "found in Salesforce, where she was before";
            case ON_DISCORD -> "has her roles on Discord";
            case LEAVES -> "unsubscribes in Mailchimp: a signed webhook";
            case HUBSPOT_TOLD -> "HubSpot is told: hs_email_optout";
            case SALESFORCE_TOLD -> "Salesforce is told: HasOptedOutOfEmail";
            case KLAVIYO_TOLD -> "Klaviyo is told: UNSUBSCRIBED";
        };
    }

    private String seen(Step step) {
        return switch (step) {
            case GIVES -> "gives through Classy as " + ana.inCapitals().email() + "; patron";
            case IN_MAILCHIMP ->
                "in Mailchimp, LIFETIME "
                        + platforms
                                .mailchimp()
                                .mergeField(ana.email(), "LIFETIME")
                                .asText() + ": "
                        + String.join(", ", platforms.mailchimp().tags(ana.email()));
            case IN_HUBSPOT ->
                "in HubSpot: contact "
                        + platforms
                                .hubspot()
                                .contact(ana.email())
                                .orElse(Map.of())
                                .getOrDefault("hs_object_id", "");
            case IN_SALESFORCE ->
                "found in Salesforce, there before us: "
                        + platforms
                                .salesforce()
                                .toldContact(ana.email())
                                .map(contact -> contact.path("Id").asText())
                                .orElse("");
            case ON_DISCORD ->
                "on Discord: " + roles().stream().map(Role::title).collect(Collectors.joining(", "));
            case LEAVES -> "unsubscribes in Mailchimp: a signed webhook";
            case HUBSPOT_TOLD -> "HubSpot is told: hs_email_optout is true";
            case SALESFORCE_TOLD -> "Salesforce is told: HasOptedOutOfEmail is true";
            case KLAVIYO_TOLD -> "Klaviyo is told: UNSUBSCRIBED";
        };
    }

    private static String cut(String line) {
        return line.length() <= WIDTH ? line : line.substring(0, WIDTH - 1) + "…";
    }
}
