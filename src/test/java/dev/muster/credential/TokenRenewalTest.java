package dev.muster.credential;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TokenRenewalTest {
    @Test
    void aShortLifeIsRenewedAtFourFifthsAndALongOneADayAhead() {
        assertThat(TokenRenewal.renewAfter(Duration.ofHours(5))).isEqualTo(Duration.ofHours(4));
        assertThat(TokenRenewal.renewAfter(Duration.ofDays(5))).isEqualTo(Duration.ofDays(4));
        assertThat(TokenRenewal.renewAfter(Duration.ofDays(31))).isEqualTo(Duration.ofDays(30));
    }
}
