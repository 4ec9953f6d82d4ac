package dev.muster.operation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the order of each record: while one of its operations is under way, the next ones wait behind it. Where pointers
 * are coalesced, those that wait become one when their turn comes: a burst costs one fetch, and a pointer that arrives
 * after the fetch began costs another. Not safe for threads; its user locks.
 */
public final class RecordOrder {
    private final BooleanSupplier coalesces;
    private final Map<String, Deque<Operation>> underWay = new HashMap<>();

    /** @param coalesces whether pointers to one object become one, as the configuration says now */
    public RecordOrder(BooleanSupplier coalesces) {
        this.coalesces = coalesces;
    }

    /** Admits claimed operations, oldest first; answers those that may start now. */
    public List<Operation> admit(List<Operation> claimed) {
        List<Operation> ready = new ArrayList<>(claimed.size());
        List<Deque<Operation>> fresh = new ArrayList<>();
        for (Operation operation : claimed) {
            String key = key(operation);
            if (key == null) {
                ready.add(operation);
                continue;
            }
            Deque<Operation> waiting = underWay.get(key);
            if (waiting != null) {
                waiting.add(operation);
            } else {
                Deque<Operation> line = new ArrayDeque<>(2);
                line.add(operation);
                underWay.put(key, line);
                fresh.add(line);
            }
        }
        for (Deque<Operation> line : fresh) {
            ready.add(take(line));
        }
        return ready;
    }

    /** Ends an operation; answers the next of its record, or null where none waits. */
    public @Nullable Operation next(Operation ended) {
        String key = key(ended);
        if (key == null) {
            return null;
        }
        Deque<Operation> waiting = underWay.get(key);
        if (waiting == null || waiting.isEmpty()) {
            underWay.remove(key);
            return null;
        }
        return take(waiting);
    }

    /** What waits behind an operation that is under way, oldest first. */
    public List<Operation> behind(Operation operation) {
        String key = key(operation);
        Deque<Operation> waiting = key == null ? null : underWay.get(key);
        return waiting == null ? List.of() : List.copyOf(waiting);
    }

    /** How many operations wait for one of the same record. */
    public int waiting(Operation operation) {
        String key = key(operation);
        Deque<Operation> waiting = key == null ? null : underWay.get(key);
        return waiting == null ? 0 : waiting.size();
    }

    /** An operation went back into the queue, and what was {@link #behind} it too: forgets them. */
    public void returned(Operation operation) {
        String key = key(operation);
        if (key != null) {
            underWay.remove(key);
        }
    }

    /** What waits behind others, oldest first; forgets it. For the end of a flow. */
    public List<Operation> drain() {
        List<Operation> left = new ArrayList<>();
        underWay.values().forEach(line -> {
            left.addAll(line);
            line.clear();
        });
        return left;
    }

    private Operation take(Deque<Operation> waiting) {
        Operation first = waiting.remove();
        if (waiting.isEmpty() || !coalesces.getAsBoolean()) {
            return first;
        }
        List<Long> others = new ArrayList<>(waiting.size());
        Operation last = first;
        while (!waiting.isEmpty()) {
            others.add(last.id());
            last = waiting.remove();
        }
        return new Operation(last.id(), last.type(), last.attempts(), last.delivery(), others);
    }

    private static @Nullable String key(Operation operation) {
        String record = operation.delivery().recordKey();
        return record == null ? null : operation.integration() + '\n' + record;
    }
}
