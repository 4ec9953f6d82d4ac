package dev.muster.push;

import dev.muster.audit.AuditTrail;
import dev.muster.audit.KnownSeal;
import dev.muster.call.PlatformRequest;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Database;
import dev.muster.db.HandClock;
import dev.muster.db.Ids;
import dev.muster.decide.Survivorship;
import dev.muster.decide.SurvivorshipRules;
import dev.muster.delivery.Delivery;
import dev.muster.golden.BrakeRules;
import dev.muster.golden.ErasedPeople;
import dev.muster.golden.GoldenStore;
import dev.muster.golden.Heart;
import dev.muster.golden.PulledReport;
import dev.muster.golden.Roll;
import dev.muster.meter.Meters;
import dev.muster.normalize.NormalizedOperation;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationType;
import dev.muster.platform.AccountSettings;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A hub's golden records and outbox with fake targets, driven by hand: no routes and no threads. */
final class PushWorld implements AutoCloseable {
    final HandClock clock = new HandClock();
    final Ids ids = new Ids();
    final Database database;
    final GoldenStore golden;
    final PushStore store;
    final AuditTrail trail;
    final PushTargets targets;
    final Pushing pushing;
    final PushPlanning planning;
    final Roll roll;
    private final Integrations known;
    final Map<String, FakeTarget> platforms = new LinkedHashMap<>();
    private Segments segments = Segments.NONE;
    private int failing;
    private boolean arrivingAnyhow;

    /** What happens while a request waits for its turn. */
    Runnable whileWaiting = () -> {};

    /**
     * @param url of an empty database
     * @param files platform to the text of its file
     */
    PushWorld(Path home, String url, Map<String, String> files, String survivorshipRules) throws Exception {
        this(home, url, files, survivorshipRules, List.of(Integration.DEFAULT));
    }

    /** @param accounts the ids of the accounts that the organization has on each platform */
    PushWorld(Path home, String url, Map<String, String> files, String survivorshipRules, List<String> accounts)
            throws Exception {
        Path folder = Files.createDirectories(home.resolve("config").resolve("platforms"));
        StringBuilder integrations = new StringBuilder("integrations:\n");
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.writeString(folder.resolve(file.getKey() + ".yaml"), file.getValue());
            for (String account : accounts) {
                integrations.append("  - { id: %s, platform: %s, organization: default, settings: { push: \"on\" } }\n"
                        .formatted(account, file.getKey()));
                platforms.put(place(file.getKey(), account), new FakeTarget(file.getKey(), account, clock));
            }
        }
        Files.writeString(home.resolve("config").resolve("integrations.yaml"), integrations);
        PlatformCatalog catalog =
                new PlatformCatalog(home, List.of(PushTargets.compiler(), AccountSettings.compiler()));
        catalog.load();
        known = new Integrations(home, Map.of());
        known.load(catalog);
        if (!catalog.problems().isEmpty() || !known.problems().isEmpty()) {
            throw new IllegalStateException(catalog.problems() + " " + known.problems());
        }
        database = Database.open(url, 2);
        Meters meters = new Meters(new SimpleMeterRegistry());
        Survivorship survivorship = new Survivorship(
                SurvivorshipRules.parse("survivorship.yaml", survivorshipRules), ErasedPeople.fieldKeys(database));
        targets = new PushTargets(catalog, known);
        trail = new AuditTrail(database, ids, clock, KnownSeal.SEAL);
        golden = new GoldenStore(
                new Heart(database, ids, clock, trail, () -> survivorship, targets::plan),
                ErasedPeople.suppression(database),
                meters,
                1_000,
                100,
                PulledReport.NONE,
                BrakeRules.NONE);
        roll = new Roll(database, () -> survivorship);
        store = new PushStore(database, clock, "hub");
        pushing = pushing("hub");
        planning = new PushPlanning(targets, store, roll, () -> segments);
    }

    /** Another hub on the same database. */
    Pushing pushing(String owner) {
        return new Pushing(
                targets,
                new PushStore(database, clock, owner),
                roll,
                () -> segments,
                new Meters(new SimpleMeterRegistry()),
                clock,
                new Pushing.Settings(20, Duration.ofSeconds(10)));
    }

    void segments(String yaml) {
        segments = Segments.of(yaml, new ArrayList<>());
    }

    Integration account(String platform) {
        return known.find(platform, Integration.DEFAULT).orElseThrow();
    }

    private static String place(String platform, String account) {
        return account.equals(Integration.DEFAULT) ? platform : platform + "/" + account;
    }

    /** @param name of a platform; of its accounts beside the default one {@code platform/account} */
    FakeTarget platform(String name) {
        FakeTarget found = platforms.get(name);
        if (found == null) {
            throw new IllegalArgumentException(name);
        }
        return found;
    }

    // --- what is heard

    void hear(CanonicalRecord record) {
        hear(record, Integration.DEFAULT);
    }

    private void hear(CanonicalRecord record, String account) {
        RecordKey key = record.key();
        Delivery delivery = new Delivery(
                ids.next(),
                key.organization(),
                key.platform(),
                account,
                clock.instant(),
                Map.of(),
                new byte[] {'x'},
                "kind",
                key.externalId());
        golden.apply(new NormalizedOperation(
                        new Operation(ids.next(), OperationType.WEBHOOK, 0, delivery, List.of()), List.of(record), ""))
                .join();
    }

    /** The desk, a platform that is told of nothing, says something of somebody. */
    void desk(String id, Object... fieldsAndValues) {
        hear(statement(Entity.MEMBER, id, fieldsAndValues));
    }

    CanonicalRecord statement(Entity entity, String id, Object... fieldsAndValues) {
        Map<String, Object> fields = new HashMap<>();
        for (int i = 0; i < fieldsAndValues.length; i += 2) {
            fields.put((String) fieldsAndValues[i], fieldsAndValues[i + 1]);
        }
        Instant now = clock.instant();
        return new CanonicalRecord(
                new RecordKey("default", "desk", entity, id),
                fields,
                now,
                Map.of(),
                now,
                Instant.EPOCH,
                false,
                List.of());
    }

    /** Who is on no list any more. */
    void gone(String id) {
        CanonicalRecord said = statement(Entity.MEMBER, id);
        hear(new CanonicalRecord(
                said.key(), Map.of(), said.observedAt(), Map.of(), said.asOf(), said.arrival(), true, List.of()));
    }

    /** Somebody with a consent. */
    void person(String id, String firstName) {
        desk(id, "email", id + "@example.org", "firstName", firstName, "lastName", "Lee", "consentEmail", "opted_in");
    }

    /** Hears everything that the platforms have told, in order. */
    int listen() {
        int heard = 0;
        for (FakeTarget platform : platforms.values()) {
            for (CanonicalRecord record : platform.drain()) {
                hear(record, platform.account);
                heard++;
            }
        }
        return heard;
    }

    // --- what is pushed

    /** The next calls get no answer; whether they arrive all the same. */
    void loseAnswers(int calls, boolean arriving) {
        failing = calls;
        arrivingAnyhow = arriving;
    }

    /** Pushes what is due in a while, once; answers how many calls were made. */
    int push() {
        clock.advance(Duration.ofSeconds(2));
        return push(pushing);
    }

    int push(Pushing hub) {
        int calls = 0;
        for (PushStore.Lane lane : store.lanes(PushStore.Lane.FIRST, 100)) {
            for (Optional<PushWork> work = hub.claim(lane); work.isPresent(); work = hub.claim(lane)) {
                calls += run(hub, work.get());
            }
        }
        return calls;
    }

    int run(Pushing hub, PushWork work) {
        int calls = 0;
        try {
            hub.prepare(work);
            while (hub.isCallPending(work)) {
                PlatformRequest waiting = hub.request(work);
                whileWaiting.run();
                PlatformRequest request = waiting.lastLook().of(waiting);
                calls++;
                FakeTarget platform = platform(place(request.platform(), request.integration()));
                if (failing > 0) {
                    failing--;
                    if (arrivingAnyhow) {
                        platform.call(request);
                    }
                    throw new IOException("no answer came");
                }
                hub.settle(work, platform.call(request));
            }
        } catch (IOException | RuntimeException e) {
            hub.putOff(work, e);
        }
        return calls;
    }

    /** Goes on until nobody has anything to say any more; answers how many calls were made. */
    int settle() {
        int calls = 0;
        for (int round = 0; round < 30; round++) {
            int made = push();
            calls += made;
            boolean isReady = store.lanes(PushStore.Lane.FIRST, 100).stream().anyMatch(store::isReady);
            if (listen() == 0 && made == 0 && !isReady) {
                return calls;
            }
        }
        throw new AssertionError("It does not fall silent");
    }

    List<Roll.Entry> members() {
        return roll.list(Entity.MEMBER, "default", Long.MAX_VALUE, 500).entries();
    }

    List<List<Object>> rows(String sql) {
        return database.read(connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(sql)) {
                List<List<Object>> all = new ArrayList<>();
                int columns = rows.getMetaData().getColumnCount();
                while (rows.next()) {
                    List<Object> row = new ArrayList<>();
                    for (int i = 1; i <= columns; i++) {
                        row.add(String.valueOf(rows.getObject(i)));
                    }
                    all.add(row);
                }
                return all;
            }
        });
    }

    @Override
    public void close() {
        golden.close();
        database.close();
    }

    void replay(long golden, String target, String integration, boolean forced) {
        database.change(connection -> planning.replay(connection, golden, target, integration, forced));
    }

    boolean resolve(long golden, String target, String integration, String field, String choice) {
        return database.write(connection -> planning.resolve(connection, golden, target, integration, field, choice));
    }
}
