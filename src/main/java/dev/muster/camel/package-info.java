/** Where Muster meets Camel: its two components, the routes in Java, and reloading. */
@NullMarked
package dev.muster.camel;

import org.jspecify.annotations.NullMarked;
