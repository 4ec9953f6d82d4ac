/** The canonical data model: one form for every entity, owned by no platform. */
@NullMarked
package dev.muster.canonical;

import org.jspecify.annotations.NullMarked;
