/** Turns a platform's form into canonical records, by the mapping in its configuration file. */
@NullMarked
package dev.muster.normalize;

import org.jspecify.annotations.NullMarked;
