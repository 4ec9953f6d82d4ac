package dev.muster.push;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.muster.golden.Pushed;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What has to be done about one record, and why.
 *
 * @param reason for a person
 * @param differences field to what the target is believed to have, and what it should have
 * @param input of the mapping, in which secret fields are open: it is stored nowhere
 * @param item what the mapping made of it; missing where nothing is sent
 * @param secrets what was opened for it
 * @param next what the ledger says when it has been done; null where it stays
 */
record PushVerdict(
        Push push,
        PushStep step,
        String reason,
        Map<String, Difference> differences,
        JsonNode input,
        JsonNode item,
        Secrets secrets,
        @Nullable Pushed next,
        @Nullable String key,
        @Nullable String externalId) {

    /** One field at the target and in the golden record; null where it has none. */
    record Difference(@Nullable Object there, @Nullable Object here) {}

    PushVerdict {
        differences = new TreeMap<>(differences);
    }

    static PushVerdict none(Push push, String reason) {
        return still(push, PushStep.NONE, reason, Map.of());
    }

    /** Does nothing, but the ledger says otherwise. */
    PushVerdict knowing(Pushed entry) {
        return new PushVerdict(push, step, reason, differences, input, item, secrets, entry, key, externalId);
    }

    static PushVerdict still(Push push, PushStep step, String reason, Map<String, Difference> differences) {
        return new PushVerdict(
                push,
                step,
                reason,
                differences,
                MissingNode.getInstance(),
                MissingNode.getInstance(),
                Secrets.NONE,
                null,
                null,
                null);
    }
}
