package dev.muster.camel;

import dev.muster.quota.Breakers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.health.HealthCheckRepository;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * What {@code /observe/health} names. Ready means that deliveries can be taken: the door is open and the store answers.
 * All else is for people: traffic is not turned away because one platform's flow rests or its API is away.
 */
public final class HubHealth implements HealthCheckRepository {
    private static final String GROUP = "muster";

    private final CamelContext camel;
    private final Breakers breakers;
    private final Supplier<? extends Collection<String>> platforms;
    private final List<HealthCheck> checks = new ArrayList<>();
    private boolean enabled = true;

    /** @param platforms those configured now */
    public HubHealth(CamelContext camel, Breakers breakers, Supplier<? extends Collection<String>> platforms) {
        this.camel = camel;
        this.breakers = breakers;
        this.platforms = platforms;
        readiness("door", this::door);
        people("routes", this::routes);
        HealthCheckRegistry registry = HealthCheckRegistry.get(camel);
        if (registry != null) {
            registry.register(this);
        }
    }

    /**
     * The answer of one check.
     *
     * @param message how things are; where they are not well, what to do
     */
    public record Answer(HealthCheck.State state, String message) {
        /** @param well whether it is up; else it is down */
        public Answer(boolean well, String message) {
            this(well ? HealthCheck.State.UP : HealthCheck.State.DOWN, message);
        }
    }

    /** Adds a check that takes the hub out of traffic while it fails. */
    public HubHealth readiness(String name, Supplier<Answer> question) {
        checks.add(new Check(name, true, question));
        return this;
    }

    /** Adds a check that tells somebody to look. */
    public HubHealth people(String name, Supplier<Answer> question) {
        checks.add(new Check(name, false, question));
        return this;
    }

    private Answer door() {
        ServiceStatus status = camel.getRouteController().getRouteStatus(ReceiveRoutes.ID);
        return new Answer(
                status == ServiceStatus.Started,
                "Webhooks are taken when the route receive is started: it is " + status);
    }

    private Answer routes() {
        List<String> resting = camel.getRoutes().stream()
                .map(Route::getRouteId)
                .filter(id -> camel.getRouteController().getRouteStatus(id) != ServiceStatus.Started)
                .toList();
        return resting.isEmpty()
                ? new Answer(true, "All " + camel.getRoutesSize() + " run")
                : new Answer(
                        false,
                        "Stopped: " + String.join(", ", resting)
                                + ". What it works on waits in the queue. Start it at /hawtio");
    }

    private Answer breaker(String platform) {
        return switch (breakers.state(platform)) {
            case CLOSED -> new Answer(true, "Closed: calls to " + platform + " are made as needed");
            case HALF_OPEN ->
                new Answer(HealthCheck.State.UNKNOWN, "Half open: some calls to " + platform + " try if it is back");
            case OPEN ->
                new Answer(
                        HealthCheck.State.UNKNOWN,
                        "Open: calls to " + platform + " failed, so its operations wait and no attempt is counted."
                                + " It is tried again by itself. Look at the platform's status page and at its key");
        };
    }

    @Override
    public Stream<HealthCheck> stream() {
        return Stream.concat(
                checks.stream(),
                platforms.get().stream()
                        .map(platform -> new Check("breaker-" + platform, false, () -> breaker(platform))));
    }

    @Override
    public String getId() {
        return GROUP;
    }

    @Override
    public boolean isEnabled() {
        return enabled;
    }

    @Override
    public void setEnabled(boolean enabled) {
        this.enabled = enabled;
    }

    private static final class Check extends AbstractHealthCheck {
        private final boolean readiness;
        private final Supplier<Answer> question;

        Check(String name, boolean readiness, Supplier<Answer> question) {
            super(GROUP, name);
            this.readiness = readiness;
            this.question = question;
        }

        @Override
        public boolean isReadiness() {
            return readiness;
        }

        @Override
        public boolean isLiveness() {
            return false;
        }

        @Override
        protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
            Answer answer;
            try {
                answer = question.get();
            } catch (RuntimeException e) {
                answer = new Answer(false, String.valueOf(e.getMessage()));
            }
            builder.state(answer.state()).message(answer.message());
        }
    }
}
