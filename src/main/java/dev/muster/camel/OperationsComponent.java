package dev.muster.camel;

import dev.muster.operation.OperationStore;
import dev.muster.operation.QueueSignal;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultEndpoint;

/**
 * {@code muster-operations:PLATFORM}: the durable queue as a message endpoint. Its consumer claims a platform's operations
 * in their order of priority, keeps the order of each record, and lets go of an operation only when its exchange has
 * ended. Each platform has its own workers: one that hangs holds up no other. Stopping the route leaves the work queued.
 */
public final class OperationsComponent extends DefaultComponent {
    /** Under this name in the registry and in routes. */
    public static final String SCHEME = "muster-operations";

    private final OperationStore store;
    private final QueueSignal signal;
    private final Settings settings;

    public OperationsComponent(OperationStore store, QueueSignal signal, Settings settings) {
        this.store = store;
        this.signal = signal;
        this.settings = settings;
    }

    /**
     * @param workers threads per platform
     * @param inFlightMax operations of one platform under way at once, those that wait for a retry included
     * @param integrationShareMax how many of them one integration may hold, so that a failing account leaves room
     * @param claimMax the most operations claimed in one transaction
     * @param bulkInFlightMax how many of them may be bulk work, of which one may hold a thousand records
     * @param coalesceFor how long deliveries about one object are gathered; zero where each is worked on by itself
     */
    public record Settings(
            int workers,
            int inFlightMax,
            int integrationShareMax,
            int claimMax,
            int bulkInFlightMax,
            Function<String, Duration> coalesceFor) {}

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) {
        if (remaining.isBlank()) {
            throw new IllegalArgumentException("Write " + SCHEME + ":PLATFORM, such as " + SCHEME + ":patreon");
        }
        return new OperationsEndpoint(uri, this, remaining);
    }

    private static final class OperationsEndpoint extends DefaultEndpoint {
        private final OperationsComponent component;
        private final String platform;

        OperationsEndpoint(String uri, OperationsComponent component, String platform) {
            super(uri, component);
            this.component = component;
            this.platform = platform;
        }

        @Override
        public Producer createProducer() {
            throw new IllegalArgumentException(SCHEME + " is where work comes from: use it in from");
        }

        @Override
        public Consumer createConsumer(Processor processor) throws Exception {
            Consumer consumer = new OperationsConsumer(
                    this, processor, platform, component.store, component.signal, component.settings);
            configureConsumer(consumer);
            return consumer;
        }
    }
}
