package dev.muster.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class DemoTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Figures SOME = new Figures(
            true, 1234, 5, 321, 400, 2, 7, 1, 9, 0.004, 1.5, new Figures.Traffic(4, 77, 66, 5, 2, 3, 22, 0.5));

    private static Screen.Moment moment(Figures figures, DeliveryTally tally, double perSecond, Duration running) {
        return new Screen.Moment(figures, tally, 3, 0, perSecond, running, List.of("  a story"));
    }

    @Test
    void figuresAreReadFromThePrometheusText() {
        Figures figures = Figures.parse("""
                # HELP muster_deliveries_accepted_total accepted
                # TYPE muster_deliveries_accepted_total counter
                muster_deliveries_accepted_total{platform="patreon"} 10.0
                muster_deliveries_accepted_total{platform="klaviyo"} 2.5E1
                muster_deliveries_refused_total{reason="signature-wrong",platform="a b"} 3
                muster_golden_records{entity="member"} 8.0
                muster_golden_records{entity="event"} 2.0
                muster_conflicts_open 1.0
                muster_redeliveries_total 4.0
                muster_dead_letters NaN
                muster_queue_depth{type="webhook"} 6.0
                muster_pushes_total{platform="mailchimp",status="settled"} 7.0
                muster_pushes_total{platform="hubspot",status="settled"} 2.0
                muster_pushes_total{platform="hubspot",status="failed"} 1.0
                muster_pushes_due{platform="mailchimp"} 4.0
                muster_pushes_resting{platform="hubspot"} 1.0
                muster_pushes_resting{platform="mailchimp"} 1.0
                muster_pushes_held{platform="hubspot"} 1.0
                muster_echoes_total{platform="hubspot"} 8.0
                muster_quota_used{platform="hubspot"} 0.25
                muster_quota_used{platform="classy"} 0.5
                muster_operation_latency_seconds_bucket{platform="a",le="0.01"} 40
                muster_operation_latency_seconds_bucket{platform="b",le="0.01"} 40
                muster_operation_latency_seconds_bucket{platform="a",le="0.1"} 50
                muster_operation_latency_seconds_bucket{platform="b",le="0.1"} 50
                muster_operation_latency_seconds_bucket{platform="a",le="+Inf"} 50
                muster_operation_latency_seconds_bucket{platform="b",le="+Inf"} 50
                jvm_threads 9
                what is this
                """);

        assertThat(figures.accepted()).isEqualTo(35);
        assertThat(figures.refused()).isEqualTo(3);
        assertThat(figures.members()).isEqualTo(8);
        assertThat(figures.goldenRecords()).isEqualTo(10);
        assertThat(figures.conflictsOpen()).isEqualTo(1);
        assertThat(figures.redeliveries()).isEqualTo(4);
        assertThat(figures.deadLetters()).isZero();
        assertThat(figures.queueDepth()).isEqualTo(6);
        assertThat(figures.traffic()).isEqualTo(new Figures.Traffic(0, 0, 9, 4, 1, 1, 8, 0.5));
        assertThat(figures.p50Seconds()).isCloseTo(0.00625, within(1e-9));
        assertThat(figures.p99Seconds()).isCloseTo(0.0955, within(1e-9));
    }

    @Test
    void hubThatDoesNotAnswerIsAFigureToo() throws Exception {
        URI nobody;
        try (ReceivingHub hub = new ReceivingHub()) {
            nobody = hub.address();
        }
        assertThat(new MetricsReader(nobody, nobody, "t").get()).isEqualTo(Figures.UNREACHABLE);
        try (ReceivingHub hub = new ReceivingHub(received -> 500)) {
            assertThat(new MetricsReader(hub.address(), hub.address(), "t").get())
                    .isEqualTo(Figures.UNREACHABLE);
            assertThat(hub.received().get(0).path()).isEqualTo("/observe/metrics");
        }
    }

    @Test
    void blockHasAlwaysTheSameNumberOfNarrowLines() {
        DeliveryTally tally = new DeliveryTally(1_000_000_000, 1_000_000_000, 10, 0, 5);

        assertThat(Screen.block(moment(SOME, tally, 12.34, Duration.ofSeconds(3723))))
                .hasSameSizeAs(Screen.block(moment(Figures.UNREACHABLE, tally, 0, Duration.ZERO)))
                .allMatch(line -> line.length() <= 76)
                .anyMatch(line -> line.contains("01:02:03"))
                .anyMatch(line -> line.contains("1,234") && line.contains("12.3"))
                .anyMatch(line -> line.contains("4ms / 1.5s"))
                .anyMatch(line -> line.contains("pushes settled") && line.contains("66") && line.contains("5/2/3"))
                .anyMatch(line -> line.contains("echoes") && line.contains("22") && line.contains("50%"))
                .contains("  a story");
    }

    @Test
    void terminalIsPaintedInPlaceAndLeftAsItWasFound() {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        Screen screen = new Screen(new PrintStream(written, true, StandardCharsets.UTF_8), true);
        DeliveryTally tally = new DeliveryTally(1, 1, 0, 0, 0);
        screen.paint(moment(SOME, tally, 0, Duration.ZERO), List.of("news"));
        screen.paint(moment(SOME, tally, 0, Duration.ofSeconds(1)), List.of());
        screen.restore();

        int lines = Screen.block(moment(SOME, tally, 0, Duration.ZERO)).size();
        assertThat(written.toString(StandardCharsets.UTF_8))
                .startsWith("\u001b[?25l")
                .containsOnlyOnce("\u001b[" + lines + "A")
                .endsWith("\u001b[?25h");
    }

    @Test
    void demoRunsWithoutATerminalInPlainLinesAndEndsWhenClosed() throws Exception {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(written, true, StandardCharsets.UTF_8);
        try (ReceivingHub hub = new ReceivingHub();
                SimulatedPlatforms platforms =
                        SimulatedPlatforms.start(3, Clock.systemUTC(), PlatformSettings.calm(hub.address()))) {
            Demo demo = new Demo(
                    platforms,
                    new Demo.Settings(hub.address(), URI.create("http://127.0.0.1:9"), "t0ken", 20, 1000, false),
                    () -> SOME,
                    out);
            assertThat(platforms.environment())
                    .containsKeys(
                            "CLASSY_ORGANIZATION_ID",
                            "CLASSY_CLIENT_SECRET",
                            "MAILCHIMP_AUDIENCE_ID",
                            "MAILCHIMP_API_KEY",
                            "HUBSPOT_API_KEY",
                            "EVENTBRITE_BASE_URL",
                            "EVENTBRITE_API_KEY",
                            "EVENTBRITE_WEBHOOK_SECRET",
                            "EVENTBRITE_ORGANIZATION_ID",
                            "PATREON_BASE_URL",
                            "PATREON_API_KEY",
                            "PATREON_WEBHOOK_SECRET",
                            "PATREON_CAMPAIGN_ID",
                            "KLAVIYO_BASE_URL",
                            "KLAVIYO_API_KEY",
                            "KLAVIYO_WEBHOOK_SECRET");
            Thread running = new Thread(demo::run);
            running.start();
            await().atMost(PATIENCE)
                    .until(() -> hub.received().size() > 50
                            && written.toString(StandardCharsets.UTF_8).contains("gives through Classy as"));
            demo.close();
            running.join(PATIENCE.toMillis());

            assertThat(running.isAlive()).isFalse();
            assertThat(written.toString(StandardCharsets.UTF_8))
                    .contains("Authorization: Bearer t0ken")
                    .contains("./muster explain " + platforms.world().showcaseEmail())
                    .contains("http://127.0.0.1:9/hawtio")
                    .contains("00:00:00 accepted=1234")
                    .contains("pulled=77 pushed=66 waiting=5 held=2 failed=3 echoes=22 quota=50%")
                    .contains("gives through Classy as ANA.OLIVEIRA@EXAMPLE.ORG; patron")
                    .contains("./muster sync history --platform classy")
                    .contains("The demo has ended")
                    .doesNotContain("\u001b");
        }
    }
}
