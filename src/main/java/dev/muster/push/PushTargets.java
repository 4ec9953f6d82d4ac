package dev.muster.push;

import dev.muster.decide.SurvivorshipRules;
import dev.muster.golden.PushPlan;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import dev.muster.platform.SectionCompiler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All targets of all platforms, as their files say now, and the accounts that take part. */
public final class PushTargets implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PushTargets.class);
    private static final long FRESH_NANOS = 2_000_000_000;
    /** Organizations that are remembered. */
    private static final int TOLD_MAX = 10_000;

    private final PlatformCatalog catalog;
    private final Integrations integrations;
    private final Map<String, Told> told = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Told> eldest) {
            return size() > TOLD_MAX;
        }
    };
    private final AtomicBoolean taking = new AtomicBoolean();
    private volatile boolean closed;
    private volatile Snapshot snapshot = new Snapshot(Map.of(), PushPlan.NONE, Long.MIN_VALUE);

    public PushTargets(PlatformCatalog catalog, Integrations integrations) {
        this.catalog = catalog;
        this.integrations = integrations;
    }

    /** One platform file's targets. */
    record Section(List<PushTarget> targets) {
        Section {
            targets = List.copyOf(targets);
        }
    }

    /** @param plan without the targets of platforms of which no account is told of anything */
    private record Snapshot(Map<String, PushTarget> targets, PushPlan plan, long takenAt) {}

    /** @param accounts of one organization, by target */
    private record Told(Map<String, List<String>> accounts, long takenAt) {}

    /** Reads a platform file's {@code push} section. */
    public static SectionCompiler<?> compiler() {
        return new SectionCompiler<>(Section.class, Set.of("push"), PushSection::compile);
    }

    /** Names that the files of two platforms give to a target. */
    public static List<ConfigProblem> problems(PlatformCatalog catalog) {
        List<ConfigProblem> problems = new ArrayList<>();
        Map<String, PushTarget> named = new HashMap<>();
        for (PlatformDefinition platform : catalog.all()) {
            for (PushTarget target : platform.section(Section.class).targets()) {
                PushTarget first = named.putIfAbsent(target.name(), target);
                if (first != null) {
                    problems.add(new ConfigProblem(
                            platform.file(),
                            0,
                            "push: the target '" + target.name() + "' is named so by " + first.platform()
                                    + " too; give each a name of its own"));
                }
            }
        }
        return problems;
    }

    /** Targets that would know their records by a secret field, or name its value in an address: both are kept in clear. */
    public static List<ConfigProblem> problems(PlatformCatalog catalog, SurvivorshipRules rules) {
        List<ConfigProblem> problems = new ArrayList<>();
        for (PlatformDefinition platform : catalog.all()) {
            for (PushTarget target : platform.section(Section.class).targets()) {
                if (rules.secrets(target.entity()).contains(target.key())) {
                    problems.add(new ConfigProblem(
                            platform.file(),
                            0,
                            "push: the target '" + target.name() + "' has the key '" + target.key()
                                    + "', which config/survivorship.yaml calls secret, and keys are stored in clear: take"
                                    + " another key, or remove pii there"));
                }
                for (PushAction action : target.actions()) {
                    Set<String> named = new TreeSet<>(action.each() ? action.places() : Set.of());
                    named.retainAll(rules.secrets(target.entity()));
                    named.remove(target.key());
                    for (String place : named) {
                        problems.add(new ConfigProblem(
                                platform.file(),
                                0,
                                "push: the target '" + target.name() + "' has {" + place + "} in the path "
                                        + action.path()
                                        + ", and config/survivorship.yaml calls it secret: addresses end"
                                        + " up in logs, so say it in the body, or remove pii there"));
                    }
                }
            }
        }
        return problems;
    }

    /** For the transaction that changes golden records. Edits of files and accounts count after a few seconds. */
    public PushPlan plan() {
        return now().plan();
    }

    /** @return the target of this name */
    Optional<PushTarget> find(String name) {
        return Optional.ofNullable(now().targets().get(name));
    }

    List<PushTarget> all() {
        return List.copyOf(now().targets().values());
    }

    /** The accounts of an organization that a target is pushed to. Asked of the store now and then only. */
    List<String> accounts(String target, String organization) {
        return told(organization).getOrDefault(target, List.of());
    }

    private Map<String, List<String>> told(String organization) {
        long now = System.nanoTime();
        Told known;
        synchronized (told) {
            known = told.get(organization);
        }
        if (known != null && now - known.takenAt() < FRESH_NANOS) {
            return known.accounts();
        }
        Map<String, List<String>> accounts = new HashMap<>();
        try {
            for (PushTarget target : all()) {
                List<String> ids = integrations.of(target.platform(), organization).stream()
                        .filter(target::isTold)
                        .map(Integration::id)
                        .toList();
                accounts.put(target.name(), ids);
            }
        } catch (RuntimeException e) {
            if (known == null) {
                throw e;
            }
            LOG.warn("The accounts of {} that are pushed to stay as they were: {}", organization, e.getMessage());
            return known.accounts();
        }
        synchronized (told) {
            told.put(organization, new Told(accounts, now));
        }
        return accounts;
    }

    Optional<Integration> account(PushTarget target, String integration) {
        return integrations.find(target.platform(), integration).filter(target::isTold);
    }

    private Snapshot now() {
        Snapshot current = snapshot;
        long now = System.nanoTime();
        if (current.takenAt() == Long.MIN_VALUE) {
            current = take(now);
            snapshot = current;
        } else if (!closed && now - current.takenAt() > FRESH_NANOS && taking.compareAndSet(false, true)) {
            // Accounts may be many: whoever changes golden records does not wait for them to be read.
            ForkJoinPool.commonPool().execute(() -> refresh(now));
        }
        return current;
    }

    /** An account of an organization was made or changed: what changes from here on is pushed to it. */
    void lookAgain(String organization) {
        synchronized (told) {
            told.remove(organization);
        }
        snapshot = take(System.nanoTime());
    }

    private void refresh(long now) {
        try {
            snapshot = take(now);
        } catch (RuntimeException e) {
            if (!closed) {
                LOG.warn("The accounts that are pushed to stay as they were: {}", e.getMessage());
            }
        } finally {
            taking.set(false);
        }
    }

    private Snapshot take(long now) {
        Map<String, PushTarget> targets = new LinkedHashMap<>();
        for (PlatformDefinition platform : catalog.all()) {
            platform.section(Section.class).targets().forEach(target -> targets.putIfAbsent(target.name(), target));
        }
        Set<String> idle = new HashSet<>();
        for (PushTarget target : targets.values()) {
            if (!integrations.isAnyWith(target.platform(), PushTarget.SETTING)) {
                idle.add(target.platform());
            }
        }
        PushPlan plan = new PushPlan(
                targets.values().stream()
                        .filter(target -> !idle.contains(target.platform()))
                        .map(PushTarget::planned)
                        .toList(),
                (target, organization) -> accounts(target.name(), organization));
        return new Snapshot(targets, plan, now);
    }

    /** The store is about to close: it is not asked any more, whoever is still at work. */
    @Override
    public void close() {
        closed = true;
    }
}
