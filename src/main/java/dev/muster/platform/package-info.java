/** What is known of each platform: its configuration file, typed, and the integrations that use it. */
@NullMarked
package dev.muster.platform;

import org.jspecify.annotations.NullMarked;
