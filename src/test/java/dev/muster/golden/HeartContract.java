package dev.muster.golden;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Ids;
import dev.muster.db.StoreContract;
import dev.muster.decide.Survivorship;
import dev.muster.decide.SurvivorshipRules;
import dev.muster.delivery.Delivery;
import dev.muster.normalize.NormalizedOperation;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationStatus;
import dev.muster.operation.OperationType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;

/** What the contracts of the heart share: statements, and looks at what came of them. */
abstract class HeartContract extends StoreContract {
    static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    Survivorship survivorship;
    Suppression suppression;
    PushPlan plan = PushPlan.NONE;

    @BeforeEach
    final void readRules() throws Exception {
        suppression = ErasedPeople.suppression(database);
        survivorship = new Survivorship(SurvivorshipRules.parse(
                "config/survivorship.yaml", Files.readString(Path.of("config", "survivorship.yaml"))));
        plan = PushPlan.NONE;
    }

    // --- what is said

    static CanonicalRecord about(RecordKey key, int day, boolean removed, Object... fieldsAndValues) {
        Map<String, Object> fields = new HashMap<>();
        for (int i = 0; i < fieldsAndValues.length; i += 2) {
            fields.put((String) fieldsAndValues[i], fieldsAndValues[i + 1]);
        }
        Instant at = START.plusSeconds(86_400L * day);
        return new CanonicalRecord(key, fields, at, Map.of(), at, Instant.EPOCH, removed, List.of());
    }

    static CanonicalRecord member(String platform, String id, int day, Object... fieldsAndValues) {
        return about(new RecordKey("default", platform, Entity.MEMBER, id), day, false, fieldsAndValues);
    }

    static CanonicalRecord removed(String platform, String id, int day) {
        return about(new RecordKey("default", platform, Entity.MEMBER, id), day, true);
    }

    /** One operation under way that says this. */
    NormalizedOperation said(CanonicalRecord... records) {
        RecordKey key = records[0].key();
        Delivery delivery = new Delivery(
                ids.next(),
                key.organization(),
                key.platform(),
                "default",
                clock.instant(),
                headers(),
                new byte[] {'x'},
                "kind",
                key.externalId());
        return new NormalizedOperation(
                new Operation(underWay(delivery), OperationType.WEBHOOK, 0, delivery, List.of()), List.of(records), "");
    }

    long underWay(Delivery delivery) {
        long id = ids.next();
        update(
                "INSERT INTO sync_operations (id, organization, platform, integration, type, status, rank, attempts,"
                        + " not_before, delivery_id, kind, record_key, created_at)"
                        + " VALUES (?, ?, ?, 'default', 0, 1, 0, 0, 0, ?, 'kind', NULL, 0)",
                id,
                delivery.organization(),
                delivery.platform(),
                delivery.id());
        return id;
    }

    List<OperationStatus> apply(NormalizedOperation... batch) {
        return apply(List.of(batch));
    }

    static final PushPlan.Accounts EVERYBODY = (target, organization) -> List.of("default");

    static PushPlan plan(List<PushPlan.Target> targets) {
        return new PushPlan(targets, EVERYBODY);
    }

    static PushPlan.Target target(String name, String platform, Entity entity, Set<String> fields) {
        return new PushPlan.Target(name, platform, entity, fields, null, false);
    }

    /** One transaction. */
    List<OperationStatus> apply(List<NormalizedOperation> batch) {
        return apply(batch, BrakeRules.NONE);
    }

    List<OperationStatus> apply(List<NormalizedOperation> batch, BrakeRules brakes) {
        return ApplyBatch.apply(heart(clock), suppression, PulledReport.NONE, brakes, batch)
                .statuses();
    }

    Heart heart(Clock at) {
        return heart(ids, at);
    }

    Heart heart(Ids own, Clock at) {
        return new Heart(database, own, at, trail, () -> survivorship, () -> plan);
    }

    GoldenStore store(int batchMax) {
        return store(batchMax, BrakeRules.NONE);
    }

    GoldenStore store(int batchMax, BrakeRules brakes) {
        return new GoldenStore(heart(clock), suppression, meters, 10_000, batchMax, PulledReport.NONE, brakes);
    }

    long goldenOf(String platform, String id) {
        return Long.parseLong(column("SELECT golden_id FROM external_integrations WHERE platform = '" + platform
                        + "' AND entity = 'member' AND external_id = '" + id + "'")
                .get(0));
    }

    Map<String, Object> values(Entity entity, long golden) {
        return database.read(connection -> new GoldenReads(connection, database)
                .byIds(Map.of(golden, entity))
                .get(golden)
                .values());
    }

    List<String> goldenRow(long golden) {
        return rows("SELECT version, deleted_at, merged_into FROM members WHERE id = " + golden)
                .get(0);
    }

    void override(long golden, String field, String value) {
        update(
                "INSERT INTO field_overrides (home, golden_id, field, organization, value, decided_by, reason, decided_at)"
                        + " VALUES (?, ?, ?, 'default', ?, 'eve', 'passport', 1)",
                golden,
                golden,
                field,
                "{\"value\":\"" + value + "\"}");
    }

    Roll roll() {
        return new Roll(database, () -> survivorship);
    }
}
