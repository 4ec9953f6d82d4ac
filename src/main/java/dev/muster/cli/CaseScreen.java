package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** A case as a person decides it: what stands and what says otherwise, side by side. */
final class CaseScreen {
    private static final List<String> NAMES = List.of("email", "firstName", "lastName", "name", "title");
    private static final List<String> NOT_FIELDS =
            List.of("id", "organization", "version", "rejected", "deletedAt", "mergedInto");

    private final ClientCommand command;
    private final AdminClient hub;

    CaseScreen(ClientCommand command, AdminClient hub) {
        this.command = command;
        this.hub = hub;
    }

    /** A conflict, with whose record it is, and by which rule nobody but a person decides. */
    void show(JsonNode conflict) {
        String record = "/api/records/" + text(conflict, "entity") + "/" + text(conflict, "recordId");
        String who = hub.getIfAllowed(record).map(CaseScreen::name).orElse("");
        bold(text(conflict, "field") + " of " + text(conflict, "entity") + " " + text(conflict, "recordId")
                + (who.isEmpty() ? "" : ", " + who) + ", " + text(conflict, "organization"));
        if (text(conflict, "kind").equals("push")) {
            command.say("The target " + text(conflict, "target") + " says otherwise than the golden record.");
        } else {
            rule(record, text(conflict, "field")).ifPresent(command::say);
        }
        List<JsonNode> claims = new ArrayList<>();
        conflict.path("standing").forEach(claims::add);
        int standing = claims.size();
        conflict.path("rivals").forEach(claims::add);
        String[] head = new String[claims.size() + 1];
        head[0] = "";
        for (int i = 0; i < claims.size(); i++) {
            int rival = i - standing + 1;
            head[i + 1] = i < standing ? "STANDS" : claims.size() - standing == 1 ? "INCOMING" : "INCOMING " + rival;
        }
        TextTable table = new TextTable(head);
        for (String property : List.of("value", "platform", "externalId", "observedAt", "by", "at", "reason")) {
            String[] cells = new String[head.length];
            cells[0] = property;
            boolean any = false;
            for (int i = 0; i < claims.size(); i++) {
                cells[i + 1] = text(claims.get(i), property);
                any |= !cells[i + 1].isEmpty();
            }
            if (any) {
                table.row(cells);
            }
        }
        command.print(table);
    }

    private Optional<String> rule(String record, String field) {
        return hub.getIfAllowed(record + "/explain?field=" + AdminClient.encoded(field))
                .map(explained -> explained.path("fields").path(0))
                .filter(JsonNode::isObject)
                .map(one -> "Rule " + text(one, "rule") + ": " + text(one, "why") + ".");
    }

    /** Two people who may be one: the fields of both, what is the same marked. */
    void showPair(JsonNode duplicate) {
        bold("Are these one person? " + text(duplicate, "reason") + " (" + text(duplicate, "organization") + ")");
        JsonNode one = hub.get("/api/members/" + text(duplicate, "recordA"));
        JsonNode other = hub.get("/api/members/" + text(duplicate, "recordB"));
        TextTable table = new TextTable("", text(one, "id"), text(other, "id"), "");
        List<String> fields = new ArrayList<>();
        one.fieldNames().forEachRemaining(fields::add);
        for (Iterator<String> names = other.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!fields.contains(name)) {
                fields.add(name);
            }
        }
        for (String field : fields) {
            String here = MemberCommand.values(one.path(field));
            String there = MemberCommand.values(other.path(field));
            if (!NOT_FIELDS.contains(field) && !(here.isEmpty() && there.isEmpty())) {
                table.row(field, here, there, here.equals(there) ? "=" : "");
            }
        }
        command.print(table);
    }

    private static String name(JsonNode record) {
        List<String> words = new ArrayList<>();
        NAMES.forEach(field -> {
            String word = text(record, field);
            if (!word.isEmpty()) {
                words.add(word);
            }
        });
        return String.join(" ", words);
    }

    private void bold(String text) {
        command.out().println(command.terminal().painted(Terminal.Paint.BOLD, TextTable.clean(text)));
    }

    private static String text(JsonNode node, String field) {
        return ClientCommand.text(node.path(field));
    }
}
