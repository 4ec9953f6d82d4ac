package dev.muster.bench;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** {@code kill -9} at random moments under load: nothing acknowledged is lost, nothing takes effect twice. */
final class Crash {
    private Crash() {}

    static void run(Options options, Path work) throws Exception {
        int kills = options.number("kills", 200);
        int connections = options.number("connections", 64);
        int members = options.number("members", 500);
        int millisMax = options.number("millis", 1_500);
        int seed = options.number("seed", 1);
        boolean postgres = options.flag("postgres");
        System.out.printf(
                Locale.ROOT,
                "crash: %d kills, each within %d ms of serving, %d connections, %d members, %s, seed %d%n",
                kills,
                millisMax,
                connections,
                members,
                postgres ? "PostgreSQL" : "SQLite",
                seed);
        Random random = new Random(seed);
        Path data = work.resolve("crash");
        List<Long> acknowledged = new ArrayList<>();
        int[] versions = new int[members];
        Arrays.fill(versions, -1);
        int sentBefore = 0;
        long begin = System.nanoTime();
        try (Store store = Store.of(postgres, data)) {
            String url = postgres ? store.url() : null;
            for (int kill = 0; kill < kills; kill++) {
                HubProcess hub = HubProcess.hub(work, HubProcess.HOME, data, url);
                try {
                    hub.awaitReady();
                    int base = sentBefore;
                    int[] sent = {base};
                    Deliveries deliveries = new Deliveries();
                    Load load = new Load(
                                    hub.port(),
                                    connections,
                                    0,
                                    number -> {
                                        sent[0] = base + number + 1;
                                        return request(deliveries, base + number, members);
                                    },
                                    (number, status, due, answer) -> {
                                        if (status == 200) {
                                            acknowledged.add(WholeWay.deliveryId(answer));
                                            int member = (base + number) % members;
                                            versions[member] =
                                                    Math.max(versions[member], (base + number) / members);
                                        }
                                    })
                            .endingWithServer();
                    long delay = random.nextInt(millisMax);
                    Thread killer = new Thread(() -> {
                        try {
                            Thread.sleep(delay);
                            hub.kill();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    });
                    killer.start();
                    load.run();
                    killer.join();
                    sentBefore = sent[0];
                } finally {
                    hub.close();
                }
                if ((kill + 1) % 20 == 0 || kill + 1 == kills) {
                    System.out.printf(
                            Locale.ROOT,
                            "  %d kills, %d sent, %d acknowledged, %.0f s%n",
                            kill + 1,
                            sentBefore,
                            acknowledged.size(),
                            (System.nanoTime() - begin) / 1e9);
                }
            }
            try (HubProcess hub = HubProcess.hub(work, HubProcess.HOME, data, url)) {
                hub.awaitReady();
                try (Connection connection = store.connect()) {
                    Store.awaitIdle(connection, hub, 300);
                }
            }
            try (Connection connection = store.connect()) {
                check(connection, acknowledged, versions);
            }
        }
    }

    private static ByteBuffer request(Deliveries deliveries, int number, int members) {
        return deliveries.request(Deliveries.body(number % members, number / members));
    }

    private static void check(Connection connection, List<Long> acknowledged, int[] versions) throws Exception {
        long lost = 0;
        long unfinished = 0;
        try (PreparedStatement select = connection.prepareStatement("SELECT d.id, (SELECT count(*) FROM sync_operations o"
                + " WHERE o.delivery_id = d.id AND o.status = 2) FROM deliveries d WHERE d.id = ?")) {
            for (long id : acknowledged) {
                select.setLong(1, id);
                try (ResultSet rows = select.executeQuery()) {
                    if (!rows.next()) {
                        lost++;
                    } else if (rows.getLong(2) != 1) {
                        unfinished++;
                    }
                }
            }
        }
        // Unacknowledged deliveries may have been stored too: the last stored version of a member is what must stand.
        int[] stored = new int[versions.length];
        Arrays.fill(stored, -1);
        try (PreparedStatement select = connection.prepareStatement("SELECT body FROM deliveries");
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                byte[] body = rows.getBytes(1);
                String text = new String(body, java.nio.charset.StandardCharsets.UTF_8);
                int member = number(text, "\"email\":\"member");
                stored[member] = Math.max(stored[member], number(text, "\"will_pay_amount_cents\":") - 100);
            }
        }
        long stale = 0;
        for (int i = 0; i < versions.length; i++) {
            if (stored[i] < versions[i]) {
                stale++;
            }
        }
        int wrong = Store.wrong(connection, stored);
        long operations = Store.number(connection, "SELECT count(*) FROM sync_operations");
        long deliveries = Store.number(connection, "SELECT count(*) FROM deliveries");
        // An effect is written once: one audit row per operation and golden record, one per version of a golden record.
        long doubled = Store.number(
                connection,
                "SELECT count(*) FROM (SELECT 1 FROM audit_log GROUP BY operation_id, golden_id HAVING count(*) > 1) t");
        long versionsOff = Store.number(
                connection,
                "SELECT count(*) FROM (SELECT id, version FROM members UNION ALL SELECT id, version FROM memberships) g"
                        + " WHERE g.version <> (SELECT count(*) FROM audit_log a WHERE a.golden_id = g.id)");
        long members = Store.number(connection, "SELECT count(*) - count(DISTINCT email) FROM members");
        System.out.printf(
                Locale.ROOT,
                "%d acknowledged, %d stored, %d operations%n", acknowledged.size(), deliveries, operations);
        Figures.verdict("acknowledged and lost", lost + stale, lost + stale == 0, "0");
        Figures.verdict("acknowledged and not ended well", unfinished, unfinished == 0, "0");
        Figures.verdict("members that are not at their last state", wrong, wrong == 0, "0");
        long twice = doubled + versionsOff + members + Math.abs(operations - deliveries);
        Figures.verdict("effects doubled", twice, twice == 0, "0");
        if (lost + stale + unfinished + wrong + twice > 0) {
            System.out.printf(
                    "  audit rows doubled %d, versions off %d, members twice %d, operations without delivery %d%n",
                    doubled, versionsOff, members, operations - deliveries);
            throw new IllegalStateException("The hub does not keep what it promises");
        }
    }

    private static int number(String text, String before) {
        int begin = text.indexOf(before) + before.length();
        int end = begin;
        while (Character.isDigit(text.charAt(end))) {
            end++;
        }
        return Integer.parseInt(text.substring(begin, end));
    }
}
