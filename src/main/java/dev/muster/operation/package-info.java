/** Durable units of work: the queue with priorities, claims and leases that every flow starts from. */
@NullMarked
package dev.muster.operation;

import org.jspecify.annotations.NullMarked;
