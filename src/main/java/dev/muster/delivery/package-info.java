/** A delivery arrives: its signature, its replay window, the guards of the door, and the durable store of raw bytes. */
@NullMarked
package dev.muster.delivery;

import org.jspecify.annotations.NullMarked;
