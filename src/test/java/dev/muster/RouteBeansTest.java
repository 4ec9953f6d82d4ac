package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.apache.camel.spi.Registry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RouteBeansTest {
    @Test
    void whatRoutesAreJudgedByIsWhatTheHubBinds(@TempDir Path directory) {
        try (RunningHub hub = RunningHub.start(directory, Map.of())) {
            Registry registry = hub.hub().main().getCamelContext().getRegistry();

            assertThat(Wiring.routeBeans())
                    .isNotEmpty()
                    .allSatisfy((name, type) ->
                            assertThat(registry.lookupByName(name)).as(name).isInstanceOf(type));
        }
    }
}
