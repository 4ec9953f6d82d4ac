/** One transaction per batch: golden records, provenance, conflicts, audit, pushes to come and the operations' end. */
@NullMarked
package dev.muster.golden;

import org.jspecify.annotations.NullMarked;
