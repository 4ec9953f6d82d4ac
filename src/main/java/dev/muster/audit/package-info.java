/** Who did what, when and why: an append-only log of which every organization's entries are one chain of hashes. */
@NullMarked
package dev.muster.audit;

import org.jspecify.annotations.NullMarked;
