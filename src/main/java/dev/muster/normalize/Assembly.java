package dev.muster.normalize;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.operation.Operation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An operation being completed: its parts, and the objects that were fetched for them. Of one exchange, one thread. */
public final class Assembly {
    private final Operation operation;
    private final Normalizer normalizer;
    private final List<Part> parts;
    private final boolean mayFetch;
    private final Map<FetchTarget, Fetched> fetched = new HashMap<>();

    private record Fetched(JsonNode object, Instant readAt) {}

    Assembly(Operation operation, Normalizer normalizer, List<Part> parts, boolean mayFetch) {
        this.operation = operation;
        this.normalizer = normalizer;
        this.parts = parts;
        this.mayFetch = mayFetch;
    }

    public Operation operation() {
        return operation;
    }

    boolean holds(String kindPrefix) {
        return parts.stream().anyMatch(part -> part.kind().startsWith(kindPrefix));
    }

    /** Whether an object still has to be fetched. */
    public boolean isFetchPending() {
        return pending() != null;
    }

    /** The next object to fetch. Only while {@link #isFetchPending()}. */
    public FetchTarget next() {
        return requireNonNull(pending(), "nothing is left to fetch");
    }

    private @Nullable FetchTarget pending() {
        if (mayFetch) {
            for (Part part : parts) {
                if (part.fetch() != null && !fetched.containsKey(part.fetch())) {
                    return part.fetch();
                }
            }
        }
        return null;
    }

    /** @param object what the platform answered; a missing node where it said that there is no such object */
    public void fetched(FetchTarget target, JsonNode object, Instant readAt) {
        fetched.put(target, new Fetched(object, readAt));
    }

    /** What all parts say. */
    NormalizedOperation normalized() {
        List<CanonicalRecord> records = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        for (Part part : parts) {
            if (part.ignored() != null) {
                reasons.add(part.ignored());
                continue;
            }
            Fetched answer = part.fetch() == null ? null : fetched.get(part.fetch());
            records.addAll(normalizer.map(
                    operation,
                    part,
                    answer == null ? null : answer.object(),
                    answer == null ? operation.delivery().receivedAt() : answer.readAt()));
        }
        String reason = records.isEmpty()
                ? reasons.stream().findFirst().orElse("nothing in it is kept as a record: " + operation.kind())
                : "";
        return new NormalizedOperation(operation, records, reason);
    }
}
