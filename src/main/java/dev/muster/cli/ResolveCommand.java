package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Says whose value stands where a push is held. */
@Command(
        name = "resolve",
        description = "Says whose value stands where a push is held because the target says otherwise. See conflicts.")
final class ResolveCommand extends ClientCommand {
    @Parameters(index = "0", paramLabel = "ID", description = "The conflict's id, as conflicts shows it.")
    String id = "";

    @Parameters(
            index = "1",
            paramLabel = "CHOICE",
            description = "keep_current: the golden record's value is pushed; accept_incoming: the target's is let be.")
    String choice = "";

    @Override
    void run(AdminClient hub) {
        ObjectNode body = AdminClient.JSON.createObjectNode().put("choice", choice);
        JsonNode answer = hub.send("POST", "/api/conflicts/" + AdminClient.encoded(id) + "/resolve", body);
        if (!printed(answer)) {
            out().println(
                            text(answer.path("push")).equals("held")
                                    ? "Noted. The push still waits for its other fields: ./muster conflicts --kind push"
                                    : "Noted. The push is due.");
        }
    }
}
