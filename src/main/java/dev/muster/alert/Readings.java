package dev.muster.alert;

import dev.muster.credential.CredentialUpkeep;
import dev.muster.meter.Backlog;
import dev.muster.meter.Traffic;
import dev.muster.meter.TrafficCount;
import dev.muster.meter.TrafficCounts;
import dev.muster.meter.TrafficSpan;
import dev.muster.meter.TrafficStore;
import dev.muster.quota.Breakers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Measures what the rules look at, and nothing else. */
public final class Readings {
    /** An account that did nothing for so long is not missed. */
    private static final Duration REMEMBERED = Duration.ofDays(7);

    /** All has gone quiet where each of so many windows before brought something. */
    private static final int WINDOWS_BEFORE = 3;

    private final TrafficStore traffic;
    private final Sources sources;

    public Readings(TrafficStore traffic, Sources sources) {
        this.traffic = traffic;
        this.sources = sources;
    }

    /**
     * Whom to ask.
     *
     * @param backlog of each platform
     * @param openConflicts of each organization that has any
     * @param refusedCredentials of those accounts that have any
     * @param breakers of a platform, by organization
     * @param freeMegabytes where the hub keeps its data
     */
    public record Sources(
            Supplier<Map<String, Backlog>> backlog,
            Supplier<Map<String, Long>> openConflicts,
            Supplier<List<CredentialUpkeep.Refused>> refusedCredentials,
            Breakers breakers,
            LongSupplier freeMegabytes,
            Backups backups) {}

    /** One organization's accounts on one platform. */
    private record Account(String organization, String platform) {}

    private record Wanted(Measure measure, Duration window) {}

    /** What the rules ask for, as it is now. */
    List<Reading> of(Collection<Rule> rules, Instant now) {
        Set<Wanted> wanted = new LinkedHashSet<>();
        rules.forEach(rule -> wanted.add(new Wanted(rule.measure(), rule.window())));
        List<Reading> readings = new ArrayList<>();
        Map<Duration, Map<Account, TrafficCounts>> counted = new HashMap<>();
        for (Wanted one : wanted) {
            Map<Account, Double> values =
                    switch (one.measure()) {
                        case FAILED_WEBHOOKS ->
                            summed(
                                    counted,
                                    one,
                                    now,
                                    TrafficCount.FAILED,
                                    TrafficCount.DEAD,
                                    TrafficCount.REFUSED_OTHER);
                        case DEAD_LETTERS -> summed(counted, one, now, TrafficCount.DEAD);
                        case SIGNATURE_FAILURES ->
                            summed(
                                    counted,
                                    one,
                                    now,
                                    TrafficCount.REFUSED_SIGNATURE,
                                    TrafficCount.REFUSED_REPLAY_WINDOW);
                        case FAILED_PUSHES -> summed(counted, one, now, TrafficCount.PUSH_FAILED);
                        case PLATFORM_DOWN -> down(one.window(), now);
                        case CONFLICT_QUEUE -> conflicts();
                        case QUEUE_AGE -> ages(now);
                        case CREDENTIAL_REFUSED -> refused();
                        case DISK_FREE ->
                            Map.of(new Account("", ""), (double)
                                    sources.freeMegabytes().getAsLong());
                        case BACKUP_AGE -> backupAge(now);
                    };
            values.forEach((account, value) -> readings.add(
                    new Reading(one.measure(), one.window(), account.organization(), account.platform(), value)));
        }
        return readings;
    }

    private Map<Account, Double> conflicts() {
        Map<Account, Double> values = new LinkedHashMap<>();
        sources.openConflicts()
                .get()
                .forEach((organization, count) -> values.put(new Account(organization, ""), count.doubleValue()));
        return values;
    }

    private Map<Account, Double> refused() {
        Map<Account, Double> values = new LinkedHashMap<>();
        sources.refusedCredentials()
                .get()
                .forEach(one -> values.put(new Account(one.organization(), one.platform()), (double) one.count()));
        return values;
    }

    private Map<Account, Double> ages(Instant now) {
        Map<Account, Double> ages = new LinkedHashMap<>();
        sources.backlog()
                .get()
                .forEach((platform, backlog) ->
                        ages.put(new Account("", platform), backlog.age(now).toMillis() / 1000.0));
        return ages;
    }

    private Map<Account, Double> summed(
            Map<Duration, Map<Account, TrafficCounts>> counted,
            Wanted wanted,
            Instant now,
            TrafficCount first,
            TrafficCount... more) {
        Map<Account, TrafficCounts> accounts =
                counted.computeIfAbsent(wanted.window(), window -> counts(TrafficSpan.last(window, now)));
        Map<Account, Double> sums = new LinkedHashMap<>();
        accounts.forEach((account, counts) -> sums.put(account, (double) counts.get(first, more)));
        return sums;
    }

    private Map<Account, TrafficCounts> counts(TrafficSpan span) {
        Map<Account, TrafficCounts> counts = new LinkedHashMap<>();
        for (TrafficStore.Account account : traffic.accounts(span, TrafficStore.Scope.ALL)) {
            // what was refused before anybody knew whom it was for is noise of the internet
            if (!account.organization().equals(Traffic.NOBODY)) {
                counts.put(new Account(account.organization(), account.platform()), account.counts());
            }
        }
        return counts;
    }

    // --- whether a platform is down

    private Map<Account, @Nullable Double> down(Duration window, Instant now) {
        List<Map<Account, TrafficCounts>> windows = new ArrayList<>();
        for (int i = 0; i <= WINDOWS_BEFORE; i++) {
            windows.add(counts(TrafficSpan.last(window, now.minus(window.multipliedBy(i)))));
        }
        Map<Account, @Nullable Double> down = new LinkedHashMap<>();
        for (Account account : counts(TrafficSpan.last(REMEMBERED, now)).keySet()) {
            down.put(account, isDown(account, windows));
        }
        return down;
    }

    /** Null where nobody can tell: nothing happened, and that is not unusual. */
    private @Nullable Double isDown(Account account, List<Map<Account, TrafficCounts>> windows) {
        Breakers.State breaker = sources.breakers().of(account.platform()).get(account.organization());
        TrafficCounts now = windows.get(0).getOrDefault(account, TrafficCounts.NONE);
        if (breaker == Breakers.State.OPEN) {
            return 1.0;
        }
        if (successes(now) > 0) {
            return 0.0;
        }
        boolean isQuiet = windows.subList(1, windows.size()).stream()
                .allMatch(before -> successes(before.getOrDefault(account, TrafficCounts.NONE)) > 0);
        return now.get(TrafficCount.CALL_FAILED) > 0 || isQuiet ? 1.0 : null;
    }

    private static long successes(TrafficCounts counts) {
        return counts.get(TrafficCount.ACCEPTED, TrafficCount.DUPLICATE, TrafficCount.CALL_OK);
    }

    private Map<Account, Double> backupAge(Instant now) {
        Map<Account, Double> age = new LinkedHashMap<>();
        sources.backups().ageHours(now).ifPresent(hours -> age.put(new Account("", ""), hours));
        return age;
    }
}
