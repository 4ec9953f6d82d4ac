package dev.muster.camel;

import static java.util.Objects.requireNonNull;

import dev.muster.call.PlatformAnswer;
import dev.muster.meter.Meters;
import dev.muster.meter.Meters.CallResult;
import dev.muster.quota.Breakers.Permission;
import dev.muster.quota.Turn;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** After a call, however it ended: tells the quota what the platform said, and the breaker how it is. */
public final class CallEnd implements Processor {
    private final Meters meters;
    private final Clock clock;

    public CallEnd(Meters meters, Clock clock) {
        this.meters = meters;
        this.clock = clock;
    }

    @Override
    public void process(Exchange exchange) {
        PlatformCall call = PlatformCall.of(exchange);
        Permission permission = call.permission;
        Turn turn = call.turn;
        boolean made = call.askedAt != null;
        if (permission != null) {
            if (made) {
                judge(permission, call);
            } else {
                permission.unused();
            }
        }
        if (turn != null) {
            if (!made) {
                turn.unused();
            } else if (call.heard == null) {
                turn.unanswered();
            } else {
                turn.answered(call.heard);
            }
        }
        call.restoreHeaders(exchange);
        call.permission = null;
        call.turn = null;
        call.askedAt = null;
    }

    private void judge(Permission permission, PlatformCall call) {
        Duration took = Duration.between(requireNonNull(call.askedAt), clock.instant());
        PlatformAnswer heard = call.heard;
        if (heard == null || call.cutOff || heard.status() >= 500 || heard.status() == 408 || heard.status() == 0) {
            count(call, CallResult.FAILED);
            permission.failed(took.isNegative() ? Duration.ZERO : took, new IOException("no answer of use"));
        } else if (heard.status() == 429) {
            count(call, CallResult.THROTTLED);
            // It is well and asks for patience: that is the quota's matter.
            permission.unused();
        } else {
            count(call, CallResult.OK);
            permission.succeeded(took.isNegative() ? Duration.ZERO : took);
        }
    }

    private void count(PlatformCall call, CallResult result) {
        meters.called(call.request.organization(), call.request.platform(), result);
    }
}
