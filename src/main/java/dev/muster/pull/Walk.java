package dev.muster.pull;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import java.io.UncheckedIOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where a run stands: the checkpoint that is stored with each page, so that a run which is cut off goes on with the page
 * that was not stored.
 *
 * @param place of the next page; empty for the first where that needs none
 * @param since what the filter is given; empty for no filter
 * @param pages read of this list
 * @param items read of this list since its filter was last moved
 * @param max the greatest cursor of the run, as the platform wrote it; null before the first
 * @param slow an earlier place: a list that comes to it again goes round in circles
 * @param id whose list it is, where there is one for each record of another stream; else null
 * @param idKnown whether that list was read to its end before
 * @param again whether it began anew because the platform had forgotten its place
 * @param back whether its pages are read once more, from the last to the first
 * @param step how far its pages are from each other: the most items on one where places are offsets
 * @param total how many items there were when its first page was read; -1 where the platform does not say
 * @param startedAt when the run began, by our clock: for how long it took, and nothing else
 */
record Walk(
        String place,
        String since,
        long pages,
        long items,
        @Nullable String max,
        String slow,
        @Nullable String id,
        boolean idKnown,
        boolean again,
        boolean back,
        int step,
        long total,
        Instant startedAt) {
    private static final long UNKNOWN = -1;

    private static final ObjectMapper JSON = new ObjectMapper();

    static Walk first(String place, String since, Instant startedAt) {
        return new Walk(place, since, 0, 0, null, "", null, false, false, false, 0, UNKNOWN, startedAt);
    }

    /** The same at the next place of its list. */
    Walk on(Paging.Step to, int read, @Nullable String greatest) {
        return moved(requireNonNull(to.next()), since, items + read, greatest)
                .with(false, Math.max(step, read), pages == 0 ? to.total() : total);
    }

    /** The same at the place before: each is earlier than the one before it, so that this ends. */
    Walk backTo(String before, int read, @Nullable String greatest) {
        return new Walk(
                before,
                since,
                pages + 1,
                items,
                greatest,
                "",
                id,
                idKnown,
                again,
                true,
                Math.max(step, read),
                total,
                startedAt);
    }

    private Walk with(boolean isBack, int newStep, long newTotal) {
        return new Walk(
                place, since, pages, items, max, slow, id, idKnown, again, isBack, newStep, newTotal, startedAt);
    }

    /** The same with its filter moved up to what was read, and at the first place behind that. */
    Walk narrowed(String first, String newSince, @Nullable String greatest) {
        return moved(first, newSince, 0, greatest).with(false, 0, total);
    }

    /**
     * @throws Defect if the list goes round in circles: by Brent's way, an earlier place is compared with each later one
     *     and moved on at every power of two, so that a circle of whatever length is found with one place remembered
     */
    private Walk moved(String next, String newSince, long itemsNow, @Nullable String greatest) {
        String at = newSince + '\n' + next;
        if (at.equals(slow) || at.equals(since + '\n' + place)) {
            throw new Defect(
                    FailureCode.MALFORMED_PAYLOAD,
                    "The platform names a page as the next that was read before (page " + (pages + 1)
                            + " of this list): the list goes round in circles. Look at paging in the platform's file, or"
                            + " ask the platform");
        }
        boolean remember = Long.bitCount(pages + 1) == 1;
        return new Walk(
                next,
                newSince,
                pages + 1,
                itemsNow,
                greatest,
                remember ? at : slow,
                id,
                idKnown,
                again,
                back,
                step,
                total,
                startedAt);
    }

    /** The first page of another record's list. */
    Walk of(String nextId, boolean known, String first, String filter) {
        return new Walk(first, filter, 0, 0, max, "", nextId, known, again, false, 0, UNKNOWN, startedAt);
    }

    Walk withMax(@Nullable String greatest) {
        return new Walk(place, since, pages, items, greatest, slow, id, idKnown, again, back, step, total, startedAt);
    }

    /** From its first place once more, because the platform does not know its place any more. */
    Walk anew(String first, String filter) {
        return new Walk(first, filter, 0, 0, max, "", id, idKnown, true, false, 0, UNKNOWN, startedAt);
    }

    String json() {
        ObjectNode node = JSON.createObjectNode();
        node.put("place", place).put("since", since).put("pages", pages).put("items", items);
        node.put("max", max)
                .put("slow", slow)
                .put("id", id)
                .put("idKnown", idKnown)
                .put("again", again);
        node.put("back", back).put("step", step).put("total", total);
        return node.put("startedAt", startedAt.toEpochMilli()).toString();
    }

    static Walk of(String json) {
        try {
            JsonNode node = JSON.readTree(json);
            return new Walk(
                    node.path("place").asText(),
                    node.path("since").asText(),
                    node.path("pages").asLong(),
                    node.path("items").asLong(),
                    node.path("max").textValue(),
                    node.path("slow").asText(),
                    node.path("id").textValue(),
                    node.path("idKnown").asBoolean(),
                    node.path("again").asBoolean(),
                    node.path("back").asBoolean(),
                    node.path("step").asInt(),
                    node.path("total").asLong(UNKNOWN),
                    Instant.ofEpochMilli(node.path("startedAt").asLong()));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
