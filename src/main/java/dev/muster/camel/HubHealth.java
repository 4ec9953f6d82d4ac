package dev.muster.camel;

import java.util.Map;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/** The hub's own health checks, beside Camel's of routes and consumers. Each is a question that answers with a value. */
public final class HubHealth {
    private HubHealth() {}

    /**
     * The answer of one check.
     *
     * @param well whether all is as it should be
     * @param message what is wrong and what to do; empty where all is well
     * @param details figures
     */
    public record Answer(boolean well, String message, Map<String, Object> details) {}

    /**
     * Adds a check under a name.
     *
     * @param readiness whether the hub should get no traffic while it fails
     */
    public static void add(CamelContext camel, String name, boolean readiness, Supplier<Answer> question) {
        HealthCheckRegistry registry = HealthCheckRegistry.get(camel);
        if (registry != null) {
            registry.register(new Check(name, readiness, question));
        }
    }

    private static final class Check extends AbstractHealthCheck {
        private final boolean readiness;
        private final Supplier<Answer> question;

        Check(String name, boolean readiness, Supplier<Answer> question) {
            super("muster", name);
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
                answer = new Answer(false, String.valueOf(e.getMessage()), Map.of());
            }
            answer.details().forEach(builder::detail);
            if (answer.well()) {
                builder.up();
            } else {
                builder.down().message(answer.message());
            }
        }
    }
}
