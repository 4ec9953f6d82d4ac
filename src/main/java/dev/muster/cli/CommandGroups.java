package dev.muster.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;

/** The list of commands in a help, by what they are for. */
final class CommandGroups implements IHelpSectionRenderer {
    /** Purpose to the commands that serve it; those that none names come last. */
    private static final Map<String, List<String>> PURPOSES = purposes();

    private static final String OTHERS = "More";
    private static final int NAME_WIDTH = 15;

    private static Map<String, List<String>> purposes() {
        Map<String, List<String>> purposes = new LinkedHashMap<>();
        purposes.put("Run a hub", List.of("demo", "run", "check", "db", "warm-up"));
        purposes.put("See how it is", List.of("status", "operations", "flow", "alerts", "audit"));
        purposes.put(
                "People, and what waits for a person",
                List.of("member", "explain", "conflicts", "resolve", "duplicates"));
        purposes.put("What went wrong", List.of("dead-letters", "replay", "undo", "brakes"));
        purposes.put("Platforms", List.of("integration", "sync", "pushes", "push-again"));
        purposes.put("Who may", List.of("org", "key"));
        return purposes;
    }

    @Override
    public String render(Help help) {
        if (!help.commandSpec().root().equals(help.commandSpec())) {
            return help.commandList();
        }
        Map<String, CommandLine> left = new LinkedHashMap<>(help.commandSpec().subcommands());
        // An alias is told by its command's own help.
        left.entrySet().removeIf(entry -> !entry.getValue().getCommandName().equals(entry.getKey()));
        StringBuilder text = new StringBuilder();
        PURPOSES.forEach((purpose, names) -> {
            Map<String, CommandLine> here = new LinkedHashMap<>();
            names.forEach(name -> {
                CommandLine command = left.remove(name);
                if (command != null) {
                    here.put(name, command);
                }
            });
            append(text, help, purpose, here);
        });
        append(text, help, OTHERS, left);
        return text.toString();
    }

    private static void append(StringBuilder text, Help help, String purpose, Map<String, CommandLine> commands) {
        if (commands.isEmpty()) {
            return;
        }
        text.append(help.colorScheme().ansi().string(String.format("%n@|bold %s:|@%n", purpose)));
        int room = help.commandSpec().usageMessage().width() - NAME_WIDTH - 2;
        commands.forEach((name, command) -> {
            String[] description = command.getCommandSpec().usageMessage().description();
            List<String> lines = wrapped(description.length == 0 ? "" : description[0], room);
            for (int i = 0; i < lines.size(); i++) {
                String label = i == 0 ? name : "";
                text.append("  ")
                        .append(i == 0 ? help.colorScheme().commandText(name) : "")
                        .append(" ".repeat(Math.max(1, NAME_WIDTH - label.length())))
                        .append(lines.get(i))
                        .append(System.lineSeparator());
            }
        });
    }

    private static List<String> wrapped(String text, int room) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ")) {
            if (line.length() + word.length() + 1 > room) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
