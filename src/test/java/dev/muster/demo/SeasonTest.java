package dev.muster.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SeasonTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static SimulatedPlatforms platforms(long seed, ReceivingHub hub, Mischief mischief) {
        return SimulatedPlatforms.start(
                seed, new SettableClock(), new PlatformSettings(hub.address(), 0, mischief, 0.000_001, 1, 8));
    }

    /** How often each body came, whatever the order. */
    private static Map<String, Integer> bodies(ReceivingHub hub) {
        Map<String, Integer> bodies = new TreeMap<>();
        hub.received().forEach(received -> bodies.merge(received.text(), 1, Integer::sum));
        return bodies;
    }

    @Test
    void sameSeedGivesTheSameWebhooksAndTheSameTruth() throws Exception {
        Mischief mischief = new Mischief(0, 0, 0.2, 0.3, Duration.ofMillis(5));
        try (ReceivingHub hub = new ReceivingHub();
                SimulatedPlatforms first = platforms(5, hub, mischief)) {
            first.season().playSeason(60, Double.POSITIVE_INFINITY);
            assertThat(first.awaitQuiet(PATIENCE)).isTrue();
            Map<String, Integer> once = bodies(hub);
            assertThat(hub.received().size()).isEqualTo((int) first.deliveries().sent());
            try (SimulatedPlatforms second = platforms(5, hub, mischief)) {
                second.season().playSeason(60, Double.POSITIVE_INFINITY);
                assertThat(second.awaitQuiet(PATIENCE)).isTrue();
                once.replaceAll((body, times) -> 2 * times);
                assertThat(bodies(hub)).isEqualTo(once);
                assertThat(second.world().expectedMembers())
                        .isEqualTo(first.world().expectedMembers());
            }
        }
    }

    @Test
    void truthIsWhatThePlatformsAnswerInTheEnd() throws Exception {
        try (ReceivingHub hub = new ReceivingHub();
                SimulatedPlatforms platforms = platforms(11, hub, Mischief.NONE)) {
            platforms.season().playSeason(80, Double.POSITIVE_INFINITY);
            assertThat(platforms.awaitQuiet(PATIENCE)).isTrue();
            List<ExpectedMember> truth = platforms.world().expectedMembers();
            assertThat(truth).hasSizeGreaterThan(70);
            assertThat(truth).anyMatch(ExpectedMember::sharesEmail).anyMatch(member -> member.email() == null);
            Caller klaviyo = new Caller(
                    platforms.klaviyo().origin(),
                    "Authorization",
                    "Klaviyo-API-Key " + platforms.environment().get("KLAVIYO_API_KEY"),
                    "revision",
                    "2026-07-15");
            int compared = 0;
            for (ExpectedMember member : truth) {
                for (String reference : member.references()) {
                    if (reference.startsWith("klaviyo/profile/") && compared < 40) {
                        JsonNode attributes = klaviyo.json("/api/profiles/" + reference.substring(16)
                                        + "?additional-fields%5Bprofile%5D=subscriptions")
                                .at("/data/attributes");
                        assertThat(attributes.get("email").asText()).isEqualToIgnoringCase(member.email());
                        assertThat(attributes.get("last_name").asText()).isEqualTo(member.lastName());
                        assertThat(attributes.get("phone_number").textValue()).isEqualTo(member.phone());
                        assertThat(attributes
                                        .at("/subscriptions/email/marketing/consent")
                                        .asText())
                                .isEqualTo(member.emailConsent().word().name());
                        assertThat(attributes.at("/location/city").asText())
                                .isEqualTo(member.address().city());
                        compared++;
                    }
                }
            }
            assertThat(compared).isPositive();
        }
    }

    @Test
    void peopleOnSeveralPlatformsEndWithOneNameAndOneEmailEverywhere() throws Exception {
        try (ReceivingHub hub = new ReceivingHub();
                SimulatedPlatforms platforms = platforms(12, hub, Mischief.NONE)) {
            platforms.season().playSeason(80, Double.POSITIVE_INFINITY);
            assertThat(platforms.world().expectedMembers())
                    .anyMatch(member -> member.references().size() > 2)
                    .allSatisfy(member -> {
                        Person person = platforms.world().person(member.person());
                        assertThat(member.lastName()).isEqualTo(person.familyName());
                        assertThat(member.email()).isEqualTo(person.emailValid() ? person.email() : null);
                    });
        }
    }

    @Test
    void burstSendsAtLeastSoManyAndAllArriveAlthoughTheHubRefusesSome() throws Exception {
        try (ReceivingHub hub = new ReceivingHub();
                SimulatedPlatforms platforms = platforms(13, hub, Mischief.NONE)) {
            hub.answer(received ->
                    received.text().hashCode() % 7 == 0 && hub.received().size() < 200 ? 503 : 200);
            platforms.season().burst(500);
            assertThat(platforms.awaitQuiet(PATIENCE)).isTrue();

            DeliveryTally tally = platforms.deliveries();
            assertThat(tally.sent()).isGreaterThanOrEqualTo(500);
            assertThat(tally.retried()).isPositive();
            assertThat(tally.accepted() + tally.abandoned()).isEqualTo(tally.sent());
        }
    }

    @Test
    void showcaseIsInTheStoryFromTheBeginning() throws Exception {
        try (ReceivingHub hub = new ReceivingHub();
                SimulatedPlatforms platforms = platforms(14, hub, Mischief.NONE)) {
            String email = platforms.world().showcaseEmail();
            platforms.season().playSeason(1, Double.POSITIVE_INFINITY);

            assertThat(platforms.world().expectedMembers()).anySatisfy(member -> assertThat(member.references())
                    .hasSizeGreaterThanOrEqualTo(3)
                    .anyMatch(reference -> reference.startsWith("patreon/"))
                    .anyMatch(reference -> reference.startsWith("klaviyo/"))
                    .anyMatch(reference -> reference.startsWith("classy/"))
                    .anyMatch(reference -> reference.startsWith("eventbrite/")));
            assertThat(email).isEqualTo("ana.oliveira@example.org");
        }
    }

    @Test
    void someGiveThroughClassyWithTheirAddressInCapitals() throws Exception {
        try (ReceivingHub hub = new ReceivingHub();
                SimulatedPlatforms platforms = platforms(15, hub, Mischief.NONE)) {
            platforms.season().playSeason(60, Double.POSITIVE_INFINITY);
            assertThat(platforms.awaitQuiet(PATIENCE)).isTrue();

            assertThat(platforms.classy().deliveries().sent()).isGreaterThan(20);
            assertThat(platforms.world().expectedMembers())
                    .filteredOn(member ->
                            member.references().stream().anyMatch(reference -> reference.startsWith("classy/")))
                    .hasSizeGreaterThan(10)
                    .anyMatch(member -> member.references().size() > 1)
                    .allMatch(member -> member.email().equals(member.email().toLowerCase(Locale.ROOT)));
        }
    }

    @Test
    void giversOfOldTimesAreKnownToNobodyButClassysLists() throws Exception {
        try (ReceivingHub hub = new ReceivingHub();
                SimulatedPlatforms platforms = platforms(16, hub, Mischief.NONE)) {
            platforms.season().giversOfOldTimes(5);

            assertThat(platforms.world().expectedMembers()).hasSize(5);
            assertThat(platforms.deliveries().sent()).isZero();
        }
    }
}
