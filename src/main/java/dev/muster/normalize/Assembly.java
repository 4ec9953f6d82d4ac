package dev.muster.normalize;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.operation.Operation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An operation being completed: its parts, and the objects that were fetched for them. Of one exchange, one thread. */
public final class Assembly {
    private static final int REASONS_MAX = 3;

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

    /**
     * What all parts say. One that cannot be read does not hold up the others: it is left out, with the reason.
     *
     * @throws Defect {@code MAPPING_FAILED} if records could not be made and none could
     */
    NormalizedOperation normalized() {
        List<CanonicalRecord> records = new ArrayList<>();
        List<RejectedRecord> rejected = new ArrayList<>(0);
        String ignored = null;
        String gone = null;
        for (Part part : parts) {
            if (part.ignored() != null) {
                ignored = ignored == null ? part.ignored() : ignored;
                continue;
            }
            FetchTarget target = part.fetch();
            Fetched answer = target == null ? null : fetched.get(target);
            Normalized normalized = normalizer.normalize(
                    operation,
                    part,
                    answer == null ? null : answer.object(),
                    answer == null ? operation.delivery().receivedAt() : answer.readAt());
            records.addAll(normalized.records());
            rejected.addAll(normalized.rejected());
            if (target != null && answer != null && answer.object().isMissingNode() && gone == null) {
                gone = operation.platform() + " answered that the " + target.object() + " is gone: " + target.path();
            }
        }
        if (!records.isEmpty()) {
            String leftOut = rejected.isEmpty()
                    ? ""
                    : "kept " + records.size() + (records.size() == 1 ? " record" : " records") + "; left out "
                            + rejected.size() + ": " + reasons(rejected);
            return new NormalizedOperation(operation, records, leftOut, rejected.size());
        }
        if (!rejected.isEmpty()) {
            throw new Defect(
                    FailureCode.MAPPING_FAILED,
                    reasons(rejected) + ". No record could be made: compare the delivery with config/platforms/"
                            + operation.platform() + ".yaml");
        }
        String nothing = gone == null ? ignored : gone;
        return new NormalizedOperation(
                operation,
                records,
                nothing == null ? "nothing in it is kept as a record: " + operation.kind() : nothing);
    }

    /** The first few, each once: a thousand events may all lack the same. */
    private static String reasons(List<RejectedRecord> rejected) {
        Set<String> different = new LinkedHashSet<>();
        rejected.forEach(record -> different.add(record.reason()));
        String shown = different.stream().limit(REASONS_MAX).collect(Collectors.joining("; "));
        int more = different.size() - REASONS_MAX;
        return more > 0 ? shown + "; and " + more + " more" : shown;
    }
}
