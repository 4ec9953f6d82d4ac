package dev.muster;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Where the program begins. */
public final class Muster {
    private Muster() {}

    public static void main(String[] args) throws Exception {
        Path home = Path.of(System.getProperty("muster.home", "."));
        Map<String, String> given = new HashMap<>();
        for (int i = 1; i + 1 < args.length; i += 2) {
            given.put(
                    switch (args[i]) {
                        case "--data" -> "muster.data";
                        case "--http-port" -> "muster.http.port";
                        default -> "muster.metrics.port";
                    },
                    args[i + 1]);
        }
        if (args.length > 0 && args[0].equals("demo")) {
            DemoHub.run(home, given, System.out);
            return;
        }
        try (Hub hub = Hub.of(MusterConfig.read(home, System.getenv(), given))) {
            System.exit(hub.run());
        }
    }
}
