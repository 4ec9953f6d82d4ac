package dev.muster.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A server under measurement in a process of its own, and what Linux and its garbage collector say about it. */
final class HubProcess implements AutoCloseable {
    private static final double TICKS_PER_SECOND = 100;
    private static final Pattern BEFORE_COLLECTION = Pattern.compile(" (\\d+)M->");
    static final List<String> JVM = List.of("-Xmx256m", "-Xmn144m", "-XX:SurvivorRatio=4", "-XX:+UseSerialGC");

    private final Process process;
    private final int port;
    private final Path log;
    private final Path collections;

    private HubProcess(Process process, int port, Path log, Path collections) {
        this.process = process;
        this.port = port;
        this.log = log;
        this.collections = collections;
    }

    /** An empty directory below target, on the disk that the tree is on. */
    static Path freshFolder(String name) throws IOException {
        Path folder = Bench.home().resolve("target/bench-data").resolve(name);
        delete(folder);
        return Files.createDirectories(folder);
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** A copy of the hub's routes and configuration without the platforms' flows: deliveries stay in the queue. */
    static Path homeWithoutFlows() throws IOException {
        Path copy = freshFolder("home-without-flows");
        for (String folder : List.of("routes", "config")) {
            Path from = Bench.home().resolve(folder);
            try (Stream<Path> files = Files.walk(from)) {
                for (Path file : files.toList()) {
                    if (!file.startsWith(from.resolve("platforms")) || folder.equals("config")) {
                        Files.copy(file, copy.resolve(Bench.home().relativize(file)));
                    }
                }
            }
        }
        Files.createDirectories(copy.resolve("routes/platforms"));
        return copy;
    }

    /** Starts a hub and waits until its door answers. */
    static HubProcess hub(Path home, Path data, Map<String, String> environment) throws IOException {
        return hub(home, data, List.of("-jar", Bench.home().resolve("target/muster.jar").toString()), environment);
    }

    /** Starts a hub that writes down how its database carries out its questions. */
    static HubProcess hubWithPlans(Path data, Path plans, Map<String, String> environment) throws IOException {
        return hub(Bench.home(), data, List.of(
                "-cp", System.getProperty("java.class.path"), "-Djdbc.drivers=" + PlansDriver.class.getName(),
                "-Dbench.plans=" + plans, "dev.muster.Muster"), environment);
    }

    private static HubProcess hub(Path home, Path data, List<String> program, Map<String, String> environment)
            throws IOException {
        int port = freePort();
        List<String> arguments = new ArrayList<>(List.of("-Dmuster.home=" + home));
        arguments.addAll(program);
        arguments.addAll(List.of("run", "--data", data.toString(), "--http-port", Integer.toString(port)));
        arguments.addAll(List.of("--management-port", Integer.toString(freePort())));
        return start(data, port, arguments, environment);
    }

    /** Starts the hub as people do, or without the launcher and its archive, until its first webhook is accepted. */
    static HubProcess launched(String javaHome, boolean archive, Path data) throws IOException {
        int port = freePort();
        List<String> command = new ArrayList<>();
        if (archive) {
            command.add(Bench.home().resolve("muster").toString());
        } else {
            command.add(Path.of(javaHome, "bin", "java").toString());
            command.addAll(JVM);
            command.add("-Dmuster.home=" + Bench.home());
            command.add("-jar");
            command.add(Bench.home().resolve("target/muster.jar").toString());
        }
        command.addAll(List.of("run", "--data", data.toString(), "--http-port", Integer.toString(port)));
        command.addAll(List.of("--management-port", Integer.toString(freePort())));
        HubProcess hub = launch(data, port, command, Map.of("JAVA_HOME", javaHome));
        byte[] body = PatreonRequests.body(999_999, 0);
        hub.await(PatreonRequests.request("/api/webhooks/patreon", body, PatreonRequests.signature(body)), 200);
        return hub;
    }

    /** Starts a class of these benchmarks with the hub's JVM options; its first argument is the port. */
    static HubProcess bare(String kind, Path data) throws IOException {
        int port = freePort();
        List<String> arguments = List.of(
                "-cp", System.getProperty("java.class.path"), "-Dlog4j2.level=ERROR",
                "dev.muster.bench.BareServer", kind, Integer.toString(port), data.toString());
        return start(data, port, arguments, Map.of());
    }

    private static HubProcess start(Path data, int port, List<String> arguments, Map<String, String> environment)
            throws IOException {
        Files.createDirectories(data);
        Path collections = data.resolve("gc.log");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM);
        command.add("-Xlog:gc:file=" + collections);
        // such as a flight recording
        String more = System.getenv("BENCH_HUB_OPTS");
        if (more != null && !more.isBlank()) {
            command.addAll(List.of(more.strip().split("\\s+")));
        }
        command.addAll(arguments);
        HubProcess hub = launch(data, port, command, environment);
        hub.await(PatreonRequests.request("/api/webhooks/patreon", new byte[] {'{', '}'}, "00"), 401);
        return hub;
    }

    private static HubProcess launch(Path data, int port, List<String> command, Map<String, String> environment)
            throws IOException {
        Path log = data.resolve("out.log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(Bench.home().toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("PATREON_WEBHOOK_SECRET", PatreonRequests.SECRET);
        // All load comes from one address.
        builder.environment().put("WEBHOOK_SENDER_RATE", "1000000");
        builder.environment().put("WEBHOOK_SENDER_BURST", "1000000");
        builder.environment().putAll(environment);
        HubProcess hub = new HubProcess(builder.start(), port, log, data.resolve("gc.log"));
        Runtime.getRuntime().addShutdownHook(new Thread(hub.process::destroyForcibly));
        return hub;
    }

    private void await(byte[] request, int expected) throws IOException {
        long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < giveUp) {
            int status = status(request);
            if (status == expected || status == 200) {
                return;
            }
            if (!process.isAlive()) {
                break;
            }
            pause(20);
        }
        throw new IOException((process.isAlive() ? "The server did not answer in 60 s" : "The server ended by itself")
                + "; its log is " + log);
    }

    /** The status of one request on a connection of its own; 0 where nobody answers. */
    int status(byte[] request) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1_000);
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write(request);
            InputStream in = socket.getInputStream();
            byte[] line = in.readNBytes(12);
            return line.length < 12 ? 0 : Integer.parseInt(new String(line, 9, 3, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return 0;
        }
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    int port() {
        return port;
    }

    long pid() {
        return process.pid();
    }

    /** User and system time so far. */
    double cpuSeconds() {
        String[] fields = read(Path.of("/proc/" + process.pid() + "/stat")).replaceFirst("^.*\\) ", "").split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    }

    /** Resident memory now, in MB of 2^20 bytes. */
    long residentMegabytes() {
        Matcher matcher = Pattern.compile("VmRSS:\\s+(\\d+) kB").matcher(read(Path.of("/proc/" + pid() + "/status")));
        return matcher.find() ? Long.parseLong(matcher.group(1)) / 1_024 : -1;
    }

    /** The fullest that the heap was before a collection so far, in MB. */
    long peakHeapMegabytes() {
        long peak = 0;
        Matcher matcher = BEFORE_COLLECTION.matcher(read(collections));
        while (matcher.find()) {
            peak = Math.max(peak, Long.parseLong(matcher.group(1)));
        }
        return peak;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As a power cut would. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
        }
    }
}
