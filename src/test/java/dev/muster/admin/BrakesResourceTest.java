package dev.muster.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.audit.AuditTrail;
import dev.muster.audit.KnownSeal;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.golden.Brakes;
import java.nio.file.Path;
import java.sql.Statement;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every answer about a brake is as the contract says, and a key of one organization sees its own only. */
class BrakesResourceTest {
    private static final String ID = Ids.format(4711);

    @TempDir
    Path folder;

    private static void fill(Database database) {
        database.change(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate(
                        "INSERT INTO brakes (id, organization, platform, integration, entity, state, changed,"
                                + " allowed, window_millis, created_at)"
                                + " VALUES (4711, 'default', 'patreon', 'default', 'member', 'held', 12, 10, 3600000, 0)");
                statement.executeUpdate(
                        "INSERT INTO sync_operations (id, organization, platform, integration, type, status,"
                                + " rank, attempts, not_before, delivery_id, created_at)"
                                + " VALUES (5, 'default', 'patreon', 'default', 2, 7, 0, 1, 0, 1, 0)");
            }
        });
    }

    private static Brakes brakes(Database database) {
        Clock clock = Clock.systemUTC();
        Ids ids = new Ids();
        return new Brakes(database, ids, clock, new AuditTrail(database, ids, clock, KnownSeal.SEAL), platform -> {});
    }

    @Test
    void aHeldAccountIsSeenAndApprovedOnce() {
        try (Database database = Database.open("jdbc:sqlite:" + folder.resolve("muster.db"), 1)) {
            fill(database);
            Brakes brakes = brakes(database);
            ContractedApi api = new ContractedApi(database, folder, new BrakesResource(brakes));
            Map<String, String> other =
                    Map.of("authorization", "Bearer " + api.keyOf("acme"), "content-type", "application/json");

            JsonNode held = ContractedApi.json(api.get("brakes")).path("items").path(0);
            assertThat(held.path("held").asInt()).isEqualTo(1);
            assertThat(api.ask("GET", "brakes/" + ID, other, "").status()).isEqualTo(404);
            assertThat(api.ask("POST", "brakes/" + ID + "/approve", other, "{\"reason\":\"x\"}")
                            .status())
                    .isEqualTo(404);
            assertThat(ContractedApi.json(api.ask("GET", "brakes", other, "")).path("items"))
                    .isEmpty();
            assertThat(api.post("brakes/" + ID + "/approve", "{}").status()).isEqualTo(400);

            JsonNode approved = ContractedApi.json(api.post("brakes/" + ID + "/approve", "{\"reason\":\"announced\"}"));

            assertThat(approved.path("state").asText()).isEqualTo("approved");
            assertThat(approved.path("held").asInt()).isZero();
            assertThat(api.post("brakes/" + ID + "/reject", "{\"reason\":\"late\"}")
                            .status())
                    .isEqualTo(409);
            assertThat(ContractedApi.json(api.get("brakes/" + ID))
                            .path("decidedBy")
                            .asText())
                    .isEqualTo("admin token");
        }
    }

    @Test
    void whatIsRejectedIsHistory() {
        try (Database database = Database.open("jdbc:sqlite:" + folder.resolve("muster.db"), 1)) {
            fill(database);
            Brakes brakes = brakes(database);
            ContractedApi api = new ContractedApi(database, folder, new BrakesResource(brakes));

            assertThat(api.post("brakes/" + ID + "/reject", "{\"reason\":\"an empty list\"}")
                            .status())
                    .isEqualTo(200);

            assertThat(ContractedApi.json(api.get("brakes")).path("items")).isEmpty();
            assertThat(ContractedApi.json(api.get("brakes?state=all")).path("items"))
                    .hasSize(1);
        }
    }
}
