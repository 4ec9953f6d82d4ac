package dev.muster.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.db.Database;
import dev.muster.db.HandClock;
import dev.muster.delivery.HttpAnswer;
import dev.muster.meter.Traffic;
import dev.muster.meter.TrafficCount;
import dev.muster.meter.TrafficStore;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What /api/traffic answers. */
class TrafficResourceTest {
    @TempDir
    Path folder;

    private final HandClock clock = new HandClock();
    private Database database;
    private ContractedApi api;

    @BeforeEach
    void open() {
        database = Database.open("jdbc:sqlite:" + folder.resolve("store.db"), 1);
        Traffic traffic = new Traffic(clock);
        TrafficStore store = new TrafficStore(
                database, traffic, clock, new TrafficStore.Settings(Duration.ofDays(7), Duration.ofDays(400)));
        traffic.count("north", "patreon", TrafficCount.ACCEPTED, 5);
        traffic.count("south", "patreon", TrafficCount.REFUSED_SIGNATURE, 3);
        traffic.count("north", "hubspot", TrafficCount.LATENCY_100, 10);
        store.write();
        clock.advance(Duration.ofMinutes(1));
        api = new ContractedApi(database, folder, new TrafficResource(store, clock));
    }

    @AfterEach
    void close() {
        database.close();
    }

    private HttpAnswer ask(Map<String, String> query) {
        List<String> parameters = new ArrayList<>();
        query.forEach((name, value) -> parameters.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8)));
        return api.get("traffic" + (parameters.isEmpty() ? "" : "?" + String.join("&", parameters)));
    }

    private JsonNode get(Map<String, String> query) {
        return ContractedApi.json(ask(query));
    }

    @Test
    void sumsAreByPlatform() {
        JsonNode answer = get(Map.of());

        assertThat(answer.path("platforms").findValuesAsText("platform")).containsExactly("hubspot", "patreon");
        JsonNode patreon = answer.path("platforms").get(1);
        assertThat(patreon.path("accepted").asInt()).isEqualTo(5);
        assertThat(patreon.path("refused").path("signature").asInt()).isEqualTo(3);
        assertThat(patreon.path("latencyMillis").path("p95").isNull()).isTrue();
        assertThat(answer.path("platforms")
                        .get(0)
                        .path("latencyMillis")
                        .path("p50")
                        .asInt())
                .isEqualTo(75);
        assertThat(answer.has("series")).isFalse();
    }

    @Test
    void oneOrganizationIsApart() {
        JsonNode answer = get(Map.of("organization", "south", "buckets", "24"));

        assertThat(answer.path("platforms").findValuesAsText("platform")).containsExactly("patreon");
        assertThat(answer.path("platforms").get(0).path("accepted").asInt()).isZero();
        assertThat(answer.path("series").path("platforms").path("patreon").size())
                .isBetween(2, 24);
        assertThat(answer.path("series").path("platforms").has("hubspot")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "from, yesterday",
        "from, 2027-01-01T00:00:00Z",
        "from, 1970-01-01T00:00:00Z",
        "to, +1000000000-12-31T23:59:59Z",
        "to, 2020-01-01T00:00:00Z,",
        "buckets, 0",
        "buckets, 501",
        "buckets, x",
        "bucket, 1"
    })
    void whatCannotBeReadIsRefused(String name, String value) {
        Map<String, String> query = value.startsWith("2020") ? Map.of(name, value, "from", value) : Map.of(name, value);

        assertThat(ask(query).status()).isEqualTo(400);
    }
}
