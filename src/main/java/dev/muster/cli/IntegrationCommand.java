package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The accounts on platforms. */
@Command(
        name = "integration",
        description = "The accounts on platforms: list, show, add, set, remove, test, connect.",
        subcommands = {
            IntegrationCommand.Show.class,
            IntegrationCommand.Add.class,
            IntegrationCommand.Change.class,
            IntegrationCommand.Remove.class,
            IntegrationCommand.Test.class,
            IntegrationCommand.Connect.class,
            IntegrationCommand.Overview.class
        },
        footer = {
            "  ./muster integration add patreon --id acme --secret webhookSecret",
            "  ./muster integration test acme"
        })
final class IntegrationCommand extends GroupCommand {
    private static final String PATH = "/api/integrations";

    /** What asks about one account, or all of them. */
    @Command
    abstract static class Sub extends ClientCommand {
        private int exitCode;

        @Override
        public final Integer call() {
            super.call();
            return exitCode;
        }

        @Override
        final void run(AdminClient hub) {
            JsonNode answer = ask(hub);
            if (!printed(answer)) {
                print(answer);
            }
            exitCode = exitCode(answer);
        }

        abstract JsonNode ask(AdminClient hub);

        abstract void print(JsonNode answer);

        int exitCode(JsonNode answer) {
            return 0;
        }
    }

    /** One account. */
    @Command
    abstract static class OfOne extends Sub {
        @Parameters(index = "0", arity = "0..1", paramLabel = "ID", description = "As list shows it.")
        @Nullable
        String id;

        final String id() {
            id = needed(id, "ID", "Which account (its id)?");
            return id;
        }

        final String path() {
            return PATH + '/' + AdminClient.encoded(id());
        }
    }

    @Command(
            name = "list",
            description = "Every account, with whether it can be used.",
            footer = {"  ./muster integration list --status needs_reconnect"})
    static final class Overview extends Sub {
        @Option(names = "--organization", description = "Only those of this organization.")
        @Nullable
        String organization;

        @Option(names = "--platform", description = "Only those of this platform.")
        @Nullable
        String platform;

        @Option(names = "--status", description = "active, needs_reconnect or disabled.")
        @Nullable
        String status;

        @Option(names = "--cursor", description = "Where to go on, as the page before said.")
        @Nullable
        String cursor;

        @Option(names = "--all", description = "All pages, in one.")
        boolean all;

        @Override
        JsonNode ask(AdminClient hub) {
            Map<String, Object> query = new LinkedHashMap<>();
            query.put("organization", organization);
            query.put("platform", platform);
            query.put("status", status);
            query.put("cursor", cursor);
            return all ? allPages(hub, PATH, query, "Read") : hub.get(address(PATH, query));
        }

        @Override
        void print(JsonNode answer) {
            TextTable table = new TextTable("ID", "PLATFORM", "ORGANIZATION", "STATUS", "ORIGIN", "TITLE");
            for (JsonNode item : answer.path("items")) {
                table.row(List.of("id", "platform", "organization", "status", "origin", "title").stream()
                        .map(field -> text(item.path(field)))
                        .toArray(String[]::new));
            }
            if (answer.path("items").isEmpty()) {
                out().println("There are none. ./muster integration add makes one.");
            } else {
                print(table);
            }
            more(answer);
        }
    }

    @Command(
            name = "show",
            description = "One account: settings, which secrets are set, status, last test.",
            footer = {"  ./muster integration show acme"})
    static final class Show extends OfOne {
        @Override
        JsonNode ask(AdminClient hub) {
            return hub.get(path());
        }

        @Override
        void print(JsonNode answer) {
            TextTable table = new TextTable("FIELD", "VALUE");
            answer.properties().forEach(field -> table.row(field.getKey(), text(field.getValue())));
            print(table);
        }
    }

    /** What can be said of an account. Secrets are never arguments: every user of the machine can see those. */
    static final class Given {
        @Option(names = "--title", description = "For people.")
        @Nullable
        String title;

        @Option(names = "--base-url", description = "Scheme and host, where it is not the platform's own.")
        @Nullable
        String baseUrl;

        @Option(names = "--setting", paramLabel = "NAME=VALUE", description = "What the platform's file asks for.")
        Map<String, String> settings = new HashMap<>();

        @Option(
                names = "--secret",
                paramLabel = "NAME",
                description = "Asked for without echo; or read from standard input, a line each, where that is no"
                        + " terminal. Such as clientSecret, apiKey, refreshToken, webhookSecret.")
        List<String> secrets = List.of();

        @Option(
                names = "--secret-env",
                paramLabel = "NAME=VARIABLE",
                description = "Taken from this environment variable.")
        Map<String, String> fromEnvironment = new HashMap<>();

        ObjectNode body(Map<String, String> environment, Terminal terminal) {
            ObjectNode body = AdminClient.JSON.createObjectNode();
            if (title != null) {
                body.put("title", title);
            }
            if (baseUrl != null) {
                body.put("baseUrl", baseUrl);
            }
            if (!settings.isEmpty()) {
                settings.forEach(body.putObject("settings")::put);
            }
            if (!secrets.isEmpty() || !fromEnvironment.isEmpty()) {
                ObjectNode all = body.putObject("secrets");
                fromEnvironment.forEach((name, variable) -> {
                    String value = environment.getOrDefault(variable, "");
                    if (value.isBlank()) {
                        throw new CommandFailed(CommandFailed.USAGE, "The environment has no " + variable + ".");
                    }
                    all.put(name, value);
                });
                secrets.forEach(name -> all.put(name, asked(terminal, name)));
            }
            return body;
        }

        private static String asked(Terminal terminal, String name) {
            String secret = terminal.secret(name);
            if (secret.isEmpty()) {
                throw new CommandFailed(CommandFailed.USAGE, "Nothing was given for " + name + ".");
            }
            return secret;
        }
    }

    @Command(
            name = "add",
            description = "Stores a new account.",
            footer = {
                "  ./muster integration add patreon --id acme --secret webhookSecret",
                "  ./muster integration add klaviyo --secret-env apiKey=KLAVIYO_KEY"
            })
    static final class Add extends Sub {
        @Parameters(
                index = "0",
                arity = "0..1",
                paramLabel = "PLATFORM",
                description = "The stem of its file in config/platforms/.")
        @Nullable
        String platform;

        @Option(names = "--id", description = "Lower-case letters, digits and hyphens; made up where it is left out.")
        @Nullable
        String id;

        @Option(names = "--organization", description = "Whose it is (default: default).")
        @Nullable
        String organization;

        @picocli.CommandLine.Mixin
        Given given = new Given();

        @Override
        JsonNode ask(AdminClient hub) {
            String which = needed(platform, "PLATFORM", "Which platform?");
            ObjectNode body = given.body(environment(), terminal());
            body.put("platform", which);
            if (id != null) {
                body.put("id", id);
            }
            if (organization != null) {
                body.put("organization", organization);
            }
            return hub.send("POST", PATH, body);
        }

        @Override
        void print(JsonNode answer) {
            String made = text(answer.path("id"));
            say("Stored as " + made + ". Try it: ./muster integration test " + made);
        }
    }

    @Command(
            name = "set",
            description = "Changes an account: only what is given.",
            footer = {
                "  ./muster integration set acme --secret clientSecret",
                "  ./muster integration set acme --no-enable"
            })
    static final class Change extends OfOne {
        @Option(names = "--enable", negatable = true, description = "Use it, or (--no-enable) leave it alone.")
        @Nullable
        Boolean enable;

        @picocli.CommandLine.Mixin
        Given given = new Given();

        @Override
        JsonNode ask(AdminClient hub) {
            ObjectNode body = given.body(environment(), terminal());
            if (enable != null) {
                body.put("enabled", enable);
            }
            return hub.send("PUT", path(), body);
        }

        @Override
        void print(JsonNode answer) {
            say(text(answer.path("id")) + " is changed.");
        }
    }

    @Command(
            name = "remove",
            description = "Forgets an account, its secrets and its tokens.",
            footer = {"  ./muster integration remove acme --yes"})
    static final class Remove extends OfOne {
        @Option(names = "--yes", description = "Do not ask.")
        boolean yes;

        @Override
        JsonNode ask(AdminClient hub) {
            hub.get(path());
            confirm(yes, "The account " + id() + ", its secrets and its tokens will be forgotten.");
            return hub.send("DELETE", path(), null);
        }

        @Override
        void print(JsonNode answer) {
            say(id() + " is removed.");
        }
    }

    @Command(
            name = "test",
            description = "Tries an account out; exit code 1 where something fails.",
            footer = {"  ./muster integration test acme"})
    static final class Test extends OfOne {
        @Override
        JsonNode ask(AdminClient hub) {
            return hub.post(path() + "/test");
        }

        @Override
        void print(JsonNode answer) {
            TextTable table = new TextTable("STEP", "OUTCOME", "MS", "WHY");
            for (String step : List.of("authenticate", "testConnection", "getSchema")) {
                JsonNode one = answer.path(step);
                table.row(
                        step,
                        text(one.path("outcome")),
                        text(one.path("millis")),
                        text(one.path("error")) + text(one.path("reason")));
            }
            print(table);
        }

        @Override
        int exitCode(JsonNode answer) {
            for (JsonNode step : answer) {
                if (step.path("outcome").asText().equals("error")) {
                    return CommandFailed.FAILED;
                }
            }
            return 0;
        }
    }

    @Command(
            name = "connect",
            description = "Prints the address where a person lets the hub into the account.",
            footer = {"  ./muster integration connect acme"})
    static final class Connect extends OfOne {
        @Override
        JsonNode ask(AdminClient hub) {
            return hub.post(path() + "/connect");
        }

        @Override
        void print(JsonNode answer) {
            out().println("Open this within 10 minutes, in the browser of somebody who may say yes:");
            say(text(answer.path("authorizationUrl")));
        }
    }
}
