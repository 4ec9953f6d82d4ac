package dev.muster.delivery;

import dev.muster.delivery.DeliveryStore.Arrival;

/** What the door makes of a request that it does not refuse. */
public sealed interface Admission {

    /** To be stored, then acknowledged. */
    record Admitted(Arrival arrival) implements Admission {}

    /** Answered at once: a validation, a challenge, a ping. Nothing is stored. */
    record Answered(HttpAnswer answer) implements Admission {}
}
