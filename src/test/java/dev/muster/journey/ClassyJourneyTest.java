package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.FlowHub;
import dev.muster.demo.ApiExchange;
import dev.muster.demo.PlatformSettings;
import dev.muster.demo.SimulatedClassy;
import dev.muster.demo.SimulatedPlatform.Trouble;
import dev.muster.demo.SimulatedWorld;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A charity's year at Classy: its lists are read, and its webhooks point at what changed. */
class ClassyJourneyTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final URI NOWHERE = URI.create("http://127.0.0.1:9");
    private static final String LISTS = "/2.0/organizations/34/";
    private static final int DONORS = 250;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxx");

    @TempDir
    private Path folder;

    private final SimulatedWorld world = new SimulatedWorld(11, Clock.systemUTC());
    private SimulatedClassy classy;
    private Overheard overheard;
    private FlowHub hub;

    @AfterEach
    void stop() {
        if (hub != null) {
            hub.close();
        }
        classy.close();
        overheard.judge("classy");
    }

    private void classyTells(URI address) {
        classy = new SimulatedClassy(world, PlatformSettings.calm(address));
        overheard = new Overheard(classy);
    }

    private FlowHub.Setting pulling() {
        return FlowHub.in(folder).with(classy.environment()).with("MUSTER_PULL_LOOK_MS", "50");
    }

    private long count(String sql) {
        return Long.parseLong(hub.column("SELECT COUNT(*) FROM " + sql).get(0));
    }

    private void awaitRuns(String kind, int atLeast) {
        await().atMost(PATIENCE)
                .until(() ->
                        count("sync_runs WHERE state = 'done' AND kind = '" + kind + "' AND applied = pages") >= atLeast
                                && hub.unfinished() == 0);
    }

    private void donors() {
        for (int number = 0; number < DONORS; number++) {
            classy.donateUnheard(world.person(number), 450_001, 2_500, number % 2 == 0);
        }
    }

    private List<ApiExchange> list(String name) {
        return overheard.of("GET", LISTS + name);
    }

    private int first(String name) {
        return overheard.position(list(name).get(0));
    }

    private int last(String name) {
        List<ApiExchange> pages = list(name);
        return overheard.position(pages.get(pages.size() - 1));
    }

    @ParameterizedTest
    @EnumSource
    void listsAreReadInTheirOrderThroughEveryKindOfTrouble(FlowHub.Store store) throws Exception {
        classyTells(NOWHERE);
        donors();
        long plan = classy.pledge(world.person(3), 450_002, 1_000, true);
        Set<String> done = ConcurrentHashMap.newKeySet();
        classy.observe(exchange -> {
            String page = Overheard.query(exchange).get("page");
            String list =
                    Overheard.path(exchange).substring(Overheard.path(exchange).lastIndexOf('/') + 1);
            if (exchange.status() != 200 || !done.add(list + page)) {
                return;
            }
            if ((list + page).equals("supporters2")) {
                classy.expireTokens();
            } else if ((list + page).equals("transactions1")) {
                List.of(Trouble.THROTTLED, Trouble.BROKEN, Trouble.CUT).forEach(trouble -> classy.trouble(trouble, 1));
            }
        });
        hub = pulling().on(store).start();
        awaitRuns("full", 4);

        assertThat(count("members WHERE deleted_at IS NULL AND merged_into IS NULL"))
                .isEqualTo(DONORS);
        assertThat(count("transactions")).isEqualTo(DONORS + 1);
        assertThat(count("campaigns")).isEqualTo(3);
        assertThat(count("recurring_plans")).isEqualTo(1);
        assertThat(count("external_integrations WHERE platform = 'classy'")).isEqualTo(DONORS + (DONORS + 1) + 3 + 1);
        assertThat(hub.column("SELECT member FROM recurring_plans"))
                .containsExactly("classy/member/" + SimulatedClassy.supporterId(world.person(3)));
        assertThat(hub.column("SELECT recurring_plan FROM transactions WHERE recurring_plan IS NOT NULL"))
                .containsExactly("classy/recurring_plan/" + plan);

        // the ended token was renewed once, for all who were refused with it
        assertThat(classy.calls().get("POST /oauth2/auth")).isEqualTo(2);
        assertThat(classy.answers()).containsKey(401);
        assertThat(classy.answers()).containsKeys(429, 500);
        assertThat(first("recurring-donation-plans")).isGreaterThan(last("supporters"));
        assertThat(first("recurring-donation-plans")).isGreaterThan(last("campaigns"));
        assertThat(first("transactions")).isGreaterThan(last("recurring-donation-plans"));
        Set<String> pages = list("supporters").stream()
                .map(page -> Overheard.query(page).get("page") + "/"
                        + Overheard.query(page).get("per_page"))
                .collect(Collectors.toSet());
        assertThat(pages).containsExactlyInAnyOrder("1/100", "2/100", "3/100");

        overheard.forget();
        String highWater = hub.column("SELECT high_water FROM cursors WHERE stream = 'supporters'")
                .get(0);
        classy.donate(world.person(DONORS), 450_001, 7_700, true);
        classy.donate(world.person(5), 450_002, 900, true);
        hub.admin("POST", "/api/sync/start", "{\"platform\":\"classy\",\"mode\":\"incremental\"}");
        awaitRuns("incremental", 4);

        assertThat(count("members WHERE deleted_at IS NULL AND merged_into IS NULL"))
                .isEqualTo(DONORS + 1);
        assertThat(count("transactions")).isEqualTo(DONORS + 3);
        assertThat(count("external_integrations WHERE platform = 'classy'"))
                .isEqualTo(DONORS + 1 + (DONORS + 3) + 3 + 1);
        String filter = Overheard.query(list("supporters").get(0)).get("filter");
        assertThat(filter).startsWith("updated_at>=");
        assertThat(OffsetDateTime.parse(filter.substring("updated_at>=".length()), TIME)
                        .toInstant())
                .isBeforeOrEqualTo(
                        OffsetDateTime.parse(highWater, TIME).toInstant().minus(Duration.ofMinutes(5)));
        // who changed, and the one who pledged within the overlap; nobody of two months ago
        assertThat(hub.column("SELECT items || ' ' || created || ' ' || changed || ' ' || unchanged FROM sync_runs"
                        + " WHERE kind = 'incremental' AND stream = 'supporters'"))
                .containsExactly("3 1 1 1");
    }

    @Test
    void webhookPointsAndWhatItPointsAtIsFetched() throws Exception {
        FlowHub.Setting setting = FlowHub.in(folder);
        classyTells(setting.address());
        hub = setting.with(classy.environment()).start();
        long plan = classy.pledge(world.person(0), 450_001, 1_500, true);
        long gift = classy.donate(world.person(1), 450_002, 4_200, false);
        classy.refund(gift);
        classy.cancelPlan(plan);

        assertThat(classy.awaitQuiet(PATIENCE)).isTrue();
        await().atMost(PATIENCE).until(() -> hub.unfinished() == 0);
        assertThat(hub.column("SELECT status FROM transactions ORDER BY amount"))
                .containsExactly("paid", "refunded");
        assertThat(hub.column("SELECT status FROM recurring_plans")).containsExactly("cancelled");
        assertThat(hub.column("SELECT email FROM members"))
                .containsExactlyInAnyOrder(
                        world.person(0).email().toLowerCase(java.util.Locale.ROOT),
                        world.person(1).email().toLowerCase(java.util.Locale.ROOT));
        assertThat(classy.deliveries().abandoned()).isZero();
        assertThat(overheard.of("GET", "/2.0/transactions/" + gift)).isNotEmpty();
        assertThat(count("dead_letters")).isZero();
    }
}
