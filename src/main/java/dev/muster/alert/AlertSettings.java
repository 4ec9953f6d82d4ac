package dev.muster.alert;

import dev.muster.platform.ConfigProblem;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What {@code config/alerts.yaml} says: when somebody has to know, and how. Immutable; shows no secret. */
public record AlertSettings(List<Rule> rules, List<Channel> channels) {
    /** Where it is, below the hub's home. */
    public static final String FILE = "config/alerts.yaml";

    /** No rules: nobody is told anything. */
    public static final AlertSettings NONE = new AlertSettings(List.of(), List.of());

    public AlertSettings {
        rules = List.copyOf(rules);
        channels = List.copyOf(channels);
    }

    /**
     * Reads the file.
     *
     * @param environment holds the secrets that it names
     * @param problems every problem is added, each beginning with the path of what is wrong
     */
    public static AlertSettings of(String text, Map<String, String> environment, List<ConfigProblem> problems) {
        return new AlertsFile(environment, problems).read(text);
    }

    /** A channel by its name. */
    public Optional<Channel> channel(String name) {
        return channels.stream().filter(channel -> channel.name().equals(name)).findFirst();
    }

    /** A rule by its name. */
    Optional<Rule> rule(String name) {
        return rules.stream().filter(rule -> rule.name().equals(name)).findFirst();
    }
}
