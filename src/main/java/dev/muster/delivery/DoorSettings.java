package dev.muster.delivery;

import dev.muster.delivery.WebhookSettings.Limit;
import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.SectionCompiler;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One platform's door, compiled from the {@code webhook} section of its file.
 *
 * @param limit per sender; null where the platform has none of its own
 */
public record DoorSettings(
        WebhookSettings webhook,
        SignatureScheme signature,
        @Nullable SenderLimit limit) {

    /** @param sourcesMax how many senders a limit remembers */
    public static SectionCompiler<DoorSettings> compiler(int sourcesMax) {
        return new SectionCompiler<>(DoorSettings.class, Set.of("webhook"), (root, file) -> {
            WebhookSettings.Reading reading = WebhookSettings.of(root.path("webhook"), file);
            if (!reading.problems().isEmpty()) {
                throw new ConfigException(reading.problems().stream()
                        .map(problem -> new ConfigProblem(file, 0, problem.substring(file.length() + 2)))
                        .toList());
            }
            WebhookSettings webhook = reading.settings().orElseThrow();
            Limit limit = webhook.limit();
            return new DoorSettings(
                    webhook,
                    SignatureScheme.of(webhook.signature()),
                    limit == null
                            ? null
                            : new SenderLimit(
                                    limit.burst(), limit.requests(), limit.period(), sourcesMax, System::nanoTime));
        });
    }

    /** How long deliveries about one object are gathered before it is worked on. */
    public Duration coalesce() {
        return webhook.coalesce();
    }
}
