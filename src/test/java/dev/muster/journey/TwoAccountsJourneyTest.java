package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.demo.Person;
import dev.muster.demo.PlatformSettings;
import dev.muster.demo.SimulatedMailchimp;
import dev.muster.demo.SimulatedWorld;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One organization with two accounts of one platform: each is told of whom the other has. */
class TwoAccountsJourneyTest {
    private static final PlatformSettings CALM = PlatformSettings.calm(URI.create("http://127.0.0.1:9"));

    @TempDir
    private Path folder;

    private static void create(PlatformHub hub, String id, SimulatedMailchimp mailchimp) {
        hub.post("/api/integrations", """
                {"id": "%s", "organization": "acme", "platform": "mailchimp", "baseUrl": "%s",
                 "settings": {"audienceId": "%s", "push": "mailchimp-audience"}, "secrets": {"apiKey": "%s"}}
                """.formatted(
                        id,
                        mailchimp.origin(),
                        mailchimp.environment().get("MAILCHIMP_AUDIENCE_ID"),
                        mailchimp.environment().get("MAILCHIMP_API_KEY")));
    }

    private static String email(Person person) {
        return person.email().toLowerCase(Locale.ROOT);
    }

    @Test
    void whoSubscribedInOneAccountIsCreatedInTheOtherAndTheirUnsubscribeReachesIt() {
        SimulatedWorld world = new SimulatedWorld(7, Clock.systemUTC());
        Person person = world.person(0);
        try (SimulatedMailchimp club = new SimulatedMailchimp(world, CALM);
                SimulatedMailchimp shop = new SimulatedMailchimp(world, CALM);
                PlatformHub hub = PlatformHub.in(folder).start()) {
            club.subscribeUnheard(person);
            create(hub, "club", club);
            create(hub, "shop", shop);
            await().atMost(PlatformHub.PATIENCE)
                    .until(() -> hub.ask(
                                            "POST",
                                            "/api/pushes/enqueue",
                                            "{\"target\":\"mailchimp-audience\",\"organization\":\"acme\"}")
                                    .statusCode()
                            == 202);

            hub.pull("mailchimp", "club", "members");

            await().atMost(PlatformHub.PATIENCE)
                    .untilAsserted(() -> assertThat(shop.statuses()).containsEntry(email(person), "subscribed"));
            hub.settled();
            club.unsubscribe(person.email());
            hub.pull("mailchimp", "club", "members");

            await().atMost(PlatformHub.PATIENCE)
                    .untilAsserted(() -> assertThat(shop.statuses()).containsEntry(email(person), "unsubscribed"));
            assertThat(List.of(club.quotaViolations(), shop.quotaViolations())).containsOnly(0L);
        }
    }
}
