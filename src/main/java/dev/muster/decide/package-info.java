/** The heart: golden = f(sources, overrides). Pure functions; no I/O, no clock, no Camel. */
@NullMarked
package dev.muster.decide;

import org.jspecify.annotations.NullMarked;
