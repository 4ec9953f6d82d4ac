package dev.muster.pull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.call.PlatformAnswer;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.normalize.Selection;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a list goes on from one page to the next. A place in a list is text: the number of a page, an offset, a token, or
 * the path of the next request; empty for the first page where that needs nothing.
 *
 * @param parameter that the place is sent in; empty where the place is a path
 * @param first the number of the first page, or the first offset
 * @param sizeParameter empty where the size of a page is not asked for
 * @param size how many items are asked for at once; 0 where the platform alone decides
 * @param last the number of the last page
 * @param total how many items there are in all
 * @param lastHeader the same, from a header; empty for none
 * @param totalHeader the same, from a header; empty for none
 * @param next the token, or the address, of the next page
 * @param more whether there is a next page
 * @param pagesMax more are taken for a list without an end
 */
record Paging(
        Kind kind,
        String parameter,
        int first,
        String sizeParameter,
        int size,
        @Nullable Selection last,
        @Nullable Selection total,
        String lastHeader,
        String totalHeader,
        @Nullable Selection next,
        @Nullable Selection more,
        int pagesMax) {

    private static final Pattern LINK = Pattern.compile("<([^>]*)>((?:[^,<\"]|\"[^\"]*\")*)");
    private static final Pattern NEXT = Pattern.compile("(?i);\\s*rel\\s*=\\s*(?:\"([^\"]*)\"|([^\\s;,]+))");
    private static final int PLACE_LENGTH_MAX = 8_192;

    enum Kind {
        PAGE,
        OFFSET,
        CURSOR,
        LINK,
        NEXT,
        CONTINUATION,
        HEADER,
        UNTIL_EMPTY,
        NONE;

        boolean isNumbered() {
            return this == PAGE || this == OFFSET || this == HEADER || this == UNTIL_EMPTY;
        }

        /** Whether the platform gives the place, so that it can also be forgotten there. */
        boolean isToken() {
            return this == CURSOR || this == CONTINUATION || isAddress();
        }

        boolean isAddress() {
            return this == LINK || this == NEXT;
        }
    }

    /**
     * Where a list goes on.
     *
     * @param next null where it ends
     * @param total how many items the platform says there are; -1 where it does not say
     */
    record Step(@Nullable String next, long total) {
        /** The same with the next place as a path of the account that was asked. */
        Step below(String baseUrl) {
            return next == null ? this : new Step(PageRequest.below(baseUrl, next), total);
        }
    }

    String firstPlace() {
        return kind.isNumbered() ? Integer.toString(first) : "";
    }

    /** Adds what asks for a page. */
    void ask(String place, Map<String, String> query) {
        if (!sizeParameter.isEmpty()) {
            query.put(sizeParameter, Integer.toString(size));
        }
        if (!place.isEmpty() && !parameter.isEmpty()) {
            query.put(parameter, place);
        }
    }

    /**
     * Where the list goes on behind a page.
     *
     * @param items on this page
     * @param itemsInAll of this list so far, those of this page included
     * @throws Defect if the answer does not say what the settings expect of it
     */
    Step after(String place, JsonNode page, PlatformAnswer answer, int items, long itemsInAll) {
        long all = number(total, totalHeader, "total", page, answer);
        return switch (kind) {
            case NONE -> new Step(null, items);
            case PAGE, HEADER -> {
                long pages = number(last, lastHeader, "last", page, answer);
                long number = Long.parseLong(place);
                boolean ended = items == 0 || (pages >= 0 ? number >= pages : itemsInAll >= all);
                long known = all >= 0 ? all : pages * Math.max(size, items);
                yield new Step(ended ? null : Long.toString(number + 1), known);
            }
            case UNTIL_EMPTY -> new Step(items == 0 ? null : Long.toString(Long.parseLong(place) + 1), all);
            case OFFSET -> {
                long offset = Long.parseLong(place) + items;
                boolean ended = items == 0 || all >= 0 && offset - first >= all;
                yield new Step(ended ? null : Long.toString(offset), all);
            }
            case CURSOR, NEXT -> new Step(token(page), all);
            case CONTINUATION -> {
                String token = more == null || more.holds(page) ? token(page) : null;
                if (more != null && token == null && more.holds(page)) {
                    throw refused("says that there is more, but not where: look at paging.next and paging.more");
                }
                yield new Step(token, all);
            }
            case LINK -> new Step(linked(answer.header("link")), all);
        };
    }

    /** Whether the total of a page tells how many items there are, to within a page: else it is a guess of that page. */
    boolean tellsItems() {
        return total != null || !totalHeader.isEmpty() || size > 0;
    }

    /**
     * The place before one, of a kind that is numbered.
     *
     * @param step the most items that were on a page
     * @return null where it is the first
     */
    @Nullable
    String before(String place, int step) {
        long number = Long.parseLong(place);
        long before = Math.max(first, number - (kind == Kind.OFFSET ? Math.max(1, step) : 1));
        return number <= first ? null : Long.toString(before);
    }

    private @Nullable String token(JsonNode page) {
        JsonNode token = next == null ? page.path("") : next.from(page);
        if (token.isMissingNode() || token.isNull()) {
            return null;
        }
        if (!token.isTextual() && !token.isNumber()) {
            throw refused("names the next page by something that is neither text nor a number: look at paging.next");
        }
        return checked(token.asText());
    }

    private static @Nullable String checked(String place) {
        if (place.length() > PLACE_LENGTH_MAX) {
            throw refused("names the next page by " + place.length() + " characters, of which " + PLACE_LENGTH_MAX
                    + " are believed");
        }
        return place.isBlank() ? null : place.strip();
    }

    /** The address that RFC 8288 calls next; null where there is none. */
    private static @Nullable String linked(@Nullable String header) {
        if (header == null || header.length() > 4 * PLACE_LENGTH_MAX) {
            return null;
        }
        Matcher links = LINK.matcher(header);
        while (links.find()) {
            Matcher relation = NEXT.matcher(links.group(2));
            if (relation.find()) {
                String names = relation.group(1) == null ? relation.group(2) : relation.group(1);
                for (String name : names.split("\\s+")) {
                    if (name.equalsIgnoreCase("next")) {
                        return checked(links.group(1));
                    }
                }
            }
        }
        return null;
    }

    private static long number(
            @Nullable Selection selection, String header, String key, JsonNode page, PlatformAnswer answer) {
        if (selection == null && header.isEmpty()) {
            return -1;
        }
        String text =
                selection == null ? answer.header(header) : selection.from(page).asText("");
        try {
            long number = Long.parseLong(text == null ? "" : text.strip());
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw refused("does not say a number at paging." + key + ", so that nobody knows where the list ends");
    }

    private static Defect refused(String what) {
        return new Defect(FailureCode.MALFORMED_PAYLOAD, "A page " + what);
    }
}
