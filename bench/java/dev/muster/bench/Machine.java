package dev.muster.bench;

import static dev.muster.bench.Bench.say;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** What the figures are measured on. The time of an fsync bounds every durable rate. */
final class Machine {
    private static final int SYNCS = 300;
    private static final int PAGE_BYTES = 4_096;

    private Machine() {}

    static void describe() throws IOException {
        com.sun.management.OperatingSystemMXBean system =
                (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        say("%s %s, Java %s, %d cores, %,d MB, load average %.2f before the run", system.getName(), system.getVersion(),
                System.getProperty("java.vm.version"), system.getAvailableProcessors(),
                system.getTotalMemorySize() >> 20, system.getSystemLoadAverage());
        Path folder = Files.createDirectories(Bench.home().resolve("target/bench-data"));
        Path file = Files.createTempFile(folder, "sync", ".bin");
        long[] nanos = new long[SYNCS];
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer page = ByteBuffer.allocateDirect(PAGE_BYTES);
            for (int i = 0; i < SYNCS; i++) {
                page.clear();
                long start = System.nanoTime();
                channel.write(page);
                channel.force(false);
                nanos[i] = System.nanoTime() - start;
            }
        } finally {
            Files.delete(file);
        }
        Arrays.sort(nanos);
        say("a page written and forced to disk: median %.2f ms, p99 %.2f ms", nanos[SYNCS / 2] / 1e6,
                nanos[SYNCS * 99 / 100] / 1e6);
    }
}
