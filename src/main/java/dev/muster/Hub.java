package dev.muster;

import dev.muster.camel.FactoryFiles;
import java.util.Properties;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;

/** A running hub: Camel Main with Muster's wiring. */
public final class Hub implements AutoCloseable {
    private final Main main;
    private final DataDirectory data;

    private Hub(Main main, DataDirectory data) {
        this.main = main;
        this.data = data;
    }

    /** A hub that is not started yet; its data directory is taken. */
    public static Hub of(MusterConfig config) {
        DataDirectory data = DataDirectory.take(config.data());
        Main main = new Main() {
            @Override
            protected CamelContext createCamelContext() {
                return FactoryFiles.lookedUpBy(super.createCamelContext());
            }
        };
        main.configure().setName("muster");
        main.setDefaultPropertyPlaceholderLocation("classpath:application.properties");
        main.configure().addConfiguration(new Wiring(config, data));
        main.setOverrideProperties(properties(config));
        return new Hub(main, data);
    }

    /** What Camel is told of the settings. */
    static Properties properties(MusterConfig config) {
        Properties properties = new Properties();
        config.placeholders().forEach(properties::setProperty);
        properties.setProperty("muster.retry.attempts", Integer.toString(config.retryAttempts()));
        properties.setProperty(
                "muster.retry.pause", Long.toString(config.retryPause().toMillis()));
        properties.setProperty("muster.redrive.cron", config.redriveCron().replace(' ', '+'));
        properties.setProperty(
                "muster.pull.look.millis", Long.toString(config.pullLook().toMillis()));
        properties.setProperty(
                "muster.alerts.look.millis", Long.toString(config.alertsLook().toMillis()));
        properties.setProperty(
                "muster.heartbeat.millis",
                Long.toString(Math.min(5_000, config.lease().toMillis() / 3)));
        properties.setProperty(
                "camel.main.routesIncludePattern", "file:" + config.home().resolve("routes") + "/**/*.camel.yaml");
        properties.setProperty(
                "camel.component.kamelet.location", "file:" + config.home().resolve("routes/kamelets"));
        properties.setProperty("camel.management.host", config.managementHost());
        properties.setProperty("camel.management.port", Integer.toString(config.managementPort()));
        properties.setProperty(
                "camel.main.shutdownTimeout",
                Long.toString(Math.max(1, config.stopTimeout().toSeconds())));
        return properties;
    }

    /** Runs until it is stopped; answers the exit code. */
    public int run() throws Exception {
        main.run();
        return main.getExitCode();
    }

    /** Starts and returns. */
    public void start() throws Exception {
        main.start();
    }

    /** The running application. */
    public Main main() {
        return main;
    }

    @Override
    public void close() {
        main.stop();
        data.close();
    }
}
