/** Simulated platforms, as strict as their contracts, and the demo that runs Muster against them. */
@NullMarked
package dev.muster.demo;

import org.jspecify.annotations.NullMarked;
