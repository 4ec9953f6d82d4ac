package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * Kills the hub at random moments while it pulls: afterwards no record may be missing, none may have been written twice, and
 * no more than the page that was under way may have been asked for again.
 */
final class PullCrash {
    /** So long after the platform was asked for a page: within the next pages, and while they are applied. */
    private static final int DELAY_MILLIS = 300;

    private PullCrash() {}

    /** @param hub starts it on the data that are there */
    static boolean run(Callable<HubProcess> hub, Store store, PeoplePages platform, int kills, long seed)
            throws Exception {
        Random random = new Random(seed);
        int[] pages = random.ints(kills, 0, platform.pages() + 1).sorted().toArray();
        say("  kill -9 at %d moments, seed %d", kills, seed);
        long began = System.nanoTime();
        long before = 0;
        int whileReading = 0;
        for (int kill = 0; kill < kills; kill++) {
            HubProcess running = hub.call();
            try {
                if (kill == 0) {
                    Pull.start(running);
                }
                while (platform.furthest() < pages[kill]) {
                    if (!Pull.isUnderWay(store)) {
                        throw new IllegalStateException("The run ended before its last page was asked for");
                    }
                    TimeUnit.MILLISECONDS.sleep(1);
                }
                TimeUnit.MILLISECONDS.sleep(random.nextInt(DELAY_MILLIS));
            } finally {
                running.kill();
            }
            long stored = store.number("SELECT COALESCE(MAX(pages), 0) FROM sync_runs");
            long waiting = store.number("SELECT COUNT(*) FROM sync_operations WHERE status < 2");
            whileReading += stored < platform.pages() ? 1 : 0;
            int again = platform.askedAgain();
            say("  kill %3d: page %,d asked for, %,d stored, %,d of them not applied; %d asked for again", kill + 1,
                    platform.furthest(), stored, waiting, again - before);
            before = again;
        }
        try (HubProcess running = hub.call()) {
            while (Pull.isUnderWay(store)) {
                TimeUnit.MILLISECONDS.sleep(200);
            }
        }
        say("  done after %.0f s, starts included; %d kills while pages were read, %d while the last were applied",
                (System.nanoTime() - began) / 1e9, whileReading, kills - whileReading);
        return verdict(store, platform, kills);
    }

    private static boolean verdict(Store store, PeoplePages platform, int kills) throws Exception {
        int[] times = new int[platform.records()];
        long wrong = 0;
        try (Connection connection = store.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("""
                        SELECT e.external_id, g.email, g.first_name, g.last_name, g.city, g.postal_code, g.version
                        FROM external_integrations e JOIN members g ON g.id = e.golden_id
                            AND g.deleted_at IS NULL AND g.merged_into IS NULL
                        WHERE e.platform = 'club' AND e.entity = 'member'""")) {
            while (rows.next()) {
                int person = Integer.parseInt(rows.getString(1).substring(1));
                times[person]++;
                boolean right = PeoplePages.email(person).equals(rows.getString(2))
                        && "Ada".equals(rows.getString(3))
                        && "Lovelace".equals(rows.getString(4))
                        && "Turin".equals(rows.getString(5))
                        && PeoplePages.zip(person).equals(rows.getString(6))
                        && rows.getInt(7) == 1;
                wrong += right ? 0 : 1;
            }
        }
        long missing = Arrays.stream(times).filter(one -> one == 0).count();
        long more = store.number("SELECT COUNT(*) FROM members") - platform.records();
        long created = store.number("SELECT COUNT(*) FROM audit_log WHERE action = 'create' AND entity = 'member'")
                - platform.records();
        long pages = store.number("SELECT COUNT(*) FROM deliveries") - platform.pages();
        long unended = store.number("SELECT COUNT(*) FROM sync_operations WHERE status <> 2");
        long miscounted = store.number("SELECT COUNT(*) FROM sync_runs WHERE state <> 'done' OR pages <> "
                + platform.pages() + " OR applied <> pages OR items <> " + platform.records() + " OR created <> items"
                + " OR changed <> 0 OR unchanged <> 0");
        int again = platform.askedAgain();
        say("  records missing: %d; golden records too many: %d, wrong or written more than once: %d, created twice: %d",
                missing, more, wrong, created);
        say("  pages stored twice: %d; not applied: %d; runs that count wrongly: %d; pages asked for again: %d after %d kills",
                pages, unended, miscounted, again, kills);
        boolean right = missing == 0 && more == 0 && wrong == 0 && created == 0 && pages == 0 && unended == 0
                && miscounted == 0 && again <= kills;
        say(right ? "  nothing lost, nothing doubled" : "  WRONG: see above; the data is kept");
        return right;
    }
}
