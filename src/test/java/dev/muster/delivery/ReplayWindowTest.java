package dev.muster.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.delivery.ReplayWindow.Unit;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplayWindowTest {
    private static final Instant NOW = Instant.parse("2026-01-04T18:05:25Z");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SECONDS   | 1767549925                      | true",
                "SECONDS   | 1767550225                      | true",
                "SECONDS   | 1767550226                      | false",
                "SECONDS   | 1767549624                      | false",
                "SECONDS   | 999999999999999999              | false",
                "SECONDS   | 9999999999999999999             | false",
                "SECONDS   | -1767549925                     | false",
                "SECONDS   | +1767549925                     | false",
                "SECONDS   | 1767549925.0                    | false",
                "MILLIS    | 1767549925000                   | true",
                "MILLIS    | 999999999999999999              | false",
                "RFC3339   | 2026-01-04T18:05:25Z            | true",
                "RFC3339   | 2026-01-04T19:05:25+01:00       | true",
                "RFC3339   | +999999999-12-31T23:59:59-18:00 | false",
                "RFC3339   | -999999999-01-01T00:00:00+18:00 | false",
                "HTTP_DATE | Sun, 04 Jan 2026 18:05:25 GMT   | true",
                "HTTP_DATE | Sun, 04 Jan 9999 18:05:25 GMT   | false",
                "HTTP_DATE | Sun, 99 Jan 2026 18:05:25 GMT   | false",
            })
    void onlyTimesCloseToNowAreLetIn(Unit unit, String timestamp, boolean open) {
        ReplayWindow window = new ReplayWindow(unit, Duration.ofMinutes(5), null);
        assertThat(window.open(timestamp, RawBody.of(new byte[0]), NOW)).isEqualTo(open);
    }
}
