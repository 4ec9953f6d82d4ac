package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import dev.muster.bench.Bench.Options;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.delivery.DeliveryStore;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/** How fast a full queue is worked off, beside what the store takes in bulk upserts of three rows a job. */
final class Apply {
    private static final int JOBS_A_COMMIT = 1_000;
    /** The migration of PostgreSQL holds one while it uses another. */
    private static final int WRITERS = 2;
    private static final int UNDER_WAY = 4_096;

    private Apply() {}

    static boolean run(Options options) throws Exception {
        int deliveries = options.number("deliveries", 200_000);
        int members = Math.min(deliveries, options.number("members", 50_000));
        int states = Math.max(1, deliveries / members);
        Path data = HubProcess.freshFolder("apply");
        try (Store store = Store.open(options.flag("postgres"), data)) {
            say("apply, %s: %,d deliveries for %,d members, 256 MB of heap", store.name(), members * states, members);
            int roll = options.number("roll", 0);
            if (roll > 0) {
                Population.put(store, data, Math.max(roll, members));
            }
            try (Database database = Database.open(store.url(), WRITERS)) {
                fill(database, members, states);
            }
            if (roll > 0) {
                Population.analyze(store);
            }
            double rate = workOff(store, data, members, states);
            long wrong = store.wrongMembers(0, members, states - 1);
            double ceiling = ceiling(store, Math.min(200_000, members * states), members);
            say("  bulk upserts alone: %,.0f jobs/s of three rows, %,d a commit; the hub is %.2f of it", ceiling,
                    JOBS_A_COMMIT, rate / ceiling);
            say("  golden rows that are wrong: %d of %d", wrong, members);
            return wrong == 0;
        }
    }

    private static void fill(Database database, int members, int states) throws InterruptedException {
        Ids ids = new Ids();
        Semaphore room = new Semaphore(UNDER_WAY);
        long start = System.nanoTime();
        CompletableFuture<?> failed = new CompletableFuture<>();
        try (DeliveryStore deliveries = BareServer.store(database, ids)) {
            for (int state = 0; state < states; state++) {
                for (int member = 0; member < members; member++) {
                    byte[] body = PatreonRequests.body(member, state);
                    Map<String, String> headers = Map.of(
                            "x-patreon-event", "members:update",
                            "x-patreon-signature", PatreonRequests.signature(body),
                            "content-type", "application/json");
                    room.acquire();
                    deliveries
                            .append(BareServer.arrival(ids, headers, body, PatreonRequests.memberId(member)))
                            .whenComplete((receipt, failure) -> {
                                if (failure != null) {
                                    failed.completeExceptionally(failure);
                                }
                                room.release();
                            });
                }
            }
            room.acquire(UNDER_WAY);
        }
        if (failed.isCompletedExceptionally()) {
            failed.join();
        }
        say("  filled at %,.0f/s", members * states / ((System.nanoTime() - start) / 1e9));
    }

    /** The rate between the first and the last operation's end; start-up is not part of it. */
    private static double workOff(Store store, Path data, int members, int states) throws Exception {
        long since = System.currentTimeMillis();
        try (HubProcess hub = HubProcess.hub(Bench.home(), data, store.environment())) {
            store.awaitEmptyQueue();
            long first = store.number("SELECT min(processed_at) FROM sync_operations");
            long last = store.number("SELECT max(processed_at) FROM sync_operations");
            double rate = members * states / ((last - first) / 1e3);
            say("  worked off at %,.0f/s (%,.0f/s with the start of the JVM); CPU %.3f s per 1,000; peak heap %d MB,"
                            + " resident %d MB",
                    rate, members * states / ((last - since) / 1e3),
                    hub.cpuSeconds() * 1_000 / (members * states), hub.peakHeapMegabytes(), hub.residentMegabytes());
            thirds(store, first, last);
            return rate;
        }
    }

    /** Whether it grows slower while the tables grow. */
    private static void thirds(Store store, long first, long last) throws SQLException {
        long third = (last - first) / 3;
        for (int i = 0; i < 3; i++) {
            long from = first + i * third;
            long count = store.number("SELECT count(*) FROM sync_operations WHERE processed_at >= " + from
                    + " AND processed_at < " + (from + third));
            say("    in its %s third %,.0f/s", new String[] {"first", "second", "last"}[i], count * 1e3 / third);
        }
    }

    /** The hub's own tables and indexes, one thread, a golden row, a source record and an audit entry a job. */
    private static double ceiling(Store store, int jobs, int members) {
        String golden = """
                INSERT INTO members (id, organization, email, first_name, last_name, attributes, version, created_at,
                    updated_at) VALUES (?, 'bench', ?, 'Ada', 'Lovelace', '{}', 1, 0, ?)
                ON CONFLICT (id) DO UPDATE SET version = members.version + 1, updated_at = excluded.updated_at""";
        String source = """
                INSERT INTO external_integrations (organization, platform, entity, external_id, golden_id, content_hash,
                    body, updated_at) VALUES ('bench', 'patreon', 'member', ?, ?, 'hash', ?, ?)
                ON CONFLICT (organization, platform, entity, external_id) DO UPDATE SET body = excluded.body,
                    updated_at = excluded.updated_at""";
        String audit = """
                INSERT INTO audit_log (id, seq, organization, actor, action, entity, golden_id, operation_id, changes,
                    created_at) VALUES (?, ?, 'bench', 'bench', 'change', 'member', ?, 1, ?, 0)""";
        String body = "{\"email\":[\"patreon\",1790000000000],\"firstName\":[\"patreon\",1790000000000]}".repeat(8);
        try (Database database = Database.open(store.url(), WRITERS)) {
            long start = System.nanoTime();
            for (int done = 0; done < jobs; done += JOBS_A_COMMIT) {
                int from = done;
                database.change(connection -> {
                    try (PreparedStatement goldens = connection.prepareStatement(golden);
                            PreparedStatement sources = connection.prepareStatement(source);
                            PreparedStatement audits = connection.prepareStatement(audit)) {
                        for (int job = from; job < from + JOBS_A_COMMIT; job++) {
                            long member = (job * 7_919L) % members;
                            goldens.setLong(1, member);
                            goldens.setString(2, "member" + member + "@example.org");
                            goldens.setLong(3, job);
                            goldens.addBatch();
                            sources.setString(1, Long.toString(member));
                            sources.setLong(2, member);
                            sources.setString(3, body);
                            sources.setLong(4, job);
                            sources.addBatch();
                            audits.setLong(1, job);
                            audits.setLong(2, job + 1L);
                            audits.setLong(3, member);
                            audits.setString(4, body);
                            audits.addBatch();
                        }
                        goldens.executeBatch();
                        sources.executeBatch();
                        audits.executeBatch();
                    }
                });
            }
            return jobs / ((System.nanoTime() - start) / 1e9);
        }
    }
}
