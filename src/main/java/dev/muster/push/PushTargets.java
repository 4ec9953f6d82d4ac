package dev.muster.push;

import dev.muster.golden.PushPlan;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import dev.muster.platform.SectionCompiler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** All targets of all platforms, as their files say now, and the accounts that take part. */
public final class PushTargets {
    private static final long ACCOUNTS_NANOS = 1_000_000_000;

    private final PlatformCatalog catalog;
    private final Integrations integrations;
    private volatile Snapshot snapshot = new Snapshot(Map.of(), Map.of(), PushPlan.NONE, Long.MIN_VALUE);

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

    /** @param accounts by target and organization */
    private record Snapshot(
            Map<String, PushTarget> targets,
            Map<String, Map<String, List<String>>> accounts,
            PushPlan plan,
            long takenAt) {}

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

    /** For the transaction that changes golden records. Edits of files and accounts count within a second. */
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

    /** The accounts of an organization that a target is pushed to. */
    List<String> accounts(String target, String organization) {
        return now().accounts().getOrDefault(target, Map.of()).getOrDefault(organization, List.of());
    }

    Optional<Integration> account(PushTarget target, String integration) {
        return integrations.find(target.platform(), integration).filter(target::isTold);
    }

    private Snapshot now() {
        Snapshot current = snapshot;
        long now = System.nanoTime();
        if (current.takenAt() == Long.MIN_VALUE || now - current.takenAt() > ACCOUNTS_NANOS) {
            current = take(now);
            snapshot = current;
        }
        return current;
    }

    private Snapshot take(long now) {
        Map<String, PushTarget> targets = new LinkedHashMap<>();
        for (PlatformDefinition platform : catalog.all()) {
            platform.section(Section.class).targets().forEach(target -> targets.putIfAbsent(target.name(), target));
        }
        Map<String, Map<String, List<String>>> accounts = new HashMap<>();
        for (PushTarget target : targets.values()) {
            Map<String, List<String>> told = new HashMap<>();
            integrations.each(target.platform(), integration -> {
                if (target.isTold(integration)) {
                    told.computeIfAbsent(integration.organization(), organization -> new ArrayList<>(1))
                            .add(integration.id());
                }
            });
            accounts.put(target.name(), told);
        }
        PushPlan plan = new PushPlan(
                targets.values().stream()
                        .filter(target ->
                                !accounts.getOrDefault(target.name(), Map.of()).isEmpty())
                        .map(PushTarget::planned)
                        .toList(),
                (target, organization) ->
                        accounts.getOrDefault(target.name(), Map.of()).getOrDefault(organization, List.of()));
        return new Snapshot(targets, accounts, plan, now);
    }
}
