/** The names of all metrics, and the one place that counts. */
@NullMarked
package dev.muster.meter;

import org.jspecify.annotations.NullMarked;
