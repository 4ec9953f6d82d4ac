/** What somebody has to know at night or in the morning: rules over what is measured, alerts, and how they are told. */
@NullMarked
package dev.muster.alert;

import org.jspecify.annotations.NullMarked;
