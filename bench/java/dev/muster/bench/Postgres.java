package dev.muster.bench;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;

/** A PostgreSQL server for one run, with its default settings except for what a small machine would be given. */
final class Postgres {
    private Postgres() {}

    /** @param keeps whether its rows are still there for the next run */
    static Store open(Path data, boolean keeps) throws IOException {
        EmbeddedPostgres server = EmbeddedPostgres.builder()
                .setDataDirectory(data.resolve("postgres"))
                .setCleanDataDirectory(!keeps)
                // The embedded server turns these off, which no server that keeps data may.
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("shared_buffers", "256MB")
                .setServerConfig("max_wal_size", "2GB")
                .start();
        return Store.of(
                "PostgreSQL", "jdbc:postgresql://localhost:" + server.getPort() + "/postgres?user=postgres", server);
    }
}
