package dev.muster.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.access.Permission;
import dev.muster.db.Database;
import dev.muster.decide.Survivorship;
import dev.muster.decide.SurvivorshipRules;
import dev.muster.delivery.HttpAnswer;
import dev.muster.golden.DryRun;
import dev.muster.platform.PlatformCatalog;
import java.nio.file.Path;
import java.time.Clock;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose expressions run in the hub, and how many at once. */
class DryRunResourceTest {
    private static final String TRIAL = "{\"platform\":\"club\",\"survivorship\":\"defaults: { rule: latest }\"}";

    @TempDir
    Path folder;

    private Database database;

    @BeforeEach
    void open() {
        database = Database.open("jdbc:sqlite:" + folder.resolve("muster.db"), 1);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private ContractedApi api(Supplier<Survivorship> rules) {
        return new ContractedApi(
                database,
                folder,
                new DryRunResource(
                        new DryRun(database, Clock.systemUTC()), new PlatformCatalog(folder, List.of()), rules));
    }

    private static Survivorship latest() {
        return new Survivorship(SurvivorshipRules.latest());
    }

    @Test
    void itIsForAdministratorsOfTheWholeHub() {
        ContractedApi api = api(DryRunResourceTest::latest);

        assertThat(asked(api, api.keyOf("acme"))).as("all, of one organization").isEqualTo(403);
        assertThat(asked(api, api.keyOf(null, EnumSet.complementOf(EnumSet.of(Permission.ADMINISTER)))))
                .as("all but administer")
                .isEqualTo(403);
        assertThat(asked(api, api.keyOf(null, Set.of(Permission.ADMINISTER))))
                .as("let in, and there is no such platform")
                .isEqualTo(400);
    }

    private static int asked(ContractedApi api, String key) {
        Map<String, String> headers = Map.of("authorization", "Bearer " + key, "content-type", "application/json");
        return api.ask("POST", "dry-run", headers, TRIAL).status();
    }

    @Test
    void thereIsOneAtATime() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        ContractedApi api = api(() -> {
            begun.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return latest();
        });
        String key = api.keyOf(null, Set.of(Permission.ADMINISTER));
        CompletableFuture<HttpAnswer> first = CompletableFuture.supplyAsync(() -> api.post("dry-run", TRIAL));
        try {
            assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();

            HttpAnswer second = keyed(api, key);

            assertThat(second.status()).isEqualTo(429);
            assertThat(second.headers()).containsKey("Retry-After");
        } finally {
            goOn.countDown();
        }
        assertThat(first.get(30, TimeUnit.SECONDS).status()).isEqualTo(400);
        assertThat(keyed(api, key).status())
                .as("the first is over, and that this was to wait is forgotten")
                .isEqualTo(400);
    }

    private static HttpAnswer keyed(ContractedApi api, String key) {
        Map<String, String> headers = Map.of(
                "authorization", "Bearer " + key, "content-type", "application/json", "idempotency-key", "again");
        return api.ask("POST", "dry-run", headers, TRIAL);
    }
}
