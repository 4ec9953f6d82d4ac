package dev.muster.quota;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The circuit breakers, one for each platform and organization that calls were made for lately: what fails for one
 * organization is still tried for the others.
 */
public final class Breakers {
    private static final int CALLS_MIN = 10;
    private static final int FAILED_PERCENT = 50;
    private static final int PROBES = 3;
    /** One that was not asked for so long is forgotten, whatever it has seen. */
    private static final long IDLE_NANOS = TimeUnit.MINUTES.toNanos(30);

    private final LongSupplier nanos;
    private final Map<Account, Entry> entries = new ConcurrentHashMap<>();

    /** @param nanos {@link System#nanoTime()} */
    public Breakers(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** From well to ill; a metric counts in this order, from 0. */
    public enum State {
        /** Calls are made, or none is needed. */
        CLOSED,
        /** Some calls are let through, to see whether they succeed again. */
        HALF_OPEN,
        /** No call is made; the work waits. */
        OPEN
    }

    private record Account(String platform, String organization) {}

    private record Entry(CircuitBreaker breaker, BreakerSettings settings, long usedAt) {}

    /** The leave to make one call: exactly one of its methods is to be called when it is over. */
    public static final class Permission {
        private final CircuitBreaker breaker;

        private Permission(CircuitBreaker breaker) {
            this.breaker = breaker;
        }

        /** The platform answered as it should. */
        public void succeeded(Duration took) {
            breaker.onSuccess(took.toNanos(), TimeUnit.NANOSECONDS);
        }

        /** The platform is away, or fails. */
        public void failed(Duration took, Throwable cause) {
            breaker.onError(took.toNanos(), TimeUnit.NANOSECONDS, cause);
        }

        /** No call was made, or it says nothing of the platform's health. */
        public void unused() {
            breaker.releasePermission();
        }
    }

    /**
     * Asks for one call.
     *
     * @throws CallNotPermittedException while it is open
     */
    public Permission permission(String platform, String organization, BreakerSettings settings) {
        long now = nanos.getAsLong();
        CircuitBreaker breaker = entries.compute(new Account(platform, organization), (account, entry) -> {
                    CircuitBreaker same = entry != null && entry.settings().equals(settings)
                            ? entry.breaker()
                            : breaker(account, settings);
                    return new Entry(same, settings, now);
                })
                .breaker();
        breaker.acquirePermission();
        return new Permission(breaker);
    }

    /** By hand: opens the breaker of a platform and organization until it is closed by hand, or closes it. */
    public void force(String platform, String organization, boolean open) {
        CircuitBreaker breaker = entries.computeIfAbsent(
                        new Account(platform, organization),
                        account -> new Entry(
                                breaker(account, BreakerSettings.USUAL), BreakerSettings.USUAL, nanos.getAsLong()))
                .breaker();
        if (open) {
            breaker.transitionToForcedOpenState();
        } else {
            breaker.transitionToClosedState();
        }
    }

    private static CircuitBreaker breaker(Account account, BreakerSettings settings) {
        return CircuitBreaker.of(
                account.platform() + " of " + account.organization(),
                CircuitBreakerConfig.custom()
                        .slidingWindowSize(settings.window())
                        .minimumNumberOfCalls(Math.min(CALLS_MIN, settings.window()))
                        .failureRateThreshold(FAILED_PERCENT)
                        .waitDurationInOpenState(settings.openFor())
                        .permittedNumberOfCallsInHalfOpenState(PROBES)
                        .writableStackTraceEnabled(false)
                        .build());
    }

    /** Where a platform's breakers stand: the worst of its organizations'. */
    public State state(String platform) {
        return of(platform).values().stream().max(Comparator.naturalOrder()).orElse(State.CLOSED);
    }

    /** Where a platform's breakers stand, by organization; those without calls lately are not among them. */
    public Map<String, State> of(String platform) {
        Map<String, State> states = new TreeMap<>();
        entries.forEach((account, entry) -> {
            if (account.platform().equals(platform)) {
                states.put(account.organization(), state(entry.breaker()));
            }
        });
        return states;
    }

    private static State state(CircuitBreaker breaker) {
        return switch (breaker.getState()) {
            case OPEN, FORCED_OPEN -> State.OPEN;
            case HALF_OPEN -> State.HALF_OPEN;
            default -> State.CLOSED;
        };
    }

    /** Forgets those that nobody asked for lately. */
    public void forgetIdle() {
        long now = nanos.getAsLong();
        entries.values().removeIf(entry -> now - entry.usedAt() > IDLE_NANOS);
    }

    /** How many are remembered. */
    int size() {
        return entries.size();
    }
}
