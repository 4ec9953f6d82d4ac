/** What the hub shows platforms of who it is: secrets under seal, tokens that renew themselves, consents. */
@NullMarked
package dev.muster.credential;

import org.jspecify.annotations.NullMarked;
