/** What can go wrong, by what a route can do about it: refuse, retry, or keep as a dead letter. */
@NullMarked
package dev.muster.failure;

import org.jspecify.annotations.NullMarked;
