package dev.muster.camel;

import dev.muster.call.PlatformRequest;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** The first step of a call: what has to be known of its platform and account. */
public final class CallStart implements Processor {
    private final PlatformCatalog catalog;
    private final Integrations integrations;

    public CallStart(PlatformCatalog catalog, Integrations integrations) {
        this.catalog = catalog;
        this.integrations = integrations;
    }

    @Override
    public void process(Exchange exchange) {
        if (!(exchange.getMessage().getBody() instanceof PlatformRequest request)) {
            throw new Defect(FailureCode.INTERNAL, "call-platform-action takes a PlatformRequest");
        }
        PlatformDefinition platform = catalog.find(request.platform())
                .orElseThrow(() -> new Defect(
                        FailureCode.FLOW_MISSING,
                        "There is no config/platforms/" + request.platform()
                                + ".yaml any more; restore it and try again"));
        Integration integration = integrations
                .find(request.platform(), request.integration())
                .orElseThrow(() -> new Defect(
                        FailureCode.CREDENTIAL_MISSING,
                        "There is no integration " + request.platform() + "/" + request.integration()
                                + " any more; restore it and try again"));
        if (!request.path().startsWith("/")) {
            throw new Defect(FailureCode.INTERNAL, "The path of " + request + " does not begin with a slash");
        }
        new PlatformCall(request, platform, integration, exchange.getMessage().getHeaders()).goWith(exchange);
    }

    /** Whether a call has no answer yet: it was not made, or has to be made again with another credential. */
    public boolean isPending(Exchange exchange) {
        return exchange.getException() == null && !PlatformCall.of(exchange).over;
    }
}
