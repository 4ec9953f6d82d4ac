package dev.muster.camel;

import java.util.Comparator;
import org.apache.camel.CamelContext;
import org.apache.camel.component.resilience4j.ResilienceProcessor;

/** The circuit breakers of the platforms' APIs, by the ids that {@code routes/kamelets/complete-action} gives them. */
public final class Breakers {
    private final CamelContext camel;

    public Breakers(CamelContext camel) {
        this.camel = camel;
    }

    /** From well to ill; a metric counts in this order, from 0. */
    public enum State {
        /** Calls are made, or the platform's flow makes none. */
        CLOSED,
        /** Some calls are let through, to see whether they succeed again. */
        HALF_OPEN,
        /** No call is made; the platform's operations wait. */
        OPEN
    }

    /** Where a platform's breaker stands; of several, the worst. */
    public State state(String platform) {
        // Camel puts the number of the kamelet's use before the id.
        String id = "[0-9]*breaker-" + platform;
        return camel.getRoutes().stream()
                .flatMap(route -> route.filter(id).stream())
                .filter(ResilienceProcessor.class::isInstance)
                .map(breaker -> state((ResilienceProcessor) breaker))
                .max(Comparator.naturalOrder())
                .orElse(State.CLOSED);
    }

    private static State state(ResilienceProcessor breaker) {
        return switch (breaker.getCircuitBreakerState()) {
            case "OPEN", "FORCED_OPEN" -> State.OPEN;
            case "HALF_OPEN" -> State.HALF_OPEN;
            default -> State.CLOSED;
        };
    }
}
