/** Never faster than a platform allows, with all hubs together: turns, windows, breakers. */
@NullMarked
package dev.muster.quota;

import org.jspecify.annotations.NullMarked;
