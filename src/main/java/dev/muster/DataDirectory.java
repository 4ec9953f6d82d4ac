package dev.muster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;

/** The hub's own directory: one hub at a time, and a name that it keeps over restarts. */
public final class DataDirectory implements AutoCloseable {
    private final FileChannel channel;
    private final String hubName;

    private DataDirectory(FileChannel channel, String hubName) {
        this.channel = channel;
        this.hubName = hubName;
    }

    /** Another hub works here. */
    public static final class InUse extends RuntimeException {
        private static final long serialVersionUID = 1L;

        InUse(Path directory) {
            super("Another Muster is running on " + directory
                    + ". Stop it, or give this one a directory of its own with" + " --data DIR.");
        }
    }

    /**
     * Takes the directory, making it where it is missing, readable by its owner only.
     *
     * @throws InUse if another process has it
     */
    public static DataDirectory take(Path directory) {
        try {
            if (!Files.isDirectory(directory)) {
                if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
                    Files.createDirectories(
                            directory,
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                } else {
                    Files.createDirectories(directory);
                }
            }
            FileChannel channel = FileChannel.open(
                    directory.resolve("muster.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                lock = null;
            }
            if (lock == null) {
                channel.close();
                throw new InUse(directory);
            }
            Path name = directory.resolve("hub-name");
            if (!Files.exists(name)) {
                Files.writeString(name, "hub-" + UUID.randomUUID());
            }
            return new DataDirectory(channel, Files.readString(name).strip());
        } catch (IOException e) {
            throw new UncheckedIOException("The data directory " + directory + " cannot be used", e);
        }
    }

    /** This hub's name, the same after a restart. */
    public String hubName() {
        return hubName;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
