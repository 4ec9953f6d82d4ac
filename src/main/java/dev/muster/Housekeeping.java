package dev.muster;

import dev.muster.admin.IdempotencyStore;
import dev.muster.db.Database;
import dev.muster.golden.DeliverySweep;
import dev.muster.operation.DeadLetterStore;
import dev.muster.operation.OperationStore;
import dev.muster.operation.Retention;
import dev.muster.push.PushStore;
import dev.muster.quota.Breakers;
import dev.muster.quota.Quotas;
import java.time.Duration;

/** What the housekeeping routes call. */
public final class Housekeeping {
    private final Database database;
    private final OperationStore operations;
    private final PushStore pushes;
    private final DeadLetterStore deadLetters;
    private final Breakers breakers;
    private final Quotas quotas;
    private final DeliverySweep sweep;
    private final Retention retention;
    private final IdempotencyStore requests;
    private final Duration lease;

    /** @param lease a hub without a heartbeat for so long has lost its claims */
    Housekeeping(
            Database database,
            OperationStore operations,
            PushStore pushes,
            DeadLetterStore deadLetters,
            Breakers breakers,
            Quotas quotas,
            IdempotencyStore requests,
            DeliverySweep sweep,
            Retention retention,
            Duration lease) {
        this.database = database;
        this.operations = operations;
        this.pushes = pushes;
        this.deadLetters = deadLetters;
        this.breakers = breakers;
        this.quotas = quotas;
        this.sweep = sweep;
        this.retention = retention;
        this.requests = requests;
        this.lease = lease;
    }

    /** This hub lives; operations of one that does not return to the queue. */
    public void beat() {
        operations.beat(lease);
        breakers.forgetIdle();
    }

    /** What hubs were pushing whose heartbeat stopped is due again. */
    public void returnPushes() {
        pushes.returnLost(lease);
    }

    /** Forgets what was spent with credentials that are not called any more, and how old requests were answered. */
    public void sweep() {
        quotas.sweep();
        requests.sweep();
    }

    /** Takes people who were erased out of the raw deliveries; answers how many of these lost something. */
    public int sweepErased() {
        return sweep.sweep();
    }

    /** Purges what is older than it is kept; answers how many deliveries went. */
    public int purge() {
        return retention.purge();
    }

    /** Answers how many dead letters went back into the queue. */
    public int redrive() {
        return deadLetters.redriveDue();
    }

    /**
     * The statement that sweeps the store. SQLite is never asked to analyze: it plans by the keys alone, which is right for
     * every statement here, while statistics of a queue that happens to be empty would make it read whole tables.
     */
    public String upkeepStatement() {
        return database.dialect() == Database.Dialect.SQLITE
                ? "PRAGMA wal_checkpoint(TRUNCATE)"
                : "VACUUM (ANALYZE) sync_operations";
    }
}
