package dev.muster.golden;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.canonical.Entity;
import dev.muster.platform.ConfigException;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.SectionCompiler;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which platforms have to be told of a change.
 *
 * @param targets in no order
 */
public record PushPlan(List<Target> targets) {
    public static final PushPlan NONE = new PushPlan(List.of());

    public PushPlan {
        targets = List.copyOf(targets);
    }

    /** Reads a platform file's {@code push} section: a list of {@code {name, entity, fields}}; absent is an empty plan. */
    public static SectionCompiler<PushPlan> compiler() {
        return new SectionCompiler<>(PushPlan.class, (root, file) -> {
            List<ConfigProblem> problems = new ArrayList<>();
            List<Target> targets = new ArrayList<>();
            for (JsonNode target : root.path("push")) {
                String entity = target.path("entity").asText();
                Set<String> fields = new HashSet<>();
                target.path("fields").forEach(field -> fields.add(field.asText()));
                if (target.path("name").asText().isBlank() || Entity.of(entity).isEmpty() || fields.isEmpty()) {
                    problems.add(new ConfigProblem(
                            file,
                            0,
                            "push: each target needs name, entity (such as member) and fields; not " + target));
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

    /** All platforms' targets, as their files say now. */
    public static PushPlan of(PlatformCatalog catalog) {
        List<Target> targets = new ArrayList<>();
        catalog.all()
                .forEach(platform ->
                        targets.addAll(platform.section(PushPlan.class).targets()));
        return new PushPlan(targets);
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
