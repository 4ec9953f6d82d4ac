package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The vault's keys. */
@Command(name = "keys", description = "keys rotate: a new key for the stored secrets, while the hub runs.")
final class KeysCommand extends ClientCommand {
    /** What can be done. */
    enum Action {
        rotate
    }

    @Parameters(index = "0", description = "rotate: everything is sealed anew with a new key.")
    Action action = Action.rotate;

    @Override
    void run(AdminClient hub) {
        JsonNode answer = hub.post("/api/vault/" + action);
        if (!printed(answer)) {
            out().println("A new key is in use; secrets sealed anew: " + text(answer.path("resealed")) + ".");
        }
    }
}
