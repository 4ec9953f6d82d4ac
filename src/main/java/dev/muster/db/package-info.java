/** The database: one SQL for SQLite and PostgreSQL, migrations, group commits. */
@NullMarked
package dev.muster.db;

import org.jspecify.annotations.NullMarked;
