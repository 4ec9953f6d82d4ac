package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.conformance.VendorSpecification;
import dev.muster.demo.ApiExchange;
import dev.muster.demo.PlatformSettings;
import dev.muster.demo.SimulatedDiscord;
import dev.muster.demo.SimulatedPlatform;
import dev.muster.demo.SimulatedPlatforms;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A donor of Classy and a patron of Patreon become one golden member, who lands in Mailchimp and in HubSpot, is found in
 * Salesforce, and has roles on Discord; an unsubscribe in Mailchimp comes back, stops the others, and is not told to Mailchimp again. With the quotas as they are.
 */
class FullCircleTest {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration SILENCE = Duration.ofSeconds(3);
    private static final int PEOPLE = 8;
    private static final int CONTACTS_OF_OLD_TIMES = 2;
    private static final int GIVERS_OF_OLD_TIMES = 4;

    @TempDir
    Path folder;

    private final Map<String, Collection<ApiExchange>> exchanges = new TreeMap<>();

    @ParameterizedTest
    @EnumSource
    void unsubscribeInOnePlatformStopsTheOthersAndThenAllIsSilent(FlowHub.Store store) throws Exception {
        FlowHub.Setting setting =
                withTheQuotasThatAreShipped(FlowHub.in(folder).on(store).with("MUSTER_PULL_LOOK_MS", "100"));
        try (SimulatedPlatforms platforms =
                SimulatedPlatforms.start(21, Clock.systemUTC(), PlatformSettings.calm(setting.address()))) {
            record("classy", platforms.classy());
            record("mailchimp", platforms.mailchimp());
            record("hubspot", platforms.hubspot());
            record("klaviyo", platforms.klaviyo());
            record("discord", platforms.discord());
            platforms.season().giversOfOldTimes(GIVERS_OF_OLD_TIMES);
            platforms.season().contactsOfOldTimes(CONTACTS_OF_OLD_TIMES);
            long contacts = platforms.salesforce().contacts();
            try (FlowHub hub = setting.with(platforms.environment())
                    .with(platforms.pushEnvironment())
                    .start()) {
                String ana = platforms.world().showcaseEmail();
                platforms.season().playSeason(PEOPLE, Double.POSITIVE_INFINITY);
                await().atMost(PATIENCE)
                        .until(() -> platforms.mailchimp().tags(ana).size() == 4
                                && platforms.hubspot().contact(ana).isPresent()
                                && platforms.salesforce().toldContact(ana).isPresent());
                awaitSilence(hub, platforms);

                assertThat(platformsOf(hub, ana)).contains("classy", "patreon", "eventbrite", "klaviyo", "salesforce");
                assertThat(contacts).isEqualTo(CONTACTS_OF_OLD_TIMES + 1);
                assertThat(platforms.salesforce().contactsWith(ana)).isEqualTo(1);
                assertThat(platforms.discord().rolesOf(platforms.world().person(1_000_000)))
                        .containsExactlyInAnyOrder(SimulatedDiscord.Role.MEMBER.id(), SimulatedDiscord.Role.MATE.id());
                assertThat(platforms.mailchimp().statuses()).containsEntry(ana, "subscribed");
                assertThat(platforms.mailchimp().tags(ana))
                        .containsExactly("Donor", "Major donor", "Patron", "Recurring donor");
                assertThat(mergeField(platforms, ana, "FNAME")).isEqualTo("Ana");
                assertThat(mergeField(platforms, ana, "LIFETIME")).isEqualTo("1215");
                assertThat(mergeField(platforms, ana, "TIERS")).isEqualTo("Steuermann");
                assertThat(mergeField(platforms, ana, "SEGMENTS"))
                        .isEqualTo("donors,recurring-donors,major-donors,patrons");
                assertThat(mergeField(platforms, ana, "LASTGIFT")).matches("\\d{4}-\\d{2}-\\d{2}");
                assertThat(platforms.hubspot().contact(ana).orElseThrow())
                        .containsEntry("firstname", "Ana")
                        .doesNotContainKey("hs_email_optout");
                // nobody told of these: their gifts were read from Classy's lists
                assertThat(hub.column("SELECT COUNT(*) FROM external_integrations WHERE platform = 'classy'"
                                + " AND entity = 'member' AND (LENGTH(external_id) = 6 AND external_id >= '980001'"
                                + " OR LENGTH(external_id) = 7 AND external_id <= '1880000')"))
                        .containsExactly(String.valueOf(GIVERS_OF_OLD_TIMES));

                int before = writesAbout(ana).size();
                platforms.mailchimp().unsubscribe(ana);
                await().atMost(PATIENCE)
                        .until(() -> "true"
                                        .equals(platforms
                                                .hubspot()
                                                .contact(ana)
                                                .orElseThrow()
                                                .get("hs_email_optout"))
                                && "UNSUBSCRIBED".equals(platforms.klaviyo().emailConsent(ana))
                                && platforms
                                        .salesforce()
                                        .toldContact(ana)
                                        .orElseThrow()
                                        .path("HasOptedOutOfEmail")
                                        .asBoolean());
                awaitSilence(hub, platforms);

                assertThat(hub.column("SELECT consent_email FROM members WHERE merged_into IS NULL AND email = '" + ana
                                + "'"))
                        .containsExactly("opted_out");
                assertThat(writesAbout(ana).subList(before, writesAbout(ana).size()))
                        .isEmpty();
                assertThat(platforms.mailchimp().statuses()).containsEntry(ana, "unsubscribed");

                assertThat(platforms.quotaViolations()).isZero();
                assertThat(hub.column("SELECT cause FROM dead_letters")).isEmpty();
                // an address that a family shares is one record at HubSpot, and one at Klaviyo
                assertThat(hub.column("SELECT status || ' ' || error FROM pushes WHERE status > 2"))
                        .allMatch(why -> why.startsWith("4 has the same address as"));
            }
        }
        exchanges.forEach((vendor, all) -> VendorSpecification.find(vendor)
                .ifPresent(specification ->
                        assertThat(specification.check(all)).as(vendor).isEmpty()));
    }

    /** Hubs of tests may call faster than the real platforms allow; this one may not. */
    private static FlowHub.Setting withTheQuotasThatAreShipped(FlowHub.Setting setting) {
        return setting.edit("config/platforms/patreon.yaml", "calls: 1000, per: PT1S", "calls: 100, per: PT2S")
                .edit("config/platforms/patreon.yaml", "calls: 60000, per: PT1M", "calls: 90, per: PT1M")
                .edit("config/platforms/patreon.yaml", "concurrent: 16", "concurrent: 4")
                .edit("config/platforms/klaviyo.yaml", "calls: 1000, per: PT1S", "calls: 75, per: PT1S")
                .edit("config/platforms/klaviyo.yaml", "calls: 60000, per: PT1M", "calls: 700, per: PT1M")
                .edit("config/platforms/eventbrite.yaml", "calls: 1000, per: PT1S", "calls: 10, per: PT1S");
    }

    private void record(String vendor, SimulatedPlatform platform) {
        Collection<ApiExchange> all = new ConcurrentLinkedQueue<>();
        exchanges.put(vendor, all);
        platform.observe(all::add);
    }

    private static String mergeField(SimulatedPlatforms platforms, String email, String tag) {
        return platforms.mailchimp().mergeField(email, tag).asText();
    }

    private static List<String> platformsOf(FlowHub hub, String email) {
        List<String> golden = hub.column("SELECT id FROM members WHERE deleted_at IS NULL AND merged_into IS NULL"
                + " AND email = '" + email + "'");
        assertThat(golden).hasSize(1);
        return hub.column(
                "SELECT platform FROM external_integrations WHERE entity = 'member' AND golden_id = " + golden.get(0));
    }

    /** What Mailchimp was told of a person. */
    private List<String> writesAbout(String email) {
        return exchanges.get("mailchimp").stream()
                .filter(exchange -> !exchange.method().equals("GET"))
                .filter(exchange -> exchange.path().contains(email.replace("@", "%40"))
                        || new String(exchange.requestBody(), StandardCharsets.UTF_8).contains(email))
                .map(exchange -> exchange.method() + " " + exchange.path())
                .toList();
    }

    /** Until nothing is left to do, and nobody calls anybody any more. */
    private void awaitSilence(FlowHub hub, SimulatedPlatforms platforms) throws InterruptedException {
        assertThat(platforms.awaitQuiet(PATIENCE)).isTrue();
        await().atMost(PATIENCE)
                .until(() -> hub.unfinished() == 0
                        && hub.column("SELECT COUNT(*) FROM pushes WHERE status IN (1, 2)")
                                .equals(List.of("0"))
                        && hub.column("SELECT COUNT(*) FROM sync_runs WHERE ended_at IS NULL")
                                .equals(List.of("0")));
        long[] calls = {-1};
        await().atMost(PATIENCE).during(SILENCE).until(() -> {
            long now = exchanges.values().stream().mapToLong(Collection::size).sum();
            boolean isSilent = now == calls[0];
            calls[0] = now;
            return isSilent;
        });
    }
}
