package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import dev.muster.bench.Bench.Options;
import dev.muster.audit.AuditTrail;
import dev.muster.credential.CredentialUses;
import dev.muster.credential.HubKey;
import dev.muster.credential.IntegrationStore;
import dev.muster.credential.OuterKey;
import dev.muster.credential.Vault;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** What many organizations cost: how soon a hub with ten thousand takes a webhook of one of them, and what it holds. */
final class Organizations {
    private static final Map<String, Map<String, String>> SETTINGS = Map.of(
            "patreon", Map.of("campaignId", "1"),
            "eventbrite", Map.of("organizationId", "1"),
            "classy", Map.of("organizationId", "1"));

    private Organizations() {}

    static boolean run(Options options) throws Exception {
        int organizations = options.number("organizations", 10_000);
        Path data = HubProcess.freshFolder("organizations");
        Path home = HubProcess.homeWithoutFlows();
        try (Store store = Store.open(options.flag("postgres"), data)) {
            say("organizations, %s: %,d with 3 integrations each, 256 MB of heap", store.name(), organizations);
            Map<String, String> environment = new HashMap<>(store.environment());
            // what is due would be called: these accounts are nobody's
            environment.put("MUSTER_PULL_LOOK_MS", "3600000");
            HubProcess.hub(home, data, environment).close();
            fill(store.url(), data, organizations);

            long start = System.nanoTime();
            try (HubProcess hub = HubProcess.hub(home, data, environment)) {
                boolean taken = isTaken(hub, 0);
                double seconds = (System.nanoTime() - start) / 1e9;
                say("  %.1f s from the start of the process to the first webhook that was accepted", seconds);
                HubProcess.pause(20_000);
                say("  idle 20 s later: resident %d MB, peak heap %d MB, %d threads, CPU %.1f s in all",
                        hub.residentMegabytes(), hub.peakHeapMegabytes(), threads(hub), hub.cpuSeconds());
                Random random = new Random(1);
                int refused = taken ? 0 : 1;
                for (int i = 0; i < 100; i++) {
                    refused += isTaken(hub, random.nextInt(organizations)) ? 0 : 1;
                }
                say("  webhooks of 100 integrations at random that were refused: %d", refused);
                say("  streams that have their place: %,d", store.number("SELECT COUNT(*) FROM cursors"));
                return refused == 0 && seconds < 10 && hub.residentMegabytes() < 1_024;
            }
        }
    }

    private static boolean isTaken(HubProcess hub, int organization) {
        byte[] body = PatreonRequests.body(organization, 0);
        String path = "/api/webhooks/patreon/patreon-" + organization;
        return hub.status(PatreonRequests.request(path, body, PatreonRequests.signature(body))) == 200;
    }

    private static long threads(HubProcess hub) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + hub.pid() + "/status"))) {
            if (line.startsWith("Threads:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return -1;
    }

    private static void fill(String url, Path data, int organizations) throws Exception {
        Clock clock = Clock.systemUTC();
        try (Database database = Database.open(url, 1)) {
            Vault vault = new Vault(database, clock, OuterKey.of(null, null, data));
            Ids ids = new Ids();
            HubKey key = HubKey.open(database, clock, OuterKey.of(null, null, data));
            IntegrationStore store = new IntegrationStore(
                    database,
                    vault,
                    new CredentialUses(database, clock, "bench"),
                    new AuditTrail(database, ids, clock, key.auditSeal()),
                    ids,
                    clock);
            for (int i = 0; i < organizations; i++) {
                for (Map.Entry<String, Map<String, String>> platform : SETTINGS.entrySet()) {
                    Map<String, char[]> secrets = new HashMap<>();
                    secrets.put("webhookSecret", PatreonRequests.SECRET.toCharArray());
                    secrets.put("accessToken", "token-of-nobody".toCharArray());
                    store.create(
                            platform.getKey() + '-' + i,
                            "organization-" + i,
                            platform.getKey(),
                            new IntegrationStore.Change(
                                    "Bench", "http://127.0.0.1:1", platform.getValue(), true, secrets),
                            "bench");
                }
            }
        }
    }
}
