package dev.muster.bench;

import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** A process under test: the hub, or what it is compared with. Only processes started here are ever ended. */
final class HubProcess implements AutoCloseable {
    static final Path HOME = Path.of(System.getProperty("bench.home", "."));
    private static final List<String> JVM = List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError");
    private static final long START_SECONDS = 60;

    private final Process process;
    private final int port;
    private final Path log;

    private HubProcess(Process process, int port, Path log) {
        this.process = process;
        this.port = port;
        this.log = log;
    }

    /** @param databaseUrl null for SQLite in the data directory */
    static HubProcess hub(Path work, Path home, Path data, String databaseUrl, String... moreJvm) throws IOException {
        int port = freePort();
        List<String> command = new ArrayList<>();
        command.add(java());
        command.addAll(JVM);
        command.addAll(List.of(moreJvm));
        // such as a flight recording
        String more = System.getenv("BENCH_HUB_OPTS");
        if (more != null && !more.isBlank()) {
            command.addAll(List.of(more.strip().split("\\s+")));
        }
        command.addAll(List.of(
                "-Dmuster.home=" + home,
                "-jar",
                HOME.resolve("target/muster.jar").toString(),
                "run",
                "--data",
                data.toString(),
                "--http-port",
                Integer.toString(port),
                "--management-port",
                Integer.toString(freePort())));
        Map<String, String> environment = databaseUrl == null
                ? Map.of("PATREON_WEBHOOK_SECRET", Deliveries.SECRET)
                : Map.of("PATREON_WEBHOOK_SECRET", Deliveries.SECRET, "MUSTER_DATABASE_URL", databaseUrl);
        return start(work, command, environment, port);
    }

    /** Something else with the same JVM options, told its port as the first argument. */
    static HubProcess other(Path work, String mainClass, String... arguments) throws IOException {
        int port = freePort();
        List<String> command = new ArrayList<>();
        command.add(java());
        command.addAll(JVM);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass, Integer.toString(port)));
        command.addAll(List.of(arguments));
        return start(work, command, Map.of(), port);
    }

    private static HubProcess start(Path work, List<String> command, Map<String, String> environment, int port)
            throws IOException {
        Path log = Files.createTempFile(work, "process-", ".log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(HOME.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        return new HubProcess(builder.start(), port, log);
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    int port() {
        return port;
    }

    long pid() {
        return process.pid();
    }

    /** Waits until a webhook would be taken: an unsigned one is answered 401, before that nobody answers or 503. */
    HubProcess awaitReady() throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (System.nanoTime() < deadline && process.isAlive()) {
            if (answersDoor()) {
                return this;
            }
            Thread.sleep(20);
        }
        throw new IllegalStateException("The process did not serve; its log:\n" + tail());
    }

    private boolean answersDoor() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
            socket.setSoTimeout(2_000);
            socket.getOutputStream()
                    .write(("POST " + Deliveries.PATH + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")
                            .getBytes(StandardCharsets.US_ASCII));
            byte[] answer = socket.getInputStream().readNBytes(12);
            String status = new String(answer, StandardCharsets.US_ASCII);
            return status.endsWith(" 401") || status.endsWith(" 200");
        } catch (IOException e) {
            return false;
        }
    }

    String tail() {
        try {
            List<String> lines = Files.readAllLines(log);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size()));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** CPU time used so far. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** A line of /proc/PID/status in MB, such as VmRSS (resident now) or VmHWM (its peak); NaN on other systems. */
    double megabytes(String name) {
        return megabytes(process.pid(), name);
    }

    static double megabytes(long pid, String name) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
                if (line.startsWith(name + ":")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
                }
            }
        } catch (IOException e) {
            // not this system, or the process has ended
        }
        return Double.NaN;
    }

    /** What of the heap is still used after a full collection, in MB. */
    double liveHeapMegabytes() {
        return heapMegabytes(true)[2];
    }

    /** The sum of the heap pools' peaks in MB, and after the last collection; asked over a local JMX connection. */
    double[] heapMegabytes() {
        return heapMegabytes(false);
    }

    private double[] heapMegabytes(boolean collect) {
        try {
            VirtualMachine machine = VirtualMachine.attach(Long.toString(process.pid()));
            String address = machine.startLocalManagementAgent();
            machine.detach();
            try (JMXConnector connector = JMXConnectorFactory.connect(new JMXServiceURL(address))) {
                MemoryMXBean memory = ManagementFactory.getPlatformMXBean(
                        connector.getMBeanServerConnection(), MemoryMXBean.class);
                if (collect) {
                    memory.gc();
                }
                double used = memory.getHeapMemoryUsage().getUsed() / 1048576.0;
                double peak = 0;
                double live = 0;
                for (MemoryPoolMXBean pool : ManagementFactory.getPlatformMXBeans(
                        connector.getMBeanServerConnection(), MemoryPoolMXBean.class)) {
                    if (pool.getType() == MemoryType.HEAP) {
                        peak += pool.getPeakUsage().getUsed() / 1048576.0;
                        live += pool.getCollectionUsage() == null
                                ? 0
                                : pool.getCollectionUsage().getUsed() / 1048576.0;
                    }
                }
                return new double[] {peak, live, used};
            }
        } catch (Exception e) {
            System.err.println("bench: the heap could not be asked: " + e);
            return new double[] {Double.NaN, Double.NaN, Double.NaN};
        }
    }

    boolean alive() {
        return process.isAlive();
    }

    /** kill -9. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                process.waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A copy of the configuration without the platforms' flows: deliveries are accepted and stay in the queue. */
    static Path homeWithoutFlows(Path work) {
        Path home = work.resolve("home-without-flows");
        copy(HOME.resolve("config"), home.resolve("config"));
        copy(HOME.resolve("routes"), home.resolve("routes"));
        remove(home.resolve("routes/platforms"));
        return home;
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void remove(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
