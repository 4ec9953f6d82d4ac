/** Who may: callers and what each of them may do, admin token, API keys, tokens of an issuer, sessions of browsers. */
@NullMarked
package dev.muster.access;

import org.jspecify.annotations.NullMarked;
