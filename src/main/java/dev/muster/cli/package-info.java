/** The command line: what the launcher runs. */
@NullMarked
package dev.muster.cli;

import org.jspecify.annotations.NullMarked;
