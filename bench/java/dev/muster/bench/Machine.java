package dev.muster.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;

/** What the figures were measured on. */
final class Machine {
    private static final int SYNCS = 300;

    private Machine() {}

    static void describe(Path directory) throws IOException {
        System.out.printf(
                Locale.ROOT,
                "machine: %d cores, %s of memory, %s %s, JDK %s, load average %s%n",
                Runtime.getRuntime().availableProcessors(),
                firstOf("/proc/meminfo", "MemTotal:"),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                Runtime.version(),
                firstOf("/proc/loadavg", ""));
        System.out.printf(Locale.ROOT, "fsync of 4 KB in %s: %s%n", directory, syncs(directory));
    }

    private static String firstOf(String file, String prefix) {
        try {
            for (String line : Files.readAllLines(Path.of(file))) {
                if (line.startsWith(prefix)) {
                    return line.substring(prefix.length()).strip();
                }
            }
        } catch (IOException e) {
            // not this system
        }
        return "unknown";
    }

    private static String syncs(Path directory) throws IOException {
        Path file = Files.createTempFile(directory, "sync", ".bin");
        long[] nanos = new long[SYNCS];
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer page = ByteBuffer.allocateDirect(4096);
            for (int i = 0; i < SYNCS; i++) {
                page.clear();
                long begin = System.nanoTime();
                channel.write(page);
                channel.force(false);
                nanos[i] = System.nanoTime() - begin;
            }
        } finally {
            Files.delete(file);
        }
        Arrays.sort(nanos);
        return String.format(
                Locale.ROOT, "median %.3f ms, p99 %.3f ms", nanos[SYNCS / 2] / 1e6, nanos[SYNCS * 99 / 100] / 1e6);
    }
}
