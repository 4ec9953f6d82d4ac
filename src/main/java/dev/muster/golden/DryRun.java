package dev.muster.golden;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Database;
import dev.muster.decide.FieldOverride;
import dev.muster.decide.GoldenState;
import dev.muster.decide.SourceRecord;
import dev.muster.decide.Survivorship;
import dev.muster.delivery.Delivery;
import dev.muster.delivery.HeadersJson;
import dev.muster.normalize.Normalizer;
import dev.muster.normalize.Rehearsal;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A changed mapping or changed rules, tried on deliveries that are stored: what would be different, field by field. Nothing is
 * written and no platform is called. Who is who is not asked anew.
 */
public final class DryRun {
    /** The most deliveries that are looked at. */
    public static final int LAST_MAX = 1_000;

    /** The most differences of one kind that are listed; all are counted. */
    public static final int LISTED_MAX = 1_000;

    /** So many of the latest deliveries of all platforms are looked through for those that are meant. */
    private static final int WINDOW = 100_000;

    private static final int PART = 50;
    private static final int RECORDS_MAX = 20_000;
    private static final Duration LONGEST = Duration.ofSeconds(20);

    private static final String IDS = """
            SELECT id FROM (SELECT id, organization, platform FROM deliveries ORDER BY id DESC LIMIT ?) latest
            WHERE organization = ? AND platform = ? ORDER BY id DESC LIMIT ?""";

    private static final String BODIES = """
            SELECT id, integration, received_at, headers, body, kind, record_key FROM deliveries WHERE id IN %s ORDER BY id""";

    private final Database database;
    private final Clock clock;

    public DryRun(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * What is compared.
     *
     * @param normalizer the mapping as it is
     * @param changedNormalizer as it would be
     * @param survivorship the rules as they are
     * @param changedSurvivorship as they would be
     */
    public record Trial(
            Normalizer normalizer,
            Normalizer changedNormalizer,
            Survivorship survivorship,
            Survivorship changedSurvivorship) {}

    /** A field of what a delivery says; null for nothing. */
    public record Said(
            long deliveryId,
            RecordKey key,
            String field,
            @Nullable Object before,
            @Nullable Object after) {}

    /** A field of a golden record; null for nothing. */
    public record Golden(
            long goldenId,
            Entity entity,
            String field,
            @Nullable Object before,
            @Nullable Object after) {}

    /** A delivery of which nothing can be shown, or of which something else is left out than now. */
    public record Told(long deliveryId, String why) {}

    /**
     * What would be different.
     *
     * @param deliveries how many were looked at
     * @param records how many source records they are about
     * @param goldenRecords golden records that would be resolved anew
     * @param newRecords source records that would be new
     * @param saidDifferent fields of what deliveries say that differ
     * @param goldenDifferent fields of golden records that differ
     * @param notShown deliveries whose record would have to be fetched, and those that cannot be read
     * @param isComplete whether all deliveries that were asked for, as far as there are so many, were looked at in time
     */
    public record Result(
            int deliveries,
            int records,
            int goldenRecords,
            int newRecords,
            long saidDifferent,
            long goldenDifferent,
            List<Said> said,
            List<Golden> golden,
            List<Told> notShown,
            boolean isComplete) {
        public Result {
            said = List.copyOf(said);
            golden = List.copyOf(golden);
            notShown = List.copyOf(notShown);
        }
    }

    /** One trial under way. */
    private static final class Run {
        private final Map<RecordKey, List<Heard>> before = new LinkedHashMap<>();
        private final Map<RecordKey, List<Heard>> after = new LinkedHashMap<>();
        private final Set<Long> deliveries = new HashSet<>();
        private final List<Said> said = new ArrayList<>();
        private final List<Golden> golden = new ArrayList<>();
        private final List<Told> notShown = new ArrayList<>();
        private long saidDifferent;
        private long goldenDifferent;
        private int goldenRecords;
        private int newRecords;

        Set<RecordKey> keys() {
            Set<RecordKey> keys = new TreeSet<>(before.keySet());
            keys.addAll(after.keySet());
            return keys;
        }
    }

    private record Heard(CanonicalRecord record, long deliveryId) {}

    /** @param last how many of the latest deliveries, webhooks and pages alike */
    public Result run(String organization, String platform, int last, Trial trial) {
        Instant until = clock.instant().plus(LONGEST);
        return database.readAtOneMoment(connection -> {
            SourceAccounts accounts = SourceAccounts.read(connection, database, List.of(organization));
            Run run = new Run();
            List<Long> ids = ids(connection, organization, platform, last);
            boolean isComplete = true;
            for (int from = 0; from < ids.size() && isComplete; from += PART) {
                for (Delivery delivery : deliveries(
                        connection, organization, platform, ids.subList(from, Math.min(ids.size(), from + PART)))) {
                    hear(delivery, accounts, trial, run);
                }
                isComplete =
                        clock.instant().isBefore(until) && run.keys().size() < RECORDS_MAX || from + PART >= ids.size();
            }
            resolve(connection, trial, run);
            return new Result(
                    run.deliveries.size()
                            + (int) run.notShown.stream()
                                    .filter(told -> !run.deliveries.contains(told.deliveryId()))
                                    .count(),
                    run.keys().size(),
                    run.goldenRecords,
                    run.newRecords,
                    run.saidDifferent,
                    run.goldenDifferent,
                    run.said,
                    run.golden,
                    run.notShown,
                    isComplete);
        });
    }

    private static List<Long> ids(Connection connection, String organization, String platform, int last)
            throws SQLException {
        List<Long> ids = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(IDS)) {
            select.setInt(1, WINDOW);
            select.setString(2, organization);
            select.setString(3, platform);
            select.setInt(4, Math.min(last, LAST_MAX));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getLong(1));
                }
            }
        }
        return ids;
    }

    private List<Delivery> deliveries(Connection connection, String organization, String platform, List<Long> ids)
            throws SQLException {
        List<Delivery> deliveries = new ArrayList<>(ids.size());
        try (PreparedStatement select = connection.prepareStatement(BODIES.formatted(database.idsOfJson()))) {
            select.setString(1, Database.json(ids));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    deliveries.add(new Delivery(
                            rows.getLong(1),
                            organization,
                            platform,
                            rows.getString(2),
                            Instant.ofEpochMilli(rows.getLong(3)),
                            HeadersJson.read(rows.getString(4)),
                            rows.getBytes(5),
                            rows.getString(6),
                            rows.getString(7)));
                }
            }
        }
        return deliveries;
    }

    private static void hear(Delivery delivery, SourceAccounts accounts, Trial trial, Run run) {
        Operation operation = new Operation(delivery.id(), OperationType.MANUAL, 0, delivery, List.of());
        Rehearsal now = Rehearsal.of(trial.normalizer(), operation);
        Rehearsal then = trial.normalizer() == trial.changedNormalizer()
                ? now
                : Rehearsal.of(trial.changedNormalizer(), operation);
        if (now.isThin() || then.isThin()) {
            tell(run, delivery, (then.isThin() ? then : now).why());
            return;
        }
        if (now.records().isEmpty() && then.records().isEmpty() && !now.why().equals(then.why())
                || !then.why().isEmpty() && !now.why().equals(then.why())) {
            tell(run, delivery, then.why());
        }
        run.deliveries.add(delivery.id());
        AccountIds account = accounts.of(delivery.organization(), delivery.platform(), delivery.integration());
        Map<RecordKey, SourceRecord> before = keep(now, trial.survivorship(), account, delivery, run.before);
        Map<RecordKey, SourceRecord> after = keep(then, trial.changedSurvivorship(), account, delivery, run.after);
        Set<RecordKey> keys = new TreeSet<>(before.keySet());
        keys.addAll(after.keySet());
        for (RecordKey key : keys) {
            SourceRecord unseen = SourceRecord.unseen(key);
            Map<String, Object> was = values(before.getOrDefault(key, unseen));
            Map<String, Object> is = values(after.getOrDefault(key, unseen));
            Differences.between(was, is).forEach((field, change) -> {
                run.saidDifferent++;
                if (run.said.size() < LISTED_MAX) {
                    run.said.add(new Said(delivery.id(), key, field, was.get(field), is.get(field)));
                }
            });
        }
    }

    private static void tell(Run run, Delivery delivery, String why) {
        if (run.notShown.size() < LISTED_MAX) {
            run.notShown.add(new Told(delivery.id(), why));
        }
    }

    private static Map<RecordKey, SourceRecord> keep(
            Rehearsal made,
            Survivorship survivorship,
            AccountIds account,
            Delivery delivery,
            Map<RecordKey, List<Heard>> all) {
        Map<RecordKey, SourceRecord> records = new HashMap<>();
        for (CanonicalRecord one : made.records()) {
            CanonicalRecord kept = account.kept(survivorship.sealed(one));
            records.merge(
                    kept.key(),
                    SourceRecord.unseen(kept.key()).absorb(kept, delivery.id()),
                    (a, b) -> a.absorb(kept, delivery.id()));
            all.computeIfAbsent(kept.key(), key -> new ArrayList<>(1)).add(new Heard(kept, delivery.id()));
        }
        return records;
    }

    private static Map<String, Object> values(SourceRecord source) {
        Map<String, Object> values = new TreeMap<>();
        source.fields().forEach((field, observation) -> values.put(field, observation.value()));
        if (source.removed()) {
            values.put("removed", true);
        }
        source.rejected().forEach(value -> values.putIfAbsent(value.field(), "refused: " + value.reason()));
        return values;
    }

    // --- golden records -----------------------------------------------------------------------------------------

    private void resolve(Connection connection, Trial trial, Run run) throws SQLException {
        SourceStore store = new SourceStore(connection, database);
        List<RecordKey> keys = new ArrayList<>(run.keys());
        Set<Long> resolved = new HashSet<>();
        for (int from = 0; from < keys.size(); from += PART) {
            Map<RecordKey, SourceRecord> stored = new HashMap<>();
            List<RecordKey> part = keys.subList(from, Math.min(keys.size(), from + PART));
            store.byKeys(part, stored);
            run.newRecords += part.size() - stored.size();
            Set<Long> goldenIds = new TreeSet<>();
            stored.values().forEach(source -> goldenIds.add(source.goldenId()));
            goldenIds.removeAll(resolved);
            resolved.addAll(goldenIds);
            Map<RecordKey, SourceRecord> own = new HashMap<>();
            store.byGoldenIds(goldenIds, own);
            Map<Long, List<SourceRecord>> byGolden = new TreeMap<>();
            own.values().forEach(source -> byGolden.computeIfAbsent(source.goldenId(), id -> new ArrayList<>())
                    .add(source));
            Map<Long, Map<String, FieldOverride>> words =
                    Words.standing(new GoldenReads(connection, database), goldenIds);
            byGolden.forEach((goldenId, sources) ->
                    compare(goldenId, sources, words.getOrDefault(goldenId, Map.of()), trial, run));
        }
        run.goldenRecords = resolved.size();
    }

    private static void compare(
            long goldenId, List<SourceRecord> sources, Map<String, FieldOverride> words, Trial trial, Run run) {
        Map<String, Object> was = golden(sources, run.before, run, trial.survivorship(), words);
        Map<String, Object> is = golden(sources, run.after, run, trial.changedSurvivorship(), words);
        Entity entity = sources.get(0).key().entity();
        Differences.between(was, is).forEach((field, change) -> {
            run.goldenDifferent++;
            if (run.golden.size() < LISTED_MAX) {
                run.golden.add(new Golden(goldenId, entity, field, was.get(field), is.get(field)));
            }
        });
    }

    /** Both sides are made in the same way of the same deliveries, so that only the change makes a difference. */
    private static Map<String, Object> golden(
            List<SourceRecord> sources,
            Map<RecordKey, List<Heard>> heard,
            Run run,
            Survivorship survivorship,
            Map<String, FieldOverride> words) {
        List<SourceRecord> own = new ArrayList<>(sources.size());
        for (SourceRecord source : sources) {
            SourceRecord record = source;
            if (run.before.containsKey(source.key()) || run.after.containsKey(source.key())) {
                record = source.without(run.deliveries);
                for (Heard one : heard.getOrDefault(source.key(), List.of())) {
                    record = record.absorb(one.record(), one.deliveryId());
                }
            }
            if (!record.isWithdrawn()) {
                own.add(record);
            }
        }
        if (own.isEmpty()) {
            return Map.of();
        }
        GoldenState state = survivorship.resolve(own.get(0).key().entity(), own, words);
        Map<String, Object> values = new TreeMap<>(state.values());
        if (state.tombstone()) {
            values.put("removed", true);
        }
        return values;
    }
}
