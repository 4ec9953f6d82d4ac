package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** API keys, and the vault's own key. */
@Command(
        name = "key",
        aliases = "keys",
        description = "API keys: list, create, revoke; and a new key for the vault: rotate.",
        subcommands = {
            KeyCommand.Listing.class,
            KeyCommand.Create.class,
            KeyCommand.Revoke.class,
            KeyCommand.Rotate.class
        },
        footer = {"  ./muster key create 'nightly report' --role viewer --expires 90d"})
final class KeyCommand extends GroupCommand {
    private static final String PATH = "/api/keys";

    @Command(
            name = "list",
            description = "API keys, newest first; never their secrets.",
            footer = {"  ./muster key list"})
    static final class Listing extends ListCommands.Paged {
        Listing() {
            super(PATH, "There are no keys. ./muster key create makes one.");
        }

        @Override
        void filter(Map<String, Object> query) {}

        @Override
        void print(JsonNode items) {
            TextTable table =
                    new TextTable("ID", "STATUS", "NAME", "ORGANIZATION", "MAY", "EXPIRES", "LAST USED", "MADE BY");
            for (JsonNode key : items) {
                table.row(
                        text(key.path("id")),
                        text(key.path("status")),
                        text(key.path("name")),
                        key.path("organization").isNull() ? "(all)" : text(key.path("organization")),
                        permissions(key),
                        text(key.path("expiresAt")),
                        text(key.path("lastUsedAt")),
                        text(key.path("createdBy")));
            }
            print(table);
        }
    }

    private static String permissions(JsonNode key) {
        StringJoiner all = new StringJoiner(" ");
        key.path("permissions").forEach(one -> all.add(one.asText()));
        return all.toString();
    }

    @Command(
            name = "create",
            description = "A new key. Its secret is shown this once, and kept nowhere.",
            footer = {
                "  ./muster key create 'nightly report' --role viewer --expires 90d",
                "  ./muster key create desk --organization harbour-runners --may read,decide",
                "  MUSTER_API_KEY=$(./muster key create ci --role operator --quiet)"
            })
    static final class Create extends ClientCommand {
        @Parameters(index = "0", arity = "0..1", paramLabel = "NAME", description = "For people: what it is for.")
        @Nullable
        String name;

        @Option(names = "--role", description = "viewer, operator or admin. Without it and --may: viewer.")
        @Nullable
        String role;

        @Option(
                names = "--may",
                split = ",",
                paramLabel = "PERMISSION",
                description = "read, decide, replay, undo, run, connect, erase, audit, administer; beside the role's.")
        List<String> permissions = List.of();

        @Option(names = "--organization", description = "Of which alone it may know (default: all).")
        @Nullable
        String organization;

        @Option(
                names = "--expires",
                paramLabel = "WHEN",
                description = "Such as 90d, 12h, 2027-01-31 or 2027-01-31T12:00:00Z (default: never).")
        @Nullable
        String expires;

        @Option(
                names = {"-q", "--quiet"},
                description = "Print the secret and nothing else.")
        boolean quiet;

        @Override
        void run(AdminClient hub) {
            ObjectNode body = AdminClient.JSON.createObjectNode();
            body.put("name", needed(name, "NAME", "What is the key for?"));
            if (role != null || permissions.isEmpty()) {
                body.put("role", role == null ? "viewer" : role);
            }
            if (!permissions.isEmpty()) {
                ArrayNode all = body.putArray("permissions");
                permissions.forEach(all::add);
            }
            if (organization != null) {
                body.put("organization", organization);
            }
            if (expires != null) {
                body.put("expiresAt", moment(expires).toString());
            }
            JsonNode key = hub.postForSecret(PATH, body);
            if (printed(key)) {
                return;
            }
            if (!quiet) {
                err().println(TextTable.clean("The key " + text(key.path("id")) + " may: " + permissions(key)
                        + (organization == null ? ", in all organizations" : ", in " + organization + " alone")
                        + (expires == null ? "." : ", until " + text(key.path("expiresAt")) + ".")));
                err().println("It is shown this once. Keep it where secrets are kept:");
                err().flush();
            }
            out().println(text(key.path("key")));
        }

        private Instant moment(String text) {
            try {
                if (text.matches("[1-9]\\d{0,4}[dh]")) {
                    long count = Long.parseLong(text.substring(0, text.length() - 1));
                    return Instant.now()
                            .truncatedTo(ChronoUnit.SECONDS)
                            .plus(count, text.endsWith("d") ? ChronoUnit.DAYS : ChronoUnit.HOURS);
                }
                return text.length() == "2027-01-31".length()
                        ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                        : Instant.parse(text.toUpperCase(Locale.ROOT));
            } catch (DateTimeParseException e) {
                throw wrong("--expires is '" + text + "': write 90d, 12h, 2027-01-31 or 2027-01-31T12:00:00Z");
            }
        }
    }

    @Command(
            name = "revoke",
            description = "A key opens nothing any more, at any hub within seconds; its sessions end.",
            footer = {"  ./muster key revoke 0SA3B6BFP2JR6 --yes"})
    static final class Revoke extends ClientCommand {
        @Parameters(index = "0", arity = "0..1", paramLabel = "ID", description = "The key's id: see key list.")
        @Nullable
        String id;

        @Option(names = "--yes", description = "Do not ask.")
        boolean yes;

        @Override
        void run(AdminClient hub) {
            String path = PATH + "/" + AdminClient.encoded(needed(id, "ID", "Which key (its id)?"));
            JsonNode key = hub.get(path);
            confirm(yes, "The key '" + text(key.path("name")) + "' will open nothing any more.");
            JsonNode revoked = hub.send("DELETE", path, null);
            if (!printed(revoked)) {
                say("The key '" + text(revoked.path("name")) + "' is " + text(revoked.path("status")) + ".");
            }
        }
    }

    @Command(
            name = "rotate",
            description = "A new key for the vault, while the hub runs: everything stored is sealed anew.",
            footer = {"  ./muster key rotate"})
    static final class Rotate extends ClientCommand {
        @Override
        void run(AdminClient hub) {
            JsonNode answer = hub.post("/api/vault/rotate");
            if (!printed(answer)) {
                out().println("A new key is in use; secrets sealed anew: " + text(answer.path("resealed")) + ".");
            }
        }
    }
}
