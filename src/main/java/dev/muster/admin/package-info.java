/** The admin API: lists, explanations and repairs for operators. */
@NullMarked
package dev.muster.admin;

import org.jspecify.annotations.NullMarked;
