package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.demo.Address;
import dev.muster.demo.Consent;
import dev.muster.demo.ExpectedMember;
import dev.muster.demo.Mischief;
import dev.muster.demo.PlatformSettings;
import dev.muster.demo.SimulatedPlatforms;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A season of three simulated platforms, in good weather and bad, ends with exactly the people who are true. */
class WebhookToGoldenTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int DELIVERIES = 500;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void seasonEndsWithTheTruth(boolean mischievous) throws Exception {
        FlowHub.Setting setting = FlowHub.in(folder).with("MAX_RETRY_ATTEMPTS", "12");
        Mischief mischief = mischievous ? new Mischief(0.02, 0.02, 0.05, 0.15, Duration.ofSeconds(2)) : Mischief.NONE;
        PlatformSettings settings = new PlatformSettings(setting.address(), 0, mischief, 0.000_001, 1_000, 16);
        try (SimulatedPlatforms platforms = SimulatedPlatforms.start(11, Clock.systemUTC(), settings);
                FlowHub hub = setting.with(platforms.environment()).start()) {
            platforms.season().burst(DELIVERIES);
            assertThat(platforms.awaitQuiet(PATIENCE)).isTrue();
            await().atMost(PATIENCE).until(() -> hub.unfinished() == 0);

            assertThat(hub.column("SELECT cause FROM dead_letters")).isEmpty();
            assertThat(platforms.deliveries().abandoned()).isZero();
            List<String> expected = new ArrayList<>();
            List<String> found = new ArrayList<>();
            for (ExpectedMember member : platforms.world().expectedMembers()) {
                expected.add(line(member));
                found.add(found(hub, member));
            }
            assertThat(found).hasSizeGreaterThan(20).containsExactlyElementsOf(expected);
            assertThat(hub.column("SELECT id FROM members WHERE deleted_at IS NULL AND merged_into IS NULL"))
                    .hasSameSizeAs(expected);
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                            hub.column("SELECT SUM(accepted) FROM traffic WHERE minutes = 60"))
                    .as("what the traffic says was accepted, and brought to its end")
                    .isEqualTo(hub.column("SELECT COUNT(*) FROM deliveries"))
                    .isEqualTo(hub.column("SELECT SUM(success + ignored + conflict) FROM traffic WHERE minutes = 60")));
        }
    }

    private static String found(FlowHub hub, ExpectedMember member) {
        Set<String> golden = new HashSet<>();
        for (String reference : member.references()) {
            String[] parts = reference.split("/");
            golden.addAll(
                    hub.column("SELECT golden_id FROM external_integrations WHERE entity = 'member' AND platform = '"
                            + parts[0] + "' AND external_id = '" + parts[2] + "'"));
        }
        if (golden.size() != 1) {
            return member.person() + " is " + golden + " of " + member.references();
        }
        return member.person() + " "
                + hub.column("SELECT COALESCE(email, '-') || '|' || first_name || '|' || last_name || '|' ||"
                                + " COALESCE(phone, '-') || '|' || COALESCE(birth_date, '-') || '|' ||"
                                + " COALESCE(address_line1, '-') || '|' || COALESCE(city, '-') || '|' ||"
                                + " COALESCE(postal_code, '-') || '|' || COALESCE(country, '-') || '|' ||"
                                + " " + consent("consent_email") + " || '|' || " + consent("consent_sms")
                                + " FROM members WHERE id = "
                                + golden.iterator().next())
                        .get(0);
    }

    /** Of a channel that nobody was asked about, Klaviyo speaks in a fetched profile only: "never" is no more than "-". */
    private static String consent(String column) {
        return "COALESCE(NULLIF(" + column + ", 'never'), '-')";
    }

    private static String line(ExpectedMember member) {
        Address address = member.address();
        return member.person() + " "
                + String.join(
                        "|",
                        or(member.email()),
                        member.firstName(),
                        member.lastName(),
                        or(member.phone()),
                        or(member.birthDate()),
                        address == null ? "-" : address.line1(),
                        address == null ? "-" : address.city(),
                        address == null ? "-" : address.postalCode(),
                        address == null ? "-" : address.country(),
                        word(member.emailConsent()),
                        word(member.smsConsent()));
    }

    private static String or(Object value) {
        return value == null ? "-" : value.toString();
    }

    private static String word(Consent consent) {
        if (consent == null) {
            return "-";
        }
        if (consent.allows()) {
            return "opted_in";
        }
        return consent.word() == Consent.Word.NEVER_SUBSCRIBED && consent.suppression() == null ? "-" : "opted_out";
    }
}
