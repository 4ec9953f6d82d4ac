package dev.muster.push;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.golden.Pushed;
import dev.muster.golden.ValuesJson;
import java.util.Set;
import java.util.TreeSet;

/**
 * The tags of segments among what a target is told beside the fields: those that hold, and stale ones, which have to be taken
 * off where a target only adds. Stale is every tag of ours that does not hold: of the target's segments as they are
 * written now, and whatever the target was told or may have been told, however the segments were written then.
 */
final class SegmentTags {
    static final String HOLDING = "segmentTags";
    static final String STALE = "staleTags";

    private SegmentTags() {}

    /** Every tag of ours that the target may have of this record. A call without an answer may have arrived or not. */
    static Set<String> mayBeThere(Push push) {
        Set<String> tags = new TreeSet<>();
        Pushed pushed = push.pushed();
        if (pushed != null) {
            add(tags, ValuesJson.tree(pushed.extras()), HOLDING);
        }
        Pushed sending = push.sending();
        if (sending != null) {
            ObjectNode extras = ValuesJson.tree(sending.extras());
            add(tags, extras, HOLDING);
            // what that call was to take off may still be there
            add(tags, extras, STALE);
        }
        return tags;
    }

    /** All tags of these extras, holding and stale. */
    static Set<String> all(ObjectNode extras) {
        Set<String> tags = new TreeSet<>();
        add(tags, extras, HOLDING);
        add(tags, extras, STALE);
        return tags;
    }

    /** Calls stale whatever of these does not hold. */
    static void markStale(ObjectNode extras, Set<String> tags) {
        Set<String> stale = new TreeSet<>(tags);
        extras.path(HOLDING).forEach(tag -> stale.remove(tag.asText()));
        ArrayNode list = extras.putArray(STALE);
        stale.forEach(list::add);
    }

    /** The extras for the ledger: of the stale tags those only that it would else forget before they are known to be off. */
    static String forLedger(ObjectNode extras, Push push) {
        if (!extras.has(STALE)) {
            return extras.toString();
        }
        ObjectNode kept = extras.deepCopy();
        kept.remove(STALE);
        Set<String> known = mayBeThere(push);
        for (JsonNode tag : extras.path(STALE)) {
            if (known.contains(tag.asText())) {
                kept.withArrayProperty(STALE).add(tag);
            }
        }
        return kept.toString();
    }

    private static void add(Set<String> tags, ObjectNode extras, String member) {
        extras.path(member).forEach(tag -> tags.add(tag.asText()));
    }
}
