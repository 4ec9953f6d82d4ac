package dev.muster.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeliveryTest {
    @Test
    void itsTextHoldsNoHeaderAndNoBody() {
        Delivery delivery = new Delivery(
                7,
                "acme",
                "patreon",
                "default",
                Instant.EPOCH,
                Map.of("x-patreon-signature", "c0ffee"),
                "{}".getBytes(StandardCharsets.UTF_8),
                "members:update",
                "key-of-a-person");

        assertThat(delivery.toString())
                .contains("patreon/default")
                .doesNotContain("signature", "c0ffee", "{}", "key-of");
    }
}
