package dev.muster;

import dev.muster.camel.HubHealth.Answer;
import dev.muster.db.Database;
import dev.muster.meter.Backlog;
import dev.muster.operation.OperationStore;
import dev.muster.push.PushStore;
import dev.muster.push.Pushing;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/** How the hub's own parts are: each answer says what to do where something is not well. */
final class HealthChecks {
    private final Database database;
    private final OperationStore operations;
    private final PushStore pushes;
    private final Pushing pushing;
    private final Clock clock;
    private final Duration queueAgeMax;
    private final Path data;
    private final int diskFreeMegabytesMin;

    HealthChecks(
            Database database,
            OperationStore operations,
            PushStore pushes,
            Pushing pushing,
            Clock clock,
            MusterConfig config) {
        this.database = database;
        this.operations = operations;
        this.pushes = pushes;
        this.pushing = pushing;
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
