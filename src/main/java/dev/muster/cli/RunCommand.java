package dev.muster.cli;

import static java.util.Objects.requireNonNull;

import dev.muster.Hub;
import dev.muster.MusterConfig;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** The hub, until it is told to stop. */
@Command(
        name = "run",
        description = "The hub, in the foreground, until it is told to stop.",
        footer = {"  ./muster run --data /var/lib/muster --http-port 8080"})
final class RunCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    MusterCommand muster;

    @Mixin
    Places places = new Places();

    /** Where the hub listens; they come before the environment. */
    static class Ports {
        @Option(names = "--http-port", paramLabel = "PORT", description = "Webhooks and API (default 8080).")
        @Nullable
        Integer httpPort;

        @Option(names = "--management-port", paramLabel = "PORT", description = "Health, metrics (default 9090).")
        @Nullable
        Integer managementPort;

        /** As settings, by key. */
        Map<String, String> settings() {
            Map<String, String> settings = new HashMap<>();
            if (httpPort != null) {
                settings.put("muster.http.port", httpPort.toString());
            }
            if (managementPort != null) {
                settings.put("muster.metrics.port", managementPort.toString());
            }
            return settings;
        }
    }

    /** And where it keeps its data. */
    static final class Places extends Ports {
        @Option(names = "--data", paramLabel = "DIR", description = "Where it keeps its data (default data/).")
        @Nullable
        Path data;

        @Override
        Map<String, String> settings() {
            Map<String, String> settings = super.settings();
            if (data != null) {
                settings.put("muster.data", data.toString());
            }
            return settings;
        }
    }

    @Override
    public Integer call() throws Exception {
        MusterCommand parent = requireNonNull(muster);
        try (Hub hub = Hub.of(MusterConfig.read(parent.home(), parent.environment(), places.settings()))) {
            return hub.run();
        }
    }
}
