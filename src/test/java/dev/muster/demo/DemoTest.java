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
import org.junit.jupiter.api.Test;

class DemoTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Figures SOME = new Figures(true, 1234, 5, 321, 400, 2, 7, 1, 9, 0.004, 1.5);

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
        assertThat(figures.p50Seconds()).isCloseTo(0.00625, within(1e-9));
        assertThat(figures.p99Seconds()).isCloseTo(0.0955, within(1e-9));
    }

    @Test
    void hubThatDoesNotAnswerIsAFigureToo() throws Exception {
        URI nobody;
        try (ReceivingHub hub = new ReceivingHub()) {
            nobody = hub.address();
        }
        assertThat(new MetricsReader(nobody).get()).isEqualTo(Figures.UNREACHABLE);
        try (ReceivingHub hub = new ReceivingHub(received -> 500)) {
            assertThat(new MetricsReader(hub.address()).get()).isEqualTo(Figures.UNREACHABLE);
            assertThat(hub.received().get(0).path()).isEqualTo("/observe/metrics");
        }
    }

    @Test
    void blockHasAlwaysTheSameNumberOfNarrowLines() {
        DeliveryTally tally = new DeliveryTally(1_000_000_000, 1_000_000_000, 10, 0, 5);

        assertThat(Screen.block(SOME, tally, 3, 0, 12.34, Duration.ofSeconds(3723)))
                .hasSameSizeAs(Screen.block(Figures.UNREACHABLE, tally, 0, 0, 0, Duration.ZERO))
                .allMatch(line -> line.length() <= 76)
                .anyMatch(line -> line.contains("01:02:03"))
                .anyMatch(line -> line.contains("1,234") && line.contains("12.3"))
                .anyMatch(line -> line.contains("4ms / 1.5s"));
    }

    @Test
    void terminalIsPaintedInPlaceAndLeftAsItWasFound() {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        Screen screen = new Screen(new PrintStream(written, true, StandardCharsets.UTF_8), true);
        DeliveryTally tally = new DeliveryTally(1, 1, 0, 0, 0);
        screen.paint(SOME, tally, 0, 0, 0, Duration.ZERO);
        screen.paint(SOME, tally, 0, 0, 0, Duration.ofSeconds(1));
        screen.restore();

        int lines = Screen.block(SOME, tally, 0, 0, 0, Duration.ZERO).size();
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
                    .containsOnlyKeys(
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
            await().atMost(PATIENCE).until(() -> hub.received().size() > 50);
            demo.close();
            running.join(PATIENCE.toMillis());

            assertThat(running.isAlive()).isFalse();
            assertThat(written.toString(StandardCharsets.UTF_8))
                    .contains("Authorization: Bearer t0ken")
                    .contains("./muster explain " + platforms.world().showcaseEmail())
                    .contains("http://127.0.0.1:9/hawtio")
                    .contains("00:00:00 accepted=1234")
                    .contains("The demo has ended")
                    .doesNotContain("\u001b");
        }
    }
}
