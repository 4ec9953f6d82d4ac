/** What was changed, by whom and why, remembered for ever. */
@NullMarked
package dev.muster.audit;

import org.jspecify.annotations.NullMarked;
