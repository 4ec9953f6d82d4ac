package dev.muster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * Where every {@code @TempDir} is: in memory, where the system has such a folder with room. SQLite forces each commit to
 * the disk, and the tests commit some hundred thousand times; what they leave must not outlive a power cut.
 */
public final class TestFolder implements TempDirFactory {
    private static final Path MEMORY = Path.of("/dev/shm");
    /** Containers often have 64 megabytes there, in which the tests would get stuck. */
    private static final long ROOM = 2L << 30;

    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test) throws IOException {
        return make("muster-test-");
    }

    /** A new folder for a test that deletes it itself. */
    public static Path make(String prefix) throws IOException {
        boolean isRoom = Files.isDirectory(MEMORY)
                && Files.isWritable(MEMORY)
                && Files.getFileStore(MEMORY).getUsableSpace() > ROOM;
        return isRoom ? Files.createTempDirectory(MEMORY, prefix) : Files.createTempDirectory(prefix);
    }
}
