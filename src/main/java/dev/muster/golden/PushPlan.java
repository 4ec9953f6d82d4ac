package dev.muster.golden;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.canonical.Entity;
import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import dev.muster.platform.SectionCompiler;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which platforms have to be told of a change.
 *
 * @param targets in no order
 */
public record PushPlan(List<Target> targets) {
    public static final PushPlan NONE = new PushPlan(List.of());

    /** @throws IllegalArgumentException where two targets have one name: they would share one place in the outbox */
    public PushPlan {
        targets = List.copyOf(targets);
        Set<String> names = new HashSet<>();
        for (Target target : targets) {
            if (!names.add(target.name())) {
                throw new IllegalArgumentException("Two push targets are named " + target.name());
            }
        }
    }

    /** Reads a platform file's {@code push} section: a list of {@code {name, entity, fields}}; absent is an empty plan. */
    public static SectionCompiler<PushPlan> compiler() {
        return new SectionCompiler<>(PushPlan.class, Set.of("push"), (root, file) -> {
            List<ConfigProblem> problems = new ArrayList<>();
            List<Target> targets = new ArrayList<>();
            Set<String> names = new HashSet<>();
            for (JsonNode target : root.path("push")) {
                String entity = target.path("entity").asText();
                Set<String> fields = new HashSet<>();
                target.path("fields").forEach(field -> fields.add(field.asText()));
                if (target.path("name").asText().isBlank() || Entity.of(entity).isEmpty() || fields.isEmpty()) {
                    problems.add(new ConfigProblem(
                            file,
                            0,
                            "push: each target needs name, entity (such as member) and fields; not " + target));
                } else if (!names.add(target.path("name").asText())) {
                    problems.add(new ConfigProblem(
                            file,
                            0,
                            "push: two targets are named '"
                                    + target.path("name").asText() + "'; give each a name of its own"));
                } else {
                    targets.add(new Target(
                            target.path("name").asText(),
                            root.path("platform").asText(),
                            Entity.of(entity).orElseThrow(),
                            fields));
                }
            }
            if (!problems.isEmpty()) {
                throw new ConfigException(problems);
            }
            return new PushPlan(targets);
        });
    }

    /** All platforms' targets, as their files say now. Of two with one name, the first platform's by id is told. */
    public static PushPlan of(PlatformCatalog catalog) {
        Map<String, Target> targets = new LinkedHashMap<>();
        ordered(catalog).forEach(target -> targets.putIfAbsent(target.name(), target));
        return new PushPlan(List.copyOf(targets.values()));
    }

    /** Names that the files of two platforms give to a target. */
    public static List<ConfigProblem> problems(PlatformCatalog catalog) {
        List<ConfigProblem> problems = new ArrayList<>();
        Map<String, Target> named = new HashMap<>();
        for (Target target : ordered(catalog)) {
            Target first = named.putIfAbsent(target.name(), target);
            if (first != null) {
                problems.add(new ConfigProblem(
                        "config/platforms/" + target.platform() + ".yaml",
                        0,
                        "push: the target '" + target.name() + "' is named so by " + first.platform()
                                + " too; give each a name of its own"));
            }
        }
        return problems;
    }

    private static List<Target> ordered(PlatformCatalog catalog) {
        List<Target> targets = new ArrayList<>();
        catalog.all().stream()
                .sorted(Comparator.comparing(PlatformDefinition::id))
                .forEach(platform ->
                        targets.addAll(platform.section(PushPlan.class).targets()));
        return targets;
    }

    /**
     * One platform that wants to know of changes.
     *
     * @param name of the target, such as {@code mailchimp}
     * @param platform where it is: changes that came from there are not sent back
     * @param fields which changes matter
     */
    public record Target(String name, String platform, Entity entity, Set<String> fields) {
        public Target {
            fields = Set.copyOf(fields);
        }
    }
}
