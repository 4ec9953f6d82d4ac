/** Streams of records that are fetched page by page: what is due, where each stands, and what became of each run. */
@NullMarked
package dev.muster.pull;

import org.jspecify.annotations.NullMarked;
