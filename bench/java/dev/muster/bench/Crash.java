package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import dev.muster.bench.Bench.Options;
import dev.muster.bench.Load.Outcome;
import dev.muster.db.Ids;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

/** Kills the hub at random moments under load: nothing that was acknowledged may be missing, nothing may count twice. */
final class Crash {
    private static final int MEMBERS = 2_000;

    private Crash() {}

    static boolean run(Options options) throws Exception {
        int rounds = options.number("rounds", 20);
        long seed = options.number("seed", 7);
        Random random = new Random(seed);
        Path data = HubProcess.freshFolder("crash");
        Set<Long> acknowledged = new HashSet<>();
        int[] twice = {0};
        int[] refused = {0};
        int lastState = 0;
        try (Store store = Store.open(options.flag("postgres"), data)) {
            say("crash, %s: %d kills under load, seed %d", store.name(), rounds, seed);
            for (int round = 0; round < rounds; round++) {
                int state = round;
                lastState = state;
                ByteBuffer[] requests = PatreonRequests.season(0, MEMBERS, 1, state);
                HubProcess hub = HubProcess.hub(Bench.home(), data, store.environment());
                long wait = 100 + random.nextInt(1_500);
                Thread killer = new Thread(() -> {
                    HubProcess.pause(wait);
                    hub.kill();
                });
                killer.start();
                Outcome outcome = new Load(
                                hub.port(), 64, i -> requests[i % MEMBERS], (request, status, body) -> {
                                    if (status != 200) {
                                        refused[0]++;
                                    } else if (!acknowledged.add(id(body))) {
                                        twice[0]++;
                                    }
                                })
                        .run(30);
                killer.join();
                say("  kill %3d after %,5d ms: %,6d acknowledged, %d connections cut", round + 1, wait,
                        outcome.statuses().getOrDefault(200, 0L), outcome.statuses().getOrDefault(0, 0L));
            }
            int finalState = lastState + 1;
            ByteBuffer[] requests = PatreonRequests.season(0, MEMBERS, 1, finalState);
            try (HubProcess hub = HubProcess.hub(Bench.home(), data, store.environment())) {
                new Load(hub.port(), 64, i -> i < MEMBERS ? requests[i] : null, (request, status, body) -> {
                            if (status == 200 && !acknowledged.add(id(body))) {
                                twice[0]++;
                            }
                        })
                        .run(60)
                        .allAccepted();
                store.awaitEmptyQueue();
            }
            return verdict(store, acknowledged, twice[0], refused[0], finalState);
        }
    }

    private static long id(ByteBuffer body) {
        String text = StandardCharsets.ISO_8859_1.decode(body).toString();
        int start = text.indexOf(":\"") + 2;
        return Ids.parse(text.substring(start, text.indexOf('"', start))).orElseThrow();
    }

    private static boolean verdict(Store store, Set<Long> acknowledged, int twice, int refused, int state)
            throws Exception {
        Set<Long> missing = new HashSet<>(acknowledged);
        long stored = 0;
        try (Connection connection = store.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id FROM deliveries")) {
            while (rows.next()) {
                missing.remove(rows.getLong(1));
                stored++;
            }
        }
        long without = store.number("SELECT count(*) FROM deliveries d WHERE 1 <>"
                + " (SELECT count(*) FROM (SELECT delivery_id FROM sync_operations) o WHERE o.delivery_id = d.id)",
                "CREATE INDEX IF NOT EXISTS bench_operations ON sync_operations (delivery_id)");
        long notEnded = store.number("SELECT count(*) FROM sync_operations WHERE status <> 2");
        long created = store.number(
                "SELECT count(*) FROM audit_log WHERE action = 'create' AND entity = 'member'");
        long createdTwice = store.number("SELECT count(*) FROM (SELECT golden_id FROM audit_log WHERE action = 'create'"
                + " GROUP BY golden_id HAVING count(*) > 1) t");
        long versions = store.number("SELECT count(*) FROM memberships m WHERE m.version <>"
                + " (SELECT count(*) FROM audit_log a WHERE a.golden_id = m.id)");
        long wrong = store.wrongMembers(0, MEMBERS, state);
        say("acknowledged %,d, stored %,d (the rest was cut off before its answer); refused %d", acknowledged.size(),
                stored, refused);
        say("acknowledged and lost: %d; one id for two: %d; deliveries without exactly one operation: %d; operations"
                + " that did not end well: %d", missing.size(), twice, without, notEnded);
        say("members created: %d of %d; created twice: %d; versions without their audit entry: %d; amounts wrong: %d",
                created, MEMBERS, createdTwice, versions, wrong);
        boolean right = missing.isEmpty()
                && twice == 0
                && without == 0
                && notEnded == 0
                && created == MEMBERS
                && createdTwice == 0
                && versions == 0
                && wrong == 0;
        say(right ? "nothing lost, nothing doubled" : "WRONG: see above; the data is kept");
        return right;
    }
}
