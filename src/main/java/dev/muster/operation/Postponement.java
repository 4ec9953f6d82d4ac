package dev.muster.operation;

import java.time.Duration;

/**
 * What the work on an operation ends with when it has no end yet: it goes back into the queue.
 *
 * @param pause how long it stays there
 * @param tries how often it was tried in vain since it was claimed
 */
public record Postponement(Duration pause, int tries) {}
