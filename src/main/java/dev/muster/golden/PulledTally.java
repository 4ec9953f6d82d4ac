package dev.muster.golden;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.decide.SourceRecord;
import dev.muster.delivery.Delivery;
import dev.muster.normalize.NormalizedOperation;
import dev.muster.normalize.Normalizer;
import dev.muster.operation.Operation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What becomes of the pulled records of one batch. */
final class PulledTally {
    /** Work that was there before a page and may state something older; once for each of the indexes of it. */
    private static final String PROMPT_WORK = """
            SELECT 1 WHERE EXISTS (SELECT 1 FROM sync_operations WHERE status = 0 AND platform = ? AND type IN (0, 1))
            OR EXISTS (SELECT 1 FROM sync_operations
                WHERE status = 1 AND owner IS NOT NULL AND platform = ? AND type IN (0, 1))""";

    private final Connection connection;
    private final Map<String, Boolean> promptWork = new HashMap<>();
    private final Map<Long, Counts> byOperation = new HashMap<>();

    /** @param connection of the batch's reads */
    PulledTally(Connection connection) {
        this.connection = connection;
    }

    private static final class Counts {
        private long created;
        private long changed;
        private long unchanged;
    }

    /**
     * Whether a pulled record without a time of its own only says again what is known. Its time is that of the reading, so
     * each reading would be news and be written, and would pass for newer than what other platforms have said since. It
     * is left out where nothing else of its platform waits that could state something in between.
     */
    boolean isConfirmation(Operation operation, CanonicalRecord record, SourceRecord before) throws SQLException {
        Delivery delivery = operation.delivery();
        if (!operation.kind().startsWith(Normalizer.PULLED)
                || !record.observedAt().equals(delivery.receivedAt())
                || !before.agreesWith(record)) {
            return false;
        }
        Boolean waits = promptWork.get(operation.platform());
        if (waits == null) {
            waits = isPromptWork(operation.platform());
            promptWork.put(operation.platform(), waits);
        }
        return !waits;
    }

    private boolean isPromptWork(String platform) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(PROMPT_WORK)) {
            select.setString(1, platform);
            select.setString(2, platform);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next();
            }
        }
    }

    void unchanged(Operation operation) {
        of(operation).unchanged++;
    }

    void written(Operation operation, boolean isNew) {
        if (isNew) {
            of(operation).created++;
        } else {
            of(operation).changed++;
        }
    }

    private Counts of(Operation operation) {
        return byOperation.computeIfAbsent(operation.id(), id -> new Counts());
    }

    /**
     * The counts by run.
     *
     * @param contested operation to the golden records of which a person is asked by it
     */
    Map<Long, PulledCounts> counts(List<NormalizedOperation> batch, Map<Long, Integer> contested) {
        Map<Long, PulledCounts> byRun = new HashMap<>();
        for (NormalizedOperation statement : batch) {
            Operation operation = statement.operation();
            String run = operation.delivery().headers().get(Delivery.RUN);
            if (run == null) {
                continue;
            }
            Counts counts = of(operation);
            byRun.merge(
                    Long.parseLong(run),
                    new PulledCounts(
                            1,
                            counts.created,
                            counts.changed,
                            counts.unchanged,
                            statement.refused(),
                            contested.getOrDefault(operation.id(), 0)),
                    PulledCounts::plus);
        }
        return byRun;
    }
}
