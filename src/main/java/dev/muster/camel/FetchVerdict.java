package dev.muster.camel;

import dev.muster.failure.Defect;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** After the circuit breaker: fails the operation whose fetch was refused. */
public final class FetchVerdict implements Processor {
    /** With an exchange: why the answer cannot be used. */
    static final String REFUSED = "muster.fetchRefused";

    @Override
    public void process(Exchange exchange) {
        if (exchange.removeProperty(REFUSED) instanceof Defect refused) {
            throw refused;
        }
    }
}
