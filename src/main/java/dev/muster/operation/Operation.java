package dev.muster.operation;

import dev.muster.delivery.Delivery;
import java.util.ArrayList;
import java.util.List;

/**
 * One durable unit of inbound work, claimed by a flow.
 *
 * @param id ordered by time
 * @param type why it is done: decides its priority
 * @param attempts how often it was tried before this claim
 * @param delivery what it works on
 * @param coalesced further operations that this one settles too: thin pointers to the same object
 * @param forced whether a person wants it heard though somebody took back what it says
 */
public record Operation(
        long id, OperationType type, int attempts, Delivery delivery, List<Long> coalesced, boolean forced) {

    /** One that nobody forces. */
    public Operation(long id, OperationType type, int attempts, Delivery delivery, List<Long> coalesced) {
        this(id, type, attempts, delivery, coalesced, false);
    }

    /** What the platform says happened, or an empty text. */
    public String kind() {
        String kind = delivery.kind();
        return kind == null ? "" : kind;
    }

    public String platform() {
        return delivery.platform();
    }

    public String organization() {
        return delivery.organization();
    }

    public String integration() {
        return delivery.integration();
    }

    /** The same after so many more tries. */
    public Operation tried(int times) {
        return new Operation(id, type, attempts + times, delivery, coalesced, forced);
    }

    /** Its own id and those it settles too. */
    public List<Long> ids() {
        if (coalesced.isEmpty()) {
            return List.of(id);
        }
        List<Long> ids = new ArrayList<>(coalesced);
        ids.add(id);
        return ids;
    }

    /** By identity alone: Camel looks bodies up by hash. */
    @Override
    public int hashCode() {
        return Long.hashCode(id);
    }
}
