package dev.muster;

import dev.muster.demo.Demo;
import dev.muster.demo.MetricsReader;
import dev.muster.demo.SimulatedPlatforms;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/** The demo: a hub on a directory of its own, and simulated platforms that talk to it by HTTP only. */
public final class DemoHub {
    private static final long SEED = 2_026;
    private static final int PEOPLE = 300;
    private static final int CONTACTS_OF_OLD_TIMES = 20;
    private static final int GIVERS_OF_OLD_TIMES = 40;
    private static final double EVENTS_PER_SECOND = 3;

    private DemoHub() {}

    /**
     * Runs until Ctrl-C. The hub's log goes to a file in its directory, so that the summary has the terminal to itself.
     *
     * @param given the ports of the command line, by key
     * @param terminal where the summary goes
     */
    public static void run(Path home, Map<String, String> given, PrintStream terminal) throws Exception {
        try (ThrowawayDirectory directory = ThrowawayDirectory.make("muster-demo-")) {
            run(home, given, terminal, directory.path());
        }
    }

    private static void run(Path home, Map<String, String> given, PrintStream terminal, Path data) throws Exception {
        Path log = data.resolve("muster.log");
        System.setErr(new PrintStream(Files.newOutputStream(log), true, StandardCharsets.UTF_8));
        Map<String, String> settings = new HashMap<>(given);
        settings.put("muster.data", data.resolve("data").toString());
        settings.put(
                "muster.database.url", "jdbc:sqlite:" + data.resolve("data").resolve("muster.db"));
        MusterConfig asked = MusterConfig.read(home, System.getenv(), settings);
        URI hubAddress = URI.create("http://127.0.0.1:" + asked.httpPort());
        URI management = URI.create("http://127.0.0.1:" + asked.managementPort());
        terminal.println("Muster demo: the hub is starting; its log is " + log);
        try (SimulatedPlatforms platforms = SimulatedPlatforms.startForDemo(SEED, hubAddress)) {
            Map<String, String> environment = new HashMap<>(System.getenv());
            environment.putAll(platforms.environment());
            environment.putAll(platforms.pushEnvironment());
            platforms.season().giversOfOldTimes(GIVERS_OF_OLD_TIMES);
            platforms.season().contactsOfOldTimes(CONTACTS_OF_OLD_TIMES);
            String token = environment.computeIfAbsent("MUSTER_ADMIN_TOKEN", name -> token());
            try (Hub hub = Hub.of(MusterConfig.read(home, environment, settings))) {
                hub.start();
                boolean painted = System.console() != null && System.getenv("CI") == null;
                Demo demo = new Demo(
                        platforms,
                        new Demo.Settings(hubAddress, management, token, PEOPLE, EVENTS_PER_SECOND, painted),
                        new MetricsReader(management, hubAddress, token),
                        terminal);
                demo.run();
            }
        }
    }

    private static String token() {
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }
}
