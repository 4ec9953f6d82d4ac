package dev.muster.camel;

import dev.muster.push.PushStore;
import dev.muster.push.Pushing;
import java.util.Map;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultEndpoint;

/**
 * {@code muster-pushes:due}: the outbox as a message endpoint. Its one consumer claims what is due, a batch of one target and
 * account at a time, in turn for all of them, and lets go of a batch when its exchange has ended.
 */
public final class PushesComponent extends DefaultComponent {
    /** Under this name in the registry and in routes. */
    public static final String SCHEME = "muster-pushes";

    private final PushStore store;
    private final Pushing pushing;
    private final Settings settings;

    public PushesComponent(PushStore store, Pushing pushing, Settings settings) {
        this.store = store;
        this.pushing = pushing;
        this.settings = settings;
    }

    /**
     * @param workers threads that judge and map; waiting for a platform takes none
     * @param inFlightMax batches under way at once
     * @param laneMax how many of them one target of one account may have: more than the platform takes at once, so that the
     *     next is ready when one ends
     */
    public record Settings(int workers, int inFlightMax, int laneMax) {}

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) {
        if (!remaining.equals("due")) {
            throw new IllegalArgumentException("Write " + SCHEME + ":due");
        }
        return new PushesEndpoint(uri, this);
    }

    private static final class PushesEndpoint extends DefaultEndpoint {
        private final PushesComponent component;

        PushesEndpoint(String uri, PushesComponent component) {
            super(uri, component);
            this.component = component;
        }

        @Override
        public Producer createProducer() {
            throw new IllegalArgumentException(SCHEME + " is where work comes from: use it in from");
        }

        @Override
        public Consumer createConsumer(Processor processor) throws Exception {
            Consumer consumer =
                    new PushesConsumer(this, processor, component.store, component.pushing, component.settings);
            configureConsumer(consumer);
            return consumer;
        }
    }
}
