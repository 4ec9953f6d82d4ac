package dev.muster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A directory that is deleted with all it holds when it is closed. */
public final class ThrowawayDirectory implements AutoCloseable {
    private final Path path;

    private ThrowawayDirectory(Path path) {
        this.path = path;
    }

    /** A new one among the system's temporary directories, readable by its owner only. */
    public static ThrowawayDirectory make(String prefix) throws IOException {
        return new ThrowawayDirectory(Files.createTempDirectory(prefix));
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> entries = Files.walk(path)) {
            for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(entry);
            }
        }
    }
}
