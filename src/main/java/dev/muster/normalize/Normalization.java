package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.muster.call.CallPriority;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.operation.Operation;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** The bean behind the normalize step: finds the platform's mapping, says what has to be fetched, makes the records. */
public final class Normalization {
    private static final String FLOW = "webhook";

    private final PlatformCatalog catalog;
    private final Integrations integrations;

    public Normalization(PlatformCatalog catalog, Integrations integrations) {
        this.catalog = catalog;
        this.integrations = integrations;
    }

    /**
     * Looks at a delivery.
     *
     * @throws Defect if the body cannot be read, or needs an object that no credential allows to fetch
     */
    public Assembly begin(Operation operation) {
        PlatformDefinition definition = catalog.find(operation.platform())
                .orElseThrow(() -> new Defect(
                        FailureCode.FLOW_MISSING,
                        "There is no config/platforms/" + operation.platform()
                                + ".yaml any more; restore it and replay"));
        Normalizer normalizer = definition.section(Normalizer.class);
        List<Part> parts = normalizer.parts(operation);
        boolean mayFetch = integrations
                .find(operation.platform(), operation.integration())
                .map(Integration::hasCredential)
                .orElse(false);
        if (!mayFetch && parts.stream().anyMatch(Part::needsFetch)) {
            throw new Defect(
                    FailureCode.CREDENTIAL_MISSING,
                    "The delivery only points at an object of " + operation.platform()
                            + ", and the integration '" + operation.integration()
                            + "' has no credential to fetch it. Set "
                            + operation.platform().toUpperCase(Locale.ROOT).replace('-', '_')
                            + "_API_KEY (or apiKey in config/integrations.yaml) and restart, or ./muster integration set,"
                            + " and replay");
        }
        return new Assembly(operation, normalizer, parts, mayFetch);
    }

    /** Whether one of the events in a delivery is of a kind that begins so; for flows whose deliveries hold several. */
    public boolean holds(Assembly assembly, String kindPrefix) {
        return assembly.holds(kindPrefix);
    }

    /**
     * Whether something of it still has to be fetched.
     *
     * @param body an {@link Assembly}; of anything else, such as what is left after a failure, nothing is fetched
     */
    public boolean isFetchPending(Object body) {
        return body instanceof Assembly assembly && assembly.isFetchPending();
    }

    /** The call that fetches the next object. Only while {@link #isFetchPending}. */
    public PlatformRequest request(Assembly assembly) {
        Operation operation = assembly.operation();
        return PlatformRequest.get(
                operation.platform(),
                operation.organization(),
                operation.integration(),
                FLOW,
                CallPriority.PROMPT,
                assembly.next().path());
    }

    /**
     * Adds what the platform answered to {@link #request}.
     *
     * @throws Defect {@code FETCH_REFUSED} if it did not give the object
     * @throws Transient {@code PLATFORM_UNAVAILABLE} if it gave something that is not JSON, or does not give yet what it has
     *     just told of
     */
    public Assembly fetched(Assembly assembly, PlatformAnswer answer) {
        FetchTarget target = assembly.next();
        Duration left = Duration.between(
                answer.askedAt(), assembly.operation().delivery().receivedAt().plus(target.readableWithin()));
        if ((answer.isGone() || answer.status() == 403) && left.toMillis() > 0) {
            throw new Transient(
                    FailureCode.PLATFORM_UNAVAILABLE,
                    assembly.operation().platform() + " answered " + answer.status() + " to " + target.object()
                            + ", of which it told a moment ago; it is asked once more",
                    null,
                    left);
        }
        if (answer.isGone()) {
            assembly.fetched(target, MissingNode.getInstance(), answer.askedAt());
            return assembly;
        }
        String what = assembly.operation().platform() + " answered " + answer.status() + " to " + target.object();
        if (answer.status() != 200) {
            throw new Defect(
                    FailureCode.FETCH_REFUSED,
                    what
                            + (answer.status() == 403
                                    ? ": the integration's key lacks a permission; replace it and replay"
                                    : ": redirects and other answers are not followed"));
        }
        JsonNode object = answer.json();
        if (object.isMissingNode()) {
            throw new Transient(FailureCode.PLATFORM_UNAVAILABLE, what + " with an empty body", null);
        }
        // not the time of the answer: a slow one, of before a change, would beat the fetch that the change set off
        assembly.fetched(target, object, answer.askedAt());
        return assembly;
    }

    /** The records of an operation for which everything was fetched. */
    public NormalizedOperation finish(Assembly assembly) {
        return assembly.normalized();
    }
}
