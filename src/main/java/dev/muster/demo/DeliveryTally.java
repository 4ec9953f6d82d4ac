package dev.muster.demo;

/**
 * What became of a platform's webhooks so far.
 *
 * @param sent how many were handed over for sending, second copies included
 * @param accepted how many the hub acknowledged
 * @param retried how many further attempts were made
 * @param abandoned how many the platform gave up
 * @param outstanding how many are under way, held back or waiting for their next attempt
 */
public record DeliveryTally(long sent, long accepted, long retried, long abandoned, long outstanding) {
    DeliveryTally plus(DeliveryTally other) {
        return new DeliveryTally(
                sent + other.sent,
                accepted + other.accepted,
                retried + other.retried,
                abandoned + other.abandoned,
                outstanding + other.outstanding);
    }
}
