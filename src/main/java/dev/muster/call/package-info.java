/** How the hub goes out: one request to a platform on behalf of one organization's account, and its answer. */
@NullMarked
package dev.muster.call;

import org.jspecify.annotations.NullMarked;
