package dev.muster.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.access.Caller;
import dev.muster.access.Credentials;
import dev.muster.delivery.Problem;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A request to the admin API.
 *
 * @param method in capitals, such as {@code GET}
 * @param path the decoded segments behind {@code /api}
 * @param query decoded parameter to value
 * @param credentials what it shows of who sent it
 * @param caller who sent it; {@link Caller#NOBODY} until that is known
 * @param body empty where there is none
 */
public record AdminRequest(
        String method,
        List<String> path,
        Map<String, String> query,
        Credentials credentials,
        Caller caller,
        byte[] body) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public AdminRequest {
        path = List.copyOf(path);
        query = Map.copyOf(query);
    }

    /** The address it came from, for the log. */
    String peer() {
        return credentials.peer();
    }

    /** The same request, of a caller. */
    AdminRequest by(Caller known) {
        return new AdminRequest(method, path, query, credentials, known, body);
    }

    /**
     * The body as a JSON object; an empty one where there is no body.
     *
     * @param keys the keys that it may have
     * @throws Refusal 400 if it is something else or has another key
     */
    public ObjectNode json(String... keys) {
        if (body.length == 0) {
            return JSON.createObjectNode();
        }
        JsonNode tree;
        try {
            tree = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw Page.bad("The body is not JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw Page.bad("The body cannot be read");
        }
        if (!(tree instanceof ObjectNode object)) {
            throw Page.bad("The body has to be a JSON object");
        }
        Set<String> known = new TreeSet<>(List.of(keys));
        object.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                throw Page.bad("There is no key '" + Problem.clip(name) + "' here; there are " + known);
            }
        });
        return object;
    }

    /**
     * Refuses every other method with 405.
     *
     * @param exists whether there is such a path at all; if not, the refusal is 404
     */
    public void allow(boolean exists, String method) {
        if (!exists) {
            throw unknown();
        }
        boolean asGet = method.equals("GET") && this.method.equals("HEAD");
        if (!asGet && !this.method.equals(method)) {
            throw new Refusal(
                    FailureCode.METHOD_NOT_ALLOWED,
                    405,
                    "This resource takes " + method + "; " + Problem.clip(this.method) + " is not one",
                    Map.of("Allow", method));
        }
    }

    /** Refuses every other parameter with 400. */
    public void only(String... names) {
        Set<String> known = new TreeSet<>(Set.copyOf(List.of(names)));
        for (String name : new TreeSet<>(query.keySet())) {
            if (!known.contains(name)) {
                throw Page.bad("There is no parameter '" + Problem.clip(name) + "' here"
                        + (known.isEmpty() ? "" : "; there are " + known));
            }
        }
    }

    /** Those of the parameters that were given. */
    public Map<String, Object> filters(String... names) {
        Map<String, Object> filters = new TreeMap<>();
        for (String name : names) {
            String value = query.get(name);
            if (value != null) {
                filters.put(name, value);
            }
        }
        return filters;
    }

    /** 404: nothing is there. */
    public Refusal unknown() {
        return new Refusal(
                FailureCode.UNKNOWN_ENDPOINT, 404, "There is nothing at /api/" + Problem.clip(String.join("/", path)));
    }
}
