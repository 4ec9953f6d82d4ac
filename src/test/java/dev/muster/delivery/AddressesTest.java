package dev.muster.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may come to the door, where he comes from, and how often. */
class AddressesTest {
    private static final TrustedProxies PROXIES = TrustedProxies.of(List.of("10.0.0.0/8", "2001:db8:f::/48"));

    private static ClientAddress from(String address) {
        return ClientAddress.resolve(address, null, TrustedProxies.NONE);
    }

    private static String resolved(String peer, @Nullable String forwarded) {
        return ClientAddress.resolve(peer, forwarded, PROXIES).toString();
    }

    @ParameterizedTest
    @CsvSource({
        "203.0.113.7, 203.0.113.0/24, true",
        "203.0.114.7, 203.0.113.0/24, false",
        "203.0.113.7, 203.0.113.7, true",
        "203.0.113.8, 203.0.113.7, false",
        "203.0.113.130, 203.0.113.128/25, true",
        "203.0.113.127, 203.0.113.128/25, false",
        "8.8.8.8, 0.0.0.0/0, true",
        "::1, 0.0.0.0/0, false",
        "::ffff:203.0.113.7, 203.0.113.0/24, true",
        "2001:db8:1::5, 2001:db8::/32, true",
        "2001:db9::5, 2001:db8::/32, false",
        "fe80::1%eth0, fe80::/10, true",
        "fec0::1, fe80::/10, false",
    })
    void anAddressIsAllowedWhereARangeHoldsIt(String address, String range, boolean allowed) {
        assertThat(AddressAllowlist.of(List.of("192.0.2.1", range)).allows(from(address)))
                .isEqualTo(allowed);
    }

    @Test
    void withoutRangesEverybodyIsAllowed() {
        assertThat(AddressAllowlist.of(List.of()).allows(from("203.0.113.7"))).isTrue();
        assertThat(AddressAllowlist.EVERYBODY.allows(ClientAddress.UNKNOWN)).isTrue();
    }

    @Test
    void anUnknownAddressIsAllowedOnlyWhereEverybodyIs() {
        assertThat(AddressAllowlist.of(List.of("0.0.0.0/0", "::/0")).allows(ClientAddress.UNKNOWN))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "203.0.113.0/33",
                "203.0.113.0/-1",
                "203.0.113.0/",
                "203.0.113/24",
                "10.1",
                "256.1.1.1",
                "1.2.3.4.5",
                "1..2.3",
                "01.2.3.4",
                "example.org",
                "::1/129",
                ":::",
                "12345::",
                "",
                "/24",
                "203.0.113.7/24",
                "2001:db8::1/32",
                "1.2.3.4%x"
            })
    void whatIsNoRangeIsToldWithItsText(String text) {
        assertThatThrownBy(() -> AddressAllowlist.of(List.of("192.0.2.0/24", text)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("\"" + text + "\"");
    }

    @Test
    void aRangeWithStrayBitsIsAnsweredWithTheLikelyOne() {
        assertThatThrownBy(() -> AddressAllowlist.of(List.of("203.0.113.7/24")))
                .hasMessageContaining("203.0.113.0/24")
                .hasMessageContaining("203.0.113.7/32");
    }

    @Test
    void onlyNamedProxiesAreBelieved() {
        assertThat(resolved("203.0.113.7", "198.51.100.1")).isEqualTo("203.0.113.7");
        assertThat(resolved("10.0.0.1", "198.51.100.1")).isEqualTo("198.51.100.1");
        assertThat(ClientAddress.resolve("10.0.0.1", "198.51.100.1", TrustedProxies.NONE))
                .hasToString("10.0.0.1");
    }

    @Test
    void theWalkGoesFromTheRightToTheFirstStranger() {
        assertThat(resolved("10.0.0.1", "192.0.2.66, 198.51.100.1, 10.0.0.3")).isEqualTo("198.51.100.1");
        assertThat(resolved("10.0.0.1", "127.0.0.1,198.51.100.1")).isEqualTo("198.51.100.1");
        assertThat(resolved("10.0.0.1", "10.0.0.3, 10.0.0.2")).isEqualTo("10.0.0.3");
    }

    @Test
    void whatAProxyCannotNameEndsTheWalk() {
        assertThat(resolved("10.0.0.1", "198.51.100.1, unknown")).isEqualTo("10.0.0.1");
        assertThat(resolved("10.0.0.1", "198.51.100.1, _hidden, 10.0.0.2")).isEqualTo("10.0.0.2");
        assertThat(resolved("10.0.0.1", "")).isEqualTo("10.0.0.1");
        assertThat(resolved("10.0.0.1", null)).isEqualTo("10.0.0.1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "198.51.100.1",
                "198.51.100.1:4711",
                "for=198.51.100.1",
                "For=\"198.51.100.1:4711\";proto=https;by=10.0.0.1",
                "for=192.0.2.66, proto=https;for=198.51.100.1",
                "for=\"un,known\", for=198.51.100.1;by=\"a,b\""
            })
    void bothHeadersAndPortsAreUnderstood(String forwarded) {
        assertThat(resolved("10.0.0.1", forwarded)).isEqualTo("198.51.100.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2001:db8::7", "[2001:db8::7]:443", "for=\"[2001:db8::7]:4711\"", "for=\"[2001:db8::7]\""})
    void soIsIpv6(String forwarded) {
        assertThat(resolved("2001:db8:f::1", forwarded)).isEqualTo("2001:db8:0:0:0:0:0:7");
    }

    @Test
    void aPeerWithoutAnAddressIsUnknown() {
        assertThat(resolved("", "198.51.100.1")).isEqualTo("unknown");
    }

    private final AtomicLong nanos = new AtomicLong();

    private SenderLimit limit(int burst, int requests, int sourcesMax) {
        return new SenderLimit(burst, requests, Duration.ofSeconds(1), sourcesMax, nanos::get);
    }

    @Test
    void beyondTheBurstASenderIsToldHowLongToWait() {
        SenderLimit limit = limit(3, 2, 100);
        ClientAddress sender = from("203.0.113.7");
        for (int request = 0; request < 3; request++) {
            assertThat(limit.waitFor(sender)).isZero();
        }
        Duration wait = limit.waitFor(sender);
        assertThat(wait).isPositive().isLessThanOrEqualTo(Duration.ofMillis(500));
        nanos.addAndGet(wait.toNanos());
        assertThat(limit.waitFor(sender)).isZero();
        assertThat(limit.waitFor(sender)).isPositive();
    }

    @Test
    void oneSendersExcessIsNotAnothers() {
        SenderLimit limit = limit(1, 1, 100);
        assertThat(limit.waitFor(from("203.0.113.7"))).isZero();
        assertThat(limit.waitFor(from("203.0.113.7"))).isPositive();
        assertThat(limit.waitFor(from("203.0.113.8"))).isZero();
    }

    @Test
    void theAddressesOfOneIpv6SiteAreOneSender() {
        SenderLimit limit = limit(1, 1, 100);
        assertThat(limit.waitFor(from("2001:db8:1:2::1"))).isZero();
        assertThat(limit.waitFor(from("2001:db8:1:2:ffff::9"))).isPositive();
        assertThat(limit.waitFor(from("2001:db8:1:3::1"))).isZero();
    }

    @Test
    void manySendersDoNotFillTheMemory() {
        SenderLimit limit = limit(1, 1, 1_000);
        for (int sender = 0; sender < 50_000; sender++) {
            limit.waitFor(from("10." + (sender >> 16 & 255) + "." + (sender >> 8 & 255) + "." + (sender & 255)));
        }
        assertThat(limit.sources()).isBetween(500, 1_000);
    }
}
