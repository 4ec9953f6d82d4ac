package dev.muster.camel;

import dev.muster.meter.Meters;
import java.util.Map;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultEndpoint;

/**
 * {@code muster-webhook:NAME}: a message endpoint for webhooks. Its consumer reads a request within stated limits on the
 * event loop and sends it down the route asynchronously with the raw bytes; the route's last body is the answer. Unlike
 * platform-http it ties up no worker thread and keeps form-encoded bodies as they came, which signatures need.
 */
public final class WebhookComponent extends DefaultComponent {
    /** Under this name in the registry and in routes. */
    public static final String SCHEME = "muster-webhook";

    private final HubHttpServer server;
    private final WebhookLimits limits;
    private final Meters meters;

    public WebhookComponent(HubHttpServer server, WebhookLimits limits, Meters meters) {
        this.server = server;
        this.limits = limits;
        this.meters = meters;
    }

    /**
     * @param bodyBytesMax a longer body is answered 413 while it is being read
     * @param bodiesBytesMax what all bodies being read or waiting for their commit may hold together; more are answered
     *     503 with Retry-After
     * @param timeoutMillis a request that is not read whole by then is answered 408 and cut off
     */
    public record WebhookLimits(int bodyBytesMax, long bodiesBytesMax, long timeoutMillis) {}

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) {
        return new WebhookEndpoint(uri, this);
    }

    private static final class WebhookEndpoint extends DefaultEndpoint {
        private final WebhookComponent component;

        WebhookEndpoint(String uri, WebhookComponent component) {
            super(uri, component);
            this.component = component;
        }

        @Override
        public Producer createProducer() {
            throw new IllegalArgumentException(SCHEME + " receives only: use it in from");
        }

        @Override
        public Consumer createConsumer(Processor processor) throws Exception {
            Consumer consumer =
                    new WebhookConsumer(this, processor, component.server, component.limits, component.meters);
            configureConsumer(consumer);
            return consumer;
        }
    }
}
