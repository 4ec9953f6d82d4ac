package dev.muster.camel;

import dev.muster.delivery.Admission;
import org.apache.camel.builder.RouteBuilder;

/**
 * Delivery in, 200 out. In Java because a reload of YAML closes a route for a moment, and this one must never close; the
 * flows that people edit start from the durable queue behind it.
 */
public final class ReceiveRoutes extends RouteBuilder {
    static final String ID = "receive";

    @Override
    public void configure() {
        from(WebhookComponent.SCHEME + ":in")
                .routeId(ID)
                .description("webhook → signature verified → durable with its operation → 200")
                .errorHandler(noErrorHandler())
                .bean("door", "open")
                .id("verify")
                .choice()
                .when(body().isInstanceOf(Admission.Admitted.class))
                .bean("door", "store")
                .id("store")
                .end();
    }
}
