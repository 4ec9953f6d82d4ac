package dev.muster.camel;

import dev.muster.normalize.Assembly;
import dev.muster.platform.ApiCall;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import java.time.Clock;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;

/**
 * Sets up the next HTTP call of an assembly. The address is the integration's own base with a path made of checked ids;
 * nothing that came in with the message survives into the request.
 */
public final class FetchRequest implements Processor {
    static final String ASSEMBLY = "assembly";

    /** The exchange variable with the moment before the call: its answer is no older than that. */
    static final String ASKED_AT = "askedAt";

    private final PlatformCatalog catalog;
    private final Integrations integrations;
    private final Clock clock;

    public FetchRequest(PlatformCatalog catalog, Integrations integrations, Clock clock) {
        this.catalog = catalog;
        this.integrations = integrations;
        this.clock = clock;
    }

    @Override
    public void process(Exchange exchange) {
        Message message = exchange.getMessage();
        Assembly assembly = message.getBody(Assembly.class);
        ApiCall call = ApiCall.of(
                catalog.find(assembly.operation().platform()).orElseThrow(),
                integrations
                        .find(
                                assembly.operation().platform(),
                                assembly.operation().integration())
                        .orElseThrow(),
                assembly.next().path());
        exchange.setVariable(ASSEMBLY, assembly);
        exchange.setVariable(ASKED_AT, clock.instant());
        message.removeHeaders("*");
        call.headers().forEach(message::setHeader);
        message.setHeader(Exchange.HTTP_URI, call.url());
        message.setHeader(Exchange.HTTP_METHOD, "GET");
        message.setBody(null);
    }
}
