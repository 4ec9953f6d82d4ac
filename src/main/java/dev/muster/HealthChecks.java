package dev.muster;

import dev.muster.camel.HubHealth.Answer;
import dev.muster.db.Database;
import dev.muster.meter.Backlog;
import dev.muster.operation.OperationStore;
import dev.muster.push.PushStore;
import dev.muster.push.Pushing;
import dev.muster.quota.Quotas;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.camel.health.HealthCheck;

/** How the hub's own parts are: each answer says what to do where something is not well. */
final class HealthChecks {
    private final Database database;
    private final OperationStore operations;
    private final PushStore pushes;
    private final Pushing pushing;
    private final Quotas quotas;
    private final Supplier<List<String>> platforms;
    private final Clock clock;
    private final Duration queueAgeMax;
    private final Path data;
    private final int diskFreeMegabytesMin;

    HealthChecks(
            Database database,
            OperationStore operations,
            PushStore pushes,
            Pushing pushing,
            Quotas quotas,
            Supplier<List<String>> platforms,
            Clock clock,
            MusterConfig config) {
        this.database = database;
        this.operations = operations;
        this.pushes = pushes;
        this.pushing = pushing;
        this.quotas = quotas;
        this.platforms = platforms;
        this.clock = clock;
        this.queueAgeMax = config.queueAgeMax();
        this.data = config.data();
        this.diskFreeMegabytesMin = config.diskFreeMegabytesMin();
    }

    /** Whether the store answers, and how fast. */
    Answer store() {
        long start = System.nanoTime();
        database.check();
        return new Answer(true, database.dialect() + " answered in " + (System.nanoTime() - start) / 1_000 + " µs");
    }

    /** Whether work waits longer than it should. */
    Answer queue() {
        Waiting waiting = waiting(operations.backlog());
        return isInTime(waiting)
                ? new Answer(true, "Waiting: " + waiting.byPlatform())
                : new Answer(
                        false,
                        "Work waits longer than " + queueAgeMax.toSeconds() + " s (MUSTER_QUEUE_AGE_MAX_MS): "
                                + waiting.byPlatform()
                                + ". Is the flow stopped, its circuit breaker open, or the store slow?");
    }

    /** Whether platforms wait for what they have to be told longer than they should. */
    Answer pushes() {
        Waiting waiting = waiting(pushing.backlog());
        Map<String, Long> failed = new TreeMap<>();
        Map<String, Long> held = new TreeMap<>();
        pushes.resting().forEach((platform, resting) -> {
            failed.put(platform, resting.failed());
            held.put(platform, resting.held());
        });
        String state = "Waiting: " + waiting.byPlatform() + "; failed: " + failed + "; held: " + held;
        return isInTime(waiting)
                ? new Answer(true, state)
                : new Answer(
                        false,
                        "Pushes wait longer than " + queueAgeMax.toSeconds() + " s (MUSTER_QUEUE_AGE_MAX_MS). " + state
                                + ". Were many made due at once, is an account refused, its platform away, or its quota"
                                + " small?");
    }

    /** @param byPlatform how much, and for how long */
    private record Waiting(Duration longest, Map<String, String> byPlatform) {}

    private Waiting waiting(Map<String, Backlog> backlogs) {
        Instant now = clock.instant();
        Map<String, String> byPlatform = new TreeMap<>();
        Duration longest = Duration.ZERO;
        for (Map.Entry<String, Backlog> entry : backlogs.entrySet()) {
            Duration age = entry.getValue().age(now);
            longest = age.compareTo(longest) > 0 ? age : longest;
            byPlatform.put(entry.getKey(), entry.getValue().depth() + " for " + age.toSeconds() + " s");
        }
        return new Waiting(longest, byPlatform);
    }

    private boolean isInTime(Waiting waiting) {
        return waiting.longest().compareTo(queueAgeMax) <= 0;
    }

    /** How much of the platforms' quotas is used. A platform that asks for a long pause is no fault of the hub. */
    Answer quotas() {
        StringJoiner used = new StringJoiner("; ", "", "").setEmptyValue("No platform was called lately");
        boolean isPaused = false;
        for (String platform : platforms.get()) {
            Collection<Quotas.Usage> usages = quotas.of(platform).values();
            if (!usages.isEmpty()) {
                double share =
                        usages.stream().mapToDouble(Quotas.Usage::used).max().orElse(0);
                int waiting = usages.stream().mapToInt(Quotas.Usage::waiting).sum();
                Duration pause = usages.stream()
                        .map(Quotas.Usage::pausedFor)
                        .max(Comparator.naturalOrder())
                        .orElse(Duration.ZERO);
                isPaused |= pause.compareTo(queueAgeMax) > 0;
                used.add(platform + ": " + Math.round(100 * share) + " % used, " + waiting + " calls wait"
                        + (pause.isZero() ? "" : ", paused by the platform for " + pause.toSeconds() + " s more"));
            }
        }
        return isPaused
                ? new Answer(
                        HealthCheck.State.UNKNOWN,
                        used + ". GET /api/quotas says whose account it is; its work waits and goes on by itself")
                : new Answer(true, used.toString());
    }

    /** Whether the disk has room for what comes in. */
    Answer disk() {
        long freeMegabytes = data.toFile().getUsableSpace() / 1_048_576;
        String free = freeMegabytes + " MB are free in " + data;
        return freeMegabytes >= diskFreeMegabytesMin
                ? new Answer(true, free)
                : new Answer(
                        false,
                        "Only " + free + ", less than " + diskFreeMegabytesMin
                                + " (MUSTER_DISK_FREE_MB_MIN): make room, or nothing can be accepted soon");
    }
}
