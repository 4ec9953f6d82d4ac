package dev.muster;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The house rules for everything that no compiler reads. Each rule answers with a sentence per problem: where it is,
 * what is wrong, how to repair it.
 *
 * @param root the project's folder
 */
record HouseRules(Path root) {
    private static final Set<String> FOLDERS_NOT_OURS =
            Set.of(".git", ".idea", ".vscode", "target", "data", "node_modules");
    private static final Set<String> TEXT_ENDINGS = Set.of(
            "java",
            "xml",
            "yaml",
            "yml",
            "properties",
            "md",
            "sh",
            "sql",
            "json",
            "html",
            "css",
            "js",
            "config",
            "txt");
    private static final Set<String> TEXT_NAMES = Set.of(
            "muster", "run", "Dockerfile", "LICENSE", ".gitignore", ".gitattributes", ".editorconfig", ".dockerignore");

    /** Recorded bytes are evidence: nobody tidies them. */
    private static final String RECORDED = "src/test/resources/";

    private static final String ROUTE_ENDING = ".camel.yaml";
    private static final Pattern MACHINE_PATH =
            Pattern.compile("(?<![\\w./}>-])/(?:root|work|home/\\w+|Users/\\w+|tmp/wt)/");
    private static final Pattern MARKDOWN_LINK =
            Pattern.compile("!?\\[[^\\]]*]\\(<?([^)\\s>]+)>?(?:\\s+\"[^\"]*\")?\\)");
    private static final Pattern INLINE_CODE = Pattern.compile("`[^`]*`");
    private static final Pattern JAVA_CONSUMER = Pattern.compile("\\bfrom\\(\\s*\"direct:([\\w.-]*\\w)[\"?]");
    private static final Pattern DIRECT = Pattern.compile("direct:(?://)?([^?]+)(?:\\?.*)?");

    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final ObjectMapper JSON = new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

    /** One stem in three places: a platform is its flows, its configuration and its samples. */
    List<String> platformsAreWhole() {
        List<String> problems = new ArrayList<>();
        Set<String> stems = new TreeSet<>();
        for (Path file : filesUnder("routes/platforms")) {
            if (name(file).endsWith(ROUTE_ENDING)) {
                stems.add(stem(file, ROUTE_ENDING));
            }
        }
        for (Path file : filesUnder("config/platforms")) {
            if (name(file).endsWith(".yaml")) {
                stems.add(stem(file, ".yaml"));
            }
        }
        for (String platform : stems) {
            String flows = "routes/platforms/" + platform + ROUTE_ENDING;
            if (!Files.exists(root.resolve(flows))) {
                problems.add("Platform " + platform + " has a configuration and no flows: add " + flows);
            }
            String configuration = "config/platforms/" + platform + ".yaml";
            if (!Files.exists(root.resolve(configuration))) {
                problems.add("Platform " + platform + " has flows and no configuration: add " + configuration);
            }
            String samples = RECORDED + "platforms/" + platform;
            if (filesUnder(samples).isEmpty()) {
                problems.add(
                        "Platform " + platform + " has no sample: put a delivery and what it becomes into " + samples);
            }
        }
        return problems;
    }

    /** Camel starts happily with a {@code direct:} that nobody consumes, and fails at the first message. */
    List<String> everyDirectHasItsConsumer() {
        Set<String> consumed = new TreeSet<>();
        for (Path file : filesUnder("src/main/java")) {
            Matcher matcher = JAVA_CONSUMER.matcher(read(file));
            while (matcher.find()) {
                consumed.add(matcher.group(1));
            }
        }
        Map<Path, Set<String>> calledBy = new LinkedHashMap<>();
        routeDocuments().forEach((file, nodes) -> {
            Set<String> called = new TreeSet<>();
            nodes.forEach(node -> collectDirect(node, consumed, called));
            calledBy.put(file, called);
        });
        List<String> problems = new ArrayList<>();
        calledBy.forEach((file, called) -> {
            for (String target : called) {
                boolean knownOnlyWhenItRuns = target.contains("{{") || target.contains("${");
                if (!knownOnlyWhenItRuns && consumed.stream().noneMatch(consumer -> consumes(consumer, target))) {
                    problems.add(
                            relative(file) + " sends to direct:" + target + ", which no route consumes: correct the "
                                    + "name, or add the route whose from is direct:" + target);
                }
            }
        });
        return problems;
    }

    /** A message that fits no branch would go on as if nothing were to be done. */
    List<String> everyChoiceHasOtherwise() {
        List<String> problems = new ArrayList<>();
        routeDocuments()
                .forEach((file, nodes) -> nodes.forEach(node -> {
                    for (JsonNode choice : node.findValues("choice")) {
                        if (!choice.has("otherwise")) {
                            problems.add(relative(file) + " has a choice without otherwise (its branches: "
                                    + branches(choice)
                                    + "): add one, which throws a Defect where no other kind can come");
                        }
                    }
                }));
        return problems;
    }

    /** @param beans the names that Wiring binds */
    List<String> everyBeanExists(Set<String> beans) {
        List<String> problems = new ArrayList<>();
        routeDocuments()
                .forEach((file, nodes) -> nodes.forEach(node -> {
                    Set<String> own = new TreeSet<>();
                    for (JsonNode list : node.findValues("beans")) {
                        list.forEach(bean -> own.add(bean.path("name").asText()));
                    }
                    for (JsonNode bean : node.findValues("bean")) {
                        String reference = bean.path("ref").asText("");
                        if (!reference.isEmpty()
                                && !reference.contains("{{")
                                && !beans.contains(reference)
                                && !own.contains(reference)) {
                            problems.add(relative(file) + " calls the bean " + reference
                                    + ", which nobody binds: correct the name, " + "or bind it in Wiring");
                        }
                    }
                }));
        return problems;
    }

    /** A key without its meaning, unit and default cannot be set by somebody who is in a hurry. */
    List<String> everyPropertyIsExplained() {
        List<String> problems = new ArrayList<>();
        for (Path file : filesUnder("config")) {
            if (!name(file).endsWith(".properties")) {
                continue;
            }
            boolean explained = false;
            boolean continued = false;
            int number = 0;
            for (String line : read(file).split("\n", -1)) {
                number++;
                String text = line.strip();
                boolean partOfValue = continued;
                continued = text.endsWith("\\") && !text.startsWith("#");
                if (partOfValue) {
                    continue;
                }
                if (text.isEmpty()) {
                    explained = false;
                } else if (text.startsWith("#")) {
                    explained = true;
                } else if (!explained) {
                    problems.add(
                            relative(file) + ":" + number + " " + text.split("[=:\\s]", 2)[0] + " has no comment: say "
                                    + "above it what it does, in which unit, and what happens without it");
                }
            }
        }
        return problems;
    }

    /** Relative links of the Markdown files lead to a file of this project. */
    List<String> everyLinkLeadsSomewhere() {
        List<String> problems = new ArrayList<>();
        for (Path file : textFiles()) {
            if (!name(file).endsWith(".md")) {
                continue;
            }
            int number = 0;
            boolean code = false;
            for (String line : read(file).split("\n", -1)) {
                number++;
                if (line.strip().startsWith("```")) {
                    code = !code;
                }
                Matcher link = MARKDOWN_LINK.matcher(
                        code ? "" : INLINE_CODE.matcher(line).replaceAll(""));
                while (link.find()) {
                    String target = link.group(1).replaceFirst("#.*", "");
                    if (target.isEmpty() || target.matches("[a-zA-Z][a-zA-Z0-9+.-]*:.*")) {
                        continue;
                    }
                    Path resolved = file.resolveSibling(target).normalize();
                    if (!resolved.startsWith(root) || !Files.exists(resolved)) {
                        problems.add(
                                relative(file) + ":" + number + " links to " + target + ", which is not there: correct "
                                        + "the link (it is relative to the file's own folder) or add the file");
                    }
                }
            }
        }
        return problems;
    }

    /** One way to write a line, so that a difference is always one of meaning. */
    List<String> linesAreClean() {
        List<String> problems = new ArrayList<>();
        for (Path file : textFiles()) {
            if (relative(file).startsWith(RECORDED)) {
                continue;
            }
            String content = read(file);
            if (!content.isEmpty() && !content.endsWith("\n")) {
                problems.add(relative(file) + " does not end with a newline: add one");
            }
            int number = 0;
            for (String line : content.split("\n", -1)) {
                number++;
                if (line.indexOf('\t') >= 0) {
                    problems.add(relative(file) + ":" + number + " has a tab: use spaces");
                }
                if (line.endsWith(" ")) {
                    problems.add(relative(file) + ":" + number + " ends with blanks: remove them");
                }
                if (line.endsWith("\r")) {
                    problems.add(relative(file) + ":" + number + " ends with a carriage return: save the file with LF");
                }
            }
        }
        return problems;
    }

    /** A path of somebody's machine works on that machine only. */
    List<String> noPathOfOneMachine() {
        List<String> problems = new ArrayList<>();
        for (Path file : textFiles()) {
            int number = 0;
            for (String line : read(file).split("\n", -1)) {
                number++;
                Matcher path = MACHINE_PATH.matcher(line);
                if (path.find()) {
                    problems.add(relative(file) + ":" + number + " has a path of one machine (" + path.group()
                            + "…): make it relative to the project or a setting");
                }
            }
        }
        return problems;
    }

    /** YAML and JSON parse, and no key is said twice: the second would win silently. */
    List<String> everyDocumentParses() {
        List<String> problems = new ArrayList<>();
        for (Path file : textFiles()) {
            if (relative(file).startsWith(RECORDED)) {
                continue;
            }
            try {
                if (isYaml(file)) {
                    documents(file);
                } else if (name(file).endsWith(".json")) {
                    JSON.readTree(file.toFile());
                }
            } catch (JsonProcessingException e) {
                problems.add(relative(file) + ":" + e.getLocation().getLineNr() + " cannot be read: "
                        + e.getOriginalMessage());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return problems;
    }

    private Map<Path, List<JsonNode>> routeDocuments() {
        Map<Path, List<JsonNode>> documents = new LinkedHashMap<>();
        for (Path file : filesUnder("routes")) {
            if (isYaml(file)) {
                try {
                    documents.put(file, documents(file));
                } catch (IOException e) {
                    // everyDocumentParses says where and why
                    documents.put(file, List.of());
                }
            }
        }
        return documents;
    }

    private static List<JsonNode> documents(Path file) throws IOException {
        try (MappingIterator<JsonNode> nodes = YAML.readerFor(JsonNode.class).readValues(file.toFile())) {
            return nodes.readAll();
        }
    }

    /** Sorts the {@code direct:} names of a route file into those it consumes and those it sends to. */
    private static void collectDirect(JsonNode node, Set<String> consumed, Set<String> called) {
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            JsonNode value = field.getValue();
            if (field.getKey().equals("from")) {
                directName(value).ifPresent(consumed::add);
                collectDirect(value.path("steps"), consumed, called);
            } else {
                directName(value).ifPresent(called::add);
                if (value.isContainerNode()) {
                    value.forEach(child ->
                            directName(child).filter(name -> value.isArray()).ifPresent(called::add));
                    collectDirect(value, consumed, called);
                }
            }
        }
        if (node.isArray()) {
            node.forEach(child -> collectDirect(child, consumed, called));
        }
    }

    /** The name behind {@code direct:name}, {@code {uri: direct:name}} or {@code {uri: direct, parameters: {name: …}}}. */
    private static Optional<String> directName(JsonNode endpoint) {
        String uri =
                endpoint.isTextual() ? endpoint.asText() : endpoint.path("uri").asText("");
        if (endpoint.isObject() && uri.equals("direct")) {
            return Optional.of(endpoint.path("parameters").path("name").asText());
        }
        Matcher direct = DIRECT.matcher(uri);
        return direct.matches() ? Optional.of(direct.group(1)) : Optional.empty();
    }

    /** Whether a consumer's name, which may have parameters of a template in it, can be the target. */
    private static boolean consumes(String consumer, String target) {
        String[] parts = consumer.split("\\{\\{[^}]*}}", -1);
        return target.matches(Stream.of(parts).map(Pattern::quote).collect(Collectors.joining(".+")));
    }

    private static String branches(JsonNode choice) {
        List<String> branches = new ArrayList<>();
        for (JsonNode when : choice.path("when")) {
            branches.add(when.path("simple").asText(when.path("expression").toString()));
        }
        return String.join(", ", branches);
    }

    private List<Path> textFiles() {
        return filesUnder("").stream().filter(HouseRules::isText).toList();
    }

    private List<Path> filesUnder(String folder) {
        Path start = root.resolve(folder);
        List<Path> files = new ArrayList<>();
        if (!Files.isDirectory(start)) {
            return files;
        }
        try {
            Files.walkFileTree(start, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    // Only at the top: a package may well be called data.
                    boolean notOurs = root.equals(directory.getParent()) && FOLDERS_NOT_OURS.contains(name(directory));
                    return notOurs ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    files.add(file);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        files.sort(null);
        return files;
    }

    private static boolean isText(Path file) {
        String name = name(file);
        return TEXT_NAMES.contains(name) || TEXT_ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1));
    }

    private static boolean isYaml(Path file) {
        return name(file).endsWith(".yaml") || name(file).endsWith(".yml");
    }

    private static String stem(Path file, String ending) {
        return name(file).substring(0, name(file).length() - ending.length());
    }

    private static String name(Path file) {
        return file.getFileName().toString();
    }

    private String relative(Path file) {
        return root.relativize(file).toString().replace('\\', '/');
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (MalformedInputException e) {
            throw new UncheckedIOException(file + " is not UTF-8: save it as such", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
