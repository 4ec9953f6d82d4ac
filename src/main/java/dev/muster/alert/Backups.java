package dev.muster.alert;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The directory that backups are written to, where one is set. */
public final class Backups {
    /** Of a directory without a backup, or that cannot be read. */
    private static final double NEVER = Duration.ofDays(10_000).toHours();

    private final @Nullable Path directory;

    /** @param directory null where none is set */
    public Backups(@Nullable Path directory) {
        this.directory = directory;
    }

    /** Hours since the newest file was written; a very long time where there is none, and empty where no directory is set. */
    public OptionalDouble ageHours(Instant now) {
        if (directory == null) {
            return OptionalDouble.empty();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return OptionalDouble.of(files.filter(Files::isRegularFile)
                    .map(Backups::writtenAt)
                    .max(Comparator.naturalOrder())
                    .map(at -> Duration.between(at, now).toMinutes() / 60.0)
                    .orElse(NEVER));
        } catch (IOException e) {
            return OptionalDouble.of(NEVER);
        }
    }

    private static Instant writtenAt(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException e) {
            // It was just removed: an old one made room.
            return Instant.EPOCH;
        }
    }
}
