/** What the platforms are told: targets, the outbox, what has to be said of whom, and what became of it. */
@NullMarked
package dev.muster.push;

import org.jspecify.annotations.NullMarked;
