package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.operation.OperationOutcomes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A failure that was handled is told once, and by us: nothing else in the log frightens whoever reads it. */
class FailureLogTest {
    private static final String SECRET = "secret-0123456789";
    private static final int DEAD = 6;

    @TempDir
    Path folder;

    private final Warnings warnings = new Warnings();

    private static final class Warnings extends AbstractAppender {
        private final List<String> loggers = new CopyOnWriteArrayList<>();

        Warnings() {
            super("warnings", null, null, true, Property.EMPTY_ARRAY);
        }

        @Override
        public void append(LogEvent event) {
            if (event.getLevel().isMoreSpecificThan(Level.WARN)) {
                loggers.add(event.getLoggerName());
            }
        }
    }

    @BeforeEach
    void listen() {
        warnings.start();
        LoggerContext.getContext(false).getRootLogger().addAppender(warnings);
    }

    @AfterEach
    void stopListening() {
        LoggerContext.getContext(false).getRootLogger().removeAppender(warnings);
        warnings.stop();
    }

    @Test
    void deadLetterIsTheOnlyWarningOfAFetchThatFailed() throws Exception {
        try (StubPlatform eventbrite = new StubPlatform(call ->
                        StubPlatform.status(call, call.getRequestURI().getPath().contains("/7/") ? 403 : 503));
                FlowHub hub = FlowHub.in(folder)
                        .with(Map.of(
                                "EVENTBRITE_BASE_URL",
                                eventbrite.origin(),
                                "EVENTBRITE_API_KEY",
                                "key",
                                "EVENTBRITE_WEBHOOK_SECRET",
                                SECRET,
                                "MAX_RETRY_ATTEMPTS",
                                "1"))
                        .start()) {
            for (int order : new int[] {7, 8}) {
                hub.eventbrite(SECRET, "order.placed", "https://www.eventbriteapi.com/v3/orders/" + order + "/");
            }
            await().atMost(Duration.ofSeconds(60)).until(() -> hub.operations("eventbrite", DEAD) == 2);

            assertThat(warnings.loggers).hasSize(2).containsOnly(OperationOutcomes.class.getName());
        }
    }
}
