package dev.muster.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.access.Caller;
import dev.muster.db.Ids;
import dev.muster.delivery.Problem;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request that the contract has passed: every value in it is there and of the kind that is described.
 *
 * @param request as it came
 * @param caller who asks, and may; of one organization, this is the one of the query and the body too
 * @param path the path's parameters
 * @param query those of the parameters that were given
 * @param body empty where there is none
 */
public record ApiCall(
        AdminRequest request, Caller caller, Map<String, String> path, Map<String, JsonNode> query, ObjectNode body) {
    private static final Pattern VERSION = Pattern.compile("\"(\\d{1,18})\\.[^\"]*\"");

    public ApiCall {
        path = Map.copyOf(path);
        query = Map.copyOf(query);
    }

    /** Who asks, as the audit log names them. */
    String actor() {
        return caller.name();
    }

    /** A parameter of the path. */
    String segment(String name) {
        String value = path.get(name);
        if (value == null) {
            throw new IllegalStateException("The contract has no parameter {" + name + "} at this path");
        }
        return value;
    }

    /** The id in the path. */
    long id() {
        return id("id");
    }

    /** A parameter of the path that is an id. */
    long id(String name) {
        return Ids.parse(segment(name)).orElseThrow();
    }

    /** A parameter of the query as text; null where it was not given. */
    @Nullable
    String text(String name) {
        JsonNode value = query.get(name);
        return value == null ? null : value.asText();
    }

    /** As {@link #text(String)}, with what is meant where it was not given. */
    String text(String name, String otherwise) {
        String value = text(name);
        return value == null ? otherwise : value;
    }

    /** A parameter of the query that is an id; null where it was not given. */
    @Nullable
    Long queriedId(String name) {
        String value = text(name);
        return value == null ? null : Ids.parse(value).orElseThrow();
    }

    /** A key of the body as text; null where it is absent or null. */
    @Nullable
    String said(String key) {
        JsonNode value = body.path(key);
        return value.isMissingNode() || value.isNull() ? null : value.asText();
    }

    /** As {@link #said(String)}, with what is meant where it is absent. */
    String said(String key, String otherwise) {
        String value = said(key);
        return value == null ? otherwise : value;
    }

    /**
     * What was found, where the caller may see it: what belongs to others is not there.
     *
     * @param what for the message, such as {@code operation}
     * @throws Refusal 404
     */
    ObjectNode seen(Optional<ObjectNode> found, String what, String id) {
        return found.filter(one -> caller.sees(one.path("organization").asText()))
                .orElseThrow(() -> Page.notFound(what, id));
    }

    /** As {@link #seen(Optional, String, String)}, of what the path's id names. */
    ObjectNode seen(Optional<ObjectNode> found, String what) {
        return seen(found, what, segment("id"));
    }

    /**
     * The version that a change is about, by the header If-Match; null where the request has none.
     *
     * @throws Refusal 400 where it is none of ours
     */
    @Nullable
    Long ifMatch() {
        String header = request.header("if-match");
        if (header.isEmpty() || header.equals("*")) {
            return null;
        }
        Matcher version = VERSION.matcher(header);
        if (!version.matches()) {
            throw Page.bad("If-Match is '" + Problem.clip(header) + "': send the ETag that a GET of it answered");
        }
        return Long.valueOf(version.group(1));
    }

    /** @throws Refusal 412 where the request is about another version than this */
    void requireMatch(long version, String what) {
        Long wanted = ifMatch();
        if (wanted != null && wanted != version) {
            throw new Refusal(
                    FailureCode.CONFLICTING_STATE,
                    412,
                    what + " was changed meanwhile: read it again, and decide anew");
        }
    }

    /** Which part of the list is asked for. */
    Page page() {
        Long before = queriedId("cursor");
        return new Page(before == null ? Long.MAX_VALUE : before, limit());
    }

    /** The most items that are asked for. */
    int limit() {
        JsonNode limit = query.get("limit");
        return limit == null ? Page.LIMIT_DEFAULT : limit.asInt();
    }

    /** Those of the parameters that were given, as what a column must equal. */
    Map<String, Object> filters(String... names) {
        Map<String, Object> filters = new TreeMap<>();
        for (String name : names) {
            String value = text(name);
            if (value != null) {
                filters.put(name, value);
            }
        }
        return filters;
    }
}
