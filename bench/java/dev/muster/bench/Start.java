package dev.muster.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** From the launcher's first instruction to the first accepted webhook, and the resident memory idle and under load. */
final class Start {
    private static final long LIMIT_SECONDS = 60;

    private Start() {}

    static void run(Options options, Path work) throws Exception {
        int rounds = options.number("rounds", 5);
        int idleSeconds = options.number("idle-seconds", 5);
        int loadSeconds = options.number("load-seconds", 8);
        String homes = options.text("java-homes", System.getenv("BENCH_JAVA_HOMES"));
        if (homes == null) {
            homes = System.getProperty("java.home");
        }
        Figures figures = new Figures();
        for (String javaHome : homes.split("[:,]")) {
            String version = version(Path.of(javaHome));
            launcher(javaHome, "warm-up").inheritIO().start().waitFor();
        }
        // The archives are put aside for the starts without one, and come back at the end.
        for (int round = 0; round < rounds; round++) {
            for (String javaHome : homes.split("[:,]")) {
                String version = version(Path.of(javaHome));
                for (boolean archived : new boolean[] {true, false}) {
                    List<Path> aside = archived ? List.of() : putAside();
                    try {
                        boolean measureMemory = round == 0;
                        once(
                                work,
                                javaHome,
                                "JDK " + version + (archived ? " with archive" : " without"),
                                measureMemory ? idleSeconds : 0,
                                loadSeconds,
                                figures);
                    } finally {
                        bringBack(aside);
                    }
                }
            }
        }
        figures.print();
        for (String javaHome : homes.split("[:,]")) {
            String version = version(Path.of(javaHome));
            double target = version.startsWith("17") ? 3.5 : 2.5;
            String name = "JDK " + version + " with archive";
            double start = figures.median(name + " start s");
            Figures.verdict(name + " start s", start, start <= target, Double.toString(target));
            double idle = figures.median(name + " idle MB");
            Figures.verdict(name + " idle MB", idle, idle < 300, "below 300");
            double load = figures.median(name + " under load MB");
            Figures.verdict(name + " under load MB", load, load < 450, "below 450");
        }
    }

    private static ProcessBuilder launcher(String javaHome, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(HubProcess.HOME.resolve("muster").toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(HubProcess.HOME.toFile());
        builder.environment().put("JAVA_HOME", javaHome);
        builder.environment().put("PATREON_WEBHOOK_SECRET", Deliveries.SECRET);
        return builder;
    }

    private static void once(
            Path work, String javaHome, String name, int idleSeconds, int loadSeconds, Figures figures)
            throws Exception {
        Path data = work.resolve("start");
        int port = HubProcess.freePort();
        Path log = Files.createTempFile(work, "start-", ".log");
        ByteBuffer request = new Deliveries().request(Deliveries.body(1, 1));
        long begin = System.nanoTime();
        // the launcher ends in exec: its process is the hub's
        Process process = launcher(
                        javaHome,
                        "run",
                        "--data",
                        data.toString(),
                        "--http-port",
                        Integer.toString(port),
                        "--management-port",
                        Integer.toString(HubProcess.freePort()))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            while (!accepts(port, request)) {
                if (System.nanoTime() - begin > TimeUnit.SECONDS.toNanos(LIMIT_SECONDS) || !process.isAlive()) {
                    throw new IllegalStateException(name + " did not start; its log:\n" + Files.readString(log));
                }
                Thread.sleep(5);
            }
            double seconds = (System.nanoTime() - begin) / 1e9;
            figures.add(name + " start s", seconds);
            System.out.printf(Locale.ROOT, "  %-28s start %.2f s%n", name, seconds);
            if (idleSeconds > 0) {
                Thread.sleep(idleSeconds * 1_000L);
                double idle = HubProcess.megabytes(process.pid(), "VmRSS");
                ByteBuffer[] requests = Deliveries.rounds(20_000, 5_000);
                Load.Result load = new Load(
                                port,
                                64,
                                0,
                                number -> requests[number % requests.length].duplicate(),
                                (number, status, due, answer) -> {})
                        .lasting(0, loadSeconds)
                        .run();
                double peak = HubProcess.megabytes(process.pid(), "VmHWM");
                figures.add(name + " idle MB", idle);
                figures.add(name + " under load MB", peak);
                System.out.printf(
                        Locale.ROOT,
                        "  %-28s resident idle %.0f MB, peak under load %.0f MB (%,.0f/s %s)%n",
                        name,
                        idle,
                        peak,
                        load.perSecond(),
                        load.statuses());
            }
        } finally {
            process.destroy();
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            HubProcess.remove(data);
        }
    }

    private static boolean accepts(int port, ByteBuffer request) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write(request.array(), 0, request.limit());
            InputStream in = socket.getInputStream();
            return new String(in.readNBytes(12), StandardCharsets.US_ASCII).endsWith(" 200");
        } catch (IOException e) {
            return false;
        }
    }

    private static String version(Path javaHome) throws IOException {
        for (String line : Files.readAllLines(javaHome.resolve("release"))) {
            if (line.startsWith("JAVA_VERSION=")) {
                return line.substring(14, line.length() - 1);
            }
        }
        return javaHome.toString();
    }

    private static List<Path> putAside() throws IOException {
        List<Path> aside = new ArrayList<>();
        try (Stream<Path> files = Files.list(HubProcess.HOME.resolve("target"))) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String name = file.getFileName().toString();
                if (name.startsWith("muster-") && (name.endsWith(".jsa") || name.endsWith(".aot"))) {
                    Path hidden = file.resolveSibling(name + ".aside");
                    Files.move(file, hidden);
                    aside.add(hidden);
                }
            }
        }
        return aside;
    }

    private static void bringBack(List<Path> aside) throws IOException {
        for (Path hidden : aside) {
            String name = hidden.getFileName().toString();
            Files.move(hidden, hidden.resolveSibling(name.substring(0, name.length() - ".aside".length())));
        }
    }
}
