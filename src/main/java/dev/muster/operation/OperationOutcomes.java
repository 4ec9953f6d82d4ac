package dev.muster.operation;

import dev.muster.db.Ids;
import dev.muster.failure.Transient;
import dev.muster.meter.Meters;
import java.time.Clock;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How an operation ends other than well: ignored, put off, or given up. The beans behind the failure routes. */
public final class OperationOutcomes {
    private static final Logger LOG = LoggerFactory.getLogger(OperationOutcomes.class);

    private static final Duration REPLACED_PAUSE = Duration.ofMillis(200);

    private final OperationStore store;
    private final DeadLetterStore deadLetters;
    private final Meters meters;
    private final Clock clock;
    private final Duration breakerPause;
    private final Duration credentialPause;
    private final Consumer<Operation> forgetting;

    /**
     * @param breakerPause how long work stays in the queue when its platform's circuit breaker is open
     * @param credentialPause how long it stays there when its integration's credential cannot be used
     * @param forgetting takes people who were erased out of a delivery that nobody decides about
     */
    public OperationOutcomes(
            OperationStore store,
            DeadLetterStore deadLetters,
            Meters meters,
            Clock clock,
            Duration breakerPause,
            Duration credentialPause,
            Consumer<Operation> forgetting) {
        this.store = store;
        this.deadLetters = deadLetters;
        this.meters = meters;
        this.clock = clock;
        this.breakerPause = breakerPause;
        this.credentialPause = credentialPause;
        this.forgetting = forgetting;
    }

    /** Ends an operation that changes nothing. */
    public void ignore(Operation operation, String reason) {
        forgetting.accept(operation);
        store.ignore(operation, reason);
        ended(operation, OperationStatus.IGNORED);
    }

    /** Into the queue without counting an attempt: nothing was tried, the breaker is open. */
    public Postponement postpone() {
        return new Postponement(breakerPause, 0);
    }

    /**
     * Into the queue without counting an attempt: no call was made, because the quota allows none for a while.
     *
     * @param failure says for how long
     */
    public Postponement putOff(Transient failure) {
        Duration pause = failure.retryAfter();
        return new Postponement(pause == null ? breakerPause : pause, 0);
    }

    /** Into the queue until somebody may have connected the integration anew; no attempt is counted. */
    public Postponement awaitCredential() {
        return new Postponement(credentialPause, 0);
    }

    /** Into the queue for a moment, because a route that the operation needs is just being replaced. */
    public Postponement putBack() {
        return new Postponement(REPLACED_PAUSE, 0);
    }

    /**
     * Keeps an operation as a dead letter, with its cause and its payload.
     *
     * @param attempts how often it was tried in vain; null where it was tried once
     */
    public void bury(Operation operation, Throwable failure, @Nullable Integer attempts) {
        DeadLetter letter = DeadLetter.of(failure, attempts == null ? 1 : attempts);
        LOG.warn(
                "{}: operation {} is a dead letter ({}, {}): {}",
                operation.platform(),
                Ids.format(operation.id()),
                letter.code(),
                letter.digest(),
                letter.cause());
        deadLetters.bury(operation, letter);
        // afterwards, so that the cause goes too
        forgetting.accept(operation);
        ended(operation, OperationStatus.DEAD);
    }

    private void ended(Operation operation, OperationStatus status) {
        Duration latency = Duration.between(operation.delivery().receivedAt(), clock.instant());
        for (int i = 0; i <= operation.coalesced().size(); i++) {
            meters.ended(operation.organization(), operation.platform(), status.id(), latency);
        }
    }
}
